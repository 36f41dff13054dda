"""The committed tables are sound, and every kind of fault is found, placed and explained."""

import csv
import datetime
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.faults import Fault
from analysis.data.record import changed_files, declaration, record
from analysis.data.schema import Field, read_schema
from analysis.data.tables import _parse, load, read_all, read_table
from analysis.texts.features import read_features
from analysis.validation.check import check

Change = Callable[..., Path]
PACKAGES = (paths.DATAPACKAGE, *sorted(paths.CASES.glob("*/datapackage.json")))


def resources(package: Path) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(package.read_text("utf-8"))["resources"]
    return listed


def only_fault(folder: Path) -> Fault:
    faults = check(folder)
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


def test_committed_tables_are_sound() -> None:
    assert check() == []


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "allowed"),
    [
        ("events", 30, "date", "2025-02-30", "a day of the calendar as YYYY-MM-DD"),
        ("events", 30, "date", "7 February 2025", "a day of the calendar as YYYY-MM-DD"),
        ("events", 30, "date", "1999-02-07", "from 2021-01-01 to 2026-12-31"),
        ("events", 12, "kind", "party", "one of summit, call"),
        ("events", 12, "event_id", "e012", "of the form"),
        ("events", 12, "title", "", "required"),
        ("events", 12, "title", " blank before", "text"),
        ("events", 12, "title", "bell\x07", "text"),
        ("events", 12, "checkers", "3", "a whole number from 1 to 2"),
        ("events", 12, "checkers", "1.0", "a whole number"),
        ("events", 12, "checkers", "٢", "a whole number"),
        ("provisions", 3, "domain_tags", "defense;;treaty", "items separated by"),
        ("scales", 3, "score", "nan", "a number from -10 to 10"),
        ("documents", 3, "sha256", "abc", "of the form"),
    ],
)
def test_a_broken_cell_is_named(
    change: Change, data: Path, table: str, row: int, column: str, value: str, allowed: str
) -> None:
    change(table, row, **{column: value})
    faults = [fault for fault in check(data) if fault.column == column]
    assert faults
    fault = faults[0]
    assert (fault.file, fault.row) == (f"{table}.csv", row)
    assert allowed in fault.allowed
    assert ("empty" if value == "" else "\\u0007" if "\x07" in value else value) in fault.value
    assert f"{table}.csv, row {row}, column {column}: " in str(fault)


def test_a_misspelt_value_gets_the_nearest(change: Change, data: Path) -> None:
    change("events", 12, kind="sumit")
    assert "(nearest: summit)" in only_fault(data).value


def test_all_faults_are_found_at_once(change: Change, data: Path) -> None:
    change("events", 5, date="never", kind="party")
    change("events", 9, dyad="JPN-XXX")
    change("topics", 4, group="")
    assert {(fault.file, fault.row, fault.column) for fault in check(data)} >= {
        ("events.csv", 5, "date"),
        ("events.csv", 5, "kind"),
        ("events.csv", 9, "dyad"),
        ("topics.csv", 4, "group"),
    }


def test_an_unknown_key_is_found_and_the_nearest_named(change: Change, data: Path) -> None:
    change("event_sources", 2, event_id="E999")
    faults = check(data)
    assert any("allowed: a event_id of events.csv" in f.allowed and f.column == "event_id" for f in faults)


def test_a_duplicate_id_names_the_row_that_has_it(change: Change, data: Path) -> None:
    change("topics", 7, topic_id="T01")
    fault = next(fault for fault in check(data) if "stands already" in fault.value)
    assert (fault.row, fault.value) == (7, "“T01” stands already in row 2")


def test_a_missing_and_an_unknown_column(data: Path) -> None:
    file = data / "topics.csv"
    file.write_text(
        file.read_text(encoding="utf-8").replace("topic_id,topic,group", "topic_id,topik,group"), encoding="utf-8"
    )
    faults = [str(fault) for fault in check(data)]
    assert any("column topic: the column is missing" in fault for fault in faults)
    assert any("column topik: the column is unknown (nearest: topic)" in fault for fault in faults)


def test_a_row_with_too_few_cells(data: Path) -> None:
    file = data / "topics.csv"
    file.write_text(file.read_text(encoding="utf-8") + "T59\n", encoding="utf-8")
    assert any(fault.row == 60 and "1 cells" in fault.value for fault in check(data))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("topic_id,topic,group\nT01,caf\xe9,alliance\n".encode("latin-1"), "byte 0xe9 is not UTF-8"),
        ("\ufefftopic_id,topic,group\n".encode(), "byte order mark"),
        (b"", "the file is empty"),
        (b"topic_id,topic,group\n", "the table has no rows"),
        (b'topic_id,topic,group\nT01,"open,alliance\n', "not well-formed CSV"),
    ],
)
def test_an_unreadable_file(data: Path, content: bytes, message: str) -> None:
    (data / "topics.csv").write_bytes(content)
    assert any(message in str(fault) and fault.file == "topics.csv" for fault in check(data))


def test_a_missing_file(data: Path) -> None:
    (data / "topics.csv").unlink()
    assert any(fault.file == "topics.csv" and "missing" in fault.value for fault in check(data))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ('{"resources": [{"type": "table"}]}', "declared without 'schema'"),
    ],
)
def test_a_broken_schema(data: Path, content: str, message: str) -> None:
    (data / "datapackage.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_schema(data / "datapackage.json")


def test_columns_in_another_order_are_read_by_name(data: Path) -> None:
    schema = read_schema(data / "datapackage.json")["topics"]
    before, _ = read_table(schema, data)
    file = data / "topics.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = [[row[2], row[0], row[1]] for row in csv.reader(stream)]
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    after, faults = read_table(schema, data)
    assert not faults
    pd.testing.assert_frame_equal(before, after)


def test_frames_are_typed() -> None:
    events, codings, judged = load("events"), load("codings_signals"), load("judgements")
    assert events["date"].dtype == "datetime64[ns]"
    assert events["end_date"].isna().any()
    assert events["kind"].cat.categories[0] == "summit"
    assert not events["kind"].cat.ordered
    assert judged["verdict"].cat.ordered
    assert judged["verdict"].min() == "confirmed"
    assert codings["level"].dtype == "Int64"
    assert isinstance(load("provisions")["domain_tags"][0], tuple)
    assert load("states").loc[lambda frame: frame["state"] == "CHN", "native_name"].item() == "中国"


def test_a_loaded_frame_can_be_changed_without_harm() -> None:
    frame = load("topics")
    frame.loc[0, "topic"] = "changed"
    assert load("topics").loc[0, "topic"] != "changed"


def test_an_unknown_table_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"no table “event” \(nearest: events\)"):
        load("event")


def test_every_column_has_a_description_of_one_sentence() -> None:
    for table in [t for form in ("csv", "parquet") for t in read_schema(paths.DATAPACKAGE, form).values()]:
        for field in table.fields:
            assert field.description.endswith("."), (table.name, field.name)


def test_no_table_is_declared_without_a_file_or_lies_there_undeclared() -> None:
    declared = {package.parent / raw["path"] for package in PACKAGES for raw in resources(package)}
    assert declared | set(PACKAGES) == {file for file in paths.DATA.rglob("*") if file.is_file()}


def test_the_files_are_those_that_were_recorded() -> None:
    """A change of the data that is meant is recorded by `make notebooks`; any other one stops here."""
    assert list(changed_files()) == [], "run: make notebooks"


def test_a_fault_that_breaks_no_rule_changes_the_record(change: Change, data: Path) -> None:
    declared = declaration(data)
    change("searches", 2, day="2026-11-24")
    (data / "states.csv").unlink()
    assert check(data) != []
    assert list(changed_files(data)) == ["states.csv", "searches.csv"]

    shutil.copy(paths.DATA / "states.csv", data)
    assert check(data) == []
    assert record(data) == ["searches.csv"]
    assert list(changed_files(data)) == []
    before, after = (json.loads((folder / "datapackage.json").read_text("utf-8")) for folder in (paths.DATA, data))
    names = [one["name"] for one, other in zip(before["resources"], after["resources"], strict=True) if one != other]
    assert names == ["searches"]
    assert declaration(data) == declared
    assert record(data) == []


def test_features_are_as_declared() -> None:
    words = {"string": "str", "boolean": "bool", "integer": "int", "number": "float"}
    for name, table in read_schema(paths.DATAPACKAGE, "parquet").items():
        frame = read_features(name, paths.FEATURES).to_pandas()
        assert list(frame.columns) == [field.name for field in table.fields]
        assert not frame.duplicated(list(table.primary_key)).any(), name
        for field in table.fields:
            column = frame[field.name]
            kind = "str" if isinstance(column.dtype, pd.CategoricalDtype) else str(column.dtype).strip("u0123468")
            assert {"object": "str"}.get(kind, kind) == words[field.type], (name, field.name)
            assert column.notna().all() or not field.required
            assert field.minimum is None or column.min() >= field.minimum
            assert field.maximum is None or column.max() <= field.maximum
            assert not field.enum or set(column) == set(field.enum)


@given(st.dates(min_value=datetime.date(1678, 1, 1), max_value=datetime.date(2261, 12, 31)))
def test_every_day_of_the_calendar_is_read(day: datetime.date) -> None:
    assert _parse(Field("d", "date", ""), day.isoformat()) == day


@given(st.text(max_size=12))
def test_no_text_makes_the_reader_fail_otherwise(cell: str) -> None:
    for kind in ("string", "integer", "number", "date", "list"):
        try:
            _parse(Field("x", kind, "", delimiter=";"), cell)
        except ValueError:
            continue


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.parent.name)
def test_an_independent_validator_agrees(package: Path) -> None:
    from frictionless import Package

    descriptor = json.loads(package.read_text("utf-8"))
    # it reads the million rows of the features one by one; test_features_are_as_declared looks at them
    descriptor["resources"] = [raw for raw in descriptor["resources"] if raw["format"] != "parquet"]
    report = Package.from_descriptor(descriptor, basepath=str(package.parent)).validate()
    assert report.valid, report.flatten(["title", "note"])
    assert len(report.tasks) == len(descriptor["resources"])


def test_reading_stops_at_no_fault_of_another_table(change: Change, data: Path) -> None:
    change("topics", 4, group="nowhere")
    frames, faults = read_all(data)
    assert "topics" not in frames
    assert "events" in frames
    assert len(faults) == 1
