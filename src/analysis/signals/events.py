"""Steps S1, S6 and S7: events by day, dyad and kind, meetings of leaders, and Chinese protests.

Starts from `events` and its side tables; pure functions of frames.
"""

from collections.abc import Iterable, Mapping
from itertools import permutations
from typing import Any

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
RANKS = {1: "spokesperson, agency or unit", 2: "senior official", 3: "minister", 4: "leader"}


def named(states: Iterable[str]) -> str:
    """Return states as a list in a sentence: the United States first, then Japan, then the others by their codes."""
    order = sorted(states, key=lambda state: (state != "USA", state != "JPN", state))
    return wording.listing([STATE_NAMES[state] for state in order])


def direction(frame: pd.DataFrame, names: Mapping[tuple[str, ...], str] = DIRECTIONS) -> "pd.Series[str]":
    """Return who acts towards whom, such as Japan to China. Takes a frame with source and target."""
    states = zip(frame["source"].astype(str), frame["target"].astype(str), strict=True)
    return pd.Series([names[pair] for pair in states], index=frame.index, dtype="object")


def dyad(frame: pd.DataFrame) -> "pd.Series[str]":
    """Return the dyad, such as JPN-CHN, of the two states in source and target."""
    return direction(frame, {states: name for name in DYADS for states in permutations(name.split("-"))})


def in_window(events: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return the events that begin on a day from start to end, both included."""
    return events[events["date"].between(start, end)]


def with_sources(events: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Return events with columns publisher, url (main source) and sources (how many are recorded)."""
    counted = sources.assign(sources=sources.groupby("event_id")["event_id"].transform("size"))
    main = counted.loc[counted["source_no"] == 1, ["event_id", "publisher", "url", "sources"]]
    return events.merge(main, on="event_id", how="left")


def leader_meetings(events: pd.DataFrame, actors: pd.DataFrame, host: str) -> pd.DataFrame:
    """Return the summits and calls of a person: event_id, date, title, kind, venue, state (the other), in_person."""
    hosted = actors[actors["name"] == host]
    met = events[events["event_id"].isin(hosted["event_id"]) & events["kind"].isin(["summit", "call"])]
    others = actors.loc[~actors["state"].isin(hosted["state"]), ["event_id", "state"]].drop_duplicates()
    table = met.merge(others, on="event_id")[["event_id", "date", "title", "kind", "venue", "state"]]
    return table.assign(in_person=table["kind"] == "summit").sort_values(["date", "event_id"], ignore_index=True)


def pace(meetings: pd.DataFrame, asked: "pd.Series[Any]") -> str:
    """Return whether a first meeting came early, by days and by rank, against the medians of all of them, in words.

    meetings: `first_meetings` with column days; asked: one of its rows. A median or more refutes that it was early.
    """
    words = []
    for column in ("days", "rank"):
        value, middle = float(asked[column]), float(meetings[column].median())
        word = "early" if value < middle else "late" if value > middle else "usual"
        words.append(f"{word} by {column}")
    return " and ".join(words)


def kind_group(kinds: "pd.Series[str]") -> "pd.Series[str]":
    """Return the group of each kind: contact (meetings, calls), friction (protests, incidents), military, or other."""
    groups = dict.fromkeys(CONTACTS, "contact") | dict.fromkeys(FRICTIONS, "friction") | {"military": "military"}
    return kinds.astype("object").map(groups).fillna("other").rename("group")
