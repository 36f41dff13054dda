"""Count several files of foreign events, and large ones in parts, wherever there are workers.

What is counted is added up, so that it does not matter where, in which order and in how many parts it was done.
"""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.core.errors import DataError, ParameterError
from analysis.signals.export_counts import count_stream
from analysis.signals.export_events import LOOKED_AT, known_codes, read_counts, require_sound
from analysis.signals.export_formats import Format, choose_reader
from analysis.signals.export_streams import named_faults, packing, read_lines
from analysis.signals.export_tables import SHOWN, Report, Tally, counted, merge_counts, refuse_share

PART = 64 * 2**20  # bytes of a plain file that are counted in one go


@dataclass(frozen=True)
class Part:
    """The lines of a plain file that begin in a range of bytes: their tally, the format, and how many they are."""

    tally: Tally
    format: Format
    lines: int


def ranges(file: Path) -> list[tuple[int, int]]:
    """The ranges of bytes in which a file is counted: some for a large plain file, none for one read as a whole."""
    with named_faults(file), file.open("rb") as stream:
        size = file.stat().st_size
        if size <= PART or packing(stream):
            return []
    return [(start, min(start + PART, size)) for start in range(0, size, PART)]


def count_part(
    file: Path, start: int, end: int, first: pd.Timestamp | None = None, last: pd.Timestamp | None = None
) -> Part:
    """Count the lines that begin in a range of bytes of a plain file, whose header, if any, does not count.

    Lines have numbers from 1 in their part. Raises DataError as `read_counts` does, but for the share of malformed
    lines, which only the whole file has.
    """
    with named_faults(file), file.open("rb") as stream:
        kind, read, before = choose_reader(list(islice(read_lines(stream), LOOKED_AT)), known_codes())
        stream.seek(max(0, start - 1))
        if start:
            next(read_lines(stream), None)  # the rest of a line that begins in the part before
        skipped = 0 if start else sum(1 for _ in islice(read_lines(stream), before))
        tally = Tally(first, last)
        numbers = [skipped, *count_stream(stream, read, tally, start=skipped + 1, end=end)]
    return Part(tally, kind, numbers[-1])


def joined(file: Path, parts: Sequence[Part], largest_bad_share: float) -> tuple[pd.DataFrame, Report]:
    """Counts and report of a file from its parts in order. Raises DataError where too many lines are malformed."""
    whole, before = Tally(largest_bad_share=largest_bad_share), 0
    for part in parts:
        whole.signals.update(part.tally.signals)
        whole.kept += part.tally.kept
        whole.outside += part.tally.outside
        whole.bad += part.tally.bad
        whole.first_bad += [(before + number, reason) for number, reason in part.tally.first_bad]
        before += part.lines
    del whole.first_bad[SHOWN:]
    with named_faults(file):
        if not whole.lines:
            raise DataError("holds no events")
        refuse_share(whole)
    return counted(file, parts[0].format, whole)


def read_files(
    files: Sequence[Path],
    pool: Executor,
    *,
    first: pd.Timestamp | None = None,
    last: pd.Timestamp | None = None,
    largest_bad_share: float = 0.01,
    progress: bool = True,
) -> tuple[pd.DataFrame, list[Report]]:
    """The counts of several files added up, and the report of each.

    The files, and the parts of large plain ones, are counted wherever the pool does its work, from which they must be
    within reach; the counts are the same everywhere. Takes and raises what `read_counts` does; a file that is named
    twice is refused.
    """
    from tqdm import tqdm

    twice = [str(file) for file, times in Counter(file.resolve() for file in files).items() if times > 1]
    if twice:
        raise ParameterError(f"{', '.join(twice)}: named twice; its events would count twice")
    require_sound(first, last, largest_bad_share)
    jobs: list[tuple[Path, list[Future[Any]]]] = []
    for file in files:
        if places := ranges(file):
            jobs.append((file, [pool.submit(count_part, file, *place, first, last) for place in places]))
        else:
            whole = partial(read_counts, file, first=first, last=last, largest_bad_share=largest_bad_share)
            jobs.append((file, [pool.submit(whole, progress=False)]))
    every = [job for _, found in jobs for job in found]
    for job in tqdm(as_completed(every), total=len(every), desc="events", unit="part", disable=not progress):
        job.result()  # what is wrong with a file is raised at once
    results: list[tuple[pd.DataFrame, Report]] = []
    for file, found in jobs:
        parts = [job.result() for job in found]
        results.append(joined(file, parts, largest_bad_share) if isinstance(parts[0], Part) else parts[0])
    return merge_counts(counts for counts, _ in results), [report for _, report in results]


def jobs_in(files: Sequence[Path]) -> int:
    """Into how many jobs the counting of these files is divided. Raises DataError where one is missing."""
    return sum(max(1, len(ranges(file))) for file in files)
