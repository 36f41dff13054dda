"""Each rule over the tables finds a table that breaks it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis.data.tables import load
from analysis.validation.check import check
from analysis.validation.lists import contacts_are_of_persons_in_office
from analysis.validation.rules import RULES

Change = Callable[..., Path]


def row_of(table: str, **cells: object) -> int:
    frame = load(table)
    for column, value in cells.items():
        frame = frame[frame[column] == value]
    return int(frame.index[0]) + 2


def columns(folder: Path) -> list[tuple[str, int | None, str | None]]:
    return [(fault.file, fault.row, fault.column) for fault in check(folder)]


def test_an_event_that_ends_before_it_begins(change: Change, data: Path) -> None:
    row = row_of("events", event_id="E142")
    change("events", row, end_date="2026-05-01")
    assert columns(data) == [("events.csv", row, "end_date")]


def test_a_month_stands_for_its_first_day(change: Change, data: Path) -> None:
    row = row_of("events", date_precision="month")
    change("events", row, date="2023-07-11")
    assert columns(data) == [("events.csv", row, "date")]


def test_an_event_without_a_source(change: Change, data: Path) -> None:
    change("event_sources", row_of("event_sources", event_id="E002", source_no=2), source_no="1", event_id="E900")
    file = data / "event_sources.csv"
    lines = [
        line for line in file.read_text("utf-8").splitlines(keepends=True) if not line.startswith(("E002,1", "E900"))
    ]
    file.write_text("".join(lines), encoding="utf-8")
    assert columns(data) == [("events.csv", row_of("events", event_id="E002"), "event_id")]


@pytest.mark.parametrize(
    ("cells", "column"), [({"section_id": "III-2"}, "section_id"), ({"stance": "consistent"}, "stance")]
)
def test_strength_zero_has_no_section_and_no_stance(
    change: Change, data: Path, cells: dict[str, str], column: str
) -> None:
    row = row_of("codings_alignment", provision_id="P01", coder="a")
    change("codings_alignment", row, **cells)
    assert columns(data) == [("codings_alignment.csv", row, column)]


def test_a_unit_that_a_coder_left_out(data: Path) -> None:
    file = data / "codings_topics.csv"
    lines = [
        line
        for line in file.read_text("utf-8").splitlines(keepends=True)
        if not line.startswith("T05,us-jpn-2021-04-16,b")
    ]
    file.write_text("".join(lines), encoding="utf-8")
    fault = check(data)[0]
    assert fault.value == "coder b has no row for T05, us-jpn-2021-04-16"


def test_change_is_coded_for_the_focal_statement_alone(change: Change, data: Path) -> None:
    early = row_of("codings_topics", topic_id="T01", document_id="us-jpn-2021-04-16", coder="a")
    late = row_of("codings_topics", topic_id="T01", document_id="us-jpn-2025-02-07", coder="a")
    change("codings_topics", early, change="kept")
    change("codings_topics", late, change="")
    assert {row for _, row, _ in columns(data)} == {early, late}


def test_a_signal_is_whole_and_goes_to_another_state(change: Change, data: Path) -> None:
    change("codings_signals", 2, target="USA", level="")
    assert sorted(columns(data)) == [("codings_signals.csv", 2, "level"), ("codings_signals.csv", 2, "target")]


def test_a_signal_answers_no_later_event(change: Change, data: Path) -> None:
    change("codings_signals", 2, reciprocal_to="E143")
    assert columns(data) == [("codings_signals.csv", 2, "reciprocal_to")]


def test_a_protest_is_of_an_event_on_record_and_an_answer_of_an_act(change: Change, data: Path) -> None:
    protest = row_of("protests", event_id="E087")
    change("protests", protest, event_id="E999")
    answer = row_of("answers", protest_id="A182")
    change("answers", answer, protest_id="A999")
    assert columns(data) == [("answers.csv", answer, "protest_id"), ("protests.csv", protest, "event_id")]


def test_a_contact_of_a_president_elect_is_none_between_persons_in_office(change: Change, data: Path) -> None:
    row = row_of("contacts", contact_id="M197")
    change("contacts", row, in_office="yes")
    [fault] = check(data)
    assert (fault.file, fault.row, fault.column) == ("contacts.csv", row, "persons")
    assert "allowed: a person who was leader of USA on 2024-11-06 (officials.csv)" in str(fault)


@pytest.mark.parametrize(
    ("day", "level", "persons", "missing"),
    [
        ("2023-07-25", "foreign minister", ("Wang", "Suzuki"), []),  # the first day of one, the last of the other
        ("2023-07-24", "foreign minister", ("Wang", "Suzuki"), ["CHN"]),
        ("2023-07-26", "foreign minister", ("Wang", "Suzuki"), ["JPN"]),
        ("2023-07-26", "foreign minister", ("Wang", "Suzuki", "Tanaka (acting)"), []),  # who has no end is in office
        ("2023-07-25", "foreign minister", ("Li", "Suzuki"), []),  # China's director is met as foreign minister
        ("2023-07-25", "security adviser", ("Wang", "Suzuki"), ["JPN", "CHN"]),
        ("2023-07-25", "leader", ("Li", "Suzuki"), ["JPN", "CHN"]),
        ("2023-07-25", "foreign minister", (), ["JPN", "CHN"]),
    ],
)
def test_both_states_of_a_contact_have_somebody_in_office(
    day: str, level: str, persons: tuple[str, ...], missing: list[str]
) -> None:
    officials = pd.DataFrame(
        [
            ("Wang", "CHN", "foreign minister", "2023-07-25", None),
            ("Li", "CHN", "security adviser", "2023-01-01", None),
            ("Suzuki", "JPN", "foreign minister", "2021-11-10", "2023-07-25"),
            ("Tanaka", "JPN", "foreign minister", "2023-07-26", None),
        ],
        columns=["short", "state", "office", "start", "end"],
    ).astype({"start": "datetime64[ns]", "end": "datetime64[ns]"})
    row = {"date": pd.Timestamp(day), "dyad": "JPN-CHN", "level": level, "persons": persons}
    met = pd.DataFrame([row | {"in_office": "yes"}, row | {"in_office": "no"}])
    faults = list(contacts_are_of_persons_in_office(met, officials))
    assert [fault.row for fault in faults] == [2] * len(missing)  # who is out of office on purpose needs nobody
    assert [f"{level} of {state} on {day}" in str(fault) for state, fault in zip(missing, faults, strict=True)] == [
        True for _ in missing
    ]


def test_a_citation_that_the_bibliography_lacks(change: Change, data: Path) -> None:
    row = row_of("claims", claim_id="C06")
    change("claims", row, cited_sources="tatsumi2052")
    fault = check(data)[0]
    assert (fault.file, fault.row, fault.column) == ("claims.csv", row, "cited_sources")
    assert "nearest: tatsumi2025" in fault.value


@pytest.mark.parametrize(("text", "message"), [("@misc{a, title={x}", "sources.bib"), (None, "missing")])
def test_a_broken_bibliography(data: Path, text: str | None, message: str) -> None:
    file = data / "sources.bib"
    file.unlink()
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert any(message in str(fault) for fault in check(data))


def test_every_rule_is_named_for_what_it_says() -> None:
    assert all(getattr(rule, "func", rule).__doc__ for rule in RULES)


def test_features_of_another_text_are_found(change: Change, data: Path) -> None:
    change("documents", 4, sha256="0" * 64)
    [fault] = check(data)
    assert (fault.file, fault.row, fault.column) == ("documents.csv", 4, "sha256")
    assert "has features of another text" in fault.value


def test_missing_features_are_found(data: Path) -> None:
    (data / "features" / "passages.parquet").unlink()
    [fault] = check(data)
    assert "passages.parquet is missing" in fault.value


def test_features_of_an_unlisted_document_are_found(data: Path) -> None:
    file = data / "documents.csv"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("aus-dsr-2023")), encoding="utf-8")
    assert "holds aus-dsr-2023" in [fault.value for fault in check(data)]


def test_an_hour_needs_a_zone(change: Change, data: Path) -> None:
    row = row_of("events", event_id="E083")
    change("events", row, zone="")
    assert columns(data) == [("events.csv", row, "zone")]


def test_a_claim_is_computed_or_judged_and_not_both(change: Change, data: Path) -> None:
    row = row_of("judgements", claim_id="C01")
    change("judgements", row, claim_id="C02")
    faults = check(data)
    assert [(fault.file, fault.row) for fault in faults] == [("judgements.csv", row), ("claims.csv", None)]
    assert "“C02”; allowed: a claim without rows in checks.csv" in str(faults[0])
    assert "C01 has no verdict" in str(faults[1])


def test_an_omission_needs_a_check(change: Change, data: Path) -> None:
    row = row_of("checks", entry_id="O3")
    change("checks", row, entry_id="O9")
    assert {str(fault).split(":")[0] for fault in check(data)} == {
        f"checks.csv, row {row}, column entry_id",
        "omissions.csv",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('{"provisions": ["P08"], "acts": ["reaffirm"]}', "act needs actors"),
        ('{"provisions": ["P08"], "acts": ["reaffirm"], "who": ["JPN"]}', "act has no argument “who”"),
        ('{"provisions": ["P80"], "acts": ["reaffirm"], "actors": ["USA"]}', "“P80” (nearest: P"),
    ],
)
def test_arguments_of_checks_are_read_before_any_work(change: Change, data: Path, arguments: str, message: str) -> None:
    row = row_of("checks", entry_id="C23", check_no=1)
    change("checks", row, arguments=arguments)
    [fault] = check(data)
    assert (fault.file, fault.row, fault.column) == ("checks.csv", row, "arguments")
    assert message in str(fault)


def test_a_document_that_a_check_names_must_exist(change: Change, data: Path) -> None:
    row = row_of("checks", entry_id="C19")
    change("checks", row, arguments='{"words": ["x"], "document": "us-jpn-2025-02-08"}')
    [fault] = check(data)
    assert "“us-jpn-2025-02-08” (nearest: us-jpn-2025-02-07); allowed: a document_id of documents.csv" in str(fault)


def test_a_claim_needs_an_event_with_two_sources(data: Path) -> None:
    file = data / "event_sources.csv"
    lines = [line for line in file.read_text("utf-8").splitlines(keepends=True) if not line.startswith("E076,2")]
    file.write_text("".join(lines), encoding="utf-8")
    assert columns(data) == [("events.csv", row_of("events", event_id="E076"), "event_id")]


def test_a_meeting_at_home_needs_a_place_that_is_known(change: Change, data: Path) -> None:
    row = row_of("events", event_id="E065")
    change("events", row, venue="Atlantis")
    faults = check(data)
    assert [(fault.file, fault.row, fault.column) for fault in faults] == [("events.csv", row, "venue")]
    assert "allowed: a place of one of JPN, CHN, USA" in str(faults[0])


def test_the_arguments_of_expectations_are_read_too(change: Change, data: Path) -> None:
    change("forecasts", 2, arguments="event=E001")
    assert columns(data) == [("forecasts.csv", 2, "arguments")]
