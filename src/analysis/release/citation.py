"""The references of CITATION.cff, made from data/sources.bib: the article first, then every source.

What stands above `references:` is written by hand and stays as it is.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from pybtex.database import Entry, Person, parse_file
from pybtex.richtext import Text

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.core.files import write_whole

ARTICLE = "guo_article"
MADE = "# made by `balancing-act citation` from data/sources.bib"
TYPES = {
    "article": "article",
    "book": "book",
    "inproceedings": "conference-paper",
    "misc": "generic",
    "online": "website",
    "techreport": "government-document",
}
# fields of BibTeX that CITATION.cff has under another name, or under the same
FIELDS = {"doi": "doi", "journal": "journal", "volume": "volume", "number": "issue", "url": "url", "note": "notes"}
HOUSES = {"publisher": "publisher", "organization": "publisher", "institution": "institution"}
EXACT = ("doi", "url")  # not written in TeX


def _plain(name: str, value: str) -> str:
    return value if name in EXACT else str(Text.from_latex(value))


def person(author: Person) -> dict[str, str]:
    """An author of BibTeX as a person of CITATION.cff, or, where there is no given name, as an organisation."""
    given = " ".join([*author.first_names, *author.middle_names])
    family = _plain("author", " ".join([*author.prelast_names, *author.last_names]))
    return {"family-names": family, "given-names": _plain("author", given)} if given else {"name": family}


def reference(key: str, entry: Entry) -> dict[str, Any]:
    """An entry of BibTeX as a reference of CITATION.cff. Raises DataError where its kind has none."""
    if entry.type not in TYPES:
        raise DataError(f"data/sources.bib, {key}: @{entry.type}; allowed: @{', @'.join(sorted(TYPES))}")
    fields = {name: _plain(name, value) for name, value in entry.fields.items()}
    made: dict[str, Any] = {
        "type": "article" if key == ARTICLE else TYPES[entry.type],
        "title": fields.get("shorttitle", fields["title"]),
        "authors": [person(author) for author in entry.persons["author"]],
    }
    if re.fullmatch(r"\d{4}-\d\d-\d\d", fields.get("date", "")):
        made["date-published"] = fields["date"]
    elif year := fields.get("year"):
        made["year"] = int(year)
    made |= {name: fields[field] for field, name in FIELDS.items() if field in fields}
    for field, name in HOUSES.items():
        if field in fields:
            house = {"name": fields[field]}
            made[name] = house | ({"address": fields["address"]} if "address" in fields else {})
    if "booktitle" in fields:
        made["collection-title"] = fields["booktitle"]
    if pages := re.fullmatch(r"(\d+)\D+(\d+)", fields.get("pages", "")):
        made |= {"start": pages[1], "end": pages[2]}
    return made


def references(bibliography: Path = paths.BIBLIOGRAPHY) -> list[dict[str, Any]]:
    """All entries of a BibTeX file as references of CITATION.cff, in order, the article first."""
    entries = parse_file(str(bibliography), "bibtex").entries
    order = sorted(entries, key=lambda key: key != ARTICLE)
    return [reference(key, entries[key]) for key in order]


def with_references(text: str, made: list[dict[str, Any]]) -> str:
    """The text of CITATION.cff with these references in the place of its own, which come last."""
    head = re.split(r"(?m)^references:", text)[0].rstrip("\n").removesuffix(MADE).rstrip("\n")
    block = yaml.safe_dump({"references": made}, allow_unicode=True, sort_keys=False, width=10_000)
    return f"{head}\n{MADE}\n{block}"


def refresh(file: Path = paths.CITATION, bibliography: Path = paths.BIBLIOGRAPHY) -> bool:
    """Bring the references of CITATION.cff up to date; returns whether anything changed."""
    before = file.read_text(encoding="utf-8")
    after = with_references(before, references(bibliography))
    if after == before:
        return False
    write_whole(file, after.encode())
    return True
