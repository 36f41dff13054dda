"""The closed lists: what they hold, what is declared complete, and what the chapters read from them."""

import pandas as pd
import pytest

from analysis.core import paths
from analysis.data import load
from analysis.data.completeness import Scope, is_complete, overlaps
from analysis.data.tables import read_all
from analysis.signals import contacts, protests
from analysis.validation.lists import (
    answers_have_an_act_or_none,
    completeness_faults,
    contacts_are_of_persons_in_office,
    gaps_are_not_declared_complete,
    list_rows_have_sources,
    occasions_are_answered,
)

Day = pd.Timestamp
WINDOW = Day("2024-10-01"), Day("2025-02-28")
FOUR = ("leader", "foreign minister", "defence minister", "security adviser")


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    tables, faults = read_all(paths.DATA)
    assert not faults
    return dict(tables)


# --- what is declared complete


def declared(**row: object) -> pd.DataFrame:
    usual = {"table": "contacts", "status": "complete", "column": "", "values": (), "dyads": (), "first": pd.NaT}
    return pd.DataFrame([usual | {"last": pd.NaT} | row])


YEAR = {"first": Day("2024-01-01"), "last": Day("2024-12-31")}


@pytest.mark.parametrize(
    ("row", "scope", "covered"),
    [
        ({}, Scope("contacts", *WINDOW), True),
        ({"status": "own"}, Scope("contacts", *WINDOW), True),
        ({"status": "selection"}, Scope("contacts", *WINDOW), False),
        ({"table": "events"}, Scope("contacts", *WINDOW), False),
        (YEAR, Scope("contacts", Day("2024-01-01"), Day("2024-12-31")), True),
        (YEAR, Scope("contacts", Day("2023-12-31"), Day("2024-12-31")), False),
        (YEAR, Scope("contacts", Day("2024-01-01"), Day("2025-01-01")), False),
        ({"values": ("leader",)}, Scope("contacts", *WINDOW, ("leader",)), True),
        ({"values": ("leader",)}, Scope("contacts", *WINDOW, FOUR), False),
        ({"values": ("leader",)}, Scope("contacts", *WINDOW), False),
        ({"dyads": ("JPN-CHN",)}, Scope("contacts", *WINDOW, dyad="JPN-CHN"), True),
        ({"dyads": ("JPN-CHN",)}, Scope("contacts", *WINDOW, dyad="JPN-USA"), False),
        ({"dyads": ("JPN-CHN",)}, Scope("contacts", *WINDOW), False),
    ],
)
def test_a_list_is_complete_where_a_row_covers_all_that_is_asked(
    row: dict[str, object], scope: Scope, covered: bool
) -> None:
    assert is_complete(declared(**row), scope) is covered


def test_the_lists_are_complete_where_the_chapters_need_it_and_not_beyond() -> None:
    table = load("completeness")
    assert is_complete(table, Scope("contacts", Day("2024-10-01"), Day("2024-12-31"), FOUR, "JPN-CHN"))
    assert is_complete(table, Scope("contacts", *WINDOW, ("leader",), "JPN-CHN"))
    assert not is_complete(table, Scope("contacts", *WINDOW, FOUR, "JPN-CHN"))
    assert is_complete(table, Scope("protests", Day("2021-01-01"), Day("2025-02-10"), protests.AMBASSADOR))
    assert not is_complete(table, Scope("protests", Day("2021-01-01"), Day("2025-02-10"), protests.RUNGS))
    assert not is_complete(table, Scope("events", *WINDOW))


def test_a_gap_that_a_source_names_contradicts_a_declaration() -> None:
    gap = {
        "list": "contacts",
        "dyad": "JPN-CHN",
        "value": "leader",
        "first": Day("2024-05-01"),
        "last": Day("2024-05-02"),
    }
    gaps = pd.DataFrame([gap, gap | {"value": "security adviser"}, gap | {"dyad": "JPN-USA"}])
    complete = declared(values=("leader",), dyads=("JPN-CHN",), **YEAR)
    assert overlaps(complete, gaps).index.to_list() == [0]
    assert overlaps(complete.assign(status="selection"), gaps).empty


# --- contacts


def days(*texts: str) -> pd.Series:
    return pd.Series([Day(text) for text in texts])


def test_a_rate_is_that_of_the_time_before() -> None:
    """Two in the two years before, 73 days of a window: 0.2 expected; three are rare, by Poisson."""
    rate = contacts.rate_before(
        days("2020-03-01", "2021-03-01", "2022-01-01", "2022-02-01", "2022-03-01"),
        Day("2022-01-01"),
        Day("2022-03-14"),
        Day("2020-01-01"),
    )
    assert (rate.contacts, rate.before) == (3, 2)
    assert rate.expected == pytest.approx(2 * 73 / 731)
    assert rate.p == pytest.approx(0.00115, rel=0.02)


def test_a_silence_has_no_contact_in_it() -> None:
    table = contacts.silences(days("2024-01-01", "2024-01-01", "2024-01-05", "2024-01-06"), Day("2024-01-31"))
    rows = table.astype(str).to_dict("records")
    assert rows[0] == {"first": "2024-01-07", "last": "2024-01-31", "days": "25"}
    assert list(table["days"]) == [25, 3, 0]


def test_the_same_months_are_counted_in_every_whole_year() -> None:
    table = contacts.same_months(
        days("2021-02-01", "2021-12-31", "2022-01-05", "2022-11-05"), Day("2021-10-01"), Day("2022-02-28")
    )
    assert table["contacts"].to_list() == [2]
    assert table["start"].to_list() == [Day("2021-10-01")]


def test_only_contacts_of_persons_in_office_count() -> None:
    table = load("contacts")
    assert len(contacts.counted(table)) == (table["in_office"] == "yes").sum() < len(table)
    assert set(contacts.counted(table, "JPN-CHN", ("leader",))["dyad"]) == {"JPN-CHN"}


def test_fewer_contacts_than_before_would_refute_that_the_channels_were_open() -> None:
    table = load("contacts")
    chosen = contacts.rates(table, *WINDOW).set_index("dyad").loc["JPN-CHN"]
    assert contacts.reading(chosen).startswith("there were more")
    quiet = table[~table["date"].between(*WINDOW) | (table["date"] > Day("2024-12-01"))]
    fewer = contacts.rates(quiet, *WINDOW).set_index("dyad").loc["JPN-CHN"]
    assert contacts.reading(fewer).startswith("there were fewer")
    assert contacts.reading(pd.Series({"contacts": 3, "expected": 2.9, "p": 0.5})).startswith("there were as many")


def test_the_list_follows_official_registers_better_than_the_events_do() -> None:
    official, until = load("official_contacts"), Day("2024-12-31")
    theirs = official.loc[official["dyad"] == "JPN-USA", "date"]
    events = load("events")
    met = events[(events["dyad"] == "JPN-USA") & events["kind"].isin(["summit", "call", "ministerial"])]
    listed = contacts.agreement_by_quarter(contacts.counted(load("contacts"), "JPN-USA")["date"], theirs, until)
    assert listed > 0.3 > contacts.agreement_by_quarter(met["date"], theirs, until)


# --- protests


def test_an_occasion_has_its_strongest_answer(frames: dict[str, pd.DataFrame]) -> None:
    answered = protests.answered(frames["occasions"], frames["answers"], frames["protests"])
    strongest = protests.strongest(answered).set_index("occasion_id")
    assert len(strongest) == len(frames["occasions"])
    assert strongest.at["K155", "drawn"] == "called in"
    assert strongest.at["K059", "drawn"] == "ambassador called in as instructed"
    assert strongest.at["K002", "drawn"] == "none found"
    drawn = answered.groupby("occasion_id")["drawn"].max()
    assert (drawn == strongest["drawn"]).all()


def test_a_protest_is_compared_with_earlier_ones_of_its_family(frames: dict[str, pd.DataFrame]) -> None:
    answered = protests.answered(frames["occasions"], frames["answers"], frames["protests"])
    table = protests.compared(protests.strongest(answered), "K155")
    assert set(table["family"]) == {"U.S.-Japan leaders"}
    assert (table["date"] < Day("2025-02-07")).all()
    words = table.set_index("occasion_id")["comparison"]
    assert (words["K052"], words["K115"], words["K006"]) == ("stronger", "equal", "weaker")


def test_both_capitals_were_addressed_before(frames: dict[str, pd.DataFrame]) -> None:
    both = protests.to_both(frames["protests"])
    assert Day("2021-03-17") in set(both["date"])
    assert all({"JPN", "USA"} <= set(addressee) for addressee in both["addressee"])


# --- faults


def one(table: pd.DataFrame, key: object, **cells: object) -> pd.DataFrame:
    """A table with other cells in the row of a key, which stands in its first column."""
    altered = table.copy()
    row = altered.index[altered.iloc[:, 0] == key][0]
    for column, value in cells.items():
        altered[column] = altered[column].astype("object")
        altered.at[row, column] = value
    return altered


def test_the_rules_find_nothing_in_the_data(frames: dict[str, pd.DataFrame]) -> None:
    assert list(completeness_faults(frames)) == []


def test_a_contact_of_somebody_out_of_office_is_a_fault(frames: dict[str, pd.DataFrame]) -> None:
    first = frames["contacts"].iloc[3]
    altered = one(frames["contacts"], first["contact_id"], persons=("Trump", "Suga"))
    [fault] = contacts_are_of_persons_in_office(altered, frames["officials"])
    assert "leader of USA on 2021-01-27" in str(fault)
    assert "Trump" in str(fault)


def test_an_answer_needs_its_act_and_an_act_an_occasion(frames: dict[str, pd.DataFrame]) -> None:
    answers, acts = frames["answers"], frames["protests"]
    [fault] = answers_have_an_act_or_none(answers.assign(protest_id=["", *answers["protest_id"][1:]]), acts[1:])
    assert "answers.csv, row 2, column protest_id" in str(fault)
    [fault] = answers_have_an_act_or_none(answers[1:], acts)
    assert "protests.csv" in str(fault)
    [fault] = occasions_are_answered(frames["occasions"], answers[answers["occasion_id"] != "K155"])
    assert "K155" in str(fault)


def test_a_row_needs_a_source_and_a_source_a_row(frames: dict[str, pd.DataFrame]) -> None:
    lists = [frames[name] for name in ("contacts", "occasions", "protests", "first_meetings")]
    sources = frames["list_sources"]
    [fault] = list_rows_have_sources(sources[sources["row_id"] != "V07"], *lists)
    assert "first_meetings.csv" in str(fault)
    faults = list(list_rows_have_sources(sources, *lists[:3], lists[3][:-1]))
    assert len(faults) == (sources["row_id"] == "V07").sum()
    assert "list_sources.csv" in str(faults[0])


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"table": "contact"}, "nearest: contacts"),
        ({"column": "rank"}, "column column"),
        ({"values": ("leader", "king")}, "king"),
        ({"last": Day("2020-01-01")}, "from first"),
        ({"found": 6}, "at most of (5)"),
    ],
)
def test_a_declaration_that_the_table_contradicts_is_a_fault(
    frames: dict[str, pd.DataFrame], cells: dict[str, object], words: str
) -> None:
    table = frames["completeness"]
    altered = table.copy()
    row = altered.index[altered["table"] == "contacts"][0]
    for column, value in cells.items():
        if column != "found":
            altered[column] = altered[column].astype("object")
        altered.at[row, column] = value
    faults = [str(fault) for fault in completeness_faults(frames | {"completeness": altered})]
    assert any(words in fault for fault in faults)


def test_a_row_outside_the_declared_days_is_a_fault(frames: dict[str, pd.DataFrame]) -> None:
    late = frames["contacts"].assign(date=frames["contacts"]["date"] + pd.DateOffset(years=6))
    [fault] = completeness_faults(frames | {"contacts": late[:1]})
    assert str(fault) == (
        "contacts.csv, row 2, column date: “2027-01-21”; allowed: 2021-01-01 to 2026-06-30 (completeness.csv)"
    )


def test_a_gap_inside_what_is_declared_complete_is_a_fault(frames: dict[str, pd.DataFrame]) -> None:
    gaps = frames["not_found"]
    assert list(gaps_are_not_declared_complete(frames["completeness"], gaps)) == []
    altered = gaps.assign(value="leader", dyad="JPN-CHN", first=Day("2024-01-01"), last=Day("2024-02-01"))[:1]
    [fault] = gaps_are_not_declared_complete(frames["completeness"], altered)
    assert "not_found.csv, row 2" in str(fault)
