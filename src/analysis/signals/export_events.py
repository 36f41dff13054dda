"""Count the events of a GDELT or POLECAT export: signals by quarter, direction and code, for the states of this book.

A file is read piece by piece and never held (`analysis.signals.export_streams`); what a line says,
`analysis.signals.export_formats` tells; what becomes of the lines, `analysis.signals.export_tables` keeps; many at a
time, `analysis.signals.export_counts` counts.
"""

from contextlib import closing
from itertools import islice
from pathlib import Path

import pandas as pd

from analysis.core.errors import DataError, ParameterError
from analysis.data.tables import load
from analysis.signals.export_counts import count_stream
from analysis.signals.export_formats import SCALES, Format, choose_reader
from analysis.signals.export_streams import named_faults, read_lines, unpacked
from analysis.signals.export_tables import Report, Tally, count_lines, counted, refuse_share

LOOKED_AT = 100  # lines that tell the format


def known_codes() -> dict[str, frozenset[str]]:
    """The codes of each scale."""
    scales = load("scales")
    return {scale: frozenset(scales.loc[scales["scale"] == scale, "code"]) for scale in SCALES.values()}


def require_sound(first: pd.Timestamp | None, last: pd.Timestamp | None, largest_bad_share: float) -> None:
    """Raise ParameterError where the share is none or the last day comes before the first."""
    if not 0 <= largest_bad_share <= 1:
        raise ParameterError(f"largest_bad_share: {largest_bad_share} is not a share from 0 to 1")
    if first is not None and last is not None and last < first:
        raise ParameterError(f"last: {last:%Y-%m-%d} comes before first, {first:%Y-%m-%d}")


def read_counts(
    file: Path,
    *,
    first: pd.Timestamp | None = None,
    last: pd.Timestamp | None = None,
    largest_bad_share: float = 0.01,
    progress: bool = True,
) -> tuple[pd.DataFrame, Report]:
    """Count the signals of an export of GDELT or POLECAT events, with a report on its lines.

    Columns: source, target (of STATES, never the same), period (first day of the quarter), scale, code (as in the table
    scales), signals; sorted by them. The frame is empty where no line is of these states and days. first and last bound
    the days, both included. A line of POLECAT that names several states counts once in each direction. Lines that
    say the same are all counted. In an archive of several files the reason of a malformed line names its file.

    Raises DataError where the file is missing, a folder, empty, broken or of no known format, or more than the largest
    share of its lines is malformed (judged at the end, and after ENOUGH lines at each malformed one); ParameterError
    where that share is none or the last day comes before the first.
    """
    from tqdm import tqdm

    require_sound(first, last, largest_bad_share)
    known = known_codes()
    tally, formats = Tally(first, last, largest_bad_share), set[Format]()

    with (
        named_faults(file),
        file.open("rb") as raw,
        tqdm(total=file.stat().st_size, desc=file.name, unit="B", unit_scale=True, disable=not progress) as bar,
        closing(unpacked(raw)) as parts,
    ):
        for name, stream in parts:
            lines = read_lines(stream)
            head = list(islice(lines, LOOKED_AT))
            place = f"{name}: " if name else ""
            try:
                found, read, before = choose_reader(head, known)
            except DataError as error:
                raise DataError(f"holds {name}, which {error}" if name else str(error)) from None
            formats.add(found)
            if len(formats) > 1:
                raise DataError(f"holds files of different formats ({', '.join(sorted(formats))}); read them apart")
            count_lines(head[before:], read, tally, start=before + 1, place=place)
            for _ in count_stream(stream, read, tally, start=len(head) + 1, place=place):
                bar.update(max(0, raw.tell() - bar.n))
        if not tally.lines:
            raise DataError("holds no events" if formats else "is empty")
        refuse_share(tally)
        bar.update(max(0, file.stat().st_size - bar.n))
    [kind] = formats
    return counted(file, kind, tally)
