"""What stands around a provision and an event."""

import re
from typing import Any

import pandas as pd
import pytest

from analysis.claims import records
from analysis.data.tables import load
from analysis.measures.precedents import settled

NAMES = {"JPN": "Japan", "CHN": "China", "USA": "United States"}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    names = (
        *("provisions", "provision_actors", "claim_provisions", "codings_alignment", "events", "event_actors"),
        *("codings_precedents", "occasions", "answers"),
        *("event_sources", "claim_events", "protests", "readouts", "codings_signals", "scales", "states"),
    )
    return {name: load(name) for name in names}


@pytest.fixture(scope="module")
def events(tables: dict[str, pd.DataFrame]) -> dict[str, dict[str, Any]]:
    states = tables["states"]
    found = records.events(tables, dict(zip(states["state"], states["name"], strict=True)))
    return {record["id"]: record for record in found}


def event(**changed: Any) -> dict[str, Any]:
    day = pd.Timestamp("2025-02-07")
    return {"date": day, "end_date": pd.NaT, "date_precision": "day", "time": "", "zone": "", **changed}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "7 February 2025"),
        ({"time": "11:55", "zone": "America/New_York"}, "7 February 2025, 11:55 (New York)"),
        ({"end_date": pd.Timestamp("2025-02-09")}, "7 February to 9 February 2025"),
        ({"end_date": pd.Timestamp("2026-01-02")}, "7 February 2025 to 2 January 2026"),
        ({"date_precision": "approximate"}, "about 7 February 2025"),
        ({"date_precision": "month"}, "February 2025"),
    ],
)
def test_days_in_words(changed: dict[str, Any], words: str) -> None:
    assert records.when(event(**changed)) == words


def test_actors_stand_with_their_states() -> None:
    rows = [{"state": "USA", "name": "A"}, {"state": "JPN", "name": ""}, {"state": "USA", "name": "B"}]
    assert records.who(rows, NAMES) == "United States: A, B; Japan"


def test_pairs_in_words() -> None:
    assert [records.pair(dyad, NAMES) for dyad in ("JPN-USA", "JPN-CHN", "trilateral", "other")] == [
        "Japan and the United States",
        "Japan and China",
        "three states",
        "other states",
    ]


def test_every_provision_and_event_has_a_record(
    tables: dict[str, pd.DataFrame], events: dict[str, dict[str, Any]]
) -> None:
    provisions = records.provisions(tables)
    assert [record["id"] for record in provisions] == list(tables["provisions"]["provision_id"])
    assert sorted(events) == sorted(tables["events"]["event_id"])
    assert all(record["sources"] for record in events.values())


def test_a_provision_says_what_stands_beside_it_and_who_tells_it(tables: dict[str, pd.DataFrame]) -> None:
    found = {record["id"]: record for record in records.provisions(tables)}
    assert dict(found["P06"]["lines"])["About"] == "Japan"
    assert found["P06"]["facts"] == ["¶2", "the United States", "welcome"]
    lines = dict(found["P46"]["lines"])
    assert "C32 (told)" in lines["Claims"]
    assert "E083" in lines["Events of these claims"]
    assert dict(found["P03"]["lines"])["Claims"] == "none; the article does not tell it"
    assert len(found["P46"]["codings"]) == 3
    before = settled(tables["codings_precedents"])["us-jpn-2024-04-10"]
    for provision_id, record in found.items():
        words = dict(record["lines"])["In the statement of April 2024"]
        assert words == f"{records.STRENGTHS[before[provision_id]]}, by the coders"
        assert "by the median of the coders" in dict(record["lines"])["In the strategy of 2022"]


def test_an_event_leads_to_claims_provisions_and_what_it_answers(events: dict[str, dict[str, Any]]) -> None:
    lines = dict(events["E083"]["lines"])
    assert "C32 (told)" in lines["Claims"]
    assert "P46" in lines["Provisions of these claims"]
    protest = dict(events["E013"]["lines"])["Protest"]
    assert protest.startswith("Called in urgently by Liu Jinsong")
    assert re.search(r"It answers: .+ \(23 May 2022\) and .+ \(24 May 2022\)\.$", protest)
    assert all("It answers: " in line for record in events.values() if (line := dict(record["lines"]).get("Protest")))
    assert "China to Japan: accuse, by a senior official" in dict(events["E087"]["lines"])["Signals"]
    assert [record["id"] for record in events.values()].index("E182") > 80  # by days, not by ids


def test_a_source_that_is_also_an_account_is_named_once(events: dict[str, dict[str, Any]]) -> None:
    for record in events.values():
        addresses = [source[2] for source in record["sources"]]
        assert len(addresses) == len(set(addresses)), record["id"]
