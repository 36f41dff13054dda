"""Checks of events and of rows: what happened, when, how often and in which order, and what a table records."""

from typing import Any

import pandas as pd

from analysis.claims.checks.registry import Columns, Day, Words, check, document_name, event_name, period, quoted
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


def _with_one_of(rows: pd.DataFrame, column: str, allowed: Words) -> pd.DataFrame:
    """Return the rows in whose cell of a column stands one of the values, or an item that is one of them."""
    items = rows[column].explode().astype(str)
    return rows.loc[items.isin(allowed).groupby(level=0).any()]


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
            rows = _with_one_of(rows, column, allowed)
        if self.first is not None or self.last is not None:
            if "date" not in rows:
                rows = rows.merge(evidence.table("events")[["event_id", "date"]], on="event_id")
            rows = rows[rows["date"].between(self.first or pd.Timestamp.min, self.last or pd.Timestamp.max)]
        noun, nouns = NOUNS.get(self.table, (self.table.removesuffix("s"), self.table))
        if self.exactly >= 0:
            holds, wanted, limit = len(rows) == self.exactly, self.exactly, "exactly"
        else:
            holds, wanted, limit = len(rows) >= self.at_least, self.at_least, "at least"
        amount = wording.plural(wanted, noun, nouns)
        if wanted:
            amount = f"{limit} {amount}"
        phrases = [_with_values(evidence, column, values) for column, values in self.where]
        found = wording.plural(len(rows), *(f"such {word.partition(' of ')[0]}" for word in (noun, nouns)))
        return Outcome(holds, found, " ".join([amount, *phrases, *self._window()]))

    def _window(self) -> list[str]:
        """Return the days as a phrase, if there are any."""
        if self.first is None:
            return [] if self.last is None else [f"up to {wording.day(self.last)}"]
        return [f"since {wording.day(self.first)}" if self.last is None else period(self.first, self.last)]


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
        rows = events.in_window(evidence.table("events"), self.first, self.last)
        actors = evidence.table("event_actors")
        for person in self.persons:
            rows = rows[rows["event_id"].isin(actors.loc[actors["name"] == person, "event_id"])]
        rows = rows[rows["venue"].str.contains(self.venue, regex=False)]
        rows = rows[rows["title"].str.contains(self.title, regex=False)]
        if self.kind:
            rows = rows[rows["kind"].isin(self.kind)]
        phrases = [
            "an event" if self.expected else "no event",
            f"of the kind {quoted(self.kind, 'or')}" if self.kind else "",
            f"titled “{self.title}”" if self.title else "",
            f"with {wording.listing(self.persons)}" if self.persons else "",
            f"in {self.venue}" if self.venue else "",
            period(self.first, self.last),
        ]
        expected = " ".join(filter(None, phrases))
        titles = [f"“{title}” ({wording.day(day)})" for title, day in zip(rows["title"], rows["date"], strict=True)]
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
        order = list(met["event_id"].unique())
        several = len(self.states) > 1
        state = f"one of {wording.plural(len(self.states), 'state')}" if several else STATE_NAMES[self.states[0]]
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
        earlier = list(events.rank_among(protests, self.event)["comparison"])
        equal, stronger = earlier.count("equal"), earlier.count("stronger")
        found = f"{wording.plural(len(earlier), 'earlier protest')}, {wording.count(equal)} of the same form and rank"
        found += f", {wording.count(stronger)} stronger"
        return Outcome(len(earlier) > 0 and equal + stronger == 0, found, expected)


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
        found = f"{new['leader']} ({new['party']}) followed {old['leader']} ({old['party']})"
        found += f" on {wording.day(new['start'])}"
        expected = f"another party in office after the last change of leader in {STATE_NAMES[self.state]}"
        expected += f" before {event_name(evidence, self.before)}"
        return Outcome(bool(old["party"] != new["party"]), found, expected)


# --- days

CITIES = {
    "America/New_York": "Washington",
    "America/Lima": "Lima",
    "Asia/Tokyo": "Tokyo",
    "Asia/Shanghai": "Beijing",
    "Asia/Seoul": "Seoul",
}
DAYS_IN_MONTH = 30.436875  # of the Gregorian calendar, on average
UNITS = ("hours", "days", "months")


def _moment(event: "pd.Series[Any]") -> Day | None:
    """Return day and hour of an event in its own zone; None where no hour is recorded."""
    if not event["time"]:
        return None
    return pd.Timestamp(f"{event['date']:%Y-%m-%d} {event['time']}", tz=event["zone"])


def _local_day(event: "pd.Series[Any]", zone: str) -> Day:
    """Return the day of an event, in a zone where one is asked for and the hour is known."""
    moment = _moment(event)
    if not zone or moment is None:
        return pd.Timestamp(event["date"])
    return moment.tz_convert(zone).tz_localize(None).normalize()


def _day_and_hour(event: "pd.Series[Any]") -> str:
    """Return the day of an event, with the hour where it is known, and the day in Tokyo where that is another."""
    moment, words = _moment(event), wording.day(event["date"])
    if moment is None:
        return words
    words += f", {moment:%H:%M} in {CITIES[event['zone']]}"
    tokyo = moment.tz_convert("Asia/Tokyo")
    return words + (f" ({wording.day(tokyo)}, {tokyo:%H:%M}, in Tokyo)" if tokyo.date() != moment.date() else "")


@check("date")
class Date:
    """An event, or a document, is of a certain day, or of the days from first to last.

    zone: the time zone in which the day counts, such as Asia/Tokyo; without it the day at the place of the event.
    """

    of: str
    first: Day
    last: Day | None = None
    zone: str = ""

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the day of the event or document. Raise ParameterError where a zone needs an hour that is missing."""
        last = self.first if self.last is None else self.last
        if self.of in set(evidence.table("documents")["document_id"]):
            day = pd.Timestamp(evidence.rows("documents", "document_id", [self.of]).iloc[0]["date"])
            subject, found = f"{document_name(evidence, self.of)} issued", wording.day(day)
        else:
            event = evidence.event(self.of)
            if self.zone and not event["time"]:
                raise ParameterError(f"{self.of} has no hour in events.csv, so its day in {self.zone} is not known")
            day, found = _local_day(event, self.zone), _day_and_hour(event)
            subject = event_name(evidence, self.of)
        where = f" in {CITIES[self.zone]}" if self.zone else ""
        return Outcome(self.first <= day <= last, found, f"{subject} {period(self.first, last)}{where}")


@check("interval")
class Interval:
    """From one event to another pass so many hours, days or months: at_least to at_most."""

    start: str
    end: str
    unit: str = "days"
    at_least: float = 0.0
    at_most: float = float("inf")
    zone: str = ""

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the time between the two. Raise ParameterError where the unit is unknown or an hour is missing."""
        start, end = evidence.event(self.start), evidence.event(self.end)
        if self.unit not in UNITS:
            raise ParameterError(f"unit: {self.unit!r} is not one of {', '.join(UNITS)}")
        if self.unit == "hours":
            first, second = _moment(start), _moment(end)
            if first is None or second is None:
                raise ParameterError(f"hours between {self.start} and {self.end}: both need an hour in events.csv")
            passed = (second - first).total_seconds() / 3600
            found = f"{passed:.1f} hours"
        else:
            first, second = _local_day(start, self.zone), _local_day(end, self.zone)
            days = (second - first).days
            passed = days if self.unit == "days" else days / DAYS_IN_MONTH
            found = wording.plural(days, "day") if days else "the same day"
            if self.unit == "months":
                found = f"{passed:.1f} months ({wording.elapsed(first, second)})"
        limits = f"at most {self.at_most:g}" if self.at_least <= 0 else f"{self.at_least:g} to {self.at_most:g}"
        unit = self.unit.removesuffix("s") if self.at_most == 1 else self.unit
        expected = f"{limits} {unit} from {event_name(evidence, self.start)} to {event_name(evidence, self.end)}"
        return Outcome(self.at_least <= passed <= self.at_most, found, expected)
