"""Checks of events and of rows: what happened, how often, in which order, and what a table records."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.claims.checks.wording import LABELS, NOUNS, quoted
from analysis.claims.evidence import Evidence, Outcome
from analysis.core import wording
from analysis.core.errors import ParameterError
from analysis.data.faults import nearest
from analysis.signals import events
from analysis.signals.events import STATE_NAMES


def _one_of(column: "pd.Series[Any]", allowed: Iterable[str]) -> NDArray[np.bool_]:
    """For each cell whether it, or one item of the list in it, is among the values allowed."""
    values = set(allowed)
    found = [bool(values & (set(map(str, cell)) if isinstance(cell, tuple) else {str(cell)})) for cell in column]
    return np.array(found, dtype=bool)


def count(
    evidence: Evidence,
    *,
    table: str,
    at_least: int = 0,
    exactly: int = -1,
    first: pd.Timestamp | None = None,
    last: pd.Timestamp | None = None,
    **where: tuple[str, ...],
) -> Outcome:
    """A table has at least, or exactly, so many rows with certain values, on the days from first to last.

    where maps columns to the values allowed in them; a cell that is a list must hold one of them. Rows without a date
    of their own have that of their event.
    """
    frame = evidence.tables.get(table)
    if frame is None:
        raise ParameterError(f"there is no table “{table}”{nearest(table, list(evidence.tables))}")
    chosen = frame
    for column, allowed in where.items():
        if column not in frame:
            raise ParameterError(f"{table}.csv has no column “{column}”{nearest(column, list(map(str, frame)))}")
        chosen = chosen.loc[_one_of(chosen[column], allowed)]
    window = ""
    if first is not None or last is not None:
        if "date" not in chosen:
            chosen = chosen.merge(evidence.tables["events"][["event_id", "date"]], on="event_id")
        chosen = chosen[chosen["date"].between(first or pd.Timestamp.min, last or pd.Timestamp.max)]
        window = f" from {wording.day(first)}" if first is not None else ""
        window += f" to {wording.day(last)}" if last is not None else ""
    found, noun = len(chosen), NOUNS.get(table, table)
    wanted = wording.count(exactly) if exactly >= 0 else f"at least {wording.number(at_least)}"
    holds = found == exactly if exactly >= 0 else found >= at_least
    with_values = wording.listing([f"{LABELS.get(c, c)} {wording.listing(list(v), 'or')}" for c, v in where.items()])
    sentence = (
        f"{wording.capital(wording.number(found))} {noun} {'has' if found == 1 else 'have'} {with_values}{window}; "
        f"the claim needs {wanted}."
    )
    other = wanted if not holds else "more or fewer" if exactly >= 0 else "fewer"
    return Outcome(holds, sentence, f"{other} {noun} had these values")


def happened(
    evidence: Evidence,
    *,
    first: pd.Timestamp,
    last: pd.Timestamp,
    persons: tuple[str, ...] = (),
    venue: str = "",
    title: str = "",
    kind: tuple[str, ...] = (),
    expected: bool = True,
) -> Outcome:
    """An event with all of these persons, or at a venue, of a kind or with words in its title, happened in these days.

    With expected no: none happened.
    """
    present = evidence.tables["event_actors"].groupby("event_id")["name"].agg(set)
    chosen = events.in_window(evidence.tables["events"], first, last)
    there = np.array([set(persons) <= present.get(event, set()) for event in chosen["event_id"]], dtype=bool)
    chosen = chosen[there]
    chosen = chosen[chosen["venue"].str.contains(venue, regex=False) & chosen["title"].str.contains(title, regex=False)]
    chosen = chosen[chosen["kind"].isin(kind)] if kind else chosen
    who = wording.listing([*persons, *([f"“{title}”"] if title else [])])
    what = f"{who}{f' in {venue}' if venue else ''}, {wording.day(first)} to {wording.day(last)}"
    if len(chosen):
        titles = wording.listing([f"“{row['title']}” ({wording.day(row['date'])})" for _, row in chosen.iterrows()])
        return Outcome(expected, f"{what}: {titles}.", "no such event were on record")
    return Outcome(not expected, f"{what}: nothing is on record.", "such an event were on record")


def recorded(evidence: Evidence, *, table: str, key: str, column: str, words: tuple[str, ...]) -> Outcome:
    """A cell of a table has one of some words; capitals do not matter."""
    frame = evidence.tables.get(table)
    if frame is None or column not in frame:
        raise ParameterError(f"there is no column “{column}” of a table “{table}”")
    row = evidence.rows(table, str(frame.columns[0]), [key]).iloc[0]
    cell = ", ".join(row[column]) if isinstance(row[column], tuple) else str(row[column])
    holds = any(item.casefold() in cell.casefold() for item in words)
    sentence = f"The {LABELS.get(column, column)} of {key} is “{cell.rstrip('.')}”"
    sentence += "" if holds else f", not {quoted(words, 'or')}"
    other = "another" if holds else quoted(words, "or")
    return Outcome(holds, f"{sentence}.", f"the {LABELS.get(column, column)} of {key} were {other}")


def nth_meeting(
    evidence: Evidence,
    *,
    host: str,
    event: str,
    since: pd.Timestamp,
    place: int,
    states: tuple[str, ...],
    in_person: bool = True,
) -> Outcome:
    """A meeting is the n-th of a leader since a day with leaders of some states: in person, or calls as well."""
    met = events.leader_meetings(evidence.tables["events"], evidence.tables["event_actors"], host)
    met = met[(met["date"] >= since) & met["state"].isin(states) & (met["in_person"] | (not in_person))]
    order = list(dict.fromkeys(met["event_id"]))
    titles = evidence.tables["events"].set_index("event_id")["title"]
    whom = f"the leader of {'one of ' + str(len(states)) + ' states' if len(states) > 1 else STATE_NAMES[states[0]]}"
    what = f"{'meeting in person' if in_person else 'meeting or call'} of {host} with {whom} since {wording.day(since)}"
    subject = f"“{evidence.event(event)['title']}”"
    if event not in order:
        return Outcome(False, f"{subject} is no {what}.", "it were one")
    found = order.index(event) + 1
    before = f", after {quoted(titles[e] for e in order[: found - 1])}" if found > 1 else ""
    sentence = f"{subject} is the {wording.ordinal(found)} {what}{before}."
    return Outcome(found == place, sentence, "others had come before" if found == place else "none had come before")


def stronger_protest(evidence: Evidence, *, event: str, cause: str) -> Outcome:
    """A Chinese protest is stronger, by form and rank of the sender, than every earlier one over the same cause."""
    tables = evidence.tables
    table = events.protest_table(
        tables["protests"], tables["events"], tables["codings_signals"], tables["event_sources"]
    )
    table = table[table["trigger_kind"] == cause]
    if event not in set(table["event_id"]):
        return Outcome(False, f"“{evidence.event(event)['title']}” is no protest over the {cause}.", "it were one")
    comparison = events.rank_among(table, event)["comparison"]
    equal, stronger = int((comparison == "equal").sum()), int((comparison == "stronger").sum())
    holds = len(comparison) > 0 and equal + stronger == 0
    sentence = (
        f"Of {wording.plural(len(comparison), 'earlier protest')} over the {cause} on record "
        f"{wording.count(equal)} had the "
        f"same form and rank as {event}, and {wording.count(stronger)} a stronger one."
    )
    other = "one of them had been as strong" if holds else "all of them had been weaker"
    return Outcome(holds, sentence, other)


def party_changed(evidence: Evidence, *, state: str, before: str) -> Outcome:
    """At the last change of leader of a state before an event the governing party changed as well."""
    governments = evidence.tables["governments"]
    known = governments[(governments["state"] == state) & (governments["start"] <= evidence.event(before)["date"])]
    if len(known) < 2:
        raise ParameterError(f"governments.csv has fewer than two leaders of {state} before {before}")
    old, new = (row for _, row in known.sort_values("start").tail(2).iterrows())
    holds = bool(old["party"] != new["party"])
    party = f"the {new['party']}" + ("" if holds else " as before")
    sentence = (
        f"In {STATE_NAMES[state]} {new['leader']} followed {old['leader']} "
        f"on {wording.day(new['start'])}, from {party}."
    )
    other = "the same party had stayed" if holds else "another party had come"
    return Outcome(
        holds, sentence, f"{other} into office in {STATE_NAMES[state]}" if not holds else f"{other} in office"
    )
