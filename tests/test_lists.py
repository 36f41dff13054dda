"""The closed lists: what they hold, what is declared complete, and what the chapters read from them."""

import pandas as pd
import pytest

from analysis.core import paths
from analysis.data import load
from analysis.data.completeness import Scope, is_complete, overlaps
from analysis.data.tables import read_all
from analysis.signals import contacts, dual_track, protests
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
    assert contacts.reading(chosen).startswith("there were no fewer")
    quiet = table[~table["date"].between(*WINDOW) | (table["date"] > Day("2024-12-01"))]
    fewer = contacts.rates(quiet, *WINDOW).set_index("dyad").loc["JPN-CHN"]
    assert contacts.reading(fewer).startswith("there were fewer")
    many = pd.Series({"contacts": 9, "expected": 2.9, "p": 0.01, "p_holm": 0.03})
    assert contacts.reading(many).startswith("there were more contacts than chance")
    assert contacts.reading(many.replace({0.03: 0.06})).startswith("there were no fewer")


def test_the_p_of_three_pairs_are_corrected_for_their_number() -> None:
    rates = contacts.rates(load("contacts"), *WINDOW)
    smallest = rates["p"].idxmin()
    assert rates.at[smallest, "p_holm"] == pytest.approx(3 * rates.at[smallest, "p"])
    assert (rates["p_holm"] >= rates["p"]).all()


# --- records that no one here coded

LAST = Day("2024-12-31")


def test_the_contacts_follow_official_registers_with_tokyo_and_the_events_do_not() -> None:
    lists = contacts.beside_registers(load("contacts"), load("list_sources"), load("events"))
    official = load("official_contacts")
    named, followed = (compare(official, lists, LAST) for compare in (contacts.named_in, contacts.followed_by))
    rank = followed[followed["dyad"] == "JPN-USA"].set_index("list")["rank"]
    assert min(rank["contacts"], rank["contacts by other sources"]) >= contacts.MOVES > rank["listed events"]
    assert named["records"].sum() == (official["date"] <= LAST).sum()
    assert (named["listed events"] <= named["contacts"]).all()
    assert (named["contacts"] <= named["records"]).all()
    elsewhere = {"contacts": lists["contacts"].assign(date=lists["contacts"]["date"] - pd.DateOffset(years=30))}
    assert contacts.named_in(official, elsewhere, LAST)["contacts"].sum() == 0


def test_a_record_is_named_by_a_contact_of_its_pair_within_two_days() -> None:
    official = pd.DataFrame({"date": days("2024-01-01", "2024-02-01", "2025-02-01")})
    official = official.assign(dyad=["JPN-USA", "CHN-USA", "JPN-USA"], register="visits")
    frame = pd.DataFrame({"date": days("2024-01-03", "2024-01-31"), "dyad": ["JPN-USA", "JPN-USA"]})
    late = frame.assign(date=frame["date"] + pd.DateOffset(days=1))
    table = contacts.named_in(official, {"one": frame, "late": late}, LAST)
    rows = table.set_index("dyad")[["records", "one", "late"]]
    assert rows.to_dict("index") == {
        "CHN-USA": {"records": 1, "one": 0, "late": 0},
        "JPN-USA": {"records": 1, "one": 1, "late": 0},
    }


def test_contacts_by_other_sources_do_without_rows_that_rest_on_the_registers_alone() -> None:
    table, sources = load("contacts"), load("list_sources")
    freer = contacts.beside_registers(table, sources, load("events"))["contacts by other sources"]
    publishers = sources.groupby("row_id")["publisher"].agg(set)
    alone = {row for row, names in publishers.items() if names <= set(contacts.REGISTERS)}
    every = set(contacts.counted(table)["contact_id"])
    assert every & alone
    assert set(freer["contact_id"]) == every - alone


def test_a_sentence_says_which_list_follows_the_registers() -> None:
    named = pd.DataFrame({"pair": ["Japan-China"] * 2, "records": [3, 1], "contacts": [2, 1], "events": [0, 1]})
    followed = pd.DataFrame(
        {"pair": "Japan-China", "list": ["contacts", "events"], "rows": [9, 8], "rank": [0.3, 0.29]}
    )
    assert contacts.registers_in_words(named, followed) == (
        "Japan-China: of 4 records the 9 contacts name 3 and follow them (0.30) and the 8 events name 1 and do not "
        "follow them (0.29)."
    )


def test_counts_of_authorities_are_set_beside_other_series_as_rates() -> None:
    """Twice as many in twice as many days is no more: without rates the first series would rise and the ranks fall."""
    counts = pd.DataFrame({"series": "flights", "count": [10, 30, 12]})
    counts = counts.assign(first=days("2024-01-01", "2024-01-11", "2024-02-10"))
    counts = counts.assign(last=days("2024-01-10", "2024-02-09", "2024-02-19"))
    protested = days("2024-01-01", "2024-01-10", "2024-01-12", "2024-02-09", "2024-02-15", "2024-02-16", "2024-02-17")
    periods = contacts.in_periods(counts, {"protests": protested, "visits": days("2024-01-05")})
    assert periods["protests"].to_list() == [2, 2, 3]
    [row] = contacts.moves_with(periods, ["protests", "visits"]).to_dict("records")
    assert (row["series"], row["periods"]) == ("flights", 3)
    assert row["protests"] == pytest.approx(0.866, abs=0.001)
    assert row["visits"] == pytest.approx(-0.5)


def test_the_hand_coded_series_are_of_china_towards_japan_by_sign() -> None:
    sent = pd.DataFrame({"source": ["CHN", "CHN", "JPN", "CHN"], "target": ["JPN", "JPN", "CHN", "USA"]})
    sent = sent.assign(
        plover=[-3.0, 1.0, -3.0, -3.0], date=days("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04")
    )
    acts = pd.DataFrame({"form": ["strong words", "representations"], "date": days("2024-02-01", "2024-02-02")})
    series = {name: [f"{day:%m-%d}" for day in of] for name, of in contacts.hand_coded(acts, sent).items()}
    assert series == {
        "protests": ["02-02"],
        "conflictual signals": ["01-01"],
        "cooperative signals": ["01-02"],
    }


def test_the_page_on_methods_names_the_rank_from_which_a_list_follows() -> None:
    assert f"by quarter is at least {contacts.MOVES};" in (paths.BOOK / "methods.md").read_text(encoding="utf-8")


def test_a_sentence_says_what_a_count_moves_with() -> None:
    moves = pd.DataFrame({"series": ["flights"], "periods": [5], "protests": [0.3], "calls": [-0.9], "visits": [0.29]})
    assert contacts.pressure_in_words(moves) == (
        "Flights (5 periods) move with protests (0.30); against calls (-0.90); neither with nor against visits (0.29)."
    )
    assert "neither with nor against visits (nan)" in contacts.pressure_in_words(moves.assign(visits=float("nan")))


def test_lodged_protests_of_two_counts() -> None:
    lodged = pd.DataFrame({"date": days("2025-02-10", "2025-02-12", "2025-02-13", "2025-03-17"), "over": "words"})
    lodged["to"] = [("JPN", "USA"), ("JPN",), ("AUS",), ("G7",)]
    cells = {"date": days("2025-02-10", "2025-02-10", "2025-02-12", "2025-03-17", "2025-03-21"), "office": "x"}
    ours = pd.DataFrame(cells).assign(addressee=[("JPN",), ("JPN",), ("JPN",), ("several",), ("USA",)])
    forms = ["representations", "called in", "strong words", "representations", "called in"]
    ours["form"] = pd.Categorical(forms, categories=list(protests.RUNGS), ordered=True)
    table = protests.lodged_beside(lodged, ours)
    assert table["counted"].to_list() == ["both", "the other count", "both"]
    assert table["form"].astype("object").fillna("").to_list() == ["called in", "", "representations"]
    real = protests.lodged_beside(load("lodged_protests"), load("protests")[lambda act: act["date"] >= "2025-01-01"])
    assert real.set_index("date").at[Day("2025-02-10"), "counted"] == "both"


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


# --- events that reviews named


def test_the_events_that_reviews_named_keep_the_rules_of_inclusion() -> None:
    """Each has an answer or a protest beside it, two publishers, one checker, and both coders of the last round."""
    named = {"E228": Day("2025-11-09"), "E229": Day("2026-04-10"), "E230": Day("2026-04-21")}
    events = load("events").set_index("event_id").loc[list(named)]
    assert events["date"].to_dict() == named
    assert set(events["checkers"]) == {1}
    sources = load("event_sources")
    assert (sources[sources["event_id"].isin(named)].groupby("event_id")["publisher"].nunique() == 2).all()
    codings = load("codings_signals")
    last = codings[codings["event_id"].isin(named)]
    assert set(last["round"]) == {4}
    assert set(codings.loc[codings["round"] == 4, "event_id"]) == set(named)
    assert (last.groupby("event_id")["coder"].nunique() == 2).all()
    answers = load("answers").merge(load("protests"), on="protest_id")
    linked = answers[answers["event_id"].isin(named)].groupby("event_id")["occasion_id"].agg(list)
    assert linked.to_dict() == {"E229": ["K206"], "E230": ["K201", "K208"]}


def test_what_is_no_event_says_why() -> None:
    left_out = load("not_found").query("list == 'events'")
    seen, events = Day("2026-06-30"), load("events")
    assert events["date"].max() <= seen
    later = left_out.dropna(subset="first")
    assert (later["first"] > seen).all()
    assert set(later["looked"]) == {"after the end of what the searches could see"}
    assert left_out.loc[left_out["first"].isna(), "looked"].str.contains("rule 1").all()


def test_codings_before_the_third_round_hold_the_events_of_later_rounds() -> None:
    codings, events = load("codings_signals"), load("events")
    variants = dual_track.variants(codings, events, load("event_sources"), load("scales"))
    ids = {name: set(of["event_id"]) for name, of in variants.items()}
    later = set(codings.loc[(codings["round"] > 3) & (codings["mode"] != "NONE"), "event_id"])
    assert later
    assert later & ids["all events, both coders"] == later & ids["codings before the third round"]
