"""Load the tables of data/ as typed frames, and find every fault in them.

A fault (`analysis.data.faults`) is a cell, row or column that breaks the schema (data/datapackage.json); rules that
span tables are in `analysis.validation.rules`.
"""

import csv
import datetime
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.faults import FIRST_ROW, HEADER, LONGEST, Fault, nearest, require_none, row_of, show_value
from analysis.data.schema import Field, TableSchema, read_schema

FORMS = {"integer": r"-?\d{1,15}", "number": r"[-+.\deE]+", "date": r"\d{4}-\d\d-\d\d"}
# days whose every hour pandas can hold, and numbers that are finite
LIMITS = {"date": ("1678-01-01", "2261-12-31"), "number": (-sys.float_info.max, sys.float_info.max)}

# --- cells


def _value(field: Field, text: str) -> Any:
    if field.type == "integer":
        return int(text)
    if field.type == "number":
        return float(text)
    if field.type == "date":
        return datetime.date.fromisoformat(text)
    return tuple(text.split(field.delimiter)) if field.type == "list" else text


def _parse(field: Field, cell: str) -> Any:
    """Return the typed value of a filled cell. Raises ValueError where the column does not allow it."""
    forms = (FORMS.get(field.type), field.pattern)
    if not all(re.fullmatch(form, cell, re.ASCII) for form in forms if form):
        raise ValueError
    if len(cell) > LONGEST or not cell.isprintable() or (field.enum and cell not in field.enum):
        raise ValueError
    value = _value(field, cell)
    if any(item == "" or item != item.strip() for item in (cell, *(value if field.type == "list" else ()))):
        raise ValueError
    least, most = LIMITS.get(field.type, (None, None))
    for limit in (least, field.minimum):
        if limit is not None and value < _value(field, str(limit)):
            raise ValueError
    for limit in (most, field.maximum):
        if limit is not None and value > _value(field, str(limit)):
            raise ValueError
    return value


def _column(field: Field, cells: list[Any]) -> "pd.Series[Any]":
    """Return a typed series. Empty text is "", an empty list (), any other empty cell a missing value."""
    if field.enum:
        return pd.Series(pd.Categorical(cells, categories=list(field.enum), ordered=field.ordered), name=field.name)
    if field.type in ("string", "list"):
        empty: Any = "" if field.type == "string" else ()
        return pd.Series([empty if cell is None else cell for cell in cells], dtype="object", name=field.name)
    if field.type == "date":
        return pd.Series(pd.to_datetime(pd.Series(cells, dtype="object")), name=field.name)
    if field.type == "number":
        return pd.Series(cells, dtype="float64", name=field.name)
    return pd.Series(cells, dtype="Int64" if None in cells else "int64", name=field.name)


# --- one table


def _records(table: TableSchema, folder: Path) -> tuple[list[list[str]], list[Fault]]:
    """Return the rows of a file, columns in the order of the schema, or the faults that keep it from being read."""
    file = folder / table.file

    def whole(value: str, allowed: str, row: int | None = None) -> tuple[list[list[str]], list[Fault]]:
        return [], [Fault(table.file, row, None, value, allowed)]

    rows: list[list[str]] = []
    try:
        text = file.read_bytes().decode("utf-8")
        rows.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
    except FileNotFoundError:
        return whole("the file is missing", f"expected {table.file} in {folder.name}/")
    except OSError as error:
        return whole(f"the file cannot be read ({error.strerror})", "a readable CSV file")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        return whole(f"byte 0x{error.object[error.start]:02x} is not UTF-8", "save the file as UTF-8", row)
    except csv.Error as error:
        allowed = 'comma-separated cells, quoted with "'
        return whole(f"the file is not well-formed CSV ({error})", allowed, len(rows) + 1)
    if text.startswith("\ufeff"):
        return whole("the file starts with a byte order mark", "save the file as UTF-8 without it", HEADER)
    if text and not text.endswith("\n"):
        return whole("the last row has no line end, as where a file was cut off", "a line end after every row")
    if not rows:
        return whole("the file is empty", "a header row and at least one row")

    header, names = rows[0], [field.name for field in table.fields]
    expected = f"expected columns: {', '.join(names)}"
    columns = [(name, "the column is missing", expected) for name in names if name not in header]
    for position, name in enumerate(header):
        if name not in names:
            columns.append((name, "the column is unknown" + nearest(name, names), expected))
        elif name in header[:position]:
            columns.append((name, "the column stands there twice", "one column of each name"))
    faults = [Fault(table.file, HEADER, *column) for column in columns]
    if len(rows) == 1 and not table.may_be_empty:
        faults.append(Fault(table.file, None, None, "the table has no rows", "at least one row"))
    if faults:
        return [], faults
    records = []
    for number, cells in enumerate(rows[1:], FIRST_ROW):
        if len(cells) != len(header):
            faults.append(Fault(table.file, number, None, f"the row has {len(cells)} cells", f"{len(header)} cells"))
        by_column = dict(zip(header, cells, strict=False))
        records.append([by_column.get(name, "") for name in names])
    return records, faults


def _duplicates(table: TableSchema, columns: tuple[str, ...], cells: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    first_rows: dict[tuple[str, ...], int] = {}
    for number, key in enumerate(zip(*(cells[name] for name in columns), strict=True), FIRST_ROW):
        if (first := first_rows.setdefault(key, number)) != number:
            value = f"{show_value(', '.join(key))} stands already in row {first}"
            yield Fault(table.file, number, "+".join(columns), value, "each value once")


def _values(field: Field, cells: Sequence[str], file: str) -> tuple[list[Any], list[Fault]]:
    """Return the values of a column, None for an empty cell, and its faults."""
    values: list[Any] = []
    faults = []
    for number, cell in enumerate(cells, FIRST_ROW):
        try:
            values.append(_parse(field, cell) if cell else None)
        except ValueError:
            shown, allowed = show_value(cell) + nearest(cell, list(field.enum)), field.allowed
            if len(cell) > LONGEST:
                shown, allowed = f"{len(cell):,} characters", f"up to {LONGEST:,} characters"
            faults.append(Fault(file, number, field.name, shown, f"allowed: {allowed}"))
        if field.required and not cell:
            faults.append(Fault(file, number, field.name, show_value(cell), f"required: {field.allowed}"))
    return values, faults


def read_table(table: TableSchema, folder: Path) -> tuple[pd.DataFrame, list[Fault]]:
    """Return one table as a typed frame, with all its faults; with faults the frame is not to be used.

    Columns come in the order of the schema; the index counts from 0, so that row n of the file is index n - 2.
    """
    records, faults = _records(table, folder)
    names = [field.name for field in table.fields]
    if not records:
        return pd.DataFrame(columns=names), faults
    cells = dict(zip(names, zip(*records, strict=True), strict=True))
    values = {}
    for field in table.fields:
        values[field.name], faults_of_cells = _values(field, cells[field.name], table.file)
        faults += faults_of_cells
    for key in (table.primary_key, *((field.name,) for field in table.fields if field.unique)):
        faults += _duplicates(table, key, cells)
    if faults:
        return pd.DataFrame(columns=names), sorted(faults, key=lambda fault: fault.row or 0)
    return pd.DataFrame({field.name: _column(field, values[field.name]) for field in table.fields}), []


# --- all tables


def foreign_key_faults(schema: Mapping[str, TableSchema], frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return a fault for every filled cell of a foreign key that its target column does not hold."""
    faults = []
    pairs = [(table, key) for table in schema.values() for key in table.foreign_keys]
    for table, key in [pair for pair in pairs if {pair[0].name, pair[1].table} <= frames.keys()]:
        known = set(frames[key.table][key.target])
        allowed = f"allowed: a {key.target} of {schema[key.table].file}"
        for index, value in frames[table.name][key.field].items():
            if isinstance(value, str) and value and value not in known:
                shown = show_value(value) + nearest(value, sorted(known))
                faults.append(Fault(table.file, row_of(index), key.field, shown, allowed))
    return faults


def read_all(folder: Path = paths.DATA) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Return all tables without faults of their own, by name, and all faults of schema and foreign keys."""
    schema = read_schema(folder / paths.DATAPACKAGE.name)
    tables = {name: read_table(table, folder) for name, table in schema.items()}
    frames = {name: frame for name, (frame, faults) in tables.items() if not faults}
    return frames, [*chain(*(faults for _, faults in tables.values())), *foreign_key_faults(schema, frames)]


_read: set[str] = set()


def note_read(file: Path) -> Path:
    """Note that this process reads a file of the data, and return the file."""
    is_case = file.is_relative_to(paths.CASES)
    _read.add(file.relative_to(paths.CASES.parent).as_posix() if is_case else file.name)
    return file


def files_read() -> list[str]:
    """Return the files of the data that this process has read, in order: their names, below data/cases their paths."""
    return sorted(_read)


def _declared(name: str, folder: Path) -> TableSchema:
    schema = read_schema(note_read(folder / paths.DATAPACKAGE.name))
    if name not in schema:
        raise DataError(f"there is no table “{name}”{nearest(name, list(schema))}; tables: {', '.join(schema)}")
    return schema[name]


@cache
def _load(name: str, folder: Path) -> pd.DataFrame:
    table = _declared(name, folder)
    note_read(folder / table.file)
    frame, faults = read_table(table, folder)
    require_none(faults)
    return frame


def labels(table: str, column: str, folder: Path = paths.DATA) -> dict[Any, str]:
    """Return the names of the values of a column for readers, in order: {"peace": "Peace"}."""
    [field] = [field for field in _declared(table, folder).fields if field.name == column]
    return dict(field.labels)


def described(table: str, folder: Path = paths.DATA) -> str:
    """Return the id of the document that a table cuts up, such as the statement of the provisions."""
    return _declared(table, folder).document


def load(name: str, folder: Path = paths.DATA) -> pd.DataFrame:
    """Return a table as a typed frame: days are dates, categories ordered where the schema has them so, lists tuples.

    Raises DataError with every fault of the table, or with the known names where there is no such table.
    """
    return _load(name, folder).copy()


def row(table: str, key: str, folder: Path = paths.DATA) -> pd.Series:
    """Return the row with this id in the first column. Raises DataError with the nearest id where there is none."""
    frame = _load(table, folder)
    matches = frame[frame.iloc[:, 0] == key]
    if matches.empty:
        ids = list(frame.iloc[:, 0])
        raise DataError(f"{table}: there is no {frame.columns[0]} “{key}”{nearest(key, ids)}")
    return matches.iloc[0]
