"""Count lines of GDELT a block at a time: sound lines together in arrays, and every other line by itself.

The counts are those of `foreign_counts.count_lines`, to the order of the malformed lines; a test compares them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.signals import export_streams
from analysis.signals.coding import STATES
from analysis.signals.export_formats import (
    ACTOR1_COUNTRY,
    ACTOR2_COUNTRY,
    EVENT_CODE,
    GDELT_DAY,
    SQLDATE,
    GdeltReader,
    MalformedError,
    Read,
    cameo_code,
    day_and_period,
)
from analysis.signals.export_streams import read_lines
from analysis.signals.export_tables import Tally, count_lines

if TYPE_CHECKING:
    from analysis.signals.export_streams import Stream

BLOCK = 2 * 2**20  # bytes
STEP = 10_000  # lines of another format that are counted at a time
TAB, END = ord("\t"), ord("\n")
WIDE = 8  # bytes of a cell as one number: days have eight, states three, codes at most four

Numbers = NDArray[np.int64]
Cells = NDArray[np.uint64]  # the bytes of each cell as one number


def read_blocks(stream: "Stream", end: int | None = None) -> Iterator[bytes]:
    """Whole lines of a stream, about BLOCK bytes at a time; or those that begin before a byte.

    Of a line longer than LONGEST bytes so many are given at least, and not many more than a block.
    """
    while True:
        wanted = BLOCK if end is None else min(BLOCK, end - stream.tell())
        block = stream.read(wanted) if wanted > 0 else b""
        if not block:
            return
        yield block if block.endswith(b"\n") else block + next(read_lines(stream), b"")


def count_stream(
    stream: "Stream", read: Read, tally: Tally, *, start: int = 1, end: int | None = None, place: str = ""
) -> Iterator[int]:
    """Add the lines of a stream, or those that begin before a byte, to a tally, and give their number so far.

    It counts as the lines are asked for. Takes and raises what `foreign_counts.count_lines` does; the number includes
    empty lines and begins with start - 1.
    """
    if isinstance(read, GdeltReader):
        for block in read_blocks(stream, end):
            start += count_block(block, read, tally, start=start, place=place)
            yield start - 1
    else:
        lines = read_lines(stream, end)
        while some := list(islice(lines, STEP)):
            count_lines(some, read, tally, start=start, place=place)
            start += len(some)
            yield start - 1


def count_block(block: bytes, read: GdeltReader, tally: Tally, *, start: int = 1, place: str = "") -> int:
    """Add the lines of a block to a tally, and return how many they are, empty ones included.

    Takes and raises what `foreign_counts.count_lines` does.
    """
    lines = _Lines(block, read.columns)
    sound = np.flatnonzero(lines.sound)
    source, target = (_places(lines.cells(sound, column), STATES) for column in (ACTOR1_COUNTRY, ACTOR2_COUNTRY))
    days, day = _values(lines.cells(sound, SQLDATE), lambda cell: day_and_period(cell, GDELT_DAY))
    codes, code = _values(lines.cells(sound, EVENT_CODE), lambda cell: cameo_code(cell, read.known))
    understood = (day >= 0) & (code >= 0)
    kept = understood & (source >= 0) & (target >= 0) & (source != target)
    kept[kept] = np.array([tally.holds(found) for found, _ in days], dtype=bool)[day[kept]]
    _add(tally, source[kept], target[kept], [period for _, period in days], day[kept], codes, code[kept])

    # the others one by one, each when what stands before it is counted
    many = len(lines.ends)
    is_kept, is_outside = np.zeros(many, dtype=bool), np.zeros(many, dtype=bool)
    is_kept[sound[kept]], is_outside[sound[understood & ~kept]] = True, True
    done = 0
    for number in [*np.flatnonzero(~is_kept & ~is_outside).tolist(), many]:
        tally.kept += int(is_kept[done:number].sum())
        tally.outside += int(is_outside[done:number].sum())
        if number < many:
            count_lines([lines.line(number)], read, tally, start=start + number, place=place)
        done = number
    return many


class _Lines:
    """The lines of a block: where they and their cells begin and end, and which have so many columns and are text."""

    def __init__(self, block: bytes, columns: int) -> None:
        self.block = block
        self.bytes = np.frombuffer(block if block.endswith(b"\n") else block + b"\n", dtype=np.uint8)
        self.ends = np.flatnonzero(self.bytes == END)
        self.starts = np.concatenate([[0], self.ends[:-1] + 1])
        self._tabs = np.flatnonzero(self.bytes == TAB)
        self._first = np.searchsorted(self._tabs, self.starts)
        tabs = np.searchsorted(self._tabs, self.ends) - self._first
        self.sound = (tabs == columns - 1) & (self.ends - self.starts < export_streams.LONGEST) & _is_text(block)

    def line(self, number: int) -> bytes:
        """A line with its end, or as much of it as a line may have."""
        return self.block[self.starts[number] : self.ends[number] + 1][: export_streams.LONGEST]

    def cells(self, rows: Numbers, column: int) -> Cells:
        """A column, neither the first nor the last, of some sound lines; cells of more than WIDE bytes are 0."""
        begin = self._tabs[self._first[rows] + column - 1] + 1
        length = (self._tabs[self._first[rows] + column] - begin)[:, None]
        reach = np.arange(WIDE)
        found = self.bytes[begin[:, None] + reach] * ((reach < length) & (length <= WIDE))
        return np.ascontiguousarray(found, dtype=np.uint8).view(">u8").ravel().astype(np.uint64)


def _text_of(cell: int) -> str:
    return cell.to_bytes(WIDE, "big").rstrip(b"\0").decode("utf-8")


def _is_text(block: bytes) -> bool:
    """Whether a block is UTF-8 without NUL, with which short cells are filled."""
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in block


def _places(cells: Cells, values: Sequence[str]) -> Numbers:
    """The place of each cell among some values, -1 where it is none of them."""
    found = np.full(len(cells), -1)
    for place, value in enumerate(values):
        found[cells == int.from_bytes(value.encode().ljust(WIDE, b"\0"), "big")] = place
    return found


def _values(cells: Cells, read: Callable[[str], Any]) -> tuple[list[Any], Numbers]:
    """What different cells say, and for each cell its place among that, -1 where it is malformed."""
    different, places = np.unique(cells, return_inverse=True)
    said: list[Any] = []
    place_of = np.full(len(different), -1)
    for number, cell in enumerate(different.tolist()):
        with suppress(MalformedError):
            said.append(read(_text_of(cell)))
            place_of[number] = len(said) - 1
    return said, place_of[places]


def _add(
    tally: Tally,
    source: Numbers,
    target: Numbers,
    periods: Sequence[pd.Timestamp],
    day: Numbers,
    codes: Sequence[str],
    code: Numbers,
) -> None:
    """Add lines, given by the places of what they say, to the signals of a tally."""
    shape = (len(STATES), len(STATES), max(1, len(periods)), max(1, len(codes)))
    keys, counts = np.unique(np.ravel_multi_index((source, target, day, code), shape), return_counts=True)
    for key, number in zip(keys, counts, strict=True):
        s, t, d, c = (int(part) for part in np.unravel_index(key, shape))
        tally.signals[STATES[s], STATES[t], periods[d], codes[c]] += int(number)
