"""Numbers and lists in words, and parameters read with one clear message."""

import pandas as pd
import pytest

from analysis.core import wording
from analysis.core.errors import ParameterError
from analysis.runs import parameters


def test_numbers_in_words() -> None:
    assert [wording.number(n) for n in (0, 1, 12, 13, 1181)] == ["no", "one", "twelve", "13", "1,181"]
    assert [wording.count(n) for n in (0, 1, 13)] == ["none", "one", "13"]
    assert [wording.plural(n, "event") for n in (0, 1, 2, 20)] == ["no events", "one event", "two events", "20 events"]
    assert wording.plural(2, "summary", "summaries") == "two summaries"
    assert [wording.ordinal(n) for n in (1, 10, 11, 12, 13, 21, 22, 23, 24, 111)] == [
        "first", "tenth", "11th", "12th", "13th", "21st", "22nd", "23rd", "24th", "111th",
    ]  # fmt: skip
    assert (wording.percent(0.7272), wording.percent(0.005)) == ("73%", "0%")


def test_days_and_lists() -> None:
    assert wording.day(pd.Timestamp("2025-02-07")) == "7 February 2025"
    assert [wording.listing(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert wording.capital("twelve") == "Twelve"


@pytest.mark.parametrize("value", ["2025-02-30", "07.02.2025", "2025-2-7", 20250207, None, ""])
def test_a_day_that_is_none(value: object) -> None:
    with pytest.raises(ParameterError, match=r"parameter start: .* is not a day; write YYYY-MM-DD"):
        parameters.read_day("start", value)


def test_a_window_in_order() -> None:
    day, before = pd.Timestamp("2025-01-01"), pd.Timestamp("2024-01-01")
    parameters.require_window("a", day, "b", day, {})
    with pytest.raises(ParameterError, match=r"parameter b: 2024-01-01 lies before a \(2025-01-01\)"):
        parameters.require_window("a", day, "b", before, {})


def test_choices() -> None:
    assert parameters.read_choices("coders", "b, a", ["a", "b", "c"]) == ["b", "a"]
    with pytest.raises(ParameterError, match=r"parameter event: 'E0877' \(nearest: E087\); allowed: E087, E088"):
        parameters.read_choice("event", "E0877", ["E087", "E088"])
    with pytest.raises(ParameterError, match="names a value twice"):
        parameters.read_choices("coders", "a,a", ["a", "b"])
    with pytest.raises(ParameterError, match="allowed: a, b"):
        parameters.read_choices("coders", "", ["a", "b"])


def test_a_day_after_the_latest_allowed() -> None:
    latest = pd.Timestamp("2025-02-07")
    assert parameters.read_day("start", "2025-02-07", latest) == latest
    with pytest.raises(ParameterError, match="parameter start: '2025-02-08'; allowed: days up to 2025-02-07"):
        parameters.read_day("start", "2025-02-08", latest)


def test_a_window_with_nothing_to_count() -> None:
    days = {"event": pd.Series(pd.to_datetime(["2025-01-10", "2025-03-01"]))}
    start, end = pd.Timestamp("2025-01-10"), pd.Timestamp("2025-01-31")
    parameters.require_window("start", start, "end", end, days)
    message = "parameter start and end: no event from 2025-01-11 to 2025-01-31; on record from 2025-01-10 to 2025-03-01"
    with pytest.raises(ParameterError, match=message):
        parameters.require_window("start", pd.Timestamp("2025-01-11"), "end", end, days)


def test_a_switch() -> None:
    assert [parameters.read_switch("mask", value) for value in (True, "true", "True")] == [True, True, True]
    assert [parameters.read_switch("mask", value) for value in (False, "false")] == [False, False]
    with pytest.raises(ParameterError, match="parameter mask: 'yes'; allowed: True or False"):
        parameters.read_switch("mask", "yes")


def test_ordinals_are_a_span() -> None:
    assert wording.ordinals([3, 1, 2]) == "first to third"
    assert wording.ordinals([12, 12]) == "12th"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2023-04-02", "2024-12-25", "1 year, 8 months and 23 days"),
        ("2024-01-31", "2024-02-29", "1 month"),
        ("2024-01-31", "2024-02-28", "28 days"),
        ("2023-02-07", "2025-02-07", "2 years"),
        ("2025-02-07", "2025-02-07", "0 days"),
    ],
)
def test_the_time_between_two_days(start: str, end: str, words: str) -> None:
    assert wording.elapsed(pd.Timestamp(start), pd.Timestamp(end)) == words


def test_a_table_in_markdown() -> None:
    found = wording.table_in_markdown(("a", "b"), [("1", "x"), ("2", r"y \| z")], right=[0])
    assert found == "| a | b |\n|---:|---|\n| 1 | x |\n| 2 | y \\| z |"
    assert wording.table_in_markdown(("a",), []) == "| a |\n|---|"
