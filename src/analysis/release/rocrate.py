"""The metadata of the whole as RO-Crate 1.1, made from the data package, CITATION.cff and the notebooks.

The specification is https://www.researchobject.org/ro-crate/specification/1.1/; the root is the folder of the archive.
Tables, notebooks and the PDF are described one by one, all else by its folder or its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from analysis.book.cite import name_of

NAME = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
LICENCES = {
    "MIT": ("https://spdx.org/licenses/MIT", "MIT License"),
    "CC-BY-4.0": ("https://creativecommons.org/licenses/by/4.0/", "Creative Commons Attribution 4.0 International"),
}
CODE, DATA = LICENCES["MIT"][0], LICENCES["CC-BY-4.0"][0]
PYTHON, ARTICLE = "https://www.python.org/", "#article"
FORMATS = {
    ".csv": "text/csv",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
}
# folders of the archive, which stand for the files in them
FOLDERS = {
    "src/": ("The code: loading, checks, measures, charts, running, publishing", CODE),
    "tests/": ("The tests of all of it", CODE),
    "benchmarks/": ("What was measured of it", CODE),
    "requirements/": ("The locked environments, and the bill of materials (CycloneDX)", CODE),
    "book/": ("The pages of the book in Markdown, style and fonts", DATA),
    "data/cases/": ("Provisions, outlines and codings of other pairs", DATA),
    "build/executed/": ("The notebooks with what their run gave", DATA),
    "build/html/": ("The book as HTML; it opens at build/html/index.html and needs no network", DATA),
}

Entity = dict[str, Any]


def _ref(identifier: str) -> dict[str, str]:
    return {"@id": identifier}


def _refs(entities: Iterable[Entity]) -> Any:
    """Return references to entities; one alone stands without brackets, as the specification recommends."""
    references = [_ref(entity["@id"]) for entity in entities]
    return references[0] if len(references) == 1 else references


def file_entity(file: str, **properties: Any) -> Entity:
    """Return a file of the crate with its format, where that is known, and what else is known of it."""
    path = PurePosixPath(file)
    media_type = {"encodingFormat": FORMATS[path.suffix]} if path.suffix in FORMATS else {}
    return {"@id": file, "@type": "File", "name": path.name, **media_type, **properties}


def people(cff: Mapping[str, Any]) -> list[Entity]:
    """Return the authors of CITATION.cff, or of one of its references, as persons and organisations."""
    entities = []
    for author in cff["authors"]:
        name = name_of(author)
        identifier = author.get("orcid") or "#" + "-".join(name.natural().lower().split())
        kind: Entity = {"@type": "Organization"}
        if name.given:
            kind = {"@type": "Person", "familyName": name.family, "givenName": name.given}
        entities.append({"@id": identifier, "name": name.natural(), **kind})
    return entities


def metadata(
    names: Sequence[str], cff: Mapping[str, Any], package: Mapping[str, Any], titles: Mapping[str, str]
) -> dict[str, Any]:
    """Return the content of ro-crate-metadata.json.

    names: the files of the archive; cff and package: CITATION.cff and data/datapackage.json as read; titles: those of
    the notebooks, by file. A file below one of FOLDERS stands under its folder.
    """
    article = cff["references"][0]  # that the edition rebuilds
    authors, article_authors = people(cff), people(article)
    of_data = {"isPartOf": _ref("data/datapackage.json")}
    of_code = {"@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"], "license": _ref(CODE)}
    own = {one["path"]: one["title"] for table in package["resources"] for one in table.get("licenses", ())}
    parts = [
        file_entity(
            f"data/{table['path']}",
            name=table["title"],
            description=table["description"],
            license=_refs({"@id": one["path"]} for one in table.get("licenses", [{"path": DATA}])),
            **of_data,
        )
        for table in package["resources"]
    ]
    parts += [
        file_entity(file, name=title, programmingLanguage=_ref(PYTHON), **of_code) for file, title in titles.items()
    ]
    parts += [
        {"@id": folder, "@type": "Dataset", "name": name, "license": _ref(licence)}
        for folder, (name, licence) in FOLDERS.items()
        if any(file.startswith(folder) for file in names)
    ]
    described = {part["@id"] for part in parts}
    parts += [file_entity(file) for file in names if file not in described and not file.startswith(tuple(FOLDERS))]
    licences = [
        {"@id": LICENCES[name][0], "@type": "CreativeWork", "name": LICENCES[name][1]} for name in cff["license"]
    ]
    of_tables = [{"@id": path, "@type": "CreativeWork", "name": title} for path, title in own.items()]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": cff["title"],
        "description": cff["abstract"],
        "version": str(cff["version"]),
        "datePublished": str(cff["date-released"]),
        "keywords": ", ".join(cff["keywords"]),
        "license": _refs(licences),
        "author": _refs(authors),
        "publisher": _ref(authors[0]["@id"]),
        "isBasedOn": _ref(ARTICLE),
        "citation": _ref(ARTICLE),
        "hasPart": _refs(parts),
    }
    about_article = {"name": article["title"], "author": _refs(article_authors), "datePublished": str(article["year"])}
    graph = [
        {"@id": NAME, "@type": "CreativeWork", "conformsTo": _ref(SPECIFICATION), "about": _ref("./")},
        root,
        *parts,
        {"@id": ARTICLE, "@type": "ScholarlyArticle", **about_article},
        *{one["@id"]: one for one in [*authors, *article_authors]}.values(),
        *licences,
        *of_tables,
        {"@id": PYTHON, "@type": "ComputerLanguage", "name": "Python", "url": _ref(PYTHON)},
    ]
    return {"@context": f"{SPECIFICATION}/context", "@graph": graph}
