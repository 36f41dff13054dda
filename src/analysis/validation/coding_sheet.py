"""What a further coder is given, a sheet with instructions, and its way back into the tables of codings and coders.

A sheet is the table of a codebook with the coder's name and the units filled in and everything else empty; beside them
stand the columns that help to read. It shows no other coder's work.
"""

import csv
import datetime
import io
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import __version__
from analysis.core import paths
from analysis.core.errors import DataError
from analysis.core.files import scratch_folder, write_whole
from analysis.data.export import harmless
from analysis.data.faults import FIRST_ROW, Fault, require_none, show_value
from analysis.data.schema import TableSchema, read_schema
from analysis.data.tables import load
from analysis.texts.documents import FOCAL_STATEMENT, FOCAL_STRATEGY, SERIES
from analysis.validation.check import check
from analysis.validation.coders import UNITS

CODERS, INSTRUCTIONS, SHEET = "coders", "instructions.md", "sheet.csv"
UNRECORDED, NOT_HUMAN = "not recorded", "none"

INSTRUCTIONS_TEXT = """\
# Instructions for a coder: codebook {letter}

Edition {edition}. A person and a program get this same text and the same sheet, `{sheet}`.

## What to read

{texts}

## How to work

Work alone. Do not look at the codings of others (`data/codings_*.csv`), at the chapters or at the ledger before you
hand in your sheet. Code what stands in the text or in the row, not what you know from elsewhere. Code every unit; where
you must guess, guess, and say so with confidence 1 where the sheet has that column.

## How to fill in the sheet

A row is a unit. Leave the columns that are filled as they are. The column coder holds an id: {name}.{more} Fill in:

{guide}

## How to hand it in

```sh
balancing-act coding-sheet --codebook {letter} --add {sheet} --kind human
```

The kind is human, language model or other. A language model or another program also gives `--family` and `--version`,
as exactly as it can be named. Keep a note of settings, of days, and of all that departed from this text.

---

{codebook}"""
MORE = {
    "B": " The column change is filled in for the statement of 2025 alone.",
    "C": " An event may carry several signals: copy its row for each, and count signal_no on from 1.",
}


@dataclass(frozen=True)
class Codebook:
    """A codebook: its table, the table of its units, the columns that help to read, and the texts to be read."""

    table: str
    units: str
    aids: tuple[str, ...]
    texts: tuple[str, ...] = ()


CODEBOOKS: Mapping[str, Codebook] = {
    "A": Codebook(
        "codings_alignment",
        "provisions",
        ("pillar", "paragraph", "anchor_words", "paraphrase"),
        (FOCAL_STATEMENT, FOCAL_STRATEGY),
    ),
    "B": Codebook("codings_topics", "topics", ("topic", "group"), SERIES),
    "C": Codebook("codings_signals", "events", ("date", "title", "venue", "kind", "description")),
    "D": Codebook(
        "codings_precedents",
        "provisions",
        ("pillar", "anchor_words", "paraphrase"),
        (FOCAL_STATEMENT, "us-jpn-2024-04-10", "us-jpn-2023-01-13", "us-jpn-scc-2019-04-19", "us-jpn-2017-02-10"),
    ),
}


def table_of(letter: str, folder: Path = paths.DATA) -> TableSchema:
    """Return the schema of the table of a codebook."""
    return read_schema(folder / paths.DATAPACKAGE.name)[CODEBOOKS[letter].table]


def units_of(letter: str, folder: Path = paths.DATA) -> pd.DataFrame:
    """Return the units of a codebook with the columns that help to read, one row a unit.

    The round of an event is its last one, which a further coder joins.
    """
    codebook = CODEBOOKS[letter]
    frame = load(codebook.units, folder)
    if letter == "B":
        return frame.merge(pd.DataFrame({"document_id": codebook.texts}), how="cross")
    if letter == "D":
        return frame.merge(pd.DataFrame({"source_id": codebook.texts[1:]}), how="cross")
    if letter == "C":
        rounds = load(codebook.table, folder).groupby("event_id")["round"].max()
        day = frame["date"].dt.strftime("%Y-%m-%d")
        return frame.assign(date=day, round=frame["event_id"].map(rounds), signal_no=1)
    return frame


def sheet(letter: str, coder: str, folder: Path = paths.DATA) -> pd.DataFrame:
    """Return an empty sheet: a row for each unit, the columns of the table, then those that help to read.

    A spreadsheet must take nothing in the latter for a formula; they are not read back.
    """
    units, aids = units_of(letter, folder), list(CODEBOOKS[letter].aids)
    columns = [field.name for field in table_of(letter, folder).fields]
    frame = pd.DataFrame("", index=units.index, columns=columns).assign(coder=coder)
    frame = frame.assign(**{name: units[name] for name in given(letter) if name in units})
    return frame.join(units[aids].map(lambda cell: harmless(cell) if isinstance(cell, str) else cell))


def given(letter: str) -> tuple[str, ...]:
    """Return the columns of a sheet that are filled in beforehand."""
    return (*UNITS[CODEBOOKS[letter].table], "coder", "round", "signal_no")


def guide(letter: str, folder: Path = paths.DATA) -> list[str]:
    """Return what each column to be filled may hold, one line a column."""
    table = table_of(letter, folder)
    keys = {key.field: f", a {key.target} of {key.table}" for key in table.foreign_keys}
    filled = [field for field in table.fields if field.name not in given(letter)]
    return [
        f"{field.name}: {field.allowed}{keys.get(field.name, '')}{'' if field.required else ', or empty'}"
        for field in filled
    ]


def write_sheet(frame: pd.DataFrame, file: Path) -> None:
    """Write a sheet as CSV for a spreadsheet. Raise DataError where the file exists: it may hold somebody's work."""
    text = frame.to_csv(index=False, lineterminator="\n")
    try:
        with file.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except FileExistsError:
        raise DataError(f"{file} exists already; move it, or name another file with --out") from None
    except OSError as error:
        raise DataError(f"{file} cannot be written ({error.strerror})") from None


# --- instructions


def codebook_text(letter: str) -> str:
    """Return the codebook to the letter: what its page says of every coding, then its section; D takes up that of A."""
    page = paths.CODEBOOK.read_text(encoding="utf-8")
    of_all = page[page.index("Each row has a `coder`") : page.index("## A. ")]
    sections = {found[3]: found for found in re.findall(r"(?ms)^## [A-D]\. .*?(?=^## |\Z)", page)}
    return (of_all + "".join(sections[one] for one in ("AD" if letter == "D" else letter))).rstrip() + "\n"


def _texts(letter: str, folder: Path) -> str:
    """Return the texts to be read as a list in Markdown."""
    known = {row["document_id"]: row for row in load("documents", folder).to_dict("records")}
    shown = "- `{document_id}`: {title}. {publisher}, {source_url}. SHA-256 of the text read: {sha256}"
    other = "- `{}`: not among the documents of this edition; find it by its day"
    lines = [shown.format_map(known[name]) if name in known else other.format(name) for name in CODEBOOKS[letter].texts]
    if letter == "A":
        outline = load("strategy_sections", folder).to_dict("records")
        lines += ["", "The sections of the strategy:", "", *map("- `{section_id}` {heading}".format_map, outline)]
    return "\n".join(lines or ["- the row of each event in the sheet, and nothing else"])


def instructions(letter: str, coder: str = "", folder: Path = paths.DATA) -> str:
    """Return what a coder is told, as Markdown: what to read, how to work, how to fill in, and the codebook."""
    taken = ", ".join(sorted(load(CODEBOOKS[letter].table, folder)["coder"].unique()))
    return INSTRUCTIONS_TEXT.format(
        letter=letter,
        edition=__version__,
        sheet=SHEET,
        texts=_texts(letter, folder),
        name=f"yours is {coder}" if coder else f"small letters of your choice; taken are {taken}",
        more=MORE.get(letter, ""),
        guide="\n".join(f"- {line}" for line in guide(letter, folder)),
        codebook=codebook_text(letter),
    )


def write_package(letter: str, coder: str, target: Path, folder: Path = paths.DATA) -> None:
    """Write the instructions and the sheet into a new folder, both or none. Raise DataError where it exists."""
    if target.exists():
        raise DataError(f"{target} exists already; move it, or name another folder with --out")
    try:
        with scratch_folder(target.parent, f"{target.name}.") as work:
            (work / INSTRUCTIONS).write_text(instructions(letter, coder, folder), encoding="utf-8")
            write_sheet(sheet(letter, coder, folder), work / SHEET)
            work.rename(target)
    except OSError as error:
        raise DataError(f"{target} cannot be written ({error.strerror})") from None


# --- a filled sheet


@dataclass(frozen=True)
class Who:
    """Who filled in a sheet: the kind, and of a program its family and its version."""

    kind: str
    family: str = ""
    version: str = ""

    def cells(self) -> dict[str, str]:
        """Return the cells of coders.csv; what is not given is none for a human, and else not recorded."""
        empty = NOT_HUMAN if self.kind == "human" else UNRECORDED
        return {"kind": self.kind, "family": self.family or empty, "version": self.version or empty}


def read_rows(file: Path, letter: str, folder: Path = paths.DATA) -> pd.DataFrame:
    """Return the rows of a filled sheet in the columns of the table, as text; aids and other columns are left out.

    Raise DataError where the file cannot be read, a column is missing, or it is of several coders.
    """
    try:
        filled = pd.read_csv(file, dtype=str, na_filter=False, index_col=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read as CSV in UTF-8: {error}") from None
    columns = [field.name for field in table_of(letter, folder).fields]
    missing = [name for name in columns if name not in filled]
    if missing or filled.empty:
        fault = f"lacks the columns {', '.join(missing)}" if missing else "has no rows"
        make = f"balancing-act coding-sheet --codebook {letter} --coder NAME"
        raise DataError(f"{file} {fault}; make a sheet with `{make}`")
    rows = filled[columns].fillna("").map(str.strip)
    first = rows["coder"].iloc[0]
    other = rows.index[rows["coder"] != first]
    require_none(
        Fault(file.name, place + FIRST_ROW, "coder", show_value(rows["coder"][place]), f"allowed: {first}, as in row 2")
        for place in other[:1]
    )
    return rows


def coder_rows(letter: str, rows: pd.DataFrame, who: Who, day: datetime.date) -> pd.DataFrame:
    """Return the rows of coders.csv for a filled sheet, one for each round in it."""
    rounds = sorted(set(rows["round"])) if "round" in rows else ["1"]
    about = {
        "instructions": f"`balancing-act coding-sheet --instructions`, codebook {letter} of version {__version__}",
        "saw": "the sheet, and the texts that the instructions name",
        "blind_to": "the other coders, as the instructions ask",
        "recorded": day.isoformat(),
        "not_recorded": "settings; days of coding",
        "remarks": "",
    }
    key = {"table": CODEBOOKS[letter].table, "coder": rows["coder"].iloc[0]}
    return pd.DataFrame([{**key, "round": number, **who.cells(), **about} for number in rounds])


def add_sheet(
    file: Path, who: Who, letter: str = "A", folder: Path = paths.DATA, day: datetime.date | None = None
) -> int:
    """Add the rows of a filled sheet to the table of codings and its coder to coders.csv; return how many rows.

    They are checked with all rules in a copy of the tables first. Raise DataError with every fault, by the row of the
    sheet or the option of the command; both tables are then as they were.
    """
    schema = read_schema(folder / paths.DATAPACKAGE.name)
    rows = read_rows(file, letter, folder)
    added = {
        CODEBOOKS[letter].table: rows,
        CODERS: coder_rows(letter, rows, who, day or datetime.datetime.now(datetime.UTC).date()),
    }
    old = {folder / schema[name].file: (folder / schema[name].file).read_bytes() for name in added}
    before = {name: len(_lines(folder / schema[name].file)) for name in added}
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        for name, frame in added.items():
            head = _lines(folder / schema[name].file)[0]
            text = frame[head].to_csv(index=False, header=False, lineterminator="\n")
            with (copy / schema[name].file).open("a", encoding="utf-8", newline="") as stream:
                stream.write(text)
        names = {schema[name].file: (file.name if name != CODERS else "", count) for name, count in before.items()}
        require_none(_in_sheet(fault, names) for fault in check(copy))
        new = {place: (copy / place.name).read_bytes() for place in old}
    try:
        for place, content in new.items():
            write_whole(place, content)
    except OSError as error:
        for place, content in old.items():
            if place.read_bytes() != content:
                write_whole(place, content)
        raise DataError(f"{place} cannot be written ({error.strerror}); nothing was added") from None
    return len(rows)


def _lines(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


def _in_sheet(fault: Fault, names: Mapping[str, tuple[str, int]]) -> Fault:
    """Return a fault of an added row by the row of the sheet or the option that it comes from, any other as it is."""
    name, before = names.get(fault.file, ("", 0))
    if not before or fault.row is None or fault.row <= before:
        return fault
    if name:
        return Fault(name, fault.row - before - 1 + FIRST_ROW, fault.column, fault.value, fault.allowed)
    return Fault(f"--{fault.column}", None, None, fault.value, fault.allowed)
