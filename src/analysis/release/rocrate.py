"""The metadata of the whole as RO-Crate 1.1, made from the data package, CITATION.cff and the notebooks.

The specification is https://www.researchobject.org/ro-crate/specification/1.1/; the root is the folder of the archive.
"""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from analysis.book.cite import name_of
from analysis.release import sbom

NAME = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
DATA_PACKAGE = "https://specs.frictionlessdata.io/data-package/"
LICENCES = {
    "MIT": ("https://spdx.org/licenses/MIT", "MIT License"),
    "CC-BY-4.0": ("https://creativecommons.org/licenses/by/4.0/", "Creative Commons Attribution 4.0 International"),
}
CODE, DATA = LICENCES["MIT"][0], LICENCES["CC-BY-4.0"][0]
PYTHON, ARTICLE, NOTEBOOK = "https://www.python.org/", "#article", "application/x-ipynb+json"
FORMATS = {
    ".bib": "application/x-bibtex",
    ".cff": "application/yaml",
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": NOTEBOOK,
    ".json": "application/json",
    ".lock": "application/toml",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".py": "text/x-python",
    ".toml": "application/toml",
    ".yml": "application/yaml",
}
# folders of the archive, which stand for the files in them
FOLDERS = {
    "src/": ("The code: loading, checks, measures, charts, running, publishing", CODE),
    "tests/": ("The tests of all of it", CODE),
    "book/": ("The pages of the book in Markdown, style and fonts", DATA),
    "data/cases/": ("Provisions, outlines and codings of other pairs", DATA),
    "build/html/": ("The book as HTML; it opens at build/html/index.html and needs no network", DATA),
}

# files of which more is known than their name
TOLD: dict[str, dict[str, Any]] = {
    "data/datapackage.json": {"conformsTo": {"@id": DATA_PACKAGE}},
    sbom.NAME: {
        "conformsTo": {"@id": sbom.SPECIFICATION},
        "name": "Bill of materials: every package, with its version",
    },
}

Entity = dict[str, Any]


def _ref(identifier: str) -> dict[str, str]:
    return {"@id": identifier}


def _refs(identifiers: Iterable[str]) -> Any:
    """References to entities; one alone stands without brackets, as the specification recommends."""
    found = [_ref(identifier) for identifier in identifiers]
    return found[0] if len(found) == 1 else found


def media_type(name: str) -> str:
    """The media type of a file, by its ending; plain text where it has none that is known."""
    return FORMATS.get(PurePosixPath(name).suffix, "text/plain")


def file_entity(file: str, size: int, **properties: Any) -> Entity:
    """A file of the crate with its format and size, and what else is known of it."""
    known = {"name": PurePosixPath(file).name, "encodingFormat": media_type(file), "contentSize": str(size)}
    return {"@id": file, "@type": "File", **known, **properties}


def people(cff: Mapping[str, Any]) -> list[Entity]:
    """The authors of CITATION.cff, or of one of its references, as persons and organisations."""
    found = []
    for author in cff.get("authors", ()):
        name = name_of(author)
        kind = "Person" if name.given else "Organization"
        identifier = author.get("orcid") or "#" + "-".join(name.natural().lower().split())
        names = {"familyName": name.family, "givenName": name.given} if name.given else {}
        found.append({"@id": identifier, "@type": kind, "name": name.natural(), **names})
    return found


def article(cff: Mapping[str, Any]) -> Entity:
    """The article that the edition rebuilds, the first reference of CITATION.cff."""
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
    """The tables of the data package that are in the archive."""
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
    """The notebooks by their file, as workflows in Python, and beside each what its run gave. titles: by file."""
    found = []
    for name, title in titles.items():
        source = f"notebooks/{name}"
        described = {"license": _ref(CODE), "programmingLanguage": _ref(PYTHON), "name": title}
        kind = ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
        found.append(file_entity(source, sizes[source], **described) | {"@type": kind})
        if (executed := f"build/executed/{name}") in sizes:
            made = {"name": f"{title}, executed", "license": _ref(DATA), "isBasedOn": _ref(source)}
            found.append(file_entity(executed, sizes[executed], **made))
    return found


def metadata(
    sizes: Mapping[str, int], cff: Mapping[str, Any], package: Mapping[str, Any], titles: Mapping[str, str]
) -> dict[str, Any]:
    """The content of ro-crate-metadata.json.

    sizes: bytes of each file of the archive by its name; cff and package: CITATION.cff and data/datapackage.json as
    read; titles: those of the notebooks, by file. A file below one of FOLDERS is told by its folder.
    """
    authors = people(cff)
    licences = [cff["license"]] if isinstance(cff["license"], str) else cff["license"]
    parts = [*tables(package, sizes), *notebooks(titles, sizes)]
    parts += [
        {"@id": folder, "@type": "Dataset", "name": name, "license": _ref(licence)}
        for folder, (name, licence) in FOLDERS.items()
        if any(file.startswith(folder) for file in sizes)
    ]
    told = {part["@id"] for part in parts}
    for name in sorted(sizes):
        if name not in told and not name.startswith(tuple(FOLDERS)):
            parts.append(file_entity(name, sizes[name], **TOLD.get(name, {})))
    own, written_by = article(cff), people(cff["references"][0])
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
    described = {
        "@id": NAME,
        "@type": "CreativeWork",
        "conformsTo": _ref(SPECIFICATION),
        "about": _ref("./"),
    }
    context = [
        *({"@id": address, "@type": "CreativeWork", "name": name} for address, name in LICENCES.values()),
        {"@id": PYTHON, "@type": "ComputerLanguage", "name": "Python", "url": _ref(PYTHON)},
        {"@id": DATA_PACKAGE, "@type": "CreativeWork", "name": "Frictionless Data Package"},
        {"@id": sbom.SPECIFICATION, "@type": "CreativeWork", "name": "CycloneDX 1.6"},
    ]
    return {"@context": CONTEXT, "@graph": [described, root, *parts, own, *unique([*authors, *written_by]), *context]}


def unique(entities: Iterable[Entity]) -> list[Entity]:
    """Entities without those of an id that came before."""
    return list({entity["@id"]: entity for entity in entities}.values())
