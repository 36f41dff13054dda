"""Load the tables of data/ as typed frames, and find every fault in them.

A fault (`analysis.data.faults`) is a cell, row or column that breaks the schema (data/datapackage.json); rules that
span tables are in `analysis.validation.rules`.
"""

import csv
import datetime
import io
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.faults import FIRST_ROW, HEADER, LONGEST, Fault, nearest, require_none, row_of, show_value
from analysis.data.schema import Field, TableSchema, read_schema

LARGEST = 20_000_000  # bytes of a file
FIRST_DAY, LAST_DAY = datetime.date(1678, 1, 1), datetime.date(2261, 12, 31)  # whose every hour pandas can hold

# --- cells


def _parse(field: Field, cell: str) -> Any:
    """The typed value of a filled cell. Raises ValueError where the column does not allow it."""
    value: Any = cell
    if len(cell) > LONGEST or cell != cell.strip() or any(not c.isprintable() for c in cell):
        raise ValueError
    if field.type == "integer":
        if not re.fullmatch(r"-?\d{1,15}", cell, re.ASCII):
            raise ValueError
        value = int(cell)
    elif field.type == "number":
        value = float(cell)
        if not math.isfinite(value) or not cell.isascii() or "_" in cell:
            raise ValueError
    elif field.type == "date":
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", cell, re.ASCII):
            raise ValueError
        value = datetime.date.fromisoformat(cell)
        if not FIRST_DAY <= value <= LAST_DAY:
            raise ValueError
    elif field.type == "list":
        value = tuple(cell.split(field.delimiter))
        if any(item == "" or item != item.strip() for item in value):
            raise ValueError
    if field.enum and cell not in field.enum:
        raise ValueError
    if field.pattern and not re.fullmatch(field.pattern, cell, re.ASCII):
        raise ValueError
    for bound, below in ((field.minimum, True), (field.maximum, False)):
        if bound is not None:
            limit = datetime.date.fromisoformat(str(bound)) if field.type == "date" else bound
            if value < limit if below else value > limit:
                raise ValueError
    return value


def _column(field: Field, cells: list[Any]) -> "pd.Series[Any]":
    """A typed series. Empty text is "", an empty list (), any other empty cell a missing value."""
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
    """The rows of a file with the columns in the order of the schema, or the fault that keeps it from being read."""
    file = folder / table.file

    def whole(value: str, allowed: str, row: int | None = None) -> tuple[list[list[str]], list[Fault]]:
        return [], [Fault(table.file, row, None, value, allowed)]

    try:
        if file.stat().st_size > LARGEST:
            return whole(f"the file has {file.stat().st_size:,} bytes", f"up to {LARGEST:,} bytes")
        raw = file.read_bytes()
    except FileNotFoundError:
        return whole("the file is missing", f"expected {table.file} in {folder.name}/")
    except OSError as error:
        return whole(f"the file cannot be read ({error.strerror})", "a readable CSV file")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        return whole(f"byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8", row)
    if text.startswith("\ufeff"):
        return whole("the file starts with a byte order mark", "save the file as UTF-8 without it", HEADER)
    if text and not text.endswith("\n"):
        return whole("the last row has no line end, as where a file was cut off", "a line end after every row")
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        place = len(rows) + 1
        return whole(f"the file is not well-formed CSV ({error})", 'comma-separated cells, quoted with "', place)
    if not rows:
        return whole("the file is empty", "a header row and at least one row")

    header, names = rows[0], [field.name for field in table.fields]
    faults = [
        Fault(table.file, HEADER, name, "the column is missing", f"expected columns: {', '.join(names)}")
        for name in names
        if name not in header
    ]
    for position, name in enumerate(header):
        if name not in names:
            faults.append(
                Fault(
                    table.file,
                    HEADER,
                    name,
                    "the column is unknown" + nearest(name, names),
                    f"expected columns: {', '.join(names)}",
                )
            )
        elif name in header[:position]:
            faults.append(Fault(table.file, HEADER, name, "the column stands there twice", "one column of each name"))
    if len(rows) == 1 and not table.may_be_empty:
        faults.append(Fault(table.file, None, None, "the table has no rows", "at least one row"))
    if faults:
        return [], faults
    order = [header.index(name) for name in names]
    records = []
    for number, cells in enumerate(rows[1:], FIRST_ROW):
        if len(cells) != len(header):
            faults.append(Fault(table.file, number, None, f"the row has {len(cells)} cells", f"{len(header)} cells"))
        records.append([cells[position] if position < len(cells) else "" for position in order])
    return records, faults


def _duplicates(table: TableSchema, columns: tuple[str, ...], keys: list[tuple[str, ...]]) -> Iterator[Fault]:
    first: dict[tuple[str, ...], int] = {}
    for number, key in enumerate(keys, FIRST_ROW):
        if key in first:
            value = f"{show_value(', '.join(key))} stands already in row {first[key]}"
            yield Fault(table.file, number, "+".join(columns), value, "each value once")
        first.setdefault(key, number)


def read_table(table: TableSchema, folder: Path) -> tuple[pd.DataFrame, list[Fault]]:
    """One table as a typed frame, with all its faults; with faults the frame is not to be used.

    Columns come in the order of the schema; the index counts from 0, so that row n of the file is index n - 2.
    """
    records, faults = _records(table, folder)
    if not records:
        return pd.DataFrame(columns=[field.name for field in table.fields]), faults
    columns: dict[str, list[Any]] = {}
    for position, field in enumerate(table.fields):
        cells: list[Any] = []
        for number, record in enumerate(records, FIRST_ROW):
            cell, value = record[position], None
            if cell == "":
                if field.required:
                    faults.append(Fault(table.file, number, field.name, show_value(cell), f"required: {field.allowed}"))
            else:
                try:
                    value = _parse(field, cell)
                except ValueError:
                    if len(cell) > LONGEST:
                        what, allowed = f"{len(cell):,} characters", f"up to {LONGEST:,} characters"
                    else:
                        what, allowed = show_value(cell) + nearest(cell, list(field.enum)), field.allowed
                    faults.append(Fault(table.file, number, field.name, what, f"allowed: {allowed}"))
            cells.append(value)
        columns[field.name] = cells
    names = [field.name for field in table.fields]
    unique = [table.primary_key, *((field.name,) for field in table.fields if field.unique)]
    for key in unique:
        places = [names.index(name) for name in key]
        faults += _duplicates(table, key, [tuple(record[place] for place in places) for record in records])
    if faults:
        return pd.DataFrame(columns=names), sorted(faults, key=lambda fault: fault.row or 0)
    return pd.DataFrame({field.name: _column(field, columns[field.name]) for field in table.fields}), []


# --- all tables


def foreign_key_faults(schema: Mapping[str, TableSchema], frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Every filled cell of a foreign key that its target column does not hold."""
    faults = []
    for table in schema.values():
        for key in table.foreign_keys:
            if table.name not in frames or key.table not in frames:
                continue
            known = set(frames[key.table][key.target])
            allowed = f"a {key.target} of {schema[key.table].file}"
            for index, value in frames[table.name][key.field].items():
                if isinstance(value, str) and value and value not in known:
                    hint = nearest(value, sorted(known))
                    faults.append(
                        Fault(
                            table.file,
                            row_of(index),
                            key.field,
                            show_value(value) + hint,
                            f"allowed: {allowed}",
                        )
                    )
    return faults


def read_all(folder: Path = paths.DATA) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """All tables without faults of their own, by name, and all faults of schema and foreign keys."""
    schema = read_schema(folder / paths.DATAPACKAGE.name)
    frames, faults = {}, []
    for name, table in schema.items():
        frame, found = read_table(table, folder)
        faults += found
        if not found:
            frames[name] = frame
    return frames, faults + foreign_key_faults(schema, frames)


_read: set[str] = set()


def note_read(file: Path) -> Path:
    """Note that this process reads a file of the data, and return the file."""
    pair = file.is_relative_to(paths.CASES)
    _read.add(f"cases/{file.relative_to(paths.CASES).as_posix()}" if pair else file.name)
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
    """The names of the values of a column for readers, in order: {"peace": "Peace"}."""
    [field] = [field for field in _declared(table, folder).fields if field.name == column]
    return dict(field.labels)


def described(table: str, folder: Path = paths.DATA) -> str:
    """The id of the document that a table cuts up: the statement of the provisions, the strategy of the sections."""
    return _declared(table, folder).document


def load(name: str, folder: Path = paths.DATA) -> pd.DataFrame:
    """A table as a typed frame: dates are dates, categories are ordered where the schema orders them, lists tuples.

    Raises DataError with every fault of the table, or with the known names where there is no such table.
    """
    return _load(name, folder).copy()


def row(table: str, key: str, folder: Path = paths.DATA) -> pd.Series:
    """Return the row of a table that has this id, which is its first column: the event E082, the document jpn-nds-2022.

    Raises DataError with the nearest id where there is none.
    """
    frame = _load(table, folder)
    matches = frame[frame.iloc[:, 0] == key]
    if matches.empty:
        ids = list(frame.iloc[:, 0])
        raise DataError(f"{table}: there is no {frame.columns[0]} “{key}”{nearest(key, ids)}")
    return matches.iloc[0]
