"""Numbers, dates and lists as words, so that no figure is ever typed into prose; and texts that stay what they are."""

import re
from collections.abc import Collection, Iterable, Sequence

import pandas as pd

SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


# signs with a meaning in Markdown; one between letters, as in codings_alignment, has none
MARKS = re.compile(r"[\\`*\[\]<>${}|&~#]|(?<![^\W_])_|_(?![^\W_])")
BREAKS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def in_markdown(words: str) -> str:
    """A text in one line of Markdown that shows it as it stands: no mark, role, formula, link or HTML arises."""
    return MARKS.sub(r"\\\g<0>", BREAKS.sub(" ", words))


def address_in_markdown(url: str) -> str:
    """An address as the target of a link in Markdown; empty where it is none of the web."""
    return re.sub(r"[()\\`|]", lambda found: f"%{ord(found[0]):02X}", url) if ADDRESS.fullmatch(url) else ""


def table_in_markdown(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """A table in Markdown, of cells in Markdown; `right` holds the places of columns that are set to the right."""
    rules = "|" + "|".join("---:" if place in right else "---" for place in range(len(heads))) + "|"
    head, *body = ("| " + " | ".join(row) + " |" for row in (heads, *rows))
    return "\n".join([head, rules, *body])


def number(value: int) -> str:
    """A count in words up to twelve, in figures beyond."""
    return SMALL[value] if 0 <= value < len(SMALL) else f"{value:,}"


def count(value: int) -> str:
    """A count that stands alone, without its noun: none, one, two, 13."""
    return number(value) if value else "none"


def plural(value: int, noun: str, many: str = "") -> str:
    """A count with its noun: one event, two events, 13 events."""
    return f"{number(value)} {noun if value == 1 else many or noun + 's'}"


def ordinal(value: int) -> str:
    """A place in an order: 1 is first, 2 is second, 12 is 12th."""
    if 1 <= value <= len(ORDINALS):
        return ORDINALS[value - 1]
    ending = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{ending}"


def ordinals(values: Iterable[int]) -> str:
    """Places in an order, from the first to the last: 1, 3, 2 are first to third; 1, 1 are first."""
    places = sorted(set(values))
    return ordinal(places[0]) if len(places) == 1 else f"{ordinal(places[0])} to {ordinal(places[-1])}"


def the(state: str) -> str:
    """The name of a state as a sentence has it: the United States, the Republic of Korea, Japan."""
    return f"the {state}" if re.match(r"United |.*Republic|Philippines|Netherlands", state) else state


def percent(share: float) -> str:
    """A share as a whole per cent: 0.727 is 73%."""
    return f"{share:.0%}"


def day(date: pd.Timestamp) -> str:
    """A day as 7 February 2025."""
    return f"{date.day} {date:%B %Y}"


def elapsed(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """The time from one day to a later one in whole years, months and days: 1 year, 8 months and 23 days."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if start + pd.DateOffset(months=months) > end:
        months -= 1
    days = (end - (start + pd.DateOffset(months=months))).days
    parts = ((months // 12, "year"), (months % 12, "month"), (days, "day"))
    return listing([f"{n} {unit}{'s' if n > 1 else ''}" for n, unit in parts if n]) or "0 days"


def listing(items: Sequence[str], last: str = "and") -> str:
    """Items as a list in a sentence: a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + f" {last} {items[-1]}"


def capital(sentence: str) -> str:
    """The sentence with its first letter a capital."""
    return sentence[:1].upper() + sentence[1:]
