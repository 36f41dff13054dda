"""Faults of tables: where each is, what stands there and what is allowed; and how a message quotes a cell.

Rows are counted as a spreadsheet counts them: the header is row 1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from analysis.core.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

HEADER = 1
FIRST_ROW = 2
LONGEST = 5_000  # characters of a cell

Frames = Mapping[str, "pd.DataFrame"]  # tables by name


def row_of(index: object) -> int:
    """Return the row of the file that an index of its frame stands for."""
    return int(str(index)) + FIRST_ROW


def printable(text: str) -> str:
    """Return a text with escapes for characters that cannot be seen or that turn the direction of writing."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


@dataclass(frozen=True)
class Fault:
    """One fault: where it is, what stands there, what is allowed. Row None means the whole file."""

    file: str
    row: int | None
    column: str | None
    value: str
    allowed: str

    def __str__(self) -> str:
        """Return one line: file, row, column, value, what is allowed."""
        places = (("row", self.row), ("column", self.column))
        place = "".join(f", {name} {value}" for name, value in places if value is not None)
        return printable(f"{self.file}{place}: {self.value}; {self.allowed}")


def close_matches(value: str, known: list[str], most: int = 3) -> list[str]:
    """Return the known values most similar to a value, the nearest first; none where all are far."""
    return get_close_matches(value, known, n=most, cutoff=0.5)


def nearest(value: str, known: list[str]) -> str:
    """Return a hint with the most similar known value, or an empty string."""
    close = close_matches(value, known, 1)
    return f" (nearest: {close[0]})" if close else ""


def show_value(value: str) -> str:
    """Return a cell as a message quotes it: visible when empty, short when long, with the first unseen character."""
    if value == "":
        return "the cell is empty"
    text = value if len(value) <= 60 else value[:57] + "…"
    unseen = next((f" (U+{ord(c):04X} cannot be seen)" for c in value if not c.isprintable()), "")
    return "“" + printable(text).replace("\n", "\\u000a") + "”" + unseen


def require_none(faults: Iterable[Fault]) -> None:
    """Raise DataError with all faults, one a line, where there are any."""
    if lines := [str(fault) for fault in faults]:
        raise DataError("\n".join(lines))
