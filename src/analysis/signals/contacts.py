"""Step S7: contacts of leaders, ministers and advisers over time, against the rate of other times.

Starts from `contacts`, a list that is complete for some levels and pairs (`completeness`); pure functions of frames.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from analysis.core.wording import capital, listing
from analysis.measures.placebos import holm
from analysis.signals.events import CONTACTS, DYADS
from analysis.signals.protests import LODGED

MONTH = 365.2425 / 12  # days
LEVELS = ("leader", "foreign minister", "defence minister", "security adviser")
IN_PERSON = ("visit", "third place", "multilateral margin")
# publishers whose records the official registers are made of
REGISTERS = ("The White House", "U.S. Department of State, Office of the Historian")
LISTED = "contacts"
MOVES = 0.3  # rank correlation from which two series are said to move together


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


def beside_registers(contacts: pd.DataFrame, sources: pd.DataFrame, events: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the lists that are compared with official registers, by name: the two of this book, and one that is freer.

    The list of contacts was gathered from the same releases too; `contacts by other sources` leaves out the rows that
    rest on them alone. Takes `contacts`, `list_sources` and `events`; the frames have dyad and date.
    """
    own = counted(contacts)
    others = sources.loc[~sources["publisher"].isin(REGISTERS), "row_id"]
    met = events[events["kind"].isin(CONTACTS)]
    return {LISTED: own, "contacts by other sources": own[own["contact_id"].isin(others)], "listed events": met}


def named_in(official: pd.DataFrame, lists: Mapping[str, pd.DataFrame], last: pd.Timestamp) -> pd.DataFrame:
    """Return how many records of official registers each list names: one row a pair and register, up to a last day.

    A record is named where the list has a row of the pair within two days: a register dates the first day of a visit.
    Takes `official_contacts` and the lists of `beside_registers`. Columns: dyad, pair, register, records, one of each
    list.
    """
    rows = []
    until = official[official["date"] <= last].astype({"dyad": "object", "register": "object"})
    for (dyad, register), records in until.groupby(["dyad", "register"], sort=True):
        days = {name: frame.loc[frame["dyad"] == dyad, "date"] for name, frame in lists.items()}
        found = {
            name: sum(((of - day).abs() <= 2 * _DAY).any() for day in records["date"]) for name, of in days.items()
        }
        rows.append({"dyad": dyad, "pair": DYADS[str(dyad)], "register": register, "records": len(records), **found})
    return pd.DataFrame(rows)


def followed_by(official: pd.DataFrame, lists: Mapping[str, pd.DataFrame], last: pd.Timestamp) -> pd.DataFrame:
    """Return how each list moves with official registers by quarter, up to a last day: one row a pair and list.

    Takes what `named_in` takes. Columns: dyad, pair, list, rows, rank (Spearman's correlation).
    """
    rows = []
    for dyad in sorted(set(official["dyad"].astype("object"))):
        records = official.loc[official["dyad"] == dyad, "date"]
        for name, frame in lists.items():
            days = frame.loc[(frame["dyad"] == dyad) & (frame["date"] <= last), "date"]
            rows.append((dyad, DYADS[dyad], name, len(days), agreement_by_quarter(days, records, last)))
    return pd.DataFrame(rows, columns=["dyad", "pair", "list", "rows", "rank"])


def registers_in_words(named: pd.DataFrame, followed: pd.DataFrame) -> str:
    """Return a sentence a pair on how the lists agree with official registers. Takes `named_in` and `followed_by`."""
    sentences = []
    for pair, rows in followed.groupby("pair", sort=False):
        sums = named[named["pair"] == pair].select_dtypes("number").sum()
        parts = [
            f"the {row['rows']} {row['list']} name {sums[row['list']]} and {'' if row['rank'] >= MOVES else 'do not '}"
            f"follow them ({row['rank']:.2f})"
            for row in rows.to_dict("records")
        ]
        sentences.append(f"{pair}: of {sums['records']} records {listing(parts)}.")
    return " ".join(sentences)


def hand_coded(protests: pd.DataFrame, sent: pd.DataFrame) -> dict[str, "pd.Series[pd.Timestamp]"]:
    """Return the days of China's hand-coded acts towards Japan, by a name: protests, and signals of both signs.

    Of protests representations or more count. Cooperative signals stand beside conflictual ones since they come from a
    list that is thick in some years: what rises with both rises with the list. Takes `protests` and settled signals.
    """
    to_japan = sent[(sent["source"] == "CHN") & (sent["target"] == "JPN")]
    return {
        "protests": protests.loc[protests["form"].isin(LODGED), "date"],
        "conflictual signals": to_japan.loc[to_japan["plover"] < 0, "date"],
        "cooperative signals": to_japan.loc[to_japan["plover"] > 0, "date"],
    }


def in_periods(counts: pd.DataFrame, others: Mapping[str, "pd.Series[pd.Timestamp]"]) -> pd.DataFrame:
    """Return counts over days of unequal length with a column for each other series: its days in the same period."""
    spans = list(zip(counts["first"], counts["last"], strict=True))
    return counts.assign(**{name: [int(days.between(*span).sum()) for span in spans] for name, days in others.items()})


def moves_with(periods: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return Spearman's rank correlation of each counted series with other series, all as rates a day.

    Takes the frame of `in_periods`. Columns: series, periods, and one of each name.
    """
    days = (periods["last"] - periods["first"]).dt.days + 1
    rates = periods[["count", *names]].div(days, axis=0).assign(series=periods["series"].astype("object"))
    rows = []
    for series, of in rates.groupby("series", sort=True):
        ranks = {name: of["count"].corr(of[name], method="spearman") for name in names}
        rows.append({"series": series, "periods": len(of), **ranks})
    return pd.DataFrame(rows)


def pressure_in_words(moves: pd.DataFrame) -> str:
    """Return a sentence a count on how it moves with each hand-coded series. Takes `moves_with`."""
    sentences = []
    for row in moves.to_dict("records"):
        ways: dict[str, list[str]] = {"with": [], "against": [], "neither with nor against": []}
        for name in moves.columns[2:]:
            way = "neither with nor against" if not abs(row[name]) >= MOVES else "with" if row[name] > 0 else "against"
            ways[way].append(f"{name} ({row[name]:.2f})")
        parts = [f"{way} {listing(names)}" for way, names in ways.items() if names]
        sentences.append(f"{capital(row['series'])} ({row['periods']} periods) move {'; '.join(parts)}.")
    return " ".join(sentences)


def rates(contacts: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return the contacts of a window beside those that the rate before it expects, one row a pair.

    Columns: dyad, pair (its name), contacts, months, before, months_before, expected, p, p_holm (corrected for the
    pairs, which stand side by side).
    """
    since = contacts["date"].min().replace(month=1, day=1)
    rows = [
        {"dyad": dyad, "pair": name, **vars(rate_before(counted(contacts, dyad)["date"], start, end, since))}
        for dyad, name in DYADS.items()
    ]
    table = pd.DataFrame(rows)
    return table.assign(p_holm=holm(table["p"]))


def reading(rate: "pd.Series[Any]", level: float = 0.05) -> str:
    """Return what the contacts of a pair say of open channels, from its row of `rates`.

    Fewer than the rate before expects would refute that the channels were kept open. Whether there were more than
    chance gives is decided by the corrected p.
    """
    if rate["contacts"] < rate["expected"]:
        return "there were fewer contacts than the rate before would lead one to expect"
    if rate["p_holm"] <= level:
        return "there were more contacts than chance at the rate before would lead one to expect"
    return "there were no fewer contacts than the rate before would lead one to expect, and the excess could be chance"
