"""Rules on events: days and hours, places and sources."""

from collections.abc import Iterator

import pandas as pd

from analysis.core.errors import DataError
from analysis.data.faults import Fault, Frames, row_of, show_value
from analysis.signals.coding import home_of


def events_end_after_they_begin(frames: Frames) -> Iterator[Fault]:
    """The last day of an event lies after the first; a month stands for its first day."""
    events = frames["events"]
    for index, event in events[events["end_date"] <= events["date"]].iterrows():
        yield Fault(
            "events.csv",
            row_of(index),
            "end_date",
            show_value(f"{event['end_date']:%Y-%m-%d}"),
            f"allowed: a day after date ({event['date']:%Y-%m-%d})",
        )
    for index, event in events[(events["date_precision"] == "month") & (events["date"].dt.day != 1)].iterrows():
        yield Fault(
            "events.csv",
            row_of(index),
            "date",
            show_value(f"{event['date']:%Y-%m-%d}"),
            "allowed: the first of the month where date_precision is month",
        )


def events_have_a_source(frames: Frames) -> Iterator[Fault]:
    """Every event has a main source."""
    sources = frames["event_sources"]
    with_source = set(sources.loc[sources["source_no"] == 1, "event_id"])
    for index, event_id in frames["events"]["event_id"].items():
        if event_id not in with_source:
            yield Fault(
                "events.csv",
                row_of(index),
                "event_id",
                show_value(event_id),
                "allowed: an event with a row of source_no 1 in event_sources.csv",
            )


def events_that_carry_a_claim_have_two_sources(frames: Frames) -> Iterator[Fault]:
    """An event that a claim tells, rests on or is touched by has at least two sources."""
    counts = frames["event_sources"].groupby("event_id").size()
    carrying = set(frames["claim_events"]["event_id"])
    for index, event_id in frames["events"]["event_id"].items():
        if event_id in carrying and counts.get(event_id, 0) < 2:
            allowed = "allowed: an event with two rows in event_sources.csv, as a claim rests on it"
            yield Fault("events.csv", row_of(index), "event_id", show_value(event_id), allowed)


def meetings_at_home_have_a_place(frames: Frames) -> Iterator[Fault]:
    """The venue of a meeting at home lies in a state that is known for it, so that host and visitor can be told."""
    codings, events = frames["codings_signals"], frames["events"]
    at_home = set(codings.loc[codings["submode"] == "meet_home", "event_id"])
    for index, row in events[events["event_id"].isin(at_home)].iterrows():
        try:
            home_of(row["venue"])
        except DataError as error:
            yield Fault("events.csv", row_of(index), "venue", show_value(row["venue"]), str(error).partition("; ")[2])


def hours_have_a_zone(frames: Frames) -> Iterator[Fault]:
    """An event has an hour and its zone, or neither."""
    events = frames["events"]
    for index in events.index[(events["time"] != "") != events["zone"].notna()]:
        zone = events.at[index, "zone"]
        allowed = "filled where time is, and empty where it is not"
        yield Fault("events.csv", row_of(index), "zone", show_value("" if pd.isna(zone) else str(zone)), allowed)
