"""Rules on codings: whole, of every unit, and in agreement with themselves and with the tables made from them."""

from collections.abc import Iterator

import pandas as pd

from analysis.data.faults import Fault, Frames, row_of, show_value
from analysis.signals.events import objections
from analysis.texts.documents import FOCAL_STATEMENT, SERIES


def alignment_codings_agree_with_themselves(frames: Frames) -> Iterator[Fault]:
    """Strength 0 means no section and stance na, and only strength 0 does (codebook A)."""
    codings = frames["codings_alignment"]
    empty = codings["strength"] == 0
    for index in codings.index[empty != (codings["section_id"] == "")]:
        yield Fault(
            "codings_alignment.csv",
            row_of(index),
            "section_id",
            show_value(str(codings.at[index, "section_id"])),
            f"allowed at strength {codings.at[index, 'strength']}: " + ("no section" if empty[index] else "a section"),
        )
    for index in codings.index[empty != (codings["stance"] == "na")]:
        yield Fault(
            "codings_alignment.csv",
            row_of(index),
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
            row_of(index),
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
                row_of(index),
                column,
                show_value("" if pd.isna(value) else str(value)),
                f"allowed in mode {codings.at[index, 'mode']}: " + ("empty" if none[index] else "a value"),
            )
    to_itself = codings["source"].astype("object") == codings["target"].astype("object")
    for index in codings.index[to_itself]:
        yield Fault(
            "codings_signals.csv",
            row_of(index),
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
                row_of(index),
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
                row_of(index),
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
