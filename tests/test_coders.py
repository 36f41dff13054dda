"""Rules of who coded: a row taken away, a wrong id, a wrong kind and rows that contradict each other are refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.data.tables import load
from analysis.validation.check import check

Change = Callable[..., Path]


def row_of(name: str, /, **cells: object) -> int:
    frame = load(name)
    for column, value in cells.items():
        frame = frame[frame[column].astype(str) == str(value)]
    return int(frame.index[0]) + 2


def without(data: Path, table: str, row: int) -> None:
    """Take a row away; row 2 is the first."""
    file = data / f"{table}.csv"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[: row - 1] + lines[row:]), encoding="utf-8")


def told(data: Path) -> list[str]:
    return [str(fault) for fault in check(data)]


SIGNALS_3A = {"table": "codings_signals", "round": 3, "coder": "a"}


def test_every_coder_of_a_table_has_a_row_in_each_round(data: Path) -> None:
    without(data, "coders", row_of("coders", **SIGNALS_3A))
    row = row_of("codings_signals", round=3, coder="a")
    allowed = "allowed: a coder with a row for codings_signals, round 3, in coders.csv"
    assert told(data) == [f"codings_signals.csv, row {row}, column coder: “a”; {allowed}"]


def test_the_gold_records_have_a_coder_too(data: Path) -> None:
    row = row_of("coders", table="plover_gold")
    without(data, "coders", row)
    text_row = row_of("coded_texts", table="plover_gold")
    allowed = "allowed: a coder with a row for plover_gold, round 1, in coders.csv"
    assert told(data) == [
        f"plover_gold.csv, row 2, column coder: “g”; {allowed}",
        f"coded_texts.csv, row {text_row}, column round: “1”; allowed: a round of plover_gold in coders.csv",
    ]


def test_a_wrong_id_is_of_no_coding(change: Change, data: Path) -> None:
    row = row_of("coders", table="codings_precedents", coder="b")
    change("coders", row, coder="k")
    assert told(data) == [
        f"codings_precedents.csv, row {row_of('codings_precedents', coder='b')}, column coder: “b”; "
        "allowed: a coder with a row for codings_precedents, round 1, in coders.csv",
        f"coders.csv, row {row}, column coder: “k”; allowed: a coder with rows in codings_precedents.csv, round 1",
    ]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"kind": "robot"}, "column kind: “robot”"),
        ({"table": "codings_signal"}, "column table: “codings_signal” (nearest: codings_signals); allowed: one of"),
        ({"coder": "A"}, "column coder: “A”; allowed: text of the form"),
        ({"recorded": "2025-01-01"}, "column recorded: “2025-01-01”; allowed: a day of the calendar"),
        ({"saw": ""}, "column saw: the cell is empty; required"),
        ({"family": "other"}, "column family: “other”; allowed: not recorded, as in row 2 for a"),
        ({"kind": "other"}, "column kind: “other”; allowed: language model, as in row 2 for a"),
        ({"round": "2"}, "column table+round+coder: “codings_signals, 2, a” stands already in row"),
    ],
)
def test_a_row_of_a_coder_that_cannot_be(change: Change, data: Path, cells: dict[str, str], message: str) -> None:
    row = row_of("coders", **SIGNALS_3A)
    change("coders", row, **cells)
    faults = told(data)
    assert any(fault.startswith(f"coders.csv, row {row}, {message}") for fault in faults), faults


def test_only_a_human_has_no_family(change: Change, data: Path) -> None:
    row = row_of("coders", table="plover_gold")
    change("coders", row, kind="human")
    assert told(data) == [
        f"coders.csv, row {row}, column {column}: “not recorded”; allowed for the kind human: none"
        for column in ("family", "version")
    ]
    change("coders", row, kind="other", family="none")
    allowed = "allowed for the kind other: its name, or “not recorded”"
    assert told(data) == [f"coders.csv, row {row}, column family: “none”; {allowed}"]


# --- what was given


def test_what_is_coded_was_given(data: Path) -> None:
    without(data, "coded_texts", row_of("coded_texts", document_id="us-jpn-2023-01-13", table="codings_topics"))
    row = row_of("codings_topics", document_id="us-jpn-2023-01-13")
    allowed = "allowed: a unit that coded_texts.csv gives for codings_topics, round 1 and us-jpn-2023-01-13"
    assert told(data) == [f"codings_topics.csv, row {row}, column topic_id: “T01”; {allowed}"]


def test_a_round_without_units(data: Path) -> None:
    without(data, "coded_texts", row_of("coded_texts", table="codings_signals", round=2))
    coded = row_of("codings_signals", round=2)
    rows = [row_of("coders", table="codings_signals", round=2, coder=coder) for coder in "ab"]
    assert told(data) == [
        f"codings_signals.csv, row {coded}, column event_id: “E144”; "
        "allowed: a unit that coded_texts.csv gives for codings_signals, round 2",
        *(
            f"coders.csv, row {row}, column round: “2”; allowed: a round of codings_signals in coded_texts.csv"
            for row in rows
        ),
    ]


def test_units_that_run_backwards(change: Change, data: Path) -> None:
    row = row_of("coded_texts", table="codings_signals", round=1)
    change("coded_texts", row, first_unit="E143", last_unit="E001")
    allowed = "allowed: a unit from first_unit (E143) on"
    assert f"coded_texts.csv, row {row}, column last_unit: “E001”; {allowed}" in told(data)


def test_a_lost_precedent_and_a_lost_gold_record(data: Path) -> None:
    without(data, "codings_precedents", row_of("codings_precedents", coder="b", source_id="us-jpn-2017-02-10"))
    without(data, "plover_gold", 81)
    units = "each coder codes every unit that coded_texts.csv gives"
    assert told(data) == [
        f"codings_precedents.csv, column provision_id: coder b has no row for unit 1 of us-jpn-2017-02-10; {units}",
        f"plover_gold.csv, column row_no: coder g has no row for unit 80; {units}",
    ]


# --- the human criterion, and the weak variable


def test_the_gold_category_is_that_of_the_record(change: Change, data: Path) -> None:
    change("plover_gold", 2, gold="ASSAULT")
    allowed = "allowed: the category in PLOVER-GSR01-AID-0005"
    assert told(data) == [f"plover_gold.csv, row 2, column gold: “ASSAULT”; {allowed}"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"coded": "DEMAND"}, "column coded: “DEMAND”"),
        ({"confidence": "4"}, "column confidence: “4”; allowed: a whole number from 1 to 3"),
        ({"record_id": "PLOVER-GSR01-ASSAULT-0008"}, "column record_id: “PLOVER-GSR01-ASSAULT-0008” stands already"),
    ],
)
def test_a_gold_record_that_cannot_be(change: Change, data: Path, cells: dict[str, str], message: str) -> None:
    change("plover_gold", 4, **cells)
    assert any(fault.startswith(f"plover_gold.csv, row 4, {message}") for fault in told(data))


COST_3 = {"table": "codings_signals", "variable": "cost", "round": 3}


def test_a_variable_on_which_claims_lean_has_a_reported_agreement(data: Path) -> None:
    for _ in range(2):
        without(data, "reported_agreement", row_of("reported_agreement", table="codings_signals", variable="cost"))
    faults = told(data)
    assert len(faults) == (load("claim_variables")["variable"] == "cost").sum()
    allowed = "allowed: none, or a variable of codings_signals in reported_agreement.csv"
    assert faults[0] == f"claim_variables.csv, row 2, column variable: “cost”; {allowed}"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"variable": "costs"}, "column variable: “costs” (nearest: cost); allowed: a column of codings_signals.csv"),
        ({"high": "0.5"}, "column high: “0.5”; allowed: a number from low (0.59) on"),
        ({"low": "-2"}, "column low: “-2”; allowed: a number from -1 to 1"),
        ({"round": "1"}, "column table+variable+round: “codings_signals, cost, 1” stands already in row"),
        (
            {"table": "codings_topics", "variable": "change"},
            "column round: “3”; allowed: a round of codings_topics.csv",
        ),
    ],
)
def test_a_reported_agreement_that_cannot_be(change: Change, data: Path, cells: dict[str, str], message: str) -> None:
    row = row_of("reported_agreement", **COST_3)
    change("reported_agreement", row, **cells)
    assert any(fault.startswith(f"reported_agreement.csv, row {row}, {message}") for fault in told(data)), told(data)


@pytest.mark.parametrize("claim_id", ["C03", "C24", "C45", "C46", "C60", "C71"])
def test_a_claim_that_says_what_an_act_shows_is_weighed(data: Path, claim_id: str) -> None:
    without(data, "claim_variables", row_of("claim_variables", claim_id=claim_id))
    allowed = "allowed: a claim with a row in claim_variables.csv, as it says what an act shows"
    row = row_of("claims", claim_id=claim_id)
    assert told(data) == [f"claims.csv, row {row}, column claim_id: “{claim_id}”; {allowed}"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"claim_id": "C99"}, "column claim_id: “C99”"),
        ({"claim_id": "C07"}, "column claim_id: “C07” stands already in row"),
        ({"variable": "price"}, "column variable: “price”"),
        ({"variable": ""}, "column variable: the cell is empty; required"),
    ],
)
def test_a_weighing_that_cannot_be(change: Change, data: Path, cells: dict[str, str], message: str) -> None:
    row = row_of("claim_variables", claim_id="C60")
    change("claim_variables", row, **cells)
    faults = told(data)
    assert any(fault.startswith(f"claim_variables.csv, row {row}, {message}") for fault in faults), faults
