"""What is made of a case: a folder laid out like the repository, to which `analysis.core.paths` points.

It holds the shared tables and features with those of the case, the data package that declares them, the chapters made
from the shared notebooks, and pages, contents and settings of the book. A file is written only where it changed, and
never half.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from analysis.cases.notebooks import make_notebook, unlinked
from analysis.cases.settings import CHAPTERS, CODINGS, DOCUMENTS, PAGES, SHARED_TABLES, TABLES, Case
from analysis.core import paths, yaml_files
from analysis.core.files import write_whole
from analysis.data.record import without_record
from analysis.texts.corpus import read_added, united_features

FEATURES = ("passages", "counts", "embeddings")
SOURCES = "sources.bib"
BIBLIOGRAPHY = """# Bibliography

The documents of this case and the works that its measures rest on.

```{bibliography}
:all:
```
"""
ENTRY_KINDS = ["document title", "heading", "own label"]
CITED = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


# --- data package


def _field(resource: Mapping[str, Any], name: str) -> dict[str, Any]:
    [found] = [field for field in resource["schema"]["fields"] if field["name"] == name]
    return dict(found)


def _changed(resource: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]], **keys: Any) -> dict[str, Any]:
    """A table with other keys and columns: a column with its constraints replaced, or left out where empty."""
    made = [
        {**field, **fields[field["name"]]} if fields.get(field["name"]) else field
        for field in resource["schema"]["fields"]
        if fields.get(field["name"], True)
    ]
    return {**resource, **keys, "schema": {**resource["schema"], "fields": made}}


def data_package(shared: Mapping[str, Any], case: Case, paragraphs: int) -> dict[str, Any]:
    """The data package of a case, from the shared one: fewer tables, with the case's names and documents.

    paragraphs: how many the statement has.
    """
    named = {raw["name"]: without_record(raw) for raw in shared["resources"]}
    acts = [*_field(named["provisions"], "speech_act")["constraints"]["enum"], *case.speech_acts]
    any_text = {"required": True, "pattern": r"\S+"}
    approach = {
        "description": "Approach of the strategy, by number; 0 none.",
        "categories": [{"value": n, "label": name} for n, name in enumerate(("none", *case.approaches))],
        "constraints": {"required": True, "minimum": 0, "maximum": len(case.approaches)},
    }
    second = {**approach, "constraints": {"minimum": 0, "maximum": len(case.approaches)}}
    tables = {
        "provisions": _changed(
            named["provisions"],
            {
                "pillar": {
                    "categories": [{"value": part, "label": name} for part, name in case.parts.items()],
                    "constraints": {"required": True, "enum": list(case.parts)},
                },
                "paragraph": {"constraints": {"required": True, "minimum": 1, "maximum": paragraphs}},
                "speech_act": {"constraints": {"required": True, "enum": acts}},
                "speech_act_2": {"constraints": {"enum": sorted({*acts, "commit", "invite", "seek"})}},
                "in_2024": {},
            },
            title="Provisions of the statement",
            description="The statement of the case cut into its single undertakings and positions, in order.",
            document=case.statement,
        ),
        "provision_actors": named["provision_actors"],
        "strategy_sections": _changed(
            named["strategy_sections"],
            {
                "section_id": {"description": "The section as the features name it.", "constraints": any_text},
                "parent_id": {"constraints": {"pattern": r"\S+"}},
                "approach": approach,
                "entry_kind": {"constraints": {"required": True, "enum": ENTRY_KINDS}},
            },
            title="Sections of the strategy",
            description="Outline of the strategy of the case, with labels of our own.",
            document=case.strategy,
        ),
        "codings_alignment": _changed(
            named["codings_alignment"],
            {"approach": approach, "approach_2": second},
            description="How each coder set a provision of the statement beside the strategy (codebook).",
            mayBeEmpty=True,
        ),
    }
    kept = [*(named[name] for name in SHARED_TABLES), *tables.values(), *(named[name] for name in FEATURES)]
    return {
        "$schema": shared["$schema"],
        "name": f"balancing-act-case-{case.name}",
        "title": case.title,
        "description": "Tables and text features of a case; no text of a source document is contained.",
        "resources": kept,
    }


# --- data


def table_files(case: Case) -> dict[str, bytes]:
    """The tables of a case by file name: shared ones, documents with those added, and its own as they are."""
    files = {f"{name}.csv": (paths.SHARED_DATA / f"{name}.csv").read_bytes() for name in SHARED_TABLES}
    if (case.folder / DOCUMENTS).exists():
        files[DOCUMENTS] += (case.folder / DOCUMENTS).read_bytes().partition(b"\n")[2]
    own = (case.folder / f"{name}.csv" for name in TABLES)
    return files | {file.name: file.read_bytes() for file in own if file.exists()}


def feature_files(case: Case) -> dict[str, bytes]:
    """The features of the shared documents with those that the case adds, by file name."""
    shared = paths.SHARED_DATA / paths.FEATURES.name
    files = {f"{name}.parquet": (shared / f"{name}.parquet").read_bytes() for name in FEATURES}
    added = read_added(case.folder)
    joined = united_features(shared, added) if added else {}
    return files | {name: content for name, content in joined.items() if name in files}


# --- book


def cited_keys(texts: Iterator[str]) -> set[str]:
    """The keys that pages cite."""
    return {key.strip() for text in texts for keys in CITED.findall(text) for key in keys.split(",")}


def entries(bibtex: str) -> dict[str, str]:
    """The entries of a BibTeX file as they stand there, by key."""
    parts = re.split(r"(?m)^(?=@)", bibtex)
    return {match[1]: part for part in parts if (match := re.match(r"@\w+\{([^,\s]+),", part))}


def pages(case: Case) -> dict[str, str]:
    """The pages of a case that are there, by name."""
    return {name: _text(case.folder / f"{name}.md") for name in PAGES if (case.folder / f"{name}.md").exists()}


def book_settings(shared: str, case: Case) -> dict[str, Any]:
    """The settings of the book of a case, from those of the shared one."""
    settings: dict[str, Any] = yaml_files.parse(shared)
    sphinx = settings["sphinx"]
    made_with = f"balancing-act {version('balancing-act')}"
    footer = (
        f"<p>A case laid out with {made_with}, whose code is under the MIT licence and whose shared data are under "
        '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license">CC BY 4.0</a>.</p>'
    )
    sphinx["config"] |= {"book_subtitle": "A statement beside a strategy", "book_edition": f"made with {made_with}"}
    sphinx["config"] |= {"html_baseurl": ""}  # it is the article's
    sphinx["config"]["html_theme_options"] |= {"extra_footer": footer}
    return settings | {"title": case.title, "author": case.author}


def contents() -> dict[str, Any]:
    """The table of contents of the book of a case."""
    chapters = [{"file": f"notebooks/{chapter}"} for chapter in CHAPTERS]
    reference = [{"file": "book/codebook"}, {"file": "book/bibliography"}]
    parts = [{"caption": "The chapters", "numbered": True, "chapters": chapters}]
    return {
        "format": "jb-book",
        "root": "book/index",
        "parts": [*parts, {"caption": "Reference", "chapters": reference}],
    }


def parameters(case: Case, chapter: str) -> dict[str, Any]:
    """The parameters of a chapter: the pair, all coders on record, and what case.yml sets."""
    given = dict(case.parameters.get(chapter, {}))
    if chapter != "04-alignment":
        return given
    return {"coders": ",".join(coders(case)), "statement": case.statement, "strategy": case.strategy, **given}


def coders(case: Case) -> list[str]:
    """The coders who have coded the case, in order."""
    file = case.folder / CODINGS
    rows = csv.DictReader(io.StringIO(_text(file), newline="")) if file.exists() else ()
    return sorted({row["coder"] for row in rows if row.get("coder")})


def _yaml(content: Mapping[str, Any]) -> bytes:
    return yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=1000).encode()


def place_files(case: Case, paragraphs: int) -> dict[str, bytes]:
    """Every file of the place of a case but the features, by its path there. paragraphs: those of the statement."""
    left_out = {"article"} | ({"approaches"} if not case.approaches else set())
    left_out |= set() if coders(case) else {"coded"}
    own_pages = pages(case)
    books = {f"book/{name}.md": text for name, text in own_pages.items() if name not in CHAPTERS}
    books["book/bibliography.md"] = BIBLIOGRAPHY
    notebooks = {}
    for chapter in CHAPTERS:
        shared = json.loads(_text(paths.SHARED_NOTEBOOKS / f"{chapter}.ipynb"))
        made = make_notebook(shared, own_pages.get(chapter, ""), left_out, parameters(case, chapter))
        known = [*books, *(f"notebooks/{name}.ipynb" for name in CHAPTERS)]
        notebooks[f"notebooks/{chapter}.ipynb"] = json.dumps(unlinked(made, known), ensure_ascii=False, indent=1) + "\n"
    texts = {**books, **notebooks}
    own = _text(case.folder / SOURCES) if (case.folder / SOURCES).exists() else ""
    known_entries = entries(own)
    shared_entries = entries(_text(paths.SHARED_DATA / SOURCES))
    wanted = [key for key in shared_entries if key in cited_keys(iter(texts.values())) - known_entries.keys()]
    texts["data/sources.bib"] = own.rstrip("\n") + "\n\n" + "".join(shared_entries[key] for key in wanted)
    package = data_package(json.loads(_text(paths.SHARED_DATA / paths.DATAPACKAGE.name)), case, paragraphs)
    texts["data/datapackage.json"] = json.dumps(package, ensure_ascii=False, indent=2) + "\n"
    style = paths.SHARED_BOOK / "_static"
    static = {f"book/_static/{f.relative_to(style).as_posix()}": f for f in style.rglob("*") if f.is_file()}
    return {
        "_config.yml": _yaml(book_settings(_text(paths.SHARED_CONFIG), case)),
        "_toc.yml": _yaml(contents()),
        **{path: text.encode() for path, text in texts.items()},
        **{path: file.read_bytes() for path, file in static.items() if file.name != paths.README_PICTURE.name},
        **{f"data/{name}": content for name, content in table_files(case).items()},
    }


def write_place(case: Case, paragraphs: int, place: Path = paths.PLACE) -> None:
    """Lay out the place of a case; files that no longer belong to data, notebooks and book are removed."""
    files = place_files(case, paragraphs)
    files |= {f"data/features/{name}": content for name, content in feature_files(case).items()}
    for relative, content in files.items():
        target = place / relative
        if target.exists() and target.read_bytes() == content:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, content)
    for folder in ("data", "notebooks", "book"):
        for file in (place / folder).rglob("*"):
            if file.is_file() and file.relative_to(place).as_posix() not in files:
                file.unlink()
