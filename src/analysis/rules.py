"""Rules that the tables obey together, beyond what a column or a foreign key can say.

Each rule takes the frames by name and yields faults. `check` runs the schema and all rules.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pandas as pd
from pybtex.database import BibliographyDataError, parse_string
from pybtex.exceptions import PybtexError

from analysis import paths
from analysis.diplomacy import objections
from analysis.documents import FOCAL_STATEMENT, SERIES
from analysis.errors import DataError, ParameterError
from analysis.features import recorded_hashes
from analysis.ledger import read_arguments
from analysis.rules_whole import WHOLE, Frames, broken_features
from analysis.signals import home_of
from analysis.tables import FIRST_ROW, Fault, nearest, read_all, show_value


def _row(index: object) -> int:
    return int(str(index)) + FIRST_ROW


def events_end_after_they_begin(frames: Frames) -> Iterator[Fault]:
    """The last day of an event lies after the first; a month stands for its first day."""
    events = frames["events"]
    for index, event in events[events["end_date"] <= events["date"]].iterrows():
        yield Fault(
            "events.csv",
            _row(index),
            "end_date",
            show_value(f"{event['end_date']:%Y-%m-%d}"),
            f"allowed: a day after date ({event['date']:%Y-%m-%d})",
        )
    for index, event in events[(events["date_precision"] == "month") & (events["date"].dt.day != 1)].iterrows():
        yield Fault(
            "events.csv",
            _row(index),
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
                _row(index),
                "event_id",
                show_value(event_id),
                "allowed: an event with a row of source_no 1 in event_sources.csv",
            )


def alignment_codings_agree_with_themselves(frames: Frames) -> Iterator[Fault]:
    """Strength 0 means no section and stance na, and only strength 0 does (codebook A)."""
    codings = frames["codings_alignment"]
    empty = codings["strength"] == 0
    for index in codings.index[empty != (codings["section_id"] == "")]:
        yield Fault(
            "codings_alignment.csv",
            _row(index),
            "section_id",
            show_value(str(codings.at[index, "section_id"])),
            f"allowed at strength {codings.at[index, 'strength']}: " + ("no section" if empty[index] else "a section"),
        )
    for index in codings.index[empty != (codings["stance"] == "na")]:
        yield Fault(
            "codings_alignment.csv",
            _row(index),
            "stance",
            show_value(str(codings.at[index, "stance"])),
            f"allowed at strength {codings.at[index, 'strength']}: "
            + ("na" if empty[index] else "consistent, extends, narrows, conflicts"),
        )


def _missing_units(table: str, coded: pd.DataFrame, units: pd.DataFrame) -> Iterator[Fault]:
    for coder, rows in coded.groupby("coder"):
        done = set(rows[list(units.columns)].itertuples(index=False, name=None))
        for unit in units.itertuples(index=False, name=None):
            if unit not in done:
                yield Fault(
                    f"{table}.csv",
                    None,
                    "+".join(units.columns),
                    f"coder {coder} has no row for {', '.join(unit)}",
                    "each coder codes every unit",
                )


def every_coder_codes_every_provision(frames: Frames) -> Iterator[Fault]:
    """Every coder of codings A has coded every provision."""
    yield from _missing_units("codings_alignment", frames["codings_alignment"], frames["provisions"][["provision_id"]])


def every_coder_codes_every_topic(frames: Frames) -> Iterator[Fault]:
    """Every coder of codings B has coded every topic in each of the five statements."""
    units = frames["topics"][["topic_id"]].merge(pd.DataFrame({"document_id": SERIES}), how="cross")
    yield from _missing_units("codings_topics", frames["codings_topics"], units)


def topics_change_in_the_focal_statement(frames: Frames) -> Iterator[Fault]:
    """Change against 2024 is coded for the statement of 2025, and only for it (codebook B)."""
    codings = frames["codings_topics"]
    focal = codings["document_id"] == FOCAL_STATEMENT
    for index in codings.index[focal != codings["change"].notna()]:
        value = codings.at[index, "change"]
        yield Fault(
            "codings_topics.csv",
            _row(index),
            "change",
            show_value("" if pd.isna(value) else str(value)),
            "allowed: a value" if focal[index] else f"allowed: empty, but for {FOCAL_STATEMENT}",
        )


def signals_are_whole(frames: Frames) -> Iterator[Fault]:
    """A signal goes from one state to another and is coded in full; a row of mode NONE is empty (codebook C)."""
    codings = frames["codings_signals"]
    none = codings["mode"] == "NONE"
    for column in ("source", "target", "submode", "level", "publicity", "cost"):
        for index in codings.index[none == codings[column].notna()]:
            value = codings.at[index, column]
            yield Fault(
                "codings_signals.csv",
                _row(index),
                column,
                show_value("" if pd.isna(value) else str(value)),
                f"allowed in mode {codings.at[index, 'mode']}: " + ("empty" if none[index] else "a value"),
            )
    to_itself = codings["source"].astype("object") == codings["target"].astype("object")
    for index in codings.index[to_itself]:
        yield Fault(
            "codings_signals.csv",
            _row(index),
            "target",
            show_value(str(codings.at[index, "target"])),
            "allowed: another state than source",
        )


def signals_answer_earlier_events(frames: Frames) -> Iterator[Fault]:
    """A signal answers an event that is not later than its own."""
    codings, date = frames["codings_signals"], frames["events"].set_index("event_id")["date"]
    for index, row in codings[codings["reciprocal_to"] != ""].iterrows():
        answered = row["reciprocal_to"]
        if answered in date and row["event_id"] in date and date[answered] > date[row["event_id"]]:
            yield Fault(
                "codings_signals.csv",
                _row(index),
                "reciprocal_to",
                show_value(answered),
                f"allowed: an event not later than {row['event_id']}",
            )


def protests_follow_the_codings(frames: Frames) -> Iterator[Fault]:
    """The table of protests holds exactly the events in which most coders found a Chinese objection."""
    protests = frames["protests"]
    coded = set(objections(frames["codings_signals"])["event_id"])
    for index, event_id in protests["event_id"].items():
        if event_id not in coded:
            yield Fault(
                "protests.csv",
                _row(index),
                "event_id",
                show_value(event_id),
                "allowed: an event in which most coders found a Chinese objection",
            )
    for event_id in sorted(coded - set(protests["event_id"])):
        yield Fault(
            "protests.csv",
            None,
            "event_id",
            f"{event_id} is missing",
            "each event in which most coders found a Chinese objection has a row",
        )


def every_claim_has_one_verdict(frames: Frames) -> Iterator[Fault]:
    """A claim is computed by checks or judged, not both, and every check belongs to a claim or an omission."""
    claims, judged = set(frames["claims"]["claim_id"]), set(frames["judgements"]["claim_id"])
    checked = set(frames["checks"]["entry_id"])
    entries = claims | set(frames["omissions"]["omission_id"])
    for index, entry_id in frames["checks"]["entry_id"].items():
        if entry_id not in entries:
            allowed = "allowed: a claim_id of claims.csv or an omission_id of omissions.csv"
            yield Fault("checks.csv", _row(index), "entry_id", show_value(entry_id), allowed)
    for index, claim_id in frames["judgements"]["claim_id"].items():
        if claim_id in checked:
            allowed = "allowed: a claim without rows in checks.csv"
            yield Fault("judgements.csv", _row(index), "claim_id", show_value(claim_id), allowed)
    for entry_id in sorted(entries - checked - judged):
        table = "claims" if entry_id in claims else "omissions"
        allowed = "a row in checks.csv" + (" or in judgements.csv" if entry_id in claims else "")
        yield Fault(f"{table}.csv", None, None, f"{entry_id} has no verdict", allowed)


# the forms of ids in arguments of checks, with the table that holds them
IDS = {
    r"E\d{3}": ("events", "event_id"),
    r"P\d{2}": ("provisions", "provision_id"),
    r"Q\d{2}": ("quotations", "quotation_id"),
    r"T\d{2}": ("topics", "topic_id"),
}


def checks_can_be_read(frames: Frames) -> Iterator[Fault]:
    """The arguments of a check are those that it takes, and the ids in them exist; also those of expectations."""
    for table in ("checks", "forecasts"):
        yield from _unreadable(frames, table)


def _unreadable(frames: Frames, table_name: str) -> Iterator[Fault]:
    known = {form: set(frames[table][column]) for form, (table, column) in IDS.items()}
    documents = set(frames["documents"]["document_id"])

    def fault(index: object, value: str, allowed: str) -> Fault:
        return Fault(f"{table_name}.csv", _row(index), "arguments", value, allowed)

    for index, row in frames[table_name].iterrows():
        try:
            arguments = read_arguments(str(row["check"]), row["arguments"])
        except ParameterError as error:
            yield fault(index, show_value(row["arguments"]), str(error))
            continue
        for name, value in arguments.items():
            for item in value if isinstance(value, tuple) else (value,):
                for form, (table, column) in IDS.items():
                    if re.fullmatch(form, str(item)) and item not in known[form]:
                        hint = nearest(item, sorted(known[form]))
                        yield fault(index, show_value(item) + hint, f"allowed: a {column} of {table}.csv")
                if name in ("document", "statement", "strategy") and item not in documents:
                    hint = nearest(item, sorted(documents))
                    yield fault(index, show_value(item) + hint, "allowed: a document_id of documents.csv")


def meetings_at_home_have_a_place(frames: Frames) -> Iterator[Fault]:
    """The venue of a meeting at home lies in a state that is known for it, so that host and visitor can be told."""
    codings, events = frames["codings_signals"], frames["events"]
    at_home = set(codings.loc[codings["submode"] == "meet_home", "event_id"])
    for index, row in events[events["event_id"].isin(at_home)].iterrows():
        try:
            home_of(row["venue"])
        except DataError as error:
            yield Fault("events.csv", _row(index), "venue", show_value(row["venue"]), str(error).partition("; ")[2])


def events_that_carry_a_claim_have_two_sources(frames: Frames) -> Iterator[Fault]:
    """An event that a claim tells, rests on or is touched by has at least two sources."""
    counts = frames["event_sources"].groupby("event_id").size()
    carrying = set(frames["claim_events"]["event_id"])
    for index, event_id in frames["events"]["event_id"].items():
        if event_id in carrying and counts.get(event_id, 0) < 2:
            allowed = "allowed: an event with two rows in event_sources.csv, as a claim rests on it"
            yield Fault("events.csv", _row(index), "event_id", show_value(event_id), allowed)


def hours_have_a_zone(frames: Frames) -> Iterator[Fault]:
    """An event has an hour and its zone, or neither."""
    events = frames["events"]
    for index in events.index[(events["time"] != "") != events["zone"].notna()]:
        zone = events.at[index, "zone"]
        allowed = "filled where time is, and empty where it is not"
        yield Fault("events.csv", _row(index), "zone", show_value("" if pd.isna(zone) else str(zone)), allowed)


# each rule with the tables that it reads, by which a case without the article's tables obeys the rules that it can
RULES: Mapping[Callable[[Frames], Iterator[Fault]], tuple[str, ...]] = {
    events_end_after_they_begin: ("events",),
    events_have_a_source: ("events", "event_sources"),
    alignment_codings_agree_with_themselves: ("codings_alignment",),
    every_coder_codes_every_provision: ("codings_alignment", "provisions"),
    every_coder_codes_every_topic: ("codings_topics", "topics"),
    topics_change_in_the_focal_statement: ("codings_topics",),
    signals_are_whole: ("codings_signals",),
    signals_answer_earlier_events: ("codings_signals", "events"),
    protests_follow_the_codings: ("protests", "codings_signals"),
    events_that_carry_a_claim_have_two_sources: ("events", "event_sources", "claim_events"),
    meetings_at_home_have_a_place: ("codings_signals", "events"),
    hours_have_a_zone: ("events",),
    every_claim_has_one_verdict: ("claims", "judgements", "checks", "omissions"),
    **WHOLE,
    checks_can_be_read: ("checks", "forecasts", "documents", *(table for table, _ in IDS.values())),
}


def bibliography_faults(frames: Frames, file: Path) -> list[Fault]:
    """Faults of sources.bib: unreadable, a key used twice, or a key that claims.csv cites and the file lacks."""
    try:
        entries = parse_string(file.read_text(encoding="utf-8"), "bibtex").entries
    except FileNotFoundError:
        return [Fault(file.name, None, None, "the file is missing", "a BibTeX file in UTF-8")]
    except (BibliographyDataError, PybtexError, UnicodeDecodeError) as error:
        return [Fault(file.name, None, None, str(error).replace("\n", " "), "well-formed BibTeX in UTF-8")]
    known = sorted(entries.keys())
    return (
        [
            Fault(
                "claims.csv",
                _row(index),
                "cited_sources",
                show_value(key) + nearest(key, known),
                f"allowed: keys of {file.name}",
            )
            for index, keys in frames["claims"]["cited_sources"].items()
            for key in keys
            if key not in entries
        ]
        if "claims" in frames
        else []
    )


def feature_faults(frames: Frames, folder: Path) -> list[Fault]:
    """Documents whose features are missing or were made of another text than the recorded one, and features of none."""
    if "documents" not in frames:
        return []
    try:
        made_of = recorded_hashes(folder)
    except DataError as error:
        return [Fault("features/passages.parquet", None, None, str(error), "the features of all documents")]
    faults = []
    for index, row in frames["documents"].iterrows():
        found = made_of.pop(str(row["document_id"]), None)
        if found is None or found != row["sha256"]:
            value = "has no features" if found is None else f"has features of another text ({found[:12]}…)"
            allowed = "make them with `balancing-act corpus build --texts DIR`"
            faults.append(Fault("documents.csv", _row(index), "sha256", f"{row['document_id']} {value}", allowed))
    return faults + [
        Fault("features/passages.parquet", None, None, f"holds {document_id}", "documents of documents.csv alone")
        for document_id in made_of
    ]


def check(folder: Path = paths.DATA) -> list[Fault]:
    """All faults of the tables in a folder: schema, foreign keys, bibliography, features, then the rules.

    Rules run only when every table can be read, because a rule over a broken table would raise false alarms.
    """
    frames, faults = read_all(folder)
    faults += bibliography_faults(frames, folder / paths.BIBLIOGRAPHY.name)
    faults += feature_faults(frames, folder / paths.FEATURES.name) or broken_features(folder)
    if not faults:
        for rule, needed in RULES.items():
            if frames.keys() >= set(needed):
                faults += rule(frames)
    return faults
