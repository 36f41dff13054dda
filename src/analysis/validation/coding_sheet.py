"""A sheet for a further coder of codebook A, and its way back into the table of codings.

The sheet is the table codings_alignment with the coder's name and the units filled in and everything else empty; beside
them stand the columns that help to read. It shows no other coder's work.
"""

import csv
import io
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.core.files import write_whole
from analysis.data.export import harmless
from analysis.data.faults import FIRST_ROW, Fault, require_none
from analysis.data.schema import TableSchema, read_schema
from analysis.validation.check import check

TABLE = "codings_alignment"
AIDS = ("pillar", "paragraph", "anchor_words", "paraphrase")


def sheet(provisions: pd.DataFrame, table: TableSchema, coder: str) -> pd.DataFrame:
    """Return an empty sheet: one row a provision, the columns of the table, then those of AIDS to read by.

    A spreadsheet must take nothing in the aids for a formula; they are not read back.
    """
    frame = pd.DataFrame("", index=provisions.index, columns=[field.name for field in table.fields])
    frame = frame.assign(provision_id=provisions["provision_id"], coder=coder)
    return frame.join(provisions[list(AIDS)].map(lambda cell: harmless(cell) if isinstance(cell, str) else cell))


def guide(table: TableSchema) -> list[str]:
    """Return what each column to be filled may hold, one line a column."""
    filled = [field for field in table.fields if field.name not in ("provision_id", "coder")]
    return [f"{field.name}: {field.allowed}{'' if field.required else ', or empty'}" for field in filled]


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


def read_rows(file: Path, table: TableSchema) -> pd.DataFrame:
    """Return the rows of a filled sheet in the columns of the table, as text; aids and other columns are left out.

    Raise DataError where the file cannot be read or a column is missing.
    """
    try:
        sheet = pd.read_csv(file, dtype=str, na_filter=False, index_col=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read as CSV in UTF-8: {error}") from None
    columns = [field.name for field in table.fields]
    missing = [name for name in columns if name not in sheet]
    if missing or sheet.empty:
        fault = f"lacks the columns {', '.join(missing)}" if missing else "has no rows"
        raise DataError(f"{file} {fault}; make a sheet with `balancing-act coding-sheet --coder NAME`")
    return sheet[columns].fillna("").map(str.strip)


def add_sheet(file: Path, folder: Path = paths.DATA) -> int:
    """Add the rows of a filled sheet to the table of codings, and return how many.

    They are checked with all rules in a copy of the tables first. Raise DataError with every fault, by the row of the
    sheet; the table is then as it was.
    """
    table = read_schema(folder / paths.DATAPACKAGE.name)[TABLE]
    rows = read_rows(file, table)
    target = folder / table.file
    current = target.read_text(encoding="utf-8")
    added = rows.to_csv(index=False, header=False, lineterminator="\n")
    before = len(list(csv.reader(io.StringIO(current, newline=""))))
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        (copy / table.file).write_text(current + added, encoding="utf-8", newline="")
        require_none(_in_sheet(fault, table, file, before) for fault in check(copy))
        write_whole(target, (copy / table.file).read_bytes())
    return len(rows)


def _in_sheet(fault: Fault, table: TableSchema, file: Path, before: int) -> Fault:
    """Return a fault of an added row with the name and the row of the sheet, and any other as it is."""
    if fault.file != table.file or fault.row is None or fault.row <= before:
        return fault
    return Fault(file.name, fault.row - before - 1 + FIRST_ROW, fault.column, fault.value, fault.allowed)
