"""The external links of the book, and where each stands: pages, notebooks, tables, bibliography, citation, settings."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from pybtex.database import parse_file

from analysis.core import paths, yaml_files
from analysis.data.faults import FIRST_ROW
from analysis.texts.web import host_of

ADDRESS = re.compile(r"https?://[^\s<>\"'”’，。、；（）|\\]+")
ATTRIBUTE = re.compile(r"""\b(?:href|src)=["'](https?://[^"']+)["']""")
DIRECTIVE = re.compile(r"^\{[\w-]+\}")  # a fence of MyST whose content is text, not code
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "book/*.md")
ARCHIVED = "archived.csv"
ARCHIVES = (
    "archive.org",
    "archive.ph",
    "archive.today",
    "archives.gov",
    "archive-it.org",
    "perma.cc",
    "warp.da.ndl.go.jp",
)

Found = Iterator[tuple[str, str]]  # where a link stands in a file, and its address


def trimmed(address: str) -> str:
    """An address in running text without what ends the sentence, and without a bracket that it does not open."""
    address = address.rstrip(".,;:!?*_")
    while address.endswith((")", "]")) and address.count(address[-1]) > address.count(
        {")": "(", "]": "["}[address[-1]]
    ):
        address = address[:-1].rstrip(".,;:!?")
    return address


def addresses(text: str) -> list[str]:
    """The addresses in a text; a text that begins with one and has no blank is one as a whole."""
    return [text] if re.fullmatch(r"https?://\S+", text) else [trimmed(found) for found in ADDRESS.findall(text)]


def in_markdown(text: str, first: int = 1) -> Found:
    """Links and pictures of a Markdown text by line, those in directives too; code is left out."""
    lines = text.splitlines()
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        start, end = token.map or (0, 0)
        if token.type == "fence" and DIRECTIVE.match(token.info):
            yield from in_markdown(token.content, first + start + 1)
            continue
        found = [str(part.attrs.get("href") or part.attrs.get("src") or "") for part in token.children or ()]
        if token.type == "html_block" or any(part.type == "html_inline" for part in token.children or ()):
            found += ATTRIBUTE.findall(token.content)
        for address in found:
            if address.startswith(("http://", "https://")):
                near = next((n for n in range(start, end) if address in lines[n]), start)
                yield f"line {first + near}", address


def in_notebook(text: str) -> Found:
    """Links of the Markdown cells of a notebook, and of what its code cells show, by the number of the cell."""
    for number, cell in enumerate(json.loads(text)["cells"], 1):
        if cell["cell_type"] == "markdown":
            yield from ((f"cell {number}", address) for _, address in in_markdown("".join(cell["source"])))
        for output in cell.get("outputs", ()):
            shown = "".join(output.get("data", {}).get("text/html", ""))
            yield from ((f"output of cell {number}", unescape(address)) for address in ATTRIBUTE.findall(shown))


def in_table(text: str) -> Found:
    """Addresses in the cells of a CSV file by row and column."""
    for row, record in enumerate(csv.DictReader(text.splitlines()), FIRST_ROW):
        for column, cell in record.items():
            if isinstance(cell, str):  # a row with too many cells has a list of the rest, one with too few none
                yield from ((f"row {row}, {column}", address) for address in addresses(cell))


def in_bibliography(file: Path) -> Found:
    """Addresses and DOIs of a BibTeX file by key."""
    for key, entry in parse_file(str(file), "bibtex").entries.items():
        if address := entry.fields.get("url"):
            yield key, address
        if doi := entry.fields.get("doi"):
            yield key, f"https://doi.org/{doi}"


def in_values(value: Any, place: str = "") -> Found:
    """Addresses in JSON or YAML that was read, by the path to them; the names of schemas are none."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key != "$schema":
                yield from in_values(part, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from in_values(part, f"{place}[{number}]")
    elif isinstance(value, str):
        yield from ((place, address) for address in addresses(value))


def in_file(file: Path) -> Found:
    """The links of a file, by its ending."""
    if file.suffix == ".bib":
        yield from in_bibliography(file)
        return
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        yield from in_markdown(text)
    elif file.suffix == ".ipynb":
        yield from in_notebook(text)
    elif file.suffix == ".csv":
        yield from in_table(text)
    elif file.suffix == ".json":
        yield from in_values(json.loads(text))
    else:
        yield from in_values(yaml_files.parse(text))


def files_with_links(root: Path = paths.ROOT) -> list[Path]:
    """The files of a repository whose links are checked, in order."""
    tables = ("data/*.csv", "data/datapackage.json")
    patterns = (*PAGES, "notebooks/**/*.ipynb", *tables, "data/*.bib", "CITATION.cff", "_config.yml")
    return [file for pattern in patterns for file in sorted(root.glob(pattern))]


def collect() -> dict[str, list[str]]:
    """Every external link of the repository with the places where it stands, in order of their first place."""
    links: dict[str, list[str]] = {}
    for file in files_with_links(paths.ROOT):
        for where, address in in_file(file):
            place = f"{file.relative_to(paths.ROOT).as_posix()}, {where}"
            if place not in (places := links.setdefault(address, [])):
                places.append(place)
    return links


# --- archived copies


def read_archived(folder: Path = paths.DATA) -> dict[str, str]:
    """The known archived copy of each page, by its address; empty where the folder has no such table."""
    file = folder / ARCHIVED
    if not file.exists():
        return {}
    return {row["url"]: row["archive_url"] for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())}


def is_archive(address: str) -> bool:
    """Whether an address is that of a copy in a web archive."""
    try:
        host = host_of(address)
    except ValueError:
        return False
    return any(host == archive or host.endswith(f".{archive}") for archive in ARCHIVES)
