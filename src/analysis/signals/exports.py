"""Count the events of GDELT and POLECAT exports: signals by quarter, direction and code, for the states of this book.

- GDELT events: tab-separated, no header; 61 columns in version 2.0, 57 or 58 in version 1.0 (GDELT Event Database Data
  Format Codebook 2.0, 19 February 2015, and 1.03, 25 August 2013; https://www.gdeltproject.org/data.html).
- POLECAT: separated by tabs or commas, with a header (weekly data, https://doi.org/10.7910/DVN/AJGVIT; documentation,
  https://doi.org/10.7910/DVN/LMFPIP). Published files have tabs after the last column, and names in the header of
  columns that were left out (https://andybeger.com/blog/2024-05-21-polecat-event-data).

A file is read in blocks, so it may be larger than memory. Only cells in ASCII are used: the text may be in UTF-8 or in
any other encoding that writes these alike.
"""

import csv
import gzip
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain, product
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from analysis.core.errors import DataError, ParameterError
from analysis.core.wording import plural
from analysis.data.faults import show_value
from analysis.data.tables import load
from analysis.signals.coding import STATES
from analysis.signals.indices import KEYS

GDELT_COLUMNS = {57: "GDELT 1.0", 58: "GDELT 1.0", 61: "GDELT 2.0"}
GDELT_PLACES = (1, 7, 17, 26)  # of SQLDATE, Actor1CountryCode, Actor2CountryCode and EventCode, counted from 0
POLECAT_COLUMNS = ("Event Date", "Actor Country", "Recipient Country", "Event Type", "Event Mode")
POLECAT_LEFT_OUT = frozenset({"Headline", "Event Text", "Feed", "Story ID"})
USED = ("day", "source", "target", "act", "mode")  # the columns of both; GDELT has no mode
STATE_NAMES = {"china": "CHN", "japan": "JPN", "united states": "USA", "united states of america": "USA"}
STATE_NAMES |= {state.lower(): state for state in STATES}
EXPECTED = (
    f"expected is an export of GDELT events (tab-separated, no header, {', '.join(map(str, GDELT_COLUMNS))} columns) "
    f"or of POLECAT (a header with {', '.join(POLECAT_COLUMNS)})"
)
BLOCK = 16 * 2**20  # bytes that are read at once, and the most of a line
HEAD, LOOKED_AT = 2**20, 100  # bytes and lines that tell the format
SHOWN = 10  # malformed lines that are reported


@dataclass
class Report:
    """What became of the lines of a file, without header and empty lines.

    A line that is kept holds at least one signal; outside are those of other states or days, and of a state towards
    itself. malformed holds number (the first line of a file is 1) and reason.
    """

    file: Path
    format: str
    lines: int = 0
    kept: int = 0
    malformed: list[tuple[int, str]] = field(default_factory=list)

    def __str__(self) -> str:
        bad = len(self.malformed)
        outside = self.lines - self.kept - bad
        counts = f"{self.lines:,} lines read, {self.kept:,} kept, {outside:,} outside, {bad:,} malformed"
        return f"{self.file} ({self.format}): {counts}{self.list_malformed()}"

    def list_malformed(self) -> str:
        """Return the first malformed lines, each after a line break."""
        shown = [f"\n  line {number}: {reason}" for number, reason in sorted(self.malformed)[:SHOWN]]
        more = len(self.malformed) - len(shown)
        return "".join(shown) + (f"\n  … and {more:,} more" if more else "")


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are written: the form of its days, and how many columns most lines have.

    places says for each possible number of columns where those of USED stand; before is how many lines stand before
    the first event.
    """

    format: str
    scale: str
    delimiter: str
    day: str
    columns: int
    places: Mapping[int, Sequence[int]]
    before: int = 0

    @cached_property
    def known(self) -> dict[str, str]:
        """Return the codes of the scale, each by itself in small letters."""
        scales = load("scales")
        return {code.lower(): code for code in scales.loc[scales["scale"] == self.scale, "code"]}

    def used_cells(self, line: str) -> list[str]:
        """Return the used cells of a line with other columns than most; none where it has an impossible number."""
        splits = [line.split(self.delimiter)]
        if self.format == "POLECAT":  # cells may be in quotes, and empty ones may follow
            with suppress(csv.Error):
                splits = [*csv.reader([line], delimiter=self.delimiter), *splits]
        for cells in splits:
            while self.format == "POLECAT" and cells and not cells[-1] and len(cells) not in self.places:
                cells.pop()
            if len(cells) in self.places:
                return [cells[place] for place in self.places[len(cells)]]
        return []


def choose_layout(head: Sequence[bytes]) -> Layout:
    """Return the layout that the first lines of a file show. Raises DataError where they show none.

    POLECAT shows by its header, GDELT by the most frequent number of columns, so that a malformed first line does not
    hide it.
    """
    before = next((number for number, line in enumerate(head, 1) if line), 0)
    if not before:
        raise DataError("is empty")
    top = head[before - 1].decode("utf-8-sig", errors="replace")
    for delimiter in ("\t", ","):
        names = [name.strip(' "') for name in top.rstrip(delimiter).split(delimiter)]
        if set(POLECAT_COLUMNS) <= set(names):
            layouts = [names, [name for name in names if name not in POLECAT_LEFT_OUT]]
            places = {len(layout): [layout.index(column) for column in POLECAT_COLUMNS] for layout in layouts}
            seen = Counter(line.count(delimiter.encode()) + 1 for line in head[before:])
            return Layout("POLECAT", "plover", delimiter, "%Y-%m-%d", max(places, key=seen.__getitem__), places, before)
    seen = Counter(line.count(b"\t") + 1 for line in head if line)
    columns = max(GDELT_COLUMNS, key=seen.__getitem__)
    if not seen[columns]:
        [(most, _)] = seen.most_common(1)
        raise DataError(f"is of no known format: its lines have {plural(most, 'column')} set apart by tabs; {EXPECTED}")
    alike = {number: GDELT_PLACES for number, name in GDELT_COLUMNS.items() if name == GDELT_COLUMNS[columns]}
    return Layout(GDELT_COLUMNS[columns], "cameo_goldstein", "\t", "%Y%m%d", columns, alike)


def code_of(known: Mapping[str, str], act: str, modes: str = "") -> str | None:
    """Return the known code of a CAMEO code, or of a PLOVER type and its modes; None where there is none.

    A CAMEO code of four digits counts as that of its first three (GDELT's EventBaseCode) where it has no score of its
    own. A mode may be given with its type (CONSULT-visit); the first known one counts, and without one the bare type.
    """
    act = act.lower()
    if len(act) == 4 and act.isdecimal() and act not in known:
        act = act[:3]
    for mode in re.split("[;|]", modes.lower()):
        if code := known.get(f"{act}/{mode.strip().removeprefix(f'{act}-')}"):
            return code
    return None if "/" in act else known.get(act)


def states_of(cell: str) -> set[str]:
    """Return the states of STATES that a cell names, set apart by semicolons, in English or by their ISO codes."""
    names = (name.strip().lower() for name in re.split("[;|]", cell))
    return {STATE_NAMES[name] for name in names if name in STATE_NAMES}


@contextmanager
def open_events(file: Path) -> Iterator[IO[bytes]]:
    """Open a file that may be packed with gzip, or alone in a zip archive. Raises DataError for several in one."""
    with file.open("rb") as raw:
        magic = raw.read(2)
    if magic != b"PK":
        opener: Callable[..., Any] = gzip.open if magic == b"\x1f\x8b" else Path.open
        with opener(file, "rb") as stream:
            yield stream
        return
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX/" not in name]
        if len(names) != 1:
            raise DataError(f"holds {plural(len(names), 'file')}, allowed: one; unpack it and name each of them")
        with archive.open(names[0]) as stream:
            yield stream


def read_rows(stream: IO[bytes], layout: Layout, report: Report) -> Iterator[pd.DataFrame]:
    """Yield the used columns of an open file in blocks: of lines with as many columns as most, then of the others.

    Columns are categories, the index is the number of the line. Lines with an impossible number of columns are added to
    the report. Raises ArrowInvalid for a line longer than BLOCK.
    """
    used = dict(zip(layout.places[layout.columns], USED, strict=False))
    cells = dict.fromkeys(used.values(), pa.dictionary(pa.int32(), pa.string()))
    irregular: dict[int, list[str]] = {}  # the used cells of lines with other columns than most
    skipped: set[int] = set()  # the numbers of these and of malformed lines; blocks to come are read ahead

    def put_aside(row: Any) -> str:
        skipped.add(row.number)
        if used_cells := layout.used_cells(row.text):
            irregular[row.number] = used_cells
        else:
            report.lines += 1
            reason = f"{plural(row.actual_columns, 'column')} instead of {layout.columns}"
            report.malformed.append((row.number, reason))
        return "skip"

    blocks = arrow_csv.open_csv(
        stream,
        arrow_csv.ReadOptions(
            use_threads=False,  # with threads, a line that is put aside has no number
            block_size=BLOCK,
            skip_rows=layout.before,
            column_names=[used.get(place, f"column {place}") for place in range(layout.columns)],
            encoding="latin-1",
        ),
        arrow_csv.ParseOptions(
            delimiter=layout.delimiter, quote_char=False, ignore_empty_lines=False, invalid_row_handler=put_aside
        ),
        arrow_csv.ConvertOptions(include_columns=list(cells), column_types=cells),
    )
    last = layout.before
    for block in chain(blocks, [None]):
        if block:
            numbers = np.arange(last + 1, last + 1 + len(block) + len(skipped))
            numbers = np.setdiff1d(numbers, list(skipped), assume_unique=True)[: len(block)]
            last = int(numbers[-1])
            skipped = {number for number in skipped if number > last}
            yield block.to_pandas().set_axis(numbers)
        if irregular:
            yield pd.DataFrame(irregular.values(), list(irregular), list(cells), dtype="category")
            irregular.clear()


def count_rows(
    rows: pd.DataFrame, layout: Layout, first: pd.Timestamp, last: pd.Timestamp, report: Report
) -> dict[Any, int]:
    """Return how often quarter, source, target and act stand in rows of these days and STATES; report on all rows."""
    rows = rows[(rows != "").any(axis=1)]
    cells = rows["day"].cat.categories.str.strip(' "')
    in_full = cells.str.len() == len(layout.day) + 2  # a year has four digits
    days = pd.to_datetime(cells.where(in_full), format=layout.day, errors="coerce")[rows["day"].cat.codes.to_numpy()]

    def each(column: str, test: Callable[[str], Any]) -> NDArray[np.bool_]:
        """Return whether a test holds for each cell of a column; cells that are the same are tested once."""
        cells = rows[column].cat
        return np.array([bool(test(cell.strip(' "'))) for cell in cells.categories], bool)[cells.codes]

    undated = days.isna()
    bad = undated | ~each("act", partial(code_of, layout.known))
    report.lines += len(rows)
    for place in np.flatnonzero(bad).tolist():
        label, name = ("date", "day") if undated[place] else ("known code", "act")
        cell = rows[name].iloc[place].encode("latin-1", "replace").decode(errors="replace")
        report.malformed.append((int(rows.index[place]), f"no {label}: {show_value(cell)}"))
    used = ~bad & each("source", states_of) & each("target", states_of) & (days >= first) & (days <= last)
    quarters = days[used].to_period("Q").astype("int64")
    return rows[used].assign(day=quarters).groupby(list(rows), observed=True).size().to_dict()


def count_file(
    file: Path,
    *,
    first: pd.Timestamp = pd.Timestamp.min,
    last: pd.Timestamp = pd.Timestamp.max,
    largest_bad_share: float = 0.01,
) -> tuple[pd.DataFrame, Report]:
    """Count the signals of an export of GDELT or POLECAT events, with a report on its lines.

    Columns: source, target (of STATES, never the same), period (first day of the quarter), scale, code (as in the table
    scales), signals; sorted by them. first and last bound the days, both included. A line of POLECAT that names several
    states counts once in each direction. Lines that say the same are all counted.

    Raises DataError where the file is missing, a folder, empty, broken or of no known format, or more than the largest
    share of its lines is malformed.
    """
    if not file.is_file():
        raise DataError(f"{file} is {'a folder' if file.is_dir() else 'missing'}; name a file with events")
    try:
        with open_events(file) as stream:
            layout = choose_layout(stream.read(HEAD).splitlines()[:LOOKED_AT])
        report, lines_of = Report(file, layout.format), Counter[Any]()
        with open_events(file) as stream:
            for rows in read_rows(stream, layout, report):
                lines_of.update(count_rows(rows, layout, first, last, report))
                if (bad := len(report.malformed)) > largest_bad_share * report.lines:
                    share = f"{bad / report.lines:.2%}, allowed {largest_bad_share:.2%}"
                    of_lines = f"{bad:,} of {report.lines:,} read ({share})"
                    raise DataError(f"has too many malformed lines: {of_lines}:{report.list_malformed()}")
    except DataError as error:
        raise DataError(f"{file} {error}") from None
    except pa.ArrowInvalid:
        raise DataError(f"{file} has a line that is too long; allowed: {BLOCK:,} bytes") from None
    except Exception as error:  # a broken archive may raise anything
        raise DataError(f"{file} cannot be read ({type(error).__name__}: {error})") from None
    signals = Counter[Any]()
    for (quarter, *cells), lines in lines_of.items():
        source, target, *act = (cell.strip(' "') for cell in cells)
        directions = [pair for pair in product(states_of(source), states_of(target)) if pair[0] != pair[1]]
        report.kept += lines if directions else 0
        period = pd.Period(ordinal=quarter, freq="Q").start_time
        for direction in directions:
            signals[*direction, period, layout.scale, code_of(layout.known, *act)] += lines
    return counts_frame((*key, count) for key, count in signals.items()), report


def counts_frame(rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """Return rows of KEYS and signals as a sorted frame with these columns."""
    frame = pd.DataFrame(list(rows), columns=[*KEYS, "signals"])
    frame = frame.astype(dict.fromkeys(KEYS, "object") | {"period": "datetime64[ns]", "signals": "int64"})
    return frame.sort_values(KEYS, ignore_index=True)


def merge_counts(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return frames of counts added up, in the form of `count_file`; no frames give an empty one."""
    summed = pd.concat([counts_frame([]), *frames]).groupby(KEYS, as_index=False)["signals"].sum()
    return counts_frame(summed.itertuples(index=False, name=None))


def count_files(files: Sequence[Path], pool: Executor, **bounds: pd.Timestamp) -> tuple[pd.DataFrame, list[Report]]:
    """Return the counts of several files added up, and the report of each; bounds are first and last of `count_file`.

    A file is counted wherever the pool does its work, from which it must be within reach. Raises ParameterError for a
    file that is named twice, and what `count_file` raises.
    """
    from tqdm import tqdm

    twice = [str(file) for file, times in Counter(file.resolve() for file in files).items() if times > 1]
    if twice:
        raise ParameterError(f"{', '.join(twice)}: named twice; its events would count twice")
    jobs = [pool.submit(count_file, file, **bounds) for file in files]  # type: ignore[arg-type]
    results = [job.result() for job in tqdm(jobs, desc="events", unit="file", disable=None)]
    return merge_counts(counts for counts, _ in results), [report for _, report in results]
