"""Steps S1, S6 and S7: events by day, dyad and kind, meetings of leaders, and Chinese protests.

Starts from `events` and its side tables; pure functions of frames.
"""

from collections.abc import Iterable, Mapping
from itertools import permutations

import pandas as pd

from analysis.core import wording

CONTACTS = ("summit", "call", "ministerial")
FRICTIONS = ("protest", "incident")
DYADS = {"JPN-USA": "Japan-United States", "JPN-CHN": "Japan-China", "CHN-USA": "China-United States"}
# who acts towards whom, as a legend has it: both directions of a dyad together
DIRECTIONS: Mapping[tuple[str, ...], str] = {
    ("JPN", "USA"): "Japan to United States",
    ("USA", "JPN"): "United States to Japan",
    ("JPN", "CHN"): "Japan to China",
    ("CHN", "JPN"): "China to Japan",
    ("CHN", "USA"): "China to United States",
    ("USA", "CHN"): "United States to China",
}
FORMS = ("remark", "representations", "called in", "ambassador called in", "letter to the UN")
# as a sentence calls them
STATE_NAMES = {
    "AUS": "Australia",
    "CHN": "China",
    "IND": "India",
    "JPN": "Japan",
    "ISR": "Israel",
    "KOR": "South Korea",
    "PHL": "the Philippines",
    "USA": "the United States",
}
# the states of the tables in East, Southeast and South Asia
EAST_AND_SOUTH_ASIA = ("CHN", "IND", "JPN", "KOR", "PHL", "PRK", "TWN", "VNM")
RANKS = {1: "spokesperson, agency or unit", 2: "senior official", 3: "minister", 4: "leader"}


def named(states: Iterable[str]) -> str:
    """Return states as a list in a sentence: the United States first, then Japan, then the others by their codes."""
    order = sorted(states, key=lambda state: (state != "USA", state != "JPN", state))
    return wording.listing([STATE_NAMES[state] for state in order])


def direction(frame: pd.DataFrame) -> "pd.Series[str]":
    """Return who acts towards whom, such as Japan to China. Takes a frame with source and target."""
    return _of_both_states(frame, DIRECTIONS)


def dyad(frame: pd.DataFrame) -> "pd.Series[str]":
    """Return the dyad, such as JPN-CHN, of the two states in source and target."""
    return _of_both_states(frame, {states: name for name in DYADS for states in permutations(name.split("-"))})


def _of_both_states(frame: pd.DataFrame, names: Mapping[tuple[str, ...], str]) -> "pd.Series[str]":
    states = zip(frame["source"].astype(str), frame["target"].astype(str), strict=True)
    return pd.Series([names[pair] for pair in states], index=frame.index, dtype="object")


def in_window(events: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return the events that begin on a day from start to end, both included."""
    return events[events["date"].between(start, end)]


def with_sources(events: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Return events with columns publisher, url (main source) and sources (how many are recorded)."""
    main = sources[sources["source_no"] == 1][["event_id", "publisher", "url"]]
    count = sources.groupby("event_id").size().rename("sources").reset_index()
    return events.merge(main, on="event_id", how="left").merge(count, on="event_id", how="left")


def leader_meetings(events: pd.DataFrame, actors: pd.DataFrame, host: str) -> pd.DataFrame:
    """Return the summits and calls of a named person with other states, in order of the day.

    Columns: event_id, date, title, kind, venue, state (the other side, one row each), in_person.
    """
    present = set(actors.loc[actors["name"] == host, "event_id"])
    met = events[events["event_id"].isin(present) & events["kind"].isin(["summit", "call"])]
    host_states = actors.loc[actors["name"] == host, "state"]
    others = actors[~actors["state"].isin(host_states)][["event_id", "state"]].drop_duplicates()
    table = met.merge(others, on="event_id")[["event_id", "date", "title", "kind", "venue", "state"]]
    return table.assign(in_person=table["kind"] == "summit").sort_values(["date", "event_id"], ignore_index=True)


def counts_by_quarter(events: pd.DataFrame) -> pd.DataFrame:
    """Return the number of events for each quarter, dyad and group of kinds.

    Columns: quarter (first day), dyad, group (see kind_group), events. Quarters without events are left out.
    """
    quarter = events["date"].dt.to_period("Q").dt.start_time
    table = events.assign(quarter=quarter, group=kind_group(events["kind"]))
    grouped = table.groupby(["quarter", "dyad", "group"], observed=True).size()
    return grouped.rename("events").reset_index()


def kind_group(kinds: "pd.Series[str]") -> "pd.Series[str]":
    """Return the group of each kind: contact (meetings, calls), friction (protests, incidents), military, or other.

    Military acts are a group of their own: between allies they are exercises and sales, between others patrols,
    incursions and withdrawals.
    """
    groups = dict.fromkeys(CONTACTS, "contact") | dict.fromkeys(FRICTIONS, "friction") | {"military": "military"}
    return kinds.astype("object").map(groups).fillna("other").rename("group")


def contact_counts(events: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return the contacts, frictions and military acts in a window, one row a dyad.

    Index: dyad. Columns: contacts, frictions, military.
    """
    inside = in_window(events, start, end)
    counts = pd.crosstab(inside["dyad"].astype("object"), kind_group(inside["kind"]))
    counts = counts.reindex(index=list(DYADS), columns=["contact", "friction", "military"], fill_value=0)
    return counts.rename(columns={"contact": "contacts", "friction": "frictions"}).rename_axis(columns=None)


def counts_by_list(events: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return what each list of events alone, and both, would count on Tokyo's two tracks.

    Columns: list, dyad, pair (its name), and those of `contact_counts`.
    """
    lists = {"first list alone": [1], "second search alone": [2], "both": [1, 2]}
    parts = {
        name: contact_counts(events[events["search"].isin(searches)], start, end).loc[["JPN-USA", "JPN-CHN"]]
        for name, searches in lists.items()
    }
    counts = pd.concat(parts, names=["list"]).reset_index()
    return counts.assign(pair=counts["dyad"].map(DYADS))


def objections(signals: pd.DataFrame) -> pd.DataFrame:
    """Return the coded signals by which China objects to an act of Japan or the United States.

    They are ACCUSE with disapprove, and REQUEST unless the same coder has praise (SUPPORT) for the same state in the
    same event: a wish in a friendly message is no objection. An event counts where most of its coders object, in its
    last round of coding.
    """
    last = signals[signals["round"] == signals.groupby("event_id")["round"].transform("max")]
    chinese = last[last["source"] == "CHN"]
    keys = ["event_id", "coder", "target"]
    praised = chinese.loc[chinese["mode"] == "SUPPORT", keys].astype(str).agg("|".join, axis=1)
    friendly = chinese[keys].astype(str).agg("|".join, axis=1).isin(set(praised))
    disapproves = (chinese["mode"] == "ACCUSE") & (chinese["submode"] == "disapprove")
    objecting = chinese[disapproves | ((chinese["mode"] == "REQUEST") & ~friendly)]
    coders = last.groupby("event_id")["coder"].nunique()
    who_object = objecting.groupby("event_id")["coder"].nunique()
    by_most = who_object[who_object > coders[who_object.index] / 2].index
    return objecting[objecting["event_id"].isin(by_most)]


def protest_table(
    protests: pd.DataFrame, events: pd.DataFrame, signals: pd.DataFrame, sources: pd.DataFrame
) -> pd.DataFrame:
    """Return the Chinese protests with day, form, rank of the sender and targets, in order of the day.

    Rank is the lower median of the level coded for the objecting signals of the event; targets are joined codes.
    Columns: those of protests, and date, title, rank, targets, coders, url, publisher.
    """
    coded = (
        objections(signals)
        .groupby("event_id")
        .agg(
            rank=("level", lambda levels: sorted(levels)[(len(levels) - 1) // 2]),
            targets=("target", lambda targets: " and ".join(sorted({str(target) for target in targets}))),
            coders=("coder", "nunique"),
        )
    )
    table = protests.merge(
        with_sources(events, sources)[["event_id", "date", "title", "url", "publisher"]], on="event_id"
    )
    return table.merge(coded.reset_index(), on="event_id").sort_values(["date", "event_id"], ignore_index=True)


def rank_among(protests: pd.DataFrame, event_id: str) -> pd.DataFrame:
    """Return how a protest compares with each earlier one: weaker, equal or stronger, by form and then by rank.

    Columns: event_id, date, form, rank, comparison (of the earlier protest with the one asked about).
    """
    ladder = pd.Series(list(zip(protests["form"].cat.codes, protests["rank"], strict=True)), index=protests["event_id"])
    asked = protests[protests["event_id"] == event_id].iloc[0]
    earlier = protests[protests["date"] < asked["date"]]
    rung = ladder[event_id]
    comparison = [
        "weaker" if ladder[e] < rung else "stronger" if ladder[e] > rung else "equal" for e in earlier["event_id"]
    ]
    table: pd.DataFrame = earlier[["event_id", "date", "form", "rank"]].assign(comparison=comparison)
    return table.reset_index(drop=True)
