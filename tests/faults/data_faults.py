"""Small, realistic faults in the files of data/, drawn with a fixed seed.

Each is what a hand, a spreadsheet or a copy that broke off would do. Which kinds a table can have follows from its
columns as data/datapackage.json declares them.
"""

import csv
import datetime
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from analysis.data.schema import Field, TableSchema, read_schema

SEED = 20250207
Rows = list[list[str]]
IDS = re.compile(r"\b(?:E\d{3}|[PQT]\d{2}|[CO]\d{1,2}|S\d)\b")
CODERS = ("coder", "reviewer")
EVIDENCE = ("arguments", "evidence", "events", "event_ids", "cited_sources", "reciprocal_to", "parties", "used_for")


@dataclass(frozen=True)
class DataFault:
    """A fault: its kind, the file below data/ in which it is, what it does in words, and the file as it then is."""

    kind: str
    file: str
    words: str
    content: bytes


def read_rows(content: bytes) -> Rows:
    """The rows of a CSV file, the header first."""
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def write_rows(rows: Rows) -> bytes:
    """A CSV file as the repository writes them."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _short(cell: str) -> str:
    return f"“{cell}”" if len(cell) <= 40 else f"“{cell[:37]}…”"


# --- faults in one table


@dataclass(frozen=True)
class Place:
    """A table with its rows, and the draw that chooses columns, rows and values in it."""

    table: TableSchema
    rows: Rows
    random: Random
    targets: dict[str, list[str]]  # columns with a foreign key: the ids that they may hold

    def columns(self, wanted: Callable[[Field], bool]) -> list[int]:
        """The places of the columns of a kind, in a drawn order."""
        found = [place for place, name in enumerate(self.rows[0]) if wanted(self.field(name))]
        return self.random.sample(found, len(found))

    def field(self, name: str) -> Field:
        """A column as the schema declares it."""
        [field] = [field for field in self.table.fields if field.name == name]
        return field

    def filled(self, column: int) -> list[int]:
        """The rows in which a column is filled, in a drawn order."""
        found = [row for row in range(1, len(self.rows)) if self.rows[row][column]]
        return self.random.sample(found, len(found))

    def is_id(self, field: Field) -> bool:
        """Whether a column holds ids: of the rows themselves or of another table."""
        key = self.table.primary_key
        return field.type == "string" and not field.enum and (field.name in key or field.name in self.targets)

    def changed(self, row: int, column: int, value: str) -> Iterator[tuple[str, Rows]]:
        """The table with another value in one cell, unless it is the same."""
        rows = [list(cells) for cells in self.rows]
        before, rows[row][column] = rows[row][column], value
        if before != value:
            words = f"row {row + 1}, {self.rows[0][column]}: {_short(before)} becomes {_short(value)}"
            yield words, rows

    def swapped(self, column: int) -> Iterator[tuple[str, Rows]]:
        """The table with the cells of a column swapped between two rows that differ in it."""
        filled = self.filled(column)
        for one in filled[:5]:
            for other in filled:
                if self.rows[one][column] != self.rows[other][column]:
                    rows = [list(cells) for cells in self.rows]
                    rows[one][column], rows[other][column] = rows[other][column], rows[one][column]
                    yield f"rows {one + 1} and {other + 1} swap {self.rows[0][column]}", rows
                    break


Kind = Callable[[Place], Iterator[tuple[str, Rows]]]


def swap_two_ids(place: Place) -> Iterator[tuple[str, Rows]]:
    """Two rows have each other's id."""
    for column in place.columns(place.is_id):
        yield from place.swapped(column)


def another_id(place: Place) -> Iterator[tuple[str, Rows]]:
    """An id that exists, but not the right one."""
    for column in place.columns(lambda field: field.name in place.targets):
        for row in place.filled(column)[:2]:
            yield from place.changed(row, column, place.random.choice(place.targets[place.rows[0][column]]))


def unknown_id(place: Place) -> Iterator[tuple[str, Rows]]:
    """An id that does not exist."""
    for column in place.columns(place.is_id):
        for row in place.filled(column)[:2]:
            yield from place.changed(row, column, re.sub(r"\w(?=\W*$)", "9", place.rows[row][column] + "9"))


def shift_a_date(place: Place) -> Iterator[tuple[str, Rows]]:
    """A day earlier or later."""
    for column in place.columns(lambda field: field.type == "date"):
        for row in place.filled(column)[:3]:
            day = datetime.date.fromisoformat(place.rows[row][column])
            yield from place.changed(row, column, str(day + datetime.timedelta(place.random.choice((-1, 1)))))


def step_on_a_scale(place: Place) -> Iterator[tuple[str, Rows]]:
    """One more or one less; in an ordered list of words the next one."""
    key = place.table.primary_key
    for column in place.columns(
        lambda field: (field.type == "integer" and field.name not in key) or (field.ordered and bool(field.enum))
    ):
        field, step = place.field(place.rows[0][column]), place.random.choice((-1, 1))
        for row in place.filled(column)[:2]:
            value = place.rows[row][column]
            if field.enum:
                at = field.enum.index(value)
                yield from place.changed(row, column, field.enum[(at + step) % len(field.enum)])
            else:
                yield from place.changed(row, column, str(int(value) + step))


def flip_a_sign(place: Place) -> Iterator[tuple[str, Rows]]:
    """A score of the other sign."""
    for column in place.columns(lambda field: field.type == "number"):
        for row in [row for row in place.filled(column) if float(place.rows[row][column])][:12]:
            yield from place.changed(row, column, str(-float(place.rows[row][column])))


def another_category(place: Place) -> Iterator[tuple[str, Rows]]:
    """Another word of a closed list."""
    for column in place.columns(lambda field: bool(field.enum) and field.name not in CODERS):
        for row in place.filled(column)[:2]:
            yield from place.changed(row, column, place.random.choice(place.field(place.rows[0][column]).enum))


def change_a_verdict(place: Place) -> Iterator[tuple[str, Rows]]:
    """Another verdict."""
    for column in place.columns(lambda field: field.name in ("verdict", "if_holds", "if_fails", "part")):
        for row in place.filled(column)[:4]:
            yield from place.changed(row, column, place.random.choice(place.field(place.rows[0][column]).enum))


def change_evidence(place: Place) -> Iterator[tuple[str, Rows]]:
    """Another id, number or document in the evidence of a verdict, or of a coding."""
    for column in place.columns(lambda field: field.name in EVIDENCE):
        for row in place.filled(column)[:8]:
            cell = place.rows[row][column]
            found = list(re.finditer(r"\d+", cell))
            if found:
                at = place.random.choice(found)
                other = str(int(at[0]) + 1).zfill(len(at[0]))
                yield from place.changed(row, column, cell[: at.start()] + other + cell[at.end() :])
            else:
                yield from place.changed(row, column, cell[:-1])


def drop_a_row(place: Place) -> Iterator[tuple[str, Rows]]:
    """A row is missing."""
    for row in place.random.sample(range(1, len(place.rows)), min(2, len(place.rows) - 1)):
        yield f"row {row + 1} ({place.rows[row][0]}) is dropped", place.rows[:row] + place.rows[row + 1 :]


def repeat_a_row(place: Place) -> Iterator[tuple[str, Rows]]:
    """A row stands there twice."""
    row = place.random.randrange(1, len(place.rows))
    yield f"row {row + 1} ({place.rows[row][0]}) stands there twice", [*place.rows[: row + 1], *place.rows[row:]]


def duplicate_an_annotator(place: Place) -> Iterator[tuple[str, Rows]]:
    """The codings of one coder once more, under another name."""
    for column in place.columns(lambda field: field.name in CODERS):
        for name in sorted({row[column] for row in place.rows[1:]}):
            copied = [[*row[:column], "d", *row[column + 1 :]] for row in place.rows[1:] if row[column] == name]
            yield f"the {len(copied)} rows of {name} once more as d", [*place.rows, *copied]


def swap_two_cells(place: Place) -> Iterator[tuple[str, Rows]]:
    """Two rows have each other's value in a column that is no id."""
    for column in place.columns(lambda field: not place.is_id(field)):
        yield from [*place.swapped(column)][:1]


def mistype_a_word(place: Place) -> Iterator[tuple[str, Rows]]:
    """A letter is missing in a text."""
    for column in place.columns(
        lambda field: field.type in ("string", "list") and not field.enum and not place.is_id(field)
    ):
        for row in place.filled(column)[:1]:
            cell = place.rows[row][column]
            letters = [at for at, letter in enumerate(cell) if letter.isalpha()]
            if letters:
                at = place.random.choice(letters)
                yield from place.changed(row, column, cell[:at] + cell[at + 1 :])


def blank_a_cell(place: Place) -> Iterator[tuple[str, Rows]]:
    """A cell is empty that was filled."""
    for column in place.columns(lambda field: True):
        for row in place.filled(column)[:1]:
            yield from place.changed(row, column, "")


def fill_a_blank(place: Place) -> Iterator[tuple[str, Rows]]:
    """A cell that was empty has the value of another row."""
    for column in place.columns(lambda field: True):
        filled = place.filled(column)
        empty = [row for row in range(1, len(place.rows)) if row not in set(filled)]
        if filled and empty:
            yield from place.changed(place.random.choice(empty), column, place.rows[filled[0]][column])


def swap_two_headers(place: Place) -> Iterator[tuple[str, Rows]]:
    """Two columns have each other's name."""
    names = place.rows[0]
    for one, other in zip(range(len(names) - 1), range(1, len(names)), strict=True):
        if place.field(names[one]).type == place.field(names[other]).type:
            header = list(names)
            header[one], header[other] = header[other], header[one]
            yield f"the headers {names[one]} and {names[other]} are swapped", [header, *place.rows[1:]]


def drop_a_column(place: Place) -> Iterator[tuple[str, Rows]]:
    """A column is missing."""
    column = place.random.randrange(len(place.rows[0]))
    yield (
        f"the column {place.rows[0][column]} is dropped",
        [[*row[:column], *row[column + 1 :]] for row in place.rows],
    )


def swap_two_rows(place: Place) -> Iterator[tuple[str, Rows]]:
    """Two rows have each other's place."""
    if len(place.rows) > 2:
        row = place.random.randrange(1, len(place.rows) - 1)
        rows = [*place.rows[:row], place.rows[row + 1], place.rows[row], *place.rows[row + 2 :]]
        yield f"rows {row + 1} and {row + 2} change places", rows


def as_a_spreadsheet(place: Place) -> Iterator[tuple[str, Rows]]:
    """A spreadsheet wrote days and codes as it likes them."""
    for column in place.columns(lambda field: field.type == "date"):
        rows = [list(row) for row in place.rows]
        for row in place.filled(column):
            rows[row][column] = f"{datetime.date.fromisoformat(rows[row][column]):%d/%m/%Y}"
        yield f"days in {rows[0][column]} are written 31/12/2025", rows
    for column in place.columns(lambda field: field.type == "string"):
        rows = [
            [*row[:column], row[column].lstrip("0") if row[column].isdigit() else row[column], *row[column + 1 :]]
            for row in place.rows
        ]
        if rows != place.rows:
            yield f"codes in {rows[0][column]} lose their leading zeros", rows


# how many of a kind in a table
KINDS: dict[Kind, int] = {
    swap_two_ids: 1,
    another_id: 1,
    unknown_id: 1,
    shift_a_date: 2,
    step_on_a_scale: 1,
    flip_a_sign: 4,
    another_category: 1,
    change_a_verdict: 3,
    change_evidence: 3,
    drop_a_row: 1,
    repeat_a_row: 1,
    duplicate_an_annotator: 2,
    swap_two_cells: 1,
    mistype_a_word: 1,
    blank_a_cell: 1,
    fill_a_blank: 1,
    swap_two_headers: 1,
    drop_a_column: 1,
    swap_two_rows: 1,
    as_a_spreadsheet: 1,
}


def name_of(kind: Callable[..., object]) -> str:
    """The name of a kind for readers."""
    return kind.__name__.replace("_", " ")


def table_faults(schema: dict[str, TableSchema], name: str, folder: Path) -> Iterator[DataFault]:
    """The faults of one table."""
    table = schema[name]
    content = (folder / table.file).read_bytes()
    rows = read_rows(content)
    if len(rows) < 2:
        return
    targets = {}
    for key in table.foreign_keys:
        known = read_rows((folder / schema[key.table].file).read_bytes())
        targets[key.field] = sorted({row[known[0].index(key.target)] for row in known[1:]})
    for kind, most in KINDS.items():
        place = Place(table, rows, Random(f"{SEED} {name} {kind.__name__}"), targets)
        for taken, (words, changed) in enumerate(kind(place)):
            if taken == most:
                break
            yield DataFault(name_of(kind), table.file, words, write_rows(changed))
    yield from truncations(table.file, content, Random(f"{SEED} {name}"))


# --- faults in any file


def truncations(file: str, content: bytes, random: Random) -> Iterator[DataFault]:
    """The file breaks off: within a row, and where there are rows to lose, after one."""
    at = random.randrange(len(content) // 2, len(content) - 2)
    yield DataFault("truncate a file", file, f"the file ends after {at} of {len(content)} bytes", content[:at])
    lines = content.splitlines(keepends=True)
    if file.endswith(".csv") and len(lines) > 3:
        end = random.randrange(2, len(lines) - 1)
        kept = b"".join(lines[:end])
        yield DataFault("truncate a file", file, f"the file ends after line {end} of {len(lines)}", kept)


def bibliography_faults(file: str, content: bytes) -> Iterator[DataFault]:
    """Faults of the BibTeX file."""
    random, text = Random(f"{SEED} {file}"), content.decode()

    def replaced(kind: str, pattern: str, change: Callable[[str], str], most: int) -> Iterator[DataFault]:
        for found in random.sample([*re.finditer(pattern, text, re.MULTILINE)], most):
            new = change(found[1])
            words = f"line {text.count(chr(10), 0, found.start(1)) + 1}: {_short(found[1])} becomes {_short(new)}"
            yield DataFault(kind, file, words, (text[: found.start(1)] + new + text[found.end(1) :]).encode())

    def next_day(day: str) -> str:
        return str(datetime.date.fromisoformat(day) + datetime.timedelta(1))

    yield from replaced("shift a date", r"^\s*date\s*= \{(\d{4}-\d\d-\d\d)\}", next_day, 6)
    yield from replaced("unknown id", r"^@\w+\{(\w+),", lambda key: key + "a", 3)
    yield from replaced("mistype a word", r"^\s*title\s*= \{([^{}]{8,})", lambda title: title[:-1], 3)
    entries = re.split(r"(?=^@)", text, flags=re.MULTILINE)
    for at in random.sample(range(1, len(entries)), 3):
        key = entries[at].partition("{")[2].partition(",")[0]
        kept = "".join(entries[:at] + entries[at + 1 :])
        yield DataFault("drop a row", file, f"the entry {key} is dropped", kept.encode())
    yield from truncations(file, content, random)


def feature_faults(file: str, content: bytes) -> Iterator[DataFault]:
    """Faults of a file of text features: a number changed, a row dropped, the file cut."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    random, table = Random(f"{SEED} {file}"), pq.read_table(io.BytesIO(content))

    def written(changed: pa.Table) -> bytes:
        stream = io.BytesIO()
        pq.write_table(changed, stream)
        return stream.getvalue()

    def cell(name: str, row: int, value: object) -> bytes:
        column = table.column(name)
        values = column.to_pylist()
        values[row] = value
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        array = pa.array(values, kind)
        array = array.cast(column.type) if not pa.types.is_dictionary(column.type) else array.dictionary_encode()
        return written(table.set_column(table.schema.get_field_index(name), name, array))

    for kind, name, change in (
        ("step on a scale", "count", lambda value: value + 1),
        ("step on a scale", "tokens", lambda value: value + 1),
        ("step on a scale", "hash", lambda value: value ^ 1),
        ("flip a sign", "score", lambda value: -value),
    ):
        if name in table.column_names:
            for row in random.sample(range(table.num_rows), 3):
                before = table.column(name)[row].as_py()
                words = f"row {row + 1}, {name}: {before} becomes {change(before)}"
                yield DataFault(kind, file, words, cell(name, row, change(before)))
    for row in random.sample(range(table.num_rows), 2):
        kept = pa.concat_tables([table.slice(0, row), table.slice(row + 1)])
        yield DataFault("drop a row", file, f"row {row + 1} is dropped", written(kept))
    yield from truncations(file, content, random)


@cache
def all_faults(folder: Path) -> list[DataFault]:
    """Every fault of the suite, the same ones each time, from the files of a folder of data."""
    schema = read_schema(folder / "datapackage.json")
    faults = [fault for name in schema for fault in table_faults(schema, name, folder)]
    for resource in json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["resources"]:
        file = resource["path"]
        if file.endswith(".bib"):
            faults += bibliography_faults(file, (folder / file).read_bytes())
        elif file.endswith(".parquet"):
            faults += feature_faults(file, (folder / file).read_bytes())
    return [fault for fault in faults if fault.content != (folder / fault.file).read_bytes()]
