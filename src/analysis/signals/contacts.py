"""Step S7: contacts of leaders, ministers and advisers over time, against the rate of other times.

Starts from `contacts`, a list that is complete for some levels and pairs (`completeness`); pure functions of frames.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from analysis.signals.events import DYADS

MONTH = 365.2425 / 12  # days
LEVELS = ("leader", "foreign minister", "defence minister", "security adviser")
IN_PERSON = ("visit", "third place", "multilateral margin")


def counted(contacts: pd.DataFrame, dyad: str | None = None, levels: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the contacts of persons in office, of one pair and of some levels, in order of the day."""
    rows = contacts[contacts["in_office"] == "yes"]
    if dyad is not None:
        rows = rows[rows["dyad"] == dyad]
    if levels:
        rows = rows[rows["level"].isin(levels)]
    return rows.sort_values(["date", "contact_id"])


def by_half_year(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return counted contacts by half year.

    Columns: half (first day), words (2024, second half), dyad, level, contacts.
    """
    rows = counted(contacts)
    halves = [f"{day.year}-{'01' if day.month < 7 else '07'}-01" for day in rows["date"]]
    grouped = rows.assign(half=halves).groupby(["half", "dyad", "level"], observed=True)
    table: pd.DataFrame = grouped.size().rename("contacts").reset_index()
    words = {"01": "first", "07": "second"}
    return table.assign(words=[f"{text[:4]}, {words[text[5:7]]} half" for text in table["half"]])


def by_month(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts over days of unequal length with column per_month. Takes a frame with first, last and count."""
    days = (counts["last"] - counts["first"]).dt.days + 1
    return counts.assign(per_month=counts["count"] / days * MONTH)


@dataclass(frozen=True)
class Rate:
    """Contacts of a window beside the rate of the time before: counts, months, what that rate expects, Poisson p."""

    contacts: int
    months: float
    before: int
    months_before: float
    expected: float
    p: float


def rate_before(days: "pd.Series[pd.Timestamp]", start: pd.Timestamp, end: pd.Timestamp, since: pd.Timestamp) -> Rate:
    """Return the number of days from start to end, and what the rate from `since` to the day before start expects.

    p is the probability of so many or more, if contacts came at random at that rate (Poisson).
    """
    from scipy.stats import poisson

    inside, before = int(days.between(start, end).sum()), int((days.between(since, start) & (days < start)).sum())
    months, months_before = ((last - first).days / MONTH for first, last in ((start, end + _DAY), (since, start)))
    expected = before / months_before * months
    return Rate(inside, months, before, months_before, expected, float(poisson.sf(inside - 1, expected)))


_DAY = pd.Timedelta(days=1)


def same_months(days: "pd.Series[pd.Timestamp]", start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return how many days lie in a window and in the same months of other years. Columns: start, end, contacts.

    Only years whose window lies wholly within the years of the days are counted.
    """
    years = range(days.min().year - start.year, days.max().year - end.year + 1)
    windows = [(start + pd.DateOffset(years=shift), end + pd.DateOffset(years=shift)) for shift in years]
    rows = [(first, last, int(days.between(first, last).sum())) for first, last in windows]
    return pd.DataFrame(rows, columns=["start", "end", "contacts"])


def first_days(contacts: pd.DataFrame, governments: pd.DataFrame, dyads: list[str], days: int = 150) -> pd.DataFrame:
    """Return contacts in the first days of each Japanese prime minister who took office within the list.

    Columns: leader, start, dyad, contacts, in_person.
    """
    starts = governments[(governments["state"] == "JPN") & (governments["start"] >= contacts["date"].min())]
    rows = []
    for leader, start in zip(starts["leader"], starts["start"], strict=True):
        for dyad in dyads:
            early = counted(contacts, dyad)
            early = early[early["date"].between(start, start + pd.Timedelta(days=days - 1))]
            rows.append((leader, start, dyad, len(early), int(early["mode"].isin(IN_PERSON).sum())))
    return pd.DataFrame(rows, columns=["leader", "start", "dyad", "contacts", "in_person"])


def silences(days: "pd.Series[pd.Timestamp]", until: pd.Timestamp) -> pd.DataFrame:
    """Return the times without a contact, the longest first, the last one open until a day.

    Columns: first, last (days without a contact), days.
    """
    ends = [*sorted(days.unique()), until + _DAY]
    rows = [(before + _DAY, after - _DAY, (after - before).days - 1) for before, after in pairwise(ends)]
    table = pd.DataFrame(rows, columns=["first", "last", "days"])
    return table.sort_values("days", ascending=False, ignore_index=True)


def agreement_by_quarter(
    days: "pd.Series[pd.Timestamp]", others: "pd.Series[pd.Timestamp]", last: pd.Timestamp
) -> float:
    """Return Spearman's rank correlation of two series of days counted by quarter, from the first day of either on."""
    quarters = pd.period_range(min(days.min(), others.min()), last, freq="Q")
    counts = [of[of <= last].dt.to_period("Q").value_counts().reindex(quarters, fill_value=0) for of in (days, others)]
    return float(counts[0].corr(counts[1], method="spearman"))


def rates(contacts: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return the contacts of a window beside those that the rate before it expects, one row a pair.

    Columns: dyad, pair (its name), contacts, months, before, months_before, expected, p.
    """
    since = contacts["date"].min().replace(month=1, day=1)
    rows = [
        {"dyad": dyad, "pair": name, **vars(rate_before(counted(contacts, dyad)["date"], start, end, since))}
        for dyad, name in DYADS.items()
    ]
    return pd.DataFrame(rows)


def reading(rate: "pd.Series[Any]", level: float = 0.05) -> str:
    """Return what the contacts of a pair say of open channels, from its row of `rates`.

    Fewer than the rate before expects would refute that the channels were kept open.
    """
    if rate["contacts"] < rate["expected"]:
        return "there were fewer contacts than the rate before would lead one to expect"
    if rate["p"] <= level:
        return "there were more contacts than chance at the rate before would lead one to expect"
    return "there were as many contacts as the rate before would lead one to expect"
