"""Checks of events and of rows: what happened, when, how often and in which order, and what a table records."""

from typing import Any

import pandas as pd

from analysis.claims.checks.registry import Columns, Day, Words, check, document_name, event_name, period, quoted
from analysis.claims.evidence import Evidence, Outcome
from analysis.core import wording
from analysis.core.errors import ParameterError
from analysis.data.completeness import Scope
from analysis.data.faults import nearest
from analysis.data.tables import labels
from analysis.signals import contacts, events
from analysis.signals.events import DYADS, STATE_NAMES, named
from analysis.signals.protests import CAUSES, RUNGS

# what a row of a table is
NOUNS = {
    "answers": ("answer of China", "answers of China"),
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
    "answer": "that was",
    "cause": "over",
    "occasion_id": "to",
}
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
    return rows[rows[column].explode().astype(str).isin(allowed).groupby(level=0).any()]


def _require_column(frame: pd.DataFrame, table: str, column: str) -> None:
    if column not in frame:
        raise ParameterError(f"{table}.csv has no column “{column}”{nearest(column, list(map(str, frame)))}")


def _named_value(evidence: Evidence, column: str, value: str) -> str:
    """Return a value that a column must have, in words."""
    if column == "event_id":
        return event_name(evidence, value)
    if column == "occasion_id":
        return f"“{evidence.rows('occasions', 'occasion_id', [value]).iloc[0]['title']}”"
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


def _scope(evidence: Evidence, table: str, first: Day | None, last: Day | None, where: Columns = ()) -> Scope:
    """Return what a table must hold completely for these values and days; without days, all that are declared."""
    declared = evidence.table("completeness").query("table == @table")
    values = dict(where)
    listed = next((values[column] for column in declared["column"] if column in values), ())
    earliest = declared["first"].min() if first is None else first
    latest = declared["last"].max() if last is None else last
    return Scope(table, earliest, latest, listed, values.get("dyad", ("",))[0])


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

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return how many rows there are. Raise ParameterError where there is no such table or column."""
        rows = evidence.acts() if self.table == "protests" else evidence.table(self.table)
        for column, allowed in self.where:
            _require_column(rows, self.table, column)
            rows = _with_one_of(rows, column, allowed)
        if self.first is not None or self.last is not None:
            if "date" not in rows:
                rows = rows.merge(evidence.table("events")[["event_id", "date"]], on="event_id")
            rows = rows[rows["date"].between(self.first or pd.Timestamp.min, self.last or pd.Timestamp.max)]
        noun, nouns = NOUNS.get(self.table, (self.table.removesuffix("s"), self.table))
        wanted, limit = (self.exactly, "exactly") if self.exactly >= 0 else (self.at_least, "at least")
        amount = f"{limit} {wording.plural(wanted, noun, nouns)}" if wanted else wording.plural(0, noun, nouns)
        phrases = [_with_values(evidence, column, values) for column, values in self.where]
        if self.first is not None or self.last is not None:
            phrases.append(period(self.first, self.last))
        holds = len(rows) == wanted if self.exactly >= 0 else len(rows) >= wanted
        found = wording.plural(len(rows), *(f"such {word.partition(' of ')[0]}" for word in (noun, nouns)))
        scope = _scope(evidence, self.table, self.first, self.last, self.where)
        rests_on_absence = len(rows) <= wanted if self.exactly >= 0 else not holds
        return Outcome(holds, found, " ".join([amount, *phrases]), scope if rests_on_absence else None)


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

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return the events that are on record."""
        rows = events.in_window(evidence.table("events"), self.first, self.last)
        actors = evidence.table("event_actors")
        for person in self.persons:
            rows = rows[rows["event_id"].isin(actors.loc[actors["name"] == person, "event_id"])]
        for column in ("venue", "title"):
            rows = rows[rows[column].str.contains(getattr(self, column), regex=False)]
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
        absence = None if titles else _scope(evidence, "events", self.first, self.last)
        found = wording.listing(titles) or "no such event on record"
        return Outcome(bool(titles) == self.expected, found, expected, absence)


@check("contact")
class Contact:
    """Persons of two states, at a level, had a contact in these days, at a place if one is named.

    Without expected, they had none.
    """

    first: Day
    last: Day
    persons: Words
    dyad: str
    level: str
    place: str = ""
    expected: bool = True

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return the contacts that are on the list."""
        rows = contacts.counted(evidence.table("contacts"), self.dyad, (self.level,))
        rows = events.in_window(rows, self.first, self.last)
        rows = rows[
            rows["persons"].map(set(self.persons).issubset) & rows["place"].str.contains(self.place, regex=False)
        ]
        named_as = f"{'a' if self.expected else 'no'} contact of {wording.listing(self.persons)}"
        who = f"{named_as}, {self.level}s of {named(self.dyad.split('-'))}" if len(self.persons) > 1 else named_as
        expected = " ".join(
            filter(None, [who, f"in {self.place}" if self.place else "", period(self.first, self.last)])
        )
        days = [f"{wording.day(row['date'])} ({row['place'] or row['mode']})" for row in rows.to_dict("records")]
        absence = None if days else Scope("contacts", self.first, self.last, (self.level,), self.dyad)
        return Outcome(bool(days) == self.expected, wording.listing(days) or "none on the list", expected, absence)


@check("contacts_held_up")
class ContactsHeldUp:
    """Two states had as many contacts in these days as the rate of the years before would lead one to expect."""

    first: Day
    last: Day
    dyad: str

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return the contacts of the window, and those that are expected."""
        rows = contacts.rates(evidence.table("contacts"), self.first, self.last)
        rate = rows.set_index("dyad").loc[self.dyad]
        holds = bool(rate["contacts"] >= rate["expected"])
        expected = f"contacts between {named(self.dyad.split('-'))} {period(self.first, self.last)} no fewer than the "
        expected += "rate since 2021 would lead one to expect"
        found = f"{rate['contacts']:.0f}, where {rate['expected']:.1f} are expected"
        scope = Scope("contacts", self.first, self.last, contacts.LEVELS, self.dyad)
        return Outcome(holds, found, expected, None if holds else scope)


@check("first_meeting")
class FirstMeeting:
    """A meeting is the first in office of a president with a prime minister of Japan, and has a place among others.

    among: nothing, rank (all leaders met in person) or rank_asia (those of East, Southeast and South Asia).
    """

    event: str
    meeting: str
    among: str = ""
    place: int = 1

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return the day of the first meeting, or its place. Raise ParameterError where `among` is no column."""
        table = evidence.table("first_meetings")
        row = evidence.rows("first_meetings", "meeting_id", [self.meeting]).iloc[0]
        if self.among:
            _require_column(table, "first_meetings", self.among)
        place = int(row[self.among]) if self.among else 1
        same = bool(row["date"] == evidence.event(self.event)["date"])
        others = {"": "in office with a prime minister of Japan", "rank": "with a leader in person"}
        words = others.get(self.among, "in person with a leader of East, Southeast or South Asia")
        expected = f"{event_name(evidence, self.event)} as the {wording.ordinal(self.place)} meeting of "
        expected += f"{row['president']} {words}"
        found = (
            f"the first was on {wording.day(row['date'])}" if not self.among else f"it was the {wording.ordinal(place)}"
        )
        return Outcome(
            same and place == self.place, found, expected, Scope("first_meetings", row["took_office"], row["date"])
        )


@check("recorded")
class Recorded:
    """A cell of a table has one of some words; capitals do not matter."""

    table: str
    key: str
    column: str
    words: Words

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return the cell. Raise ParameterError where there is no such table, row or column."""
        frame = evidence.table(self.table)
        _require_column(frame, self.table, self.column)
        row = evidence.rows(self.table, str(frame.columns[0]), [self.key]).iloc[0]
        cell = ", ".join(row[self.column]) if isinstance(row[self.column], tuple) else str(row[self.column])
        holds = any(item.casefold() in cell.casefold() for item in self.words)
        subject = event_name(evidence, self.key) if frame.columns[0] == "event_id" else self.key
        if self.table == "protests":
            subject = f"the Chinese answer of {wording.day(row['date'])}"
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

    def __call__(self, evidence: Evidence) -> Outcome:
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
        before = [event_name(evidence, event) for event in order[: order.index(self.event)]]
        place = len(before) + 1
        absence = (
            None if place > self.place else _scope(evidence, "events", self.since, evidence.event(self.event)["date"])
        )
        found = f"it is the {wording.ordinal(place)}{', after ' if before else ''}{wording.listing(before)}"
        return Outcome(place == self.place, found, expected, absence)


@check("stronger_protest")
class StrongerProtest:
    """A Chinese answer is stronger in form than every earlier one over the same cause."""

    protest: str
    cause: str

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return how many earlier answers were as strong, and how many stronger."""
        own = evidence.rows("protests", "protest_id", [self.protest]).iloc[0]
        acts = evidence.acts()
        acts = acts[(acts["cause"] == self.cause) & (acts["date"] < own["date"]) & acts["form"].isin(RUNGS)]
        rung = acts["form"].astype("object").map(RUNGS.index) - RUNGS.index(own["form"])
        equal, stronger = int((rung == 0).sum()), int((rung > 0).sum())
        expected = (
            f"the answer of {wording.day(own['date'])}, {own['form']}, stronger in form than every earlier one over "
        )
        found = f"{wording.plural(len(acts), 'earlier answer')}, {wording.count(equal)} of the same form"
        found += f", {wording.count(stronger)} stronger"
        holds = equal + stronger == 0
        above = RUNGS[RUNGS.index(own["form"]) :]
        scope = Scope("protests", evidence.table("occasions")["date"].min(), own["date"], above) if holds else None
        return Outcome(holds, found, expected + CAUSES[self.cause], scope)


@check("party_changed")
class PartyChanged:
    """At the last change of leader of a state before an event the governing party changed as well."""

    state: str
    before: str

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return who followed whom. Raise ParameterError where fewer than two leaders are on record."""
        rows = evidence.table("governments")
        rows = rows[(rows["state"] == self.state) & (rows["start"] <= evidence.event(self.before)["date"])]
        if len(rows) < 2:
            raise ParameterError(f"governments.csv has fewer than two leaders of {self.state} before {self.before}")
        old, new = (row for _, row in rows.sort_values("start").tail(2).iterrows())
        leaders = f"{new['leader']} ({new['party']}) followed {old['leader']} ({old['party']})"
        expected = f"another party in office after the last change of leader in {STATE_NAMES[self.state]}"
        expected += f" before {event_name(evidence, self.before)}"
        return Outcome(bool(old["party"] != new["party"]), f"{leaders} on {wording.day(new['start'])}", expected)


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
    if not zone or (moment := _moment(event)) is None:
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

    def __call__(self, evidence: Evidence) -> Outcome:
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

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return the time between the two. Raise ParameterError where the unit is unknown or an hour is missing."""
        start, end = evidence.event(self.start), evidence.event(self.end)
        first, second = _local_day(start, self.zone), _local_day(end, self.zone)
        days: float = (second - first).days
        if self.unit == "days":
            passed, found = days, wording.plural(int(days), "day") if days else "the same day"
        elif self.unit == "months":
            passed = days / DAYS_IN_MONTH
            found = f"{passed:.1f} months ({wording.elapsed(first, second)})"
        elif self.unit != "hours":
            raise ParameterError(f"unit: {self.unit!r} is not one of {', '.join(UNITS)}")
        elif (one := _moment(start)) is None or (other := _moment(end)) is None:
            raise ParameterError(f"hours between {self.start} and {self.end}: both need an hour in events.csv")
        else:
            passed = (other - one).total_seconds() / 3600
            found = f"{passed:.1f} hours"
        limits = f"at most {self.at_most:g}" if self.at_least <= 0 else f"{self.at_least:g} to {self.at_most:g}"
        unit = self.unit.removesuffix("s") if self.at_most == 1 else self.unit
        expected = f"{limits} {unit} from {event_name(evidence, self.start)} to {event_name(evidence, self.end)}"
        return Outcome(self.at_least <= passed <= self.at_most, found, expected)
