"""Counts of signals as they grow line by line, with what is malformed, and as frames that can be added up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.core.errors import DataError
from analysis.signals.export_formats import EMPTY, NAMES, SCALES, Format, MalformedError, Read
from analysis.signals.export_streams import line_text

KEYS = ["source", "target", "period", "scale", "code"]
SHOWN = 10  # malformed lines that are kept
ENOUGH = 1000  # lines after which the share of malformed lines is judged while reading


@dataclass(frozen=True)
class Report:
    """What became of the lines of a file; lines = kept + outside + bad.

    lines counts what was read, without header and empty lines. A line that is kept holds at least one signal; outside
    are those of other states or days, and of a state towards itself; bad are the malformed ones. first_bad gives the
    first of these, at most SHOWN, with the number of the line (the first line of a file is 1) and the reason.
    """

    file: Path
    format: Format
    lines: int
    kept: int
    outside: int
    bad: int
    first_bad: tuple[tuple[int, str], ...]

    def __str__(self) -> str:
        """The counts in one line, and each malformed line that is kept in one more."""
        counts = f"{self.lines:,} lines read, {self.kept:,} kept, {self.outside:,} outside, {self.bad:,} malformed"
        return f"{self.file} ({NAMES[self.format]}): {counts}" + list_bad(self.first_bad, self.bad)


@dataclass
class Tally:
    """The counts of a file as they grow.

    first and last bound the days, both included; largest_bad_share is how many lines may be malformed.
    """

    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    largest_bad_share: float = 1
    signals: Counter[tuple[str, str, pd.Timestamp, str]] = field(default_factory=Counter)
    kept: int = 0
    outside: int = 0
    bad: int = 0
    first_bad: list[tuple[int, str]] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """All lines that were counted."""
        return self.kept + self.outside + self.bad

    def holds(self, day: pd.Timestamp) -> bool:
        """Whether a day lies within the bounds."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


def list_bad(first_bad: Iterable[tuple[int, str]], bad: int) -> str:
    """The first of so many malformed lines, each after a line break."""
    shown = [f"\n  line {number}: {reason}" for number, reason in first_bad]
    return "".join(shown) + (f"\n  … and {bad - len(shown):,} more" if bad > len(shown) else "")


# --- frames


def counts_frame(rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """Rows of source, target, period, scale, code and signals as a sorted frame with these columns."""
    frame = pd.DataFrame(list(rows), columns=[*KEYS, "signals"])
    frame = frame.astype(dict.fromkeys(KEYS, "object") | {"period": "datetime64[ns]", "signals": "int64"})
    return frame.sort_values(KEYS, ignore_index=True)


def merge_counts(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up frames of counts, so that the parts of a file, or several files, can be counted apart.

    Columns and order are those of `read_counts`; no frames give an empty one. Adding is associative and does not depend
    on the order. The same file twice counts twice.
    """
    summed = pd.concat([counts_frame([]), *frames]).groupby(KEYS, as_index=False)["signals"].sum()
    return counts_frame(summed.itertuples(index=False, name=None))


def counted(file: Path, kind: Format, tally: Tally) -> tuple[pd.DataFrame, Report]:
    """The frame of counts and the report of a file, from its tally."""
    frame = counts_frame((*key[:3], SCALES[kind], key[3], signals) for key, signals in tally.signals.items())
    return frame, Report(file, kind, tally.lines, tally.kept, tally.outside, tally.bad, tuple(tally.first_bad))


# --- many lines


def count_lines(lines: Iterable[bytes], read: Read, tally: Tally, *, start: int = 1, place: str = "") -> None:
    """Add lines to a tally; empty lines do not count.

    The first line has the number start; place is put before the reason of a malformed line. Raises DataError at a
    malformed line where, after ENOUGH lines, more than the largest share of all so far is malformed.
    """
    for number, line in enumerate(lines, start):
        if line in EMPTY:
            continue
        try:
            day, period, directions, code = read(line_text(line))
        except MalformedError as error:
            tally.bad += 1
            if len(tally.first_bad) < SHOWN:
                tally.first_bad.append((number, f"{place}{error}"))
            if tally.lines >= ENOUGH:
                refuse_share(tally)
            continue
        if not directions or not tally.holds(day):
            tally.outside += 1
            continue
        tally.kept += 1
        for source, target in directions:
            tally.signals[source, target, period, code] += 1


def refuse_share(tally: Tally) -> None:
    """Raise DataError where more than the largest share of the lines is malformed, with the first of them."""
    largest = tally.largest_bad_share
    if tally.bad > largest * tally.lines:
        share = tally.bad / tally.lines
        raise DataError(
            f"has too many malformed lines: {tally.bad:,} of {tally.lines:,} read ({share:.2%}, allowed {largest:.2%}):"
            + list_bad(tally.first_bad, tally.bad)
        )
