"""Rules that the tables obey together, beyond what a column or a foreign key can say.

A rule is a function with the tables that it reads named above it. It takes them as frames and returns the faults.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from functools import partial
from typing import Any

import pandas as pd

from analysis.claims.checks import read_check
from analysis.core.errors import DataError, ParameterError
from analysis.data.faults import Fault, nearest, row_of, show_value
from analysis.measures import continuity
from analysis.signals.coding import home_of
from analysis.texts.documents import FOCAL_STATEMENT, SERIES

Rule = Callable[..., Iterable[Fault]]
RULES: dict[Rule, tuple[str, ...]] = {}


def rule(*tables: str) -> Callable[[Rule], Rule]:
    """Return a decorator that adds a function to the rules, with the tables that it takes."""

    def register(function: Rule) -> Rule:
        RULES[function] = tables
        return function

    return register


def wrong(table: str, rows: pd.DataFrame, column: str, allowed: str, known: Iterable[str] = ()) -> Iterator[Fault]:
    """Yield a fault for the cell of a column in each of some rows.

    allowed: what may stand there; a name of a column in braces becomes the value in the row. known: values of which the
    nearest is named.
    """
    known = sorted(known)
    for index, row in zip(rows.index, rows.to_dict("records"), strict=True):
        cell = row[column]
        value = "" if pd.isna(cell) else f"{cell:%Y-%m-%d}" if isinstance(cell, pd.Timestamp) else str(cell)
        words = allowed.format_map({str(name): cell for name, cell in row.items()})
        yield Fault(f"{table}.csv", row_of(index), column, show_value(value) + nearest(value, known), words)


def missing(table: str, column: str | None, value: str, allowed: str) -> Fault:
    """Return the fault of a row that is not there."""
    return Fault(f"{table}.csv", None, column, value, allowed)


# --- documents


@rule("documents")
def genres_fit_the_kind(documents: pd.DataFrame) -> Iterable[Fault]:
    """A strategy has the genre strategy, a statement another one; only of a statement may the opening alone be read."""
    strategies = documents["kind"] == "strategy"
    allowed = "strategy where kind is strategy; leaders, ministers, trade or factsheet where it is statement"
    yield from wrong("documents", documents[strategies != (documents["genre"] == "strategy")], "genre", allowed)
    cut = documents[strategies & (documents["extent"] != "whole")]
    yield from wrong("documents", cut, "extent", "whole where kind is strategy")


# --- events


@rule("events")
def events_end_after_they_begin(events: pd.DataFrame) -> Iterator[Fault]:
    """The last day of an event lies after the first; a month stands for its first day."""
    early = events[events["end_date"] <= events["date"]]
    yield from wrong("events", early, "end_date", "allowed: a day after date ({date:%Y-%m-%d})")
    within = events[(events["date_precision"] == "month") & (events["date"].dt.day != 1)]
    yield from wrong("events", within, "date", "allowed: the first of the month where date_precision is month")


@rule("events")
def hours_have_a_zone(events: pd.DataFrame) -> Iterator[Fault]:
    """An event has an hour and its zone, or neither."""
    differ = events[(events["time"] != "") != events["zone"].notna()]
    return wrong("events", differ, "zone", "filled where time is, and empty where it is not")


@rule("events", "event_sources")
def events_have_a_source(events: pd.DataFrame, sources: pd.DataFrame) -> Iterator[Fault]:
    """Every event has a main source."""
    without = events[~events["event_id"].isin(sources.loc[sources["source_no"] == 1, "event_id"])]
    return wrong("events", without, "event_id", "allowed: an event with a row of source_no 1 in event_sources.csv")


@rule("events", "event_sources", "claim_events")
def events_that_carry_a_claim_have_two_sources(
    events: pd.DataFrame, sources: pd.DataFrame, claim_events: pd.DataFrame
) -> Iterator[Fault]:
    """An event that a claim tells, rests on or is touched by has at least two sources."""
    counts = events["event_id"].map(sources["event_id"].value_counts()).fillna(0)
    few = events[events["event_id"].isin(claim_events["event_id"]) & (counts < 2)]
    allowed = "allowed: an event with two rows in event_sources.csv, as a claim rests on it"
    return wrong("events", few, "event_id", allowed)


@rule("codings_signals", "events")
def meetings_at_home_have_a_place(signals: pd.DataFrame, events: pd.DataFrame) -> Iterator[Fault]:
    """The venue of a meeting at home lies in a state that is known for it, so that host and visitor can be told."""
    at_home = events["event_id"].isin(signals.loc[signals["submode"] == "meet_home", "event_id"])
    for index, venue in events.loc[at_home, "venue"].items():
        try:
            home_of(venue)
        except DataError as error:
            yield Fault("events.csv", row_of(index), "venue", show_value(venue), str(error).partition("; ")[2])


@rule("governments", "events")
def governments_begin_with_their_event(governments: pd.DataFrame, events: pd.DataFrame) -> Iterator[Fault]:
    """A government begins on the day of the event that is named for it."""
    with_day = governments.assign(day=governments["event_id"].map(events.set_index("event_id")["date"]))
    other_day = with_day[(governments["event_id"] != "") & (with_day["start"] != with_day["day"])]
    return wrong("governments", other_day, "start", "allowed: the day of {event_id} ({day:%Y-%m-%d})")


@rule("non_events")
def plans_are_known_when_announced_or_later(plans: pd.DataFrame) -> Iterator[Fault]:
    """The outcome of a plan is known on the day of its announcement or later."""
    early = plans[plans["known_by"] < plans["announced"]]
    return wrong("non_events", early, "known_by", "allowed: a day not before announced ({announced:%Y-%m-%d})")


# columns that list ids of events
EVENT_LISTS = {"forecasts": "events", "non_events": "event_ids", "searches": "used_for"}


@rule("events", *EVENT_LISTS)
def lists_name_events(events: pd.DataFrame, *tables: pd.DataFrame) -> Iterator[Fault]:
    """The events in a list of ids exist."""
    for (table, column), frame in zip(EVENT_LISTS.items(), tables, strict=True):
        ids = frame.explode(column).dropna(subset=column)
        unknown = ids[~ids[column].isin(events["event_id"])]
        yield from wrong(table, unknown, column, "allowed: event_ids of events.csv", events["event_id"])


# --- codings


@rule("codings_alignment")
def alignment_codings_agree_with_themselves(codings: pd.DataFrame) -> Iterator[Fault]:
    """Strength 0 means no section and stance na, and only strength 0 does (codebook A)."""
    none = codings["strength"] == 0
    stances = "consistent, extends, narrows, conflicts"
    for column, empty, at_none, else_ in (
        ("section_id", "", "no section", "a section"),
        ("stance", "na", "na", stances),
    ):
        filled = codings[column] != empty
        allowed = "allowed at strength {strength}: "
        yield from wrong("codings_alignment", codings[none & filled], column, allowed + at_none)
        yield from wrong("codings_alignment", codings[~none & ~filled], column, allowed + else_)


@rule("codings_alignment", "provisions")
def every_coder_codes_every_provision(codings: pd.DataFrame, provisions: pd.DataFrame) -> Iterator[Fault]:
    """Every coder of codings A has coded every provision."""
    return _uncoded("codings_alignment", codings, provisions[["provision_id"]])


@rule("codings_topics", "topics")
def every_coder_codes_every_topic(codings: pd.DataFrame, topics: pd.DataFrame) -> Iterator[Fault]:
    """Every coder of codings B has coded every topic in each of the five statements."""
    units = topics[["topic_id"]].merge(pd.DataFrame({"document_id": SERIES}), how="cross")
    return _uncoded("codings_topics", codings, units)


@rule("topic_places", "codings_topics", "topics")
def topics_stand_where_they_have_emphasis(
    places: pd.DataFrame, codings: pd.DataFrame, topics: pd.DataFrame
) -> Iterator[Fault]:
    """A topic has a place in a statement where its settled emphasis is above 0, and only there (codebook B)."""
    settled = continuity.emphasis(codings, topics)
    for document_id, rows in places.groupby("document_id"):
        known = set(settled.loc[(settled["document_id"] == document_id) & (settled["emphasis"] > 0), "topic_id"])
        absent = rows[~rows["topic_id"].isin(known)]
        yield from wrong("topic_places", absent, "topic_id", "allowed: a topic of emphasis above 0 in {document_id}")
        for topic_id in sorted(known - set(rows["topic_id"])):
            value = f"{topic_id} has no place in {document_id}"
            yield missing("topic_places", "topic_id", value, "a row for each topic of emphasis above 0")


def _uncoded(table: str, codings: pd.DataFrame, units: pd.DataFrame) -> Iterator[Fault]:
    columns = list(map(str, units))
    for coder, rows in codings.groupby("coder"):
        coded = set(rows[columns].itertuples(index=False, name=None))
        for unit in units.itertuples(index=False, name=None):
            if unit not in coded:
                value = f"coder {coder} has no row for {', '.join(unit)}"
                yield missing(table, "+".join(columns), value, "each coder codes every unit")


def no_coder_counts_twice(table: str, codings: pd.DataFrame) -> Iterator[Fault]:
    """No two coders of a table have the same rows, codings and reasons, throughout: somebody would count twice."""
    coders: dict[tuple[object, ...], str] = {}
    for coder, rows in codings.astype(str).groupby("coder"):
        coded = tuple(sorted(rows.drop(columns="coder").itertuples(index=False, name=None)))
        first = coders.setdefault(coded, str(coder))
        if first != coder:
            value = f"all {len(coded)} rows of {coder} are those of {first}"
            yield missing(table, "coder", value, "each coder once, under one name")


for name in ("codings_alignment", "codings_topics", "codings_signals"):
    RULES[partial(no_coder_counts_twice, name)] = (name,)


@rule("codings_topics")
def topics_change_in_the_focal_statement(codings: pd.DataFrame) -> Iterator[Fault]:
    """Change against 2024 is coded for the statement of 2025, and only for it (codebook B)."""
    focal, coded = codings["document_id"] == FOCAL_STATEMENT, codings["change"].notna()
    yield from wrong("codings_topics", codings[focal & ~coded], "change", "allowed: a value")
    yield from wrong("codings_topics", codings[~focal & coded], "change", f"allowed: empty, but for {FOCAL_STATEMENT}")


@rule("codings_signals")
def signals_are_whole(codings: pd.DataFrame) -> Iterator[Fault]:
    """A signal goes from one state to another and is coded in full; a row of mode NONE is empty (codebook C)."""
    none = codings["mode"] == "NONE"
    for column in ("source", "target", "submode", "level", "publicity", "cost"):
        filled = codings[column].notna()
        yield from wrong("codings_signals", codings[none & filled], column, "allowed in mode {mode}: empty")
        yield from wrong("codings_signals", codings[~none & ~filled], column, "allowed in mode {mode}: a value")
    to_itself = codings["source"].astype("object") == codings["target"].astype("object")
    yield from wrong("codings_signals", codings[to_itself], "target", "allowed: another state than source")


@rule("codings_signals", "events")
def signals_answer_earlier_events(codings: pd.DataFrame, events: pd.DataFrame) -> Iterator[Fault]:
    """A signal answers an event that is not later than its own."""
    day = events.set_index("event_id")["date"]
    later = codings[codings["reciprocal_to"].map(day) > codings["event_id"].map(day)]
    return wrong("codings_signals", later, "reciprocal_to", "allowed: an event not later than {event_id}")


# --- claims and their checks

# the forms of ids in arguments of checks, with the table that holds them
IDS = {
    r"E\d{3}": ("events", "event_id"),
    r"P\d{2}": ("provisions", "provision_id"),
    r"Q\d{2}": ("quotations", "quotation_id"),
    r"T\d{2}": ("topics", "topic_id"),
}
TABLES_OF_IDS = dict([*IDS.values(), ("documents", "document_id")])


@rule("claims", "omissions", "judgements", "checks")
def every_claim_has_one_verdict(
    claims: pd.DataFrame, omissions: pd.DataFrame, judgements: pd.DataFrame, checks: pd.DataFrame
) -> Iterator[Fault]:
    """A claim is computed by checks or judged, not both, and every check belongs to a claim or an omission."""
    entries = {**dict.fromkeys(claims["claim_id"], "claims"), **dict.fromkeys(omissions["omission_id"], "omissions")}
    unknown = checks[~checks["entry_id"].isin(entries)]
    allowed = "allowed: a claim_id of claims.csv or an omission_id of omissions.csv"
    yield from wrong("checks", unknown, "entry_id", allowed)
    twice = judgements[judgements["claim_id"].isin(checks["entry_id"])]
    yield from wrong("judgements", twice, "claim_id", "allowed: a claim without rows in checks.csv")
    for entry_id in sorted(entries.keys() - set(checks["entry_id"]) - set(judgements["claim_id"])):
        table = entries[entry_id]
        allowed = "a row in checks.csv" + (" or in judgements.csv" if table == "claims" else "")
        yield missing(table, None, f"{entry_id} has no verdict", allowed)


@rule("checks", "forecasts", *TABLES_OF_IDS)
def checks_can_be_read(checks: pd.DataFrame, forecasts: pd.DataFrame, *frames: pd.DataFrame) -> Iterator[Fault]:
    """The arguments of a check are those that it takes, and the ids in them exist; also those of expectations."""
    known = {key: sorted(frame[key[1]]) for key, frame in zip(TABLES_OF_IDS.items(), frames, strict=True)}
    for table, rows in (("checks", checks), ("forecasts", forecasts)):
        for index, name, arguments in rows[["check", "arguments"]].itertuples(name=None):
            place = (f"{table}.csv", row_of(index), "arguments")
            try:
                ids = list(_ids(read_check(name, arguments)))
            except ParameterError as error:
                yield Fault(*place, show_value(arguments), str(error))
                continue
            for key, value in ids:
                if value not in known[key]:
                    allowed = f"allowed: a {key[1]} of {key[0]}.csv"
                    yield Fault(*place, show_value(value) + nearest(value, known[key]), allowed)


def _ids(check: Any) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the ids in the arguments of a check: the table and the column that must hold each, and the id."""
    for field in fields(check):
        for text in _texts(getattr(check, field.name)):
            if field.name in ("document", "statement", "strategy"):
                yield ("documents", "document_id"), text
            yield from ((place, text) for form, place in IDS.items() if re.fullmatch(form, text))


def _texts(value: object) -> list[str]:
    """Return the texts in an argument, whatever holds them."""
    if isinstance(value, tuple):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


@rule("steps", "argument")
def the_argument_runs_to_its_last_step(steps: pd.DataFrame, argument: pd.DataFrame) -> Iterator[Fault]:
    """Every step but the last supports another one, and each a later one."""
    backwards = argument["supports"].astype(str) <= argument["step_id"].astype(str)
    yield from wrong("argument", argument[backwards], "supports", "allowed: a step after {step_id}")
    for step in steps["step_id"][:-1]:
        if step not in set(argument["step_id"]):
            yield missing("argument", "step_id", f"{step} is missing", "each step but the last supports another")


# --- rows that are lost

# tables whose rows are numbered from 1, within the columns named first
NUMBERED = {
    "checks": (["entry_id"], "check_no"),
    "claim_sources": (["claim_id"], "source_no"),
    "event_actors": (["event_id"], "actor_no"),
    "event_sources": (["event_id"], "source_no"),
    "inclusion": ([], "rule_no"),
    "searches": ([], "query_no"),
    "codings_signals": (["event_id", "round", "coder"], "signal_no"),
}


@rule(*NUMBERED)
def rows_are_numbered_without_a_gap(*frames: pd.DataFrame) -> Iterator[Fault]:
    """Numbers of rows run from 1 without a gap, so that a row that is lost is missed."""
    for (table, (within, column)), frame in zip(NUMBERED.items(), frames, strict=True):
        groups = frame.groupby(within, observed=True)[column] if within else [((), frame[column])]
        for key, numbers in groups:
            place = f" of {', '.join(map(str, key))}" if within else ""
            for number in sorted(set(range(1, max(numbers) + 1)) - set(numbers)):
                yield missing(table, column, f"{number}{place} is missing", "numbers from 1 without a gap")


def every_row_has_others(
    table: str, other: str, column: str, frame: pd.DataFrame, others: pd.DataFrame
) -> Iterator[Fault]:
    """Every row of a table has at least one in another table, by a column of both."""
    return wrong(table, frame[~frame[column].isin(others[column])], column, f"allowed: one with a row in {other}.csv")


for names in (
    ("events", "event_actors", "event_id"),
    ("events", "codings_signals", "event_id"),
    ("provisions", "provision_actors", "provision_id"),
    ("claims", "claim_reviews", "claim_id"),
):
    RULES[partial(every_row_has_others, *names)] = names[:2]


@rule("codings_signals")
def every_coder_codes_every_event_of_a_round(codings: pd.DataFrame) -> Iterator[Fault]:
    """An event that is coded in a round is coded by all coders of it."""
    for number, rows in codings.groupby("round"):
        for coder, events_coded in rows.groupby("coder")["event_id"]:
            for event_id in sorted(set(rows["event_id"]) - set(events_coded)):
                value = f"coder {coder} has no row for {event_id} in round {number}"
                yield missing("codings_signals", "event_id", value, "each coder of a round codes its events")


@rule("strategy_sections")
def sections_nest(sections: pd.DataFrame) -> Iterator[Fault]:
    """A section lies below the level of its parent, and sections stand in the order of the text."""
    parent_level = sections["parent_id"].map(sections.set_index("section_id")["level"])
    table, top = "strategy_sections", sections["parent_id"] == ""
    rows = sections.assign(parent_level=parent_level.astype("Int64"))
    beside = rows[~top & (rows["level"] <= rows["parent_level"])]
    yield from wrong(table, beside, "level", "allowed: more than {parent_level}, the level of {parent_id}")
    yield from wrong(table, rows[top & (rows["level"] != 0)], "level", "allowed without parent: 0")
    numbered = sections.dropna(subset="corpus_line")
    back = numbered[numbered["corpus_line"].diff() <= 0]
    yield from wrong(table, back, "corpus_line", "allowed: a line after that of the section before")
