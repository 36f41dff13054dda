"""Rows that are lost, cut off, doubled or turned round are found, where no key would find them."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.data.tables import load
from analysis.validation.check import check

Change = Callable[..., Path]


def told(folder: Path) -> list[str]:
    return [str(fault) for fault in check(folder)]


def without(file: Path, *starts: str) -> None:
    """Take out the lines that begin so."""
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith(starts)), encoding="utf-8")


def swapped_headers(file: Path, one: str, other: str) -> None:
    head, _, rest = file.read_text("utf-8").partition("\n")
    names = {one: other, other: one}
    file.write_text(",".join(names.get(name, name) for name in head.split(",")) + "\n" + rest, encoding="utf-8")


def test_a_file_that_ends_within_its_last_row(data: Path) -> None:
    cells = data / "inclusion.csv"
    cells.write_bytes(cells.read_bytes()[:-4])  # within quotation marks
    words = data / "steps.csv"
    words.write_bytes(words.read_bytes()[:-4])
    unclosed, no_end = sorted(told(data))
    assert re.match(r"inclusion\.csv, row \d+: the file is not well-formed CSV \(unexpected end of data\)", unclosed)
    assert no_end == "steps.csv: the last row has no line end, as where a file was cut off; a line end after every row"


@pytest.mark.parametrize(
    ("table", "start", "message"),
    [
        ("event_actors", "E001,1", "column actor_no: 1 of E001 is missing; numbers from 1 without a gap"),
        ("claim_sources", "C01,1", "column source_no: 1 of C01 is missing; numbers from 1 without a gap"),
        ("inclusion", "3", "column rule_no: 3 is missing; numbers from 1 without a gap"),
        (
            "codings_signals",
            "E001,a,1,1,",
            "column signal_no: 1 of E001, 1, a is missing; numbers from 1 without a gap",
        ),
    ],
)
def test_a_numbered_row_that_is_lost(table: str, start: str, message: str, data: Path) -> None:
    without(data / f"{table}.csv", start)
    assert told(data) == [f"{table}.csv, {message}"]


def test_a_list_that_names_no_event(change: Change, data: Path) -> None:
    change("forecasts", 2, events="E103;E900")
    [fault] = told(data)
    assert fault.startswith("forecasts.csv, row 2, column events: “E900”")
    assert fault.endswith("allowed: event_ids of events.csv")


@pytest.mark.parametrize(
    ("table", "start", "message"),
    [
        ("event_actors", "E227", "events.csv, row 228, column event_id: “E227”"),
        ("provision_actors", "P60", "provisions.csv, row 61, column provision_id: “P60”"),
        ("claim_reviews", "C01", "claims.csv, row 2, column claim_id: “C01”"),
    ],
)
def test_a_unit_without_its_rows(table: str, start: str, message: str, data: Path) -> None:
    without(data / f"{table}.csv", start)
    assert told(data) == [f"{message}; allowed: one with a row in {table}.csv"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            {"sentence": "4"},
            "row 2, column sentence: “4”; allowed: a sentence of us-jpn-2024-04-10, whose paragraph 2 has 3",
        ),
        (
            {"paragraph": "52"},  # a row of signs, which has no words
            "row 2, column sentence: “1”; allowed: a sentence of us-jpn-2024-04-10, whose paragraph 52 has 0",
        ),
        (
            {"topic_id": "T23"},
            "row 2, column topic_id: “T23”; allowed: a topic of emphasis above 0 in us-jpn-2024-04-10",
        ),
    ],
)
def test_a_topic_in_a_place_that_is_none(cells: dict[str, str], message: str, change: Change, data: Path) -> None:
    change("topic_places", 2, **cells)
    assert told(data) == [f"topic_places.csv, {message}"]


def test_a_topic_without_its_place(data: Path) -> None:
    without(data / "topic_places.csv", "T02,")
    assert told(data) == [
        "topic_places.csv, column topic_id: T02 has no place in us-jpn-2024-04-10; a row for each topic of emphasis "
        "above 0"
    ]


def test_an_event_that_nobody_codes_or_not_everybody(data: Path) -> None:
    without(data / "codings_signals.csv", "E227", "E144,a,")
    assert told(data) == [
        "events.csv, row 228, column event_id: “E227”; allowed: one with a row in codings_signals.csv",
        "codings_signals.csv, column event_id: coder a has no row for E144 in round 2; each coder of a round codes its "
        "events",
    ]


@pytest.mark.parametrize("table", ["codings_alignment", "codings_topics"])
def test_a_coder_who_counts_twice(table: str, data: Path) -> None:
    file = data / f"{table}.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    coder = rows[0].index("coder")
    again = [[*row[:coder], "d", *row[coder + 1 :]] for row in rows[1:] if row[coder] == "b"]
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([*rows, *reversed(again)])
    twice, unknown = told(data)
    assert unknown.startswith(f"{table}.csv, row {len(rows) + 1}, column coder: “d”; allowed: a coder with a row for")
    assert (
        twice
        == f"{table}.csv, column coder: all {len(again)} rows of d are those of b; each coder once, under one name"
    )


def test_an_argument_that_runs_backwards(data: Path) -> None:
    swapped_headers(data / "argument.csv", "step_id", "supports")
    found = told(data)
    assert "argument.csv, row 2, column supports: “S1”; allowed: a step after S5" in found
    assert "argument.csv, column step_id: S1 is missing; each step but the last supports another" in found


def test_an_argument_with_a_step_that_leads_nowhere(data: Path) -> None:
    without(data / "argument.csv", "S7")
    assert told(data) == ["argument.csv, column step_id: S7 is missing; each step but the last supports another"]


def test_a_plan_that_is_known_before_it_is_announced(change: Change, data: Path) -> None:
    change("non_events", 2, known_by="2022-08-03")
    assert told(data) == [
        "non_events.csv, row 2, column known_by: “2022-08-03”; allowed: a day not before announced (2022-08-04)"
    ]


def test_a_government_that_does_not_begin_with_its_event(change: Change, data: Path) -> None:
    governments = load("governments")
    row = int(governments.index[governments["event_id"] == "E048"][0]) + 2
    change("governments", row, start="2024-10-02")
    assert told(data) == [
        f"governments.csv, row {row}, column start: “2024-10-02”; allowed: the day of E048 (2024-10-01)"
    ]


def test_a_section_beside_its_parent_or_out_of_order(change: Change, data: Path) -> None:
    sections = load("strategy_sections")
    third = int(sections.index[sections["section_id"] == "III"][0]) + 2
    change("strategy_sections", third, level="0", corpus_line="1")
    faults = told(data)
    assert f"strategy_sections.csv, row {third}, column level: “0”; allowed: more than 0, the level of NDS" in faults
    assert any(f"row {third}, column corpus_line: “1”; allowed: a line after" in fault for fault in faults)
    change("strategy_sections", third, parent_id="", level="1", corpus_line="", approach="0")
    assert any(f"row {third}, column level: “1”; allowed without parent: 0" in fault for fault in told(data))


# --- features


def rewritten(file: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    table = pq.read_table(file)
    pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), file)


def test_a_file_of_features_that_was_cut_off(data: Path) -> None:
    file = data / "features" / "ngrams.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    [fault] = told(data)
    assert fault.startswith("features/ngrams.parquet: data/features/ngrams.parquet cannot be read as Parquet")


def test_a_count_that_was_changed(data: Path) -> None:
    def more(table: pa.Table) -> pa.Table:
        counts = table.column("count").to_numpy().copy()
        counts[0] += 1
        return table.set_column(2, "count", pa.array(counts))

    passages = pq.read_table(data / "features" / "passages.parquet")
    tokens = passages.column("tokens")[0].as_py()
    rewritten(data / "features" / "counts.parquet", more)
    assert told(data) == [
        f"features/passages.parquet, column tokens: passage 0 has {tokens} tokens, and counts of {tokens + 1}; the sum "
        "of the counts of the passage"
    ]


def test_a_score_that_is_lost(data: Path) -> None:
    rewritten(data / "features" / "embeddings.parquet", lambda table: table.slice(1))
    assert told(data) == ["features/embeddings.parquet: 167807 scores; one for each combination: 167808"]


def test_a_column_of_another_name(data: Path) -> None:
    rewritten(data / "features" / "counts.parquet", lambda table: table.rename_columns(["passage", "word", "count"]))
    assert told(data) == ["features/counts.parquet: the columns are not those declared; columns: passage, token, count"]
