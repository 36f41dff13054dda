"""What a line of a GDELT or POLECAT export says: a day, directions between the states of this book, and a code.

There are two formats:

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

import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

import pandas as pd

from analysis.core.errors import DataError
from analysis.core.wording import plural
from analysis.data.faults import show_value
from analysis.signals.coding import STATES

Format = Literal["gdelt1", "gdelt2", "polecat"]
Direction = tuple[str, str]  # source and target
Signals = tuple[pd.Timestamp, pd.Timestamp, Sequence[Direction], str]  # day, first day of the quarter, directions, code
Read = Callable[[str], Signals]  # what a line says; raises MalformedError

NAMES: dict[Format, str] = {"gdelt1": "GDELT 1.0", "gdelt2": "GDELT 2.0", "polecat": "POLECAT"}
SCALES: dict[Format, str] = {"gdelt1": "cameo_goldstein", "gdelt2": "cameo_goldstein", "polecat": "plover"}

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

EMPTY = (b"\n", b"\r\n")
EXPECTED = (
    f"expected is an export of GDELT events (tab-separated, no header, {', '.join(map(str, GDELT_COLUMNS))} columns) "
    f"or of POLECAT (a header with {', '.join(POLECAT_COLUMNS)})"
)


class MalformedError(Exception):
    """A line that cannot be read; the message is the reason."""


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


@dataclass(frozen=True)
class GdeltReader:
    """Reads lines of GDELT with so many columns; known are the CAMEO codes."""

    columns: int
    known: Collection[str]

    def __call__(self, line: str) -> Signals:
        """What a line says. Raises MalformedError for other columns, an impossible date or an unknown code."""
        found = line.count("\t") + 1
        if found != self.columns:
            raise MalformedError(f"{plural(found, 'column')} instead of {self.columns}")
        cells = line.split("\t", EVENT_CODE + 1)
        day, period = day_and_period(cells[SQLDATE], GDELT_DAY)
        code = cameo_code(cells[EVENT_CODE], self.known)
        source, target = cells[ACTOR1_COUNTRY], cells[ACTOR2_COUNTRY]
        return day, period, ((source, target),) if is_direction(source, target) else (), code


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
    return GDELT_COLUMNS[columns], GdeltReader(columns, known["cameo_goldstein"]), 0
