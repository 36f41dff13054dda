"""The metadata of the whole as RO-Crate 1.1, made from the data package, CITATION.cff and the notebooks.

The specification is https://www.researchobject.org/ro-crate/specification/1.1/; the root is the folder of the archive.
Tables, notebooks and the PDF are described one by one, all else by its folder or its name.
"""

from collections.abc import Iterable, Mapping
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


def _refs(identifiers: Iterable[str]) -> Any:
    """Return references to entities; one alone stands without brackets, as the specification recommends."""
    references = [_ref(identifier) for identifier in identifiers]
    return references[0] if len(references) == 1 else references


def file_entity(file: str, size: int, **properties: Any) -> Entity:
    """Return a file of the crate with its format, where that is known, its size, and what else is known of it."""
    path = PurePosixPath(file)
    media_type = {"encodingFormat": FORMATS[path.suffix]} if path.suffix in FORMATS else {}
    return {"@id": file, "@type": "File", "name": path.name, **media_type, "contentSize": str(size), **properties}


def people(cff: Mapping[str, Any]) -> list[Entity]:
    """Return the authors of CITATION.cff, or of one of its references, as persons and organisations."""
    entities = []
    for author in cff.get("authors", ()):
        name = name_of(author)
        kind = "Person" if name.given else "Organization"
        identifier = author.get("orcid") or "#" + "-".join(name.natural().lower().split())
        names = {"familyName": name.family, "givenName": name.given} if name.given else {}
        entities.append({"@id": identifier, "@type": kind, "name": name.natural(), **names})
    return entities


def article(cff: Mapping[str, Any]) -> Entity:
    """Return the article that the edition rebuilds, the first reference of CITATION.cff."""
    first = cff["references"][0]
    date = str(first.get("date-published") or first.get("year") or "")
    return {
        "@id": ARTICLE,
        "@type": "ScholarlyArticle",
        "name": first["title"],
        "author": _refs(one["@id"] for one in people(first)),
        **({"datePublished": date} if date else {}),
    }


def tables(package: Mapping[str, Any], sizes: Mapping[str, int]) -> list[Entity]:
    """Return the tables of the data package that are in the archive."""
    return [
        file_entity(
            name,
            sizes[name],
            name=resource["title"],
            description=resource["description"],
            license=_ref(DATA),
            isPartOf=_ref("data/datapackage.json"),
        )
        for resource in package["resources"]
        if (name := f"data/{resource['path']}") in sizes
    ]


def notebooks(titles: Mapping[str, str], sizes: Mapping[str, int]) -> list[Entity]:
    """Return the notebooks, as workflows in Python. titles: by file."""
    known = {"license": _ref(CODE), "programmingLanguage": _ref(PYTHON)}
    kind = ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
    files = {f"notebooks/{name}": title for name, title in titles.items()}
    return [file_entity(file, sizes[file], name=title, **known) | {"@type": kind} for file, title in files.items()]


def metadata(
    sizes: Mapping[str, int], cff: Mapping[str, Any], package: Mapping[str, Any], titles: Mapping[str, str]
) -> dict[str, Any]:
    """Return the content of ro-crate-metadata.json.

    sizes: bytes of each file of the archive by its name; cff and package: CITATION.cff and data/datapackage.json as
    read; titles: those of the notebooks, by file. A file below one of FOLDERS stands under its folder.
    """
    authors = people(cff)
    licences = [cff["license"]] if isinstance(cff["license"], str) else cff["license"]
    parts = [*tables(package, sizes), *notebooks(titles, sizes)]
    parts += [
        {"@id": folder, "@type": "Dataset", "name": name, "license": _ref(licence)}
        for folder, (name, licence) in FOLDERS.items()
        if any(file.startswith(folder) for file in sizes)
    ]
    described_parts = {part["@id"] for part in parts}
    for name in sorted(sizes):
        if name not in described_parts and not name.startswith(tuple(FOLDERS)):
            parts.append(file_entity(name, sizes[name]))
    known_people = {one["@id"]: one for one in [*authors, *people(cff["references"][0])]}
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": cff["title"],
        "description": " ".join(str(cff["abstract"]).split()),
        "version": str(cff["version"]),
        "datePublished": str(cff["date-released"]),
        "keywords": ", ".join(cff["keywords"]),
        "license": _refs(LICENCES[name][0] for name in licences),
        "author": _refs(one["@id"] for one in authors),
        "publisher": _ref(authors[0]["@id"]),
        "isBasedOn": _ref(ARTICLE),
        "citation": _ref(ARTICLE),
        "hasPart": _refs(part["@id"] for part in parts),
    }
    described = {"@id": NAME, "@type": "CreativeWork", "conformsTo": _ref(SPECIFICATION), "about": _ref("./")}
    context = [
        *({"@id": address, "@type": "CreativeWork", "name": name} for address, name in LICENCES.values()),
        {"@id": PYTHON, "@type": "ComputerLanguage", "name": "Python", "url": _ref(PYTHON)},
    ]
    graph = [described, root, *parts, article(cff), *known_people.values(), *context]
    return {"@context": f"{SPECIFICATION}/context", "@graph": graph}
