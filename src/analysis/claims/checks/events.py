"""Checks of events and of rows: what happened, how often, in which order, and what a table records."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.claims.checks.phrases import event_name, period, quoted
from analysis.claims.checks.registry import Columns, Day, Words, check
from analysis.claims.evidence import Evidence, Outcome
from analysis.core import wording
from analysis.core.errors import ParameterError
from analysis.data.faults import nearest
from analysis.data.tables import labels
from analysis.signals import events
from analysis.signals.events import DYADS, STATE_NAMES, named

# what a row of a table is
NOUNS = {
    "codings_signals": ("coded signal", "coded signals"),
    "event_actors": ("actor", "actors"),
    "protests": ("Chinese protest", "Chinese protests"),
    "strategy_sections": ("section of the strategy", "sections of the strategy"),
}
# how a phrase leads from the noun to the values of a column
RELATIONS = {
    "approach": "for approach",
    "domain_tags": "tagged",
    "dyad": "between",
    "event_id": "in",
    "form": "in the form",
    "kind": "of the kind",
    "level": "at level",
    "mode": "of the mode",
    "official": "by",
    "pillar": "of the part",
    "round": "in coding round",
    "source": "from",
    "speech_act": "with the speech act",
    "state": "from",
    "submode": "of the kind",
    "target": "to",
    "trigger_event_id": "in answer to",
    "trigger_kind": "over",
}
CAUSES = {"alliance": "the alliance", "bilateral": "bilateral matters", "taiwan": "Taiwan"}
# where words stand that are recorded of something
RECORDED = {
    "counterpart": "as the counterpart in",
    "description": "in the description of",
    "form": "as the form of protest in",
    "office": "as the office behind",
    "official": "as the official behind",
}


def _one_of(column: "pd.Series[Any]", allowed: Iterable[str]) -> NDArray[np.bool_]:
    """Return for each cell whether it, or one item of the list in it, is among the values allowed."""
    values = set(allowed)
    matches = [bool(values & (set(map(str, cell)) if isinstance(cell, tuple) else {str(cell)})) for cell in column]
    return np.array(matches, dtype=bool)


def _require_column(frame: pd.DataFrame, table: str, column: str) -> None:
    if column not in frame:
        raise ParameterError(f"{table}.csv has no column “{column}”{nearest(column, list(map(str, frame)))}")


def _named_value(evidence: Evidence, column: str, value: str) -> str:
    """Return a value that a column must have, in words."""
    if column.endswith("event_id"):
        return event_name(evidence, value)
    if column == "dyad" and value in DYADS:
        return named(value.split("-"))
    names = STATE_NAMES | CAUSES | labels("provisions", "pillar")
    if value in names or value.isdigit() or column == "official":
        return str(names.get(value, value))
    return f"“{value.lower() if value.isupper() else value}”"


def _with_values(evidence: Evidence, column: str, values: Words) -> str:
    """Return the values that a column must have as a phrase."""
    words = [_named_value(evidence, column, value) for value in values]
    return f"{RELATIONS.get(column, 'with the ' + column.replace('_', ' '))} {wording.listing(words, 'or')}"


@check("count")
class Count:
    """A table has at least, or exactly, so many rows with certain values, on the days from first to last.

    where: columns with the values allowed in them; a cell that is a list must hold one of them. Rows without a date of
    their own have that of their event.
    """

    table: str
    where: Columns
    at_least: int = 0
    exactly: int = -1
    first: Day | None = None
    last: Day | None = None

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return how many rows there are. Raise ParameterError where there is no such table or column."""
        rows = evidence.table(self.table)
        for column, allowed in self.where:
            _require_column(rows, self.table, column)
            rows = rows.loc[_one_of(rows[column], allowed)]
        if self.first is not None or self.last is not None:
            if "date" not in rows:
                rows = rows.merge(evidence.table("events")[["event_id", "date"]], on="event_id")
            rows = rows[rows["date"].between(self.first or pd.Timestamp.min, self.last or pd.Timestamp.max)]
        noun, nouns = NOUNS.get(self.table, (self.table.removesuffix("s"), self.table))
        wanted = self.exactly if self.exactly >= 0 else self.at_least
        holds = len(rows) == wanted if self.exactly >= 0 else len(rows) >= wanted
        amount = wording.plural(wanted, noun, nouns)
        if wanted:
            amount = f"{'exactly' if self.exactly >= 0 else 'at least'} {amount}"
        phrases = [_with_values(evidence, column, values) for column, values in self.where]
        found = wording.plural(len(rows), *(f"such {word.partition(' of ')[0]}" for word in (noun, nouns)))
        return Outcome(holds, found, " ".join([amount, *phrases, *self._window()]))

    def _window(self) -> list[str]:
        """Return the days as a phrase, if there are any."""
        if self.first is not None and self.last is not None:
            return [period(self.first, self.last)]
        if self.first is not None:
            return [f"since {wording.day(self.first)}"]
        return [f"up to {wording.day(self.last)}"] if self.last is not None else []


@check("happened")
class Happened:
    """An event with all of these persons, or at a venue, of a kind or with words in its title, happened in these days.

    Without expected, none happened.
    """

    first: Day
    last: Day
    persons: Words = ()
    venue: str = ""
    title: str = ""
    kind: Words = ()
    expected: bool = True

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the events that are on record."""
        present = evidence.table("event_actors").groupby("event_id")["name"].agg(set)
        rows = events.in_window(evidence.table("events"), self.first, self.last)
        with_all = [set(self.persons) <= present.get(event, set()) for event in rows["event_id"]]
        rows = rows[np.array(with_all, dtype=bool)]
        rows = rows[rows["venue"].str.contains(self.venue, regex=False)]
        rows = rows[rows["title"].str.contains(self.title, regex=False)]
        if self.kind:
            rows = rows[rows["kind"].isin(self.kind)]
        phrases = ["an event" if self.expected else "no event"]
        phrases += [f"of the kind {quoted(self.kind, 'or')}"] if self.kind else []
        phrases += [f"titled “{self.title}”"] if self.title else []
        phrases += [f"with {wording.listing(self.persons)}"] if self.persons else []
        phrases += [f"in {self.venue}"] if self.venue else []
        expected = " ".join([*phrases, period(self.first, self.last)])
        titles = [f"“{row['title']}” ({wording.day(row['date'])})" for _, row in rows.iterrows()]
        return Outcome(bool(titles) == self.expected, wording.listing(titles) or "no such event on record", expected)


@check("recorded")
class Recorded:
    """A cell of a table has one of some words; capitals do not matter."""

    table: str
    key: str
    column: str
    words: Words

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the cell. Raise ParameterError where there is no such table, row or column."""
        frame = evidence.table(self.table)
        _require_column(frame, self.table, self.column)
        row = evidence.rows(self.table, str(frame.columns[0]), [self.key]).iloc[0]
        cell = ", ".join(row[self.column]) if isinstance(row[self.column], tuple) else str(row[self.column])
        holds = any(item.casefold() in cell.casefold() for item in self.words)
        subject = event_name(evidence, self.key) if frame.columns[0] == "event_id" else self.key
        relation = RECORDED.get(self.column, f"as the {self.column.replace('_', ' ')} of")
        found = f"“{cell.rstrip('.')}”" if cell else "nothing is recorded"
        return Outcome(holds, found, f"{quoted(self.words, 'or')} {relation} {subject}")


@check("nth_meeting")
class NthMeeting:
    """A meeting is the n-th of a leader since a day with leaders of some states: in person, or calls as well."""

    host: str
    event: str
    since: Day
    place: int
    states: Words
    in_person: bool = True

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the place of the meeting, and what came before it."""
        met = events.leader_meetings(evidence.table("events"), evidence.table("event_actors"), self.host)
        met = met[(met["date"] >= self.since) & met["state"].isin(self.states)]
        if self.in_person:
            met = met[met["in_person"]]
        order = list(dict.fromkeys(met["event_id"]))
        state = f"one of {wording.plural(len(self.states), 'state')}"
        if len(self.states) == 1:
            state = STATE_NAMES[self.states[0]]
        meeting = "meeting in person" if self.in_person else "meeting or call"
        expected = f"{event_name(evidence, self.event)} as the {wording.ordinal(self.place)} {meeting} of {self.host}"
        expected += f" with the leader of {state} since {wording.day(self.since)}"
        if self.event not in order:
            return Outcome(False, "it is no such meeting", expected)
        place = order.index(self.event) + 1
        found = f"it is the {wording.ordinal(place)}"
        if place > 1:
            found += f", after {wording.listing([event_name(evidence, event) for event in order[: place - 1]])}"
        return Outcome(place == self.place, found, expected)


@check("stronger_protest")
class StrongerProtest:
    """A Chinese protest is stronger, by form and rank of the sender, than every earlier one over the same cause."""

    event: str
    cause: str

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return how many earlier protests were as strong, and how many stronger."""
        tables = map(evidence.table, ("protests", "events", "codings_signals", "event_sources"))
        protests = events.protest_table(*tables)
        protests = protests[protests["trigger_kind"] == self.cause]
        cause = f"over {CAUSES.get(self.cause, self.cause)}"
        expected = f"{event_name(evidence, self.event)} stronger in form and rank than every earlier protest {cause}"
        if self.event not in set(protests["event_id"]):
            return Outcome(False, f"it is no protest {cause}", expected)
        comparison = events.rank_among(protests, self.event)["comparison"]
        equal, stronger = int((comparison == "equal").sum()), int((comparison == "stronger").sum())
        found = (
            f"{wording.plural(len(comparison), 'earlier protest')}, {wording.count(equal)} of the same form and rank"
        )
        found += f", {wording.count(stronger)} stronger"
        return Outcome(len(comparison) > 0 and equal + stronger == 0, found, expected)


@check("party_changed")
class PartyChanged:
    """At the last change of leader of a state before an event the governing party changed as well."""

    state: str
    before: str

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return who followed whom. Raise ParameterError where fewer than two leaders are on record."""
        rows = evidence.table("governments")
        rows = rows[(rows["state"] == self.state) & (rows["start"] <= evidence.event(self.before)["date"])]
        if len(rows) < 2:
            raise ParameterError(f"governments.csv has fewer than two leaders of {self.state} before {self.before}")
        old, new = (row for _, row in rows.sort_values("start").tail(2).iterrows())
        found = (
            f"{new['leader']} ({new['party']}) followed {old['leader']} ({old['party']}) on {wording.day(new['start'])}"
        )
        change = f"the last change of leader in {STATE_NAMES[self.state]} before {event_name(evidence, self.before)}"
        expected = f"another party in office after {change}"
        return Outcome(bool(old["party"] != new["party"]), found, expected)
