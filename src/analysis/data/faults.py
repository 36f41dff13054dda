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
    """The row of the file that an index of its frame stands for."""
    return int(str(index)) + FIRST_ROW


def printable(text: str) -> str:
    """A text whose characters that cannot be seen, or turn the direction of writing, stand as escapes."""
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
        """One line: file, row, column, value, what is allowed."""
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return printable(f"{place}: {self.value}; {self.allowed}")


def close_matches(value: str, known: list[str], most: int = 3) -> list[str]:
    """The known values most similar to a value, the nearest first; none where all are far."""
    return get_close_matches(value, known, n=most, cutoff=0.5)


def nearest(value: str, known: list[str]) -> str:
    """A hint with the most similar known value, or an empty string."""
    close = close_matches(value, known, 1)
    return f" (nearest: {close[0]})" if close else ""


def show_value(value: str) -> str:
    """A cell as it is quoted in a message: visible when empty, short when long, control characters escaped."""
    if value == "":
        return "the cell is empty"
    text = value if len(value) <= 60 else value[:57] + "…"
    return "“" + printable(text).replace("\n", "\\u000a") + "”" + unseen(value)


def unseen(value: str) -> str:
    """Which character of a value cannot be seen, in brackets; an empty string where all can."""
    hidden = next((c for c in value if not c.isprintable()), "")
    return f" (U+{ord(hidden):04X} cannot be seen)" if hidden else ""


def require_none(faults: Iterable[Fault]) -> None:
    """Raise DataError with all faults, one a line, where there are any."""
    if lines := [str(fault) for fault in faults]:
        raise DataError("\n".join(lines))
