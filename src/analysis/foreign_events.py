"""Count the events of a GDELT or POLECAT export: signals by quarter, direction and code, for the states of this book.

A file is read line by line and never held, so it may be larger than memory. Plain files are read, and those packed with
gzip, zip (all files in it are read), bzip2 or xz; what a file is, its content tells, not its name. Two formats:

- GDELT events: tab-separated, no header; 61 columns in version 2.0, 57 or 58 in version 1.0, whose columns used here
  stand in the same places (GDELT Event Database Data Format Codebook 2.0, 19 February 2015, and 1.03, 25 August 2013;
  https://www.gdeltproject.org/data.html). Used: SQLDATE (column 2), Actor1CountryCode (8), Actor2CountryCode (18) and
  EventCode (27).
- POLECAT: separated by tabs or commas, with a header (weekly data, https://doi.org/10.7910/DVN/AJGVIT; documentation,
  https://doi.org/10.7910/DVN/LMFPIP). Used: Event Date, Event Type, Event Mode, Actor Country and Recipient Country. An
  actor or recipient may be several states, set apart by semicolons. Known quirks of published files are allowed for:
  tabs after the last column, and names in the header of columns that were left out
  (https://andybeger.com/blog/2024-05-21-polecat-event-data).
"""

import bz2
import csv
import gzip
import io
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from analysis.errors import DataError, ParameterError
from analysis.tables import load, show_value
from analysis.text import plural

if TYPE_CHECKING:
    Stream = io.BufferedReader[Any]

Format = Literal["gdelt1", "gdelt2", "polecat"]
Direction = tuple[str, str]  # source and target
Signals = tuple[pd.Timestamp, pd.Timestamp, Sequence[Direction], str]  # day, first day of the quarter, directions, code
Read = Callable[[str], Signals]  # what a line says; raises MalformedError

STATES = ("JPN", "CHN", "USA")
NAMES: dict[Format, str] = {"gdelt1": "GDELT 1.0", "gdelt2": "GDELT 2.0", "polecat": "POLECAT"}
SCALES: dict[Format, str] = {"gdelt1": "cameo_goldstein", "gdelt2": "cameo_goldstein", "polecat": "plover"}
KEYS = ["source", "target", "period", "scale", "code"]

GDELT_COLUMNS: dict[int, Format] = {57: "gdelt1", 58: "gdelt1", 61: "gdelt2"}
SQLDATE, ACTOR1_COUNTRY, ACTOR2_COUNTRY, EVENT_CODE = 1, 7, 17, 26  # counted from 0
GDELT_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)

POLECAT_COLUMNS = ("Event Date", "Event Type", "Event Mode", "Actor Country", "Recipient Country")
POLECAT_LEFT_OUT = frozenset({"Headline", "Event Text", "Feed", "Story ID"})
POLECAT_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
POLECAT_STATES = {
    "china": "CHN",
    "chn": "CHN",
    "japan": "JPN",
    "jpn": "JPN",
    "united states": "USA",
    "united states of america": "USA",
    "usa": "USA",
}

LOOKED_AT = 100  # lines that tell the format
SHOWN = 10  # malformed lines that are kept
ENOUGH = 1000  # lines after which the share of malformed lines is judged while reading
STEP = 10_000  # lines between two updates of the progress
LONGEST = 100_000  # bytes of a line
# events pack to a tenth, a bomb to a thousandth; a small file may unpack to so many bytes in any case
MOST_UNPACKED, LEAST_UNPACKED = 200, 50_000_000
EMPTY = (b"\n", b"\r\n")
MAGIC = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
OPENERS: dict[str, Callable[[Any], Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
BROKEN = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError),
    *(struct.error, ValueError, LookupError, RuntimeError),  # of a broken zip archive
)
EXPECTED = (
    f"expected is an export of GDELT events (tab-separated, no header, {', '.join(map(str, GDELT_COLUMNS))} columns) "
    f"or of POLECAT (a header with {', '.join(POLECAT_COLUMNS)})"
)


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


class MalformedError(Exception):
    """A line that cannot be read; the message is the reason."""


@dataclass
class Tally:
    """The counts of a file as they grow."""

    signals: Counter[tuple[str, str, pd.Timestamp, str]] = field(default_factory=Counter)
    kept: int = 0
    outside: int = 0
    bad: int = 0
    first_bad: list[tuple[int, str]] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """All lines that were counted."""
        return self.kept + self.outside + self.bad


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


# --- one line


@lru_cache(maxsize=10_000)
def day_and_period(cell: str, pattern: re.Pattern[str]) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The day of a cell and the first day of its quarter. Raises MalformedError where there is no such day."""
    found = pattern.fullmatch(cell)
    try:
        if not found:
            raise ValueError
        day = pd.Timestamp(int(found[1]), int(found[2]), int(found[3])).as_unit("ns")
        period = pd.Timestamp(day.year, day.month - (day.month - 1) % 3, 1).as_unit("ns")
    except ValueError:
        raise MalformedError(f"no date: {show_value(cell)}") from None
    return day, period


def is_direction(source: str, target: str) -> bool:
    """Whether these are two different states of STATES."""
    return source != target and source in STATES and target in STATES


def cameo_code(cell: str, known: Collection[str]) -> str:
    """The known CAMEO code of a cell: the code itself, or its first three digits where it has four.

    A code of four digits is a case of the code of its first three (GDELT's EventBaseCode), so that one without a score
    of its own counts as that. Raises MalformedError for any other code.
    """
    if cell in known:
        return cell
    if len(cell) == 4 and cell.isdecimal() and cell[:3] in known:
        return cell[:3]
    raise MalformedError(f"no known CAMEO code: {show_value(cell)}")


def plover_code(event_type: str, mode: str, known: Mapping[str, str]) -> str:
    """The known PLOVER code of a type and a mode: CONSULT and visit give CONSULT/Visit.

    known gives each code by itself in small letters. A mode may be given with its type (CONSULT-visit); of several
    modes the first known one counts, and without one the bare type. Raises MalformedError for an unknown type.
    """
    category = event_type.strip().lower()
    if category not in known or "/" in category:
        raise MalformedError(f"no known PLOVER type: {show_value(event_type)}")
    for part in re.split("[;|]", mode.lower()):
        code = known.get(f"{category}/{part.strip().removeprefix(f'{category}-')}")
        if code:
            return code
    return known[category]


def gdelt_reader(columns: int, known: Collection[str]) -> Read:
    """A function that reads a line of GDELT with so many columns; known are the CAMEO codes.

    It raises MalformedError for another number of columns, an impossible date or an unknown code.
    """

    def read(line: str) -> Signals:
        found = line.count("\t") + 1
        if found != columns:
            raise MalformedError(f"{plural(found, 'column')} instead of {columns}")
        cells = line.split("\t", EVENT_CODE + 1)
        day, period = day_and_period(cells[SQLDATE], GDELT_DAY)
        code = cameo_code(cells[EVENT_CODE], known)
        source, target = cells[ACTOR1_COUNTRY], cells[ACTOR2_COUNTRY]
        return day, period, ((source, target),) if is_direction(source, target) else (), code

    return read


def split_cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line, which may be in double quotes; where these make no sense they belong to the text."""
    if '"' in line:
        with suppress(csv.Error):
            return next(csv.reader([line], delimiter=delimiter))
    return line.split(delimiter)


def states_of(cell: str) -> list[str]:
    """The states of STATES that a cell of POLECAT names, in English or by their ISO codes."""
    names = (name.strip().lower() for name in re.split("[;|]", cell))
    return [POLECAT_STATES[name] for name in names if name in POLECAT_STATES]


def polecat_reader(header: Sequence[str], delimiter: str, known: Collection[str]) -> Read:
    """A function that reads a line of POLECAT under a header with all POLECAT_COLUMNS; known are the PLOVER codes.

    A line has the columns of the header, or those without POLECAT_LEFT_OUT; after them stand empty cells at most. The
    function raises MalformedError for other lines, an impossible date or an unknown type.
    """
    names = list(header)
    while names and not names[-1]:
        names.pop()
    layouts = [names, [name for name in names if name not in POLECAT_LEFT_OUT]]
    places = [(len(layout), [layout.index(column) for column in POLECAT_COLUMNS]) for layout in layouts]
    codes = {code.lower(): code for code in known}

    def used(cells: Sequence[str]) -> list[str] | None:
        for columns, chosen in places:
            if len(cells) >= columns and not any(cells[columns:]):
                return [cells[place].strip() for place in chosen]
        return None

    def read(line: str) -> Signals:
        cells = split_cells(line, delimiter)
        found = used(cells)
        if found is None and delimiter == "\t" and '"' in line:  # the quotes may belong to the text
            found = used(line.split(delimiter))
        if found is None:
            raise MalformedError(f"{plural(len(cells), 'column')} instead of {len(names)}")
        date, event_type, mode, actor, recipient = found
        day, period = day_and_period(date, POLECAT_DAY)
        code = plover_code(event_type, mode, codes)
        pairs = {pair for pair in product(states_of(actor), states_of(recipient)) if is_direction(*pair)}
        return day, period, sorted(pairs), code

    return read


def line_text(line: bytes) -> str:
    """A line as text without its end. Raises MalformedError where it is too long or not UTF-8."""
    if len(line) == LONGEST and not line.endswith(b"\n"):
        raise MalformedError(f"longer than {LONGEST:,} bytes")
    try:
        return line.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"byte 0x{line[error.start]:02x} is not UTF-8") from None


# --- many lines


def choose_reader(head: Sequence[bytes], known: Mapping[str, Collection[str]]) -> tuple[Format, Read, int]:
    """The format that the first lines of a file show, the function that reads its lines, and the lines before them.

    known gives the codes of each scale. POLECAT shows by its header, GDELT by the most frequent number of columns, so
    that a malformed first line does not hide it. Raises DataError where the lines show neither.
    """
    filled = [number for number, line in enumerate(head) if line not in EMPTY]
    if not filled:
        raise DataError("is empty")
    top = head[filled[0]].decode("utf-8-sig", errors="replace").rstrip("\r\n")
    for delimiter in ("\t", ","):
        names = [name.strip() for name in split_cells(top, delimiter)]
        lacking = [column for column in POLECAT_COLUMNS if column not in names]
        if not lacking:
            return "polecat", polecat_reader(names, delimiter, known["plover"]), filled[0] + 1
        if len(lacking) < len(POLECAT_COLUMNS) - 1:
            raise DataError(f"has a header without {', '.join(lacking)}; {EXPECTED}")
    seen = Counter(head[number].count(b"\t") + 1 for number in filled)
    columns = max(GDELT_COLUMNS, key=lambda columns: seen[columns])
    if not seen[columns]:
        [(most, _)] = seen.most_common(1)
        raise DataError(f"is of no known format: its lines have {plural(most, 'column')} set apart by tabs; {EXPECTED}")
    return GDELT_COLUMNS[columns], gdelt_reader(columns, known["cameo_goldstein"]), 0


def count_lines(
    lines: Iterable[bytes],
    read: Read,
    tally: Tally,
    *,
    start: int = 1,
    first: pd.Timestamp | None = None,
    last: pd.Timestamp | None = None,
    largest_bad_share: float = 1,
    place: str = "",
) -> None:
    """Add lines to a tally; empty lines do not count.

    The first line has the number start. first and last bound the days, both included; place is put before the reason
    of a malformed line. Raises DataError at a malformed line where, after ENOUGH lines, more than the largest share of
    all so far is malformed.
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
                refuse_share(tally, largest_bad_share)
            continue
        if not directions or (first is not None and day < first) or (last is not None and day > last):
            tally.outside += 1
            continue
        tally.kept += 1
        for source, target in directions:
            tally.signals[source, target, period, code] += 1


def refuse_share(tally: Tally, largest: float) -> None:
    """Raise DataError where more than the largest share of the lines is malformed, with the first of them."""
    if tally.bad > largest * tally.lines:
        share = tally.bad / tally.lines
        raise DataError(
            f"has too many malformed lines: {tally.bad:,} of {tally.lines:,} read ({share:.2%}, allowed {largest:.2%}):"
            + list_bad(tally.first_bad, tally.bad)
        )


# --- files


class Bounded:
    """Readers of what is unpacked, which give no more bytes together than they may: a packed file may hold anything."""

    def __init__(self, most: int) -> None:
        self.most, self.left = most, most

    def reader(self, stream: Any) -> "Stream":
        """A reader of a stream. It raises DataError where the limit is passed."""
        return io.BufferedReader(_Counted(self, stream))


class _Counted(io.RawIOBase):
    def __init__(self, bounded: Bounded, stream: Any) -> None:
        self._bounded, self._stream = bounded, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read: int = self._stream.readinto(buffer)
        self._bounded.left -= read
        if self._bounded.left < 0:
            raise DataError(f"unpacks to more than {self._bounded.most:,} bytes, too many for its size")
        return read


def packing(stream: "Stream") -> str:
    """How a stream is packed, by its first bytes: gzip, zip, bzip2, xz, or an empty string."""
    head = stream.peek(8)
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), "")


def unpacked(raw: "Stream") -> "Generator[tuple[str, Stream]]":
    """The files in an open file, with their names: one without a name, or all of a zip archive in its order.

    Folders, hidden files and the list of files that Dataverse adds are left out. Raises DataError where a file of an
    archive is packed itself or locked, and any of BROKEN where the packing is broken.
    """
    kind = packing(raw)
    bounded = Bounded(MOST_UNPACKED * os.fstat(raw.fileno()).st_size + LEAST_UNPACKED)
    if kind in OPENERS:
        with OPENERS[kind](raw) as stream, bounded.reader(stream) as buffered:
            yield "", buffered
    elif kind == "zip":
        with zipfile.ZipFile(raw) as archive:
            for member in archive.infolist():
                name = Path(member.filename).name
                hidden = name.startswith(".") or member.filename.startswith("__MACOSX/")
                if member.is_dir() or hidden or name == "MANIFEST.TXT":
                    continue
                if member.flag_bits & 1:
                    raise DataError(f"holds {member.filename}, which is locked with a password")
                packed: Any = archive.open(member)
                with packed, bounded.reader(packed) as buffered:
                    if packing(buffered):
                        raise DataError(f"holds {member.filename}, which is packed itself; unpack the archive first")
                    yield member.filename, buffered
    else:
        yield "", raw


def read_lines(stream: "Stream", end: int | None = None) -> Iterator[bytes]:
    """The lines of a stream, or those that begin before a byte.

    Of a line longer than LONGEST bytes only so many are given, so that memory stays bounded.
    """
    while (end is None or stream.tell() < end) and (line := stream.readline(LONGEST)):
        rest = line
        while len(rest) == LONGEST and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST)
        yield line


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


@contextmanager
def named_faults(file: Path) -> Iterator[None]:
    """Let what is wrong with a file be a DataError that names it."""
    try:
        if file.is_dir():
            raise DataError("is a folder; name a file with events")
        yield
    except DataError as error:
        raise DataError(f"{file} {error}") from None
    except FileNotFoundError:
        raise DataError(f"{file} is missing; name a file with events") from None
    except BROKEN as error:
        raise DataError(f"{file} cannot be read ({type(error).__name__}: {error})") from None


def counted(file: Path, kind: Format, tally: Tally) -> tuple[pd.DataFrame, Report]:
    """The frame of counts and the report of a file, from its tally."""
    frame = counts_frame((*key[:3], SCALES[kind], key[3], signals) for key, signals in tally.signals.items())
    return frame, Report(file, kind, tally.lines, tally.kept, tally.outside, tally.bad, tuple(tally.first_bad))


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
    tally, formats = Tally(), set[Format]()

    with (
        named_faults(file),
        file.open("rb") as raw,
        tqdm(total=file.stat().st_size, desc=file.name, unit="B", unit_scale=True, disable=not progress) as bar,
        closing(unpacked(raw)) as parts,
    ):

        def watched(lines: Iterable[bytes]) -> Iterator[bytes]:
            for number, line in enumerate(lines):
                if number % STEP == 0:
                    bar.update(max(0, raw.tell() - bar.n))
                yield line

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
            count_lines(
                watched(chain(head[before:], lines)),
                read,
                tally,
                start=before + 1,
                first=first,
                last=last,
                largest_bad_share=largest_bad_share,
                place=place,
            )
        if not tally.lines:
            raise DataError("holds no events" if formats else "is empty")
        refuse_share(tally, largest_bad_share)
        bar.update(max(0, file.stat().st_size - bar.n))
    [kind] = formats
    return counted(file, kind, tally)
