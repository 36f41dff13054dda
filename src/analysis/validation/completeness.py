"""Rules by which a row that is missing, cut off, doubled or turned round is found where no key can find it.

They were written after the faults that survived the other rules (`make faults`).
"""

from collections.abc import Iterator
from pathlib import Path

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.faults import Fault, Frames, nearest, row_of, show_value
from analysis.data.schema import read_schema
from analysis.texts.features import read_features

# tables whose rows are numbered from 1, within the columns named first
NUMBERED = {
    "checks": (("entry_id",), "check_no"),
    "claim_sources": (("claim_id",), "source_no"),
    "event_actors": (("event_id",), "actor_no"),
    "event_sources": (("event_id",), "source_no"),
    "inclusion": ((), "rule_no"),
    "searches": ((), "query_no"),
    "codings_signals": (("event_id", "round", "coder"), "signal_no"),
}
# columns that list ids of events
EVENT_LISTS = {"forecasts": "events", "non_events": "event_ids", "searches": "used_for"}
CODINGS = ("codings_alignment", "codings_topics", "codings_signals")


def rows_are_numbered_without_a_gap(frames: Frames) -> Iterator[Fault]:
    """Numbers of rows run from 1 without a gap, so that a row that is lost is missed."""
    for name, (within, number) in NUMBERED.items():
        frame = frames[name]
        groups = frame.groupby(list(within), observed=True)[number] if within else [((), frame[number])]
        for key, numbers in groups:
            found = set(numbers)
            for missing in sorted(set(range(1, max(found) + 1)) - found):
                place = f" of {', '.join(map(str, key))}" if within else ""
                yield Fault(f"{name}.csv", None, number, f"{missing}{place} is missing", "numbers from 1 without a gap")


def lists_name_events(frames: Frames) -> Iterator[Fault]:
    """The events in a list of ids exist."""
    known = sorted(frames["events"]["event_id"])
    for name, column in EVENT_LISTS.items():
        for index, ids in frames[name][column].items():
            for event_id in ids:
                if event_id not in known:
                    value = show_value(event_id) + nearest(event_id, known)
                    yield Fault(f"{name}.csv", row_of(index), column, value, "allowed: event_ids of events.csv")


def _without(table: str, frames: Frames, column: str, other: str) -> Iterator[Fault]:
    """Rows of a table whose key another table lacks."""
    there = set(frames[other][column])
    for index, value in frames[table][column].items():
        if value not in there:
            yield Fault(
                f"{table}.csv", row_of(index), column, show_value(value), f"allowed: one with a row in {other}.csv"
            )


def events_have_actors(frames: Frames) -> Iterator[Fault]:
    """Somebody acts in every event."""
    yield from _without("events", frames, "event_id", "event_actors")


def provisions_have_actors(frames: Frames) -> Iterator[Fault]:
    """A state speaks in every provision."""
    yield from _without("provisions", frames, "provision_id", "provision_actors")


def claims_are_reviewed(frames: Frames) -> Iterator[Fault]:
    """Every claim has a review."""
    yield from _without("claims", frames, "claim_id", "claim_reviews")


def events_are_coded(frames: Frames) -> Iterator[Fault]:
    """Every event is coded, and in a round by all coders of it."""
    yield from _without("events", frames, "event_id", "codings_signals")
    for number, rows in frames["codings_signals"].groupby("round"):
        events = set(rows["event_id"])
        for coder, own in rows.groupby("coder"):
            for event_id in sorted(events - set(own["event_id"])):
                value = f"coder {coder} has no row for {event_id} in round {number}"
                yield Fault("codings_signals.csv", None, "event_id", value, "each coder of a round codes its events")


def _one_coder_twice(frames: Frames, table: str) -> Iterator[Fault]:
    known: dict[tuple[object, ...], str] = {}
    for coder, rows in frames[table].astype(str).groupby("coder"):
        coded = tuple(sorted(rows.drop(columns="coder").itertuples(index=False, name=None)))
        if coded in known:
            value = f"all {len(coded)} rows of {coder} are those of {known[coded]}"
            yield Fault(f"{table}.csv", None, "coder", value, "each coder once, under one name")
        known.setdefault(coded, str(coder))


def no_coder_stands_there_twice(frames: Frames) -> Iterator[Fault]:
    """No two coders have the same rows, codings and reasons, throughout: somebody would count twice."""
    for table in CODINGS:
        if table in frames:
            yield from _one_coder_twice(frames, table)


def the_argument_runs_to_its_last_step(frames: Frames) -> Iterator[Fault]:
    """Every step but the last supports another one, and each a later one."""
    steps, argument = list(frames["steps"]["step_id"]), frames["argument"]
    for index, row in argument.iterrows():
        if row["supports"] <= row["step_id"]:
            allowed = f"allowed: a step after {row['step_id']}"
            yield Fault("argument.csv", row_of(index), "supports", show_value(row["supports"]), allowed)
    for step in steps[:-1]:
        if step not in set(argument["step_id"]):
            yield Fault(
                "argument.csv", None, "step_id", f"{step} is missing", "each step but the last supports another"
            )


def plans_are_known_when_announced_or_later(frames: Frames) -> Iterator[Fault]:
    """The outcome of a plan is known on the day of its announcement or later."""
    plans = frames["non_events"]
    for index, plan in plans[plans["known_by"] < plans["announced"]].iterrows():
        value = show_value(f"{plan['known_by']:%Y-%m-%d}")
        allowed = f"allowed: a day not before announced ({plan['announced']:%Y-%m-%d})"
        yield Fault("non_events.csv", row_of(index), "known_by", value, allowed)


def governments_begin_with_their_event(frames: Frames) -> Iterator[Fault]:
    """A government begins on the day of the event that is named for it."""
    day = frames["events"].set_index("event_id")["date"]
    governments = frames["governments"]
    for index, row in governments[governments["event_id"] != ""].iterrows():
        if row["start"] != day[row["event_id"]]:
            allowed = f"allowed: the day of {row['event_id']} ({day[row['event_id']]:%Y-%m-%d})"
            yield Fault("governments.csv", row_of(index), "start", show_value(f"{row['start']:%Y-%m-%d}"), allowed)


def sections_nest(frames: Frames) -> Iterator[Fault]:
    """A section lies below the level of its parent, and sections stand in the order of the text."""
    sections = frames["strategy_sections"]
    level = dict(zip(sections["section_id"], sections["level"], strict=True))
    for index, row in sections.iterrows():
        above, own = row["parent_id"], int(row["level"])
        if own <= level[above] if above else own:
            allowed = (
                f"allowed: more than {level[above]}, the level of {above}" if above else "allowed without parent: 0"
            )
            yield Fault("strategy_sections.csv", row_of(index), "level", show_value(str(own)), allowed)
    lines = sections["corpus_line"].dropna()
    for index in lines.index[lines.diff() <= 0]:
        allowed = "allowed: a line after that of the section before"
        yield Fault("strategy_sections.csv", row_of(index), "corpus_line", show_value(str(lines[index])), allowed)


# each with the tables that it reads
WHOLE = {
    rows_are_numbered_without_a_gap: tuple(NUMBERED),
    lists_name_events: ("events", *EVENT_LISTS),
    events_have_actors: ("events", "event_actors"),
    provisions_have_actors: ("provisions", "provision_actors"),
    claims_are_reviewed: ("claims", "claim_reviews"),
    events_are_coded: ("events", "codings_signals"),
    no_coder_stands_there_twice: CODINGS[:1],
    the_argument_runs_to_its_last_step: ("steps", "argument"),
    plans_are_known_when_announced_or_later: ("non_events",),
    governments_begin_with_their_event: ("governments", "events"),
    sections_nest: ("strategy_sections",),
}


# --- features


def broken_features(folder: Path) -> list[Fault]:
    """Files of features that cannot be read, lack a column, or do not fit one another.

    folder: the data, with the data package and the folder of the features. The tokens of a passage are the sum of its
    counts, and every combination of settings has a score for every pair.
    """
    frames, faults = {}, []
    for name, table in read_schema(folder / paths.DATAPACKAGE.name, "parquet").items():
        try:
            frames[name] = read_features(name, folder / paths.FEATURES.name).to_pandas()
        except DataError as error:
            faults.append(Fault(table.file, None, None, str(error), "the features of all documents"))
            continue
        columns = [field.name for field in table.fields]
        if list(frames[name].columns) != columns:
            faults.append(
                Fault(table.file, None, None, "the columns are not those declared", f"columns: {', '.join(columns)}")
            )
    return faults or [*_miscounted(frames), *_incomplete(frames)]


def _miscounted(frames: Frames) -> Iterator[Fault]:
    counted = frames["counts"].groupby("passage")["count"].sum()
    tokens = frames["passages"]["tokens"]
    for passage in tokens.index[counted.reindex(tokens.index, fill_value=0) != tokens]:
        value = f"passage {passage} has {tokens[passage]} tokens, and counts of {counted.get(passage, 0)}"
        yield Fault("features/passages.parquet", None, "tokens", value, "the sum of the counts of the passage")


def _incomplete(frames: Frames) -> Iterator[Fault]:
    scores = frames["embeddings"]
    names = [name for name in scores.columns if name != "score"]
    full = 1
    for name in names:
        full *= scores[name].nunique()
    if len(scores) != full or scores.duplicated(names).any():
        value = f"{len(scores)} scores"
        yield Fault("features/embeddings.parquet", None, None, value, f"one for each combination: {full}")
