"""The dual track: an exact test with its power, sensitivity, balance; series, strands and aftermath beside it."""

from itertools import combinations, product
from math import comb

import numpy as np
import pandas as pd
import pytest
from altered import altered

from analysis.claims import ledger
from analysis.claims.evidence import Evidence, last_cited_day, load_evidence
from analysis.core.errors import ParameterError
from analysis.data.tables import load
from analysis.measures import continuity, series
from analysis.measures.placebos import holm
from analysis.signals import coding, dual_track, protests
from analysis.signals.dual_track import Change
from analysis.texts.documents import SERIES, among
from analysis.texts.features import as_features, build_tables, load_features

START, END = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-31")


def sent(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """Signals from (event, day, target, score), sent by Japan."""
    frame = pd.DataFrame(rows, columns=["event_id", "date", "target", "plover"])
    return frame.assign(date=pd.to_datetime(frame["date"]), source="JPN", cameo_goldstein=frame["plover"])


FEW = sent(
    ("E1", "2025-01-02", "CHN", 1.0), ("E2", "2025-01-03", "CHN", 2.0), ("E2", "2025-01-03", "CHN", -1.0),
    ("E3", "2025-01-05", "USA", 3.0), ("E4", "2025-01-20", "USA", 3.0), ("E5", "2025-01-21", "USA", 3.0),
    ("E6", "2025-01-25", "CHN", 4.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return coding.counted(coding.load_settled(load("codings_signals"), load("events"), load("scales")))


def test_a_change_is_counted_by_event() -> None:
    found = dual_track.change(dual_track.halves(FEW, START, END), dual_track.BEIJING)
    assert (found.first, found.second, found.events, found.late) == (2, 1, 6, 3)
    neutral = pd.concat([FEW, sent(("E7", "2025-01-26", "CHN", 0.0))])
    found = dual_track.change(dual_track.halves(neutral, START, END), dual_track.BEIJING)
    assert (found.first, found.second, found.events, found.late) == (2, 1, 7, 4)


def test_days_on_both_tracks_leave_out_what_is_neutral() -> None:
    days = dual_track.track_days(pd.concat([FEW, sent(("E7", "2025-01-26", "USA", 0.0))]))
    found = {name: [f"{day:%d}" for day in column] for name, column in days.items()}
    assert found == {
        "signal from Tokyo to Beijing": ["02", "03", "03", "25"],
        "signal from Tokyo to Washington": ["05", "20", "21"],
    }
    assert dual_track.track_days(FEW.assign(source="CHN"))["signal from Tokyo to Beijing"].empty


def test_p_is_the_share_of_all_ways_to_deal_out_the_days() -> None:
    found = dual_track.change(dual_track.halves(FEW, START, END), dual_track.BEIJING)
    ways = [len({0, 1, 2} & set(late)) for late in combinations(range(6), 3)]  # events 0 to 2 are those of Beijing
    assert found.p_fall == pytest.approx(sum(k <= found.second for k in ways) / comb(6, 3))
    assert found.p_rise == pytest.approx(sum(k >= found.second for k in ways) / comb(6, 3))


def test_power_by_simulation() -> None:
    """Fifteen cooperative events are dealt out, the 57 others stay; the second half is counted anew each time."""
    from scipy.stats import hypergeom

    found = Change(first=7, second=8, events=72, late=40, p_fall=0.5, p_rise=0.7)
    rng = np.random.default_rng(1)
    others = np.array([True] * 32 + [False] * 25)
    for factor in (0.25, 0.5, 1.0, 2.0):
        dealt = rng.random((20_000, 15)) < 40 * factor / (40 * factor + 32)
        late = dealt.sum(axis=1)
        test = hypergeom(72, others.sum() + late, 15)
        seen = test.cdf(late) <= dual_track.LEVEL if factor <= 1 else test.sf(late - 1) <= dual_track.LEVEL
        assert dual_track.power(found, factor) == pytest.approx(seen.mean(), abs=0.012)
    assert dual_track.power(found, 1.0) < dual_track.LEVEL  # its true size


def test_power_counts_the_second_half_of_every_outcome() -> None:
    """With the late events of the outcome that came, a power of the same change would be nearly twice as large."""
    from scipy.stats import binom, hypergeom

    found = Change(first=7, second=8, events=72, late=40, p_fall=0.5, p_rise=0.7)
    late = np.arange(16)
    fixed = hypergeom(72, 40, 15).cdf(late) <= dual_track.LEVEL
    assert dual_track.power(found, 0.5) < 0.6 * binom(15, 20 / 52).pmf(late)[fixed].sum()


def test_what_lies_on_the_level_is_seen() -> None:
    """One event beside nineteen, eighteen of them late: where it is early, two of twenty are, and p is one in ten."""
    from scipy.stats import hypergeom

    level = float(hypergeom(20, 18, 1).cdf(0))
    assert level == pytest.approx(0.1)
    early = 1 / (19 * 0.5 + 1)  # the odds of late are halved
    assert dual_track.power(Change(0, 1, 20, 19, 1.0, 0.95), 0.5, level) == pytest.approx(early)
    assert dual_track.power(Change(0, 1, 20, 19, 1.0, 0.95), 0.5, level - 0.01) == 0.0
    assert dual_track.power(Change(1, 0, 20, 1, 1.0, 0.05), 2.0, level) == pytest.approx(2 / 21)
    assert dual_track.power(Change(1, 0, 20, 1, 1.0, 0.05), 1.5, level) == pytest.approx(1.5 / 20.5)
    assert dual_track.power(Change(0, 0, 0, 0, 1.0, 1.0), 0.5) == 0.0


def test_power_grows_with_the_change_and_a_null_change_is_rarely_seen() -> None:
    found = Change(12, 14, 72, 40, 0.5, 0.7)
    powers = [dual_track.power(found, factor) for factor in (1.0, 2.0, 4.0, 8.0)]
    assert powers == sorted(powers)
    assert powers[0] <= dual_track.LEVEL + 0.02
    assert dual_track.power(found, 0.25) > dual_track.power(found, 0.5)
    table = dual_track.powers(found, found)
    assert table.at["half", "beijing"] == table.at["half", "washington"] == dual_track.power(found, 0.5)
    assert table.at["double", "beijing"] == powers[1]


def test_scores_that_fall_are_seen_and_the_seed_decides() -> None:
    rows = [
        (f"E{n}", f"2025-01-{day:02d}", "CHN", score)
        for n, (day, score) in enumerate(
            [(2, 4.0), (3, 5.0), (4, 4.0), (5, 5.0), (20, -4.0), (21, -5.0), (22, -4.0), (23, -3.0)]
        )
    ]
    split = dual_track.halves(sent(*rows), START, END)
    before, after, p_fall, p_rise = dual_track.score_change(split, dual_track.BEIJING, "plover", draws=2000)
    assert (before, after) == (4.5, -4.0)
    assert p_fall < 0.05
    assert p_rise == 1  # no way to deal out the days gives a deeper fall
    risen = split.assign(plover=-split["plover"])
    assert dual_track.score_change(risen, dual_track.BEIJING, "plover", draws=2000)[2] == 1
    again = dual_track.score_change(split, dual_track.BEIJING, "plover", draws=2000)
    assert again[2] == p_fall
    one_half = dual_track.halves(sent(("E1", "2025-01-02", "CHN", 1.0)), START, END)
    assert np.isnan(dual_track.score_change(one_half, dual_track.BEIJING, "plover")[0])


def test_both_tracks_are_compared_by_count_and_on_both_scales() -> None:
    split = dual_track.halves(FEW, START, END)
    table = dual_track.compare_halves(split, draws=100, seed=1)
    assert table["direction"].to_list() == ["Japan to China"] * 3 + ["Japan to United States"] * 3
    counted = dual_track.change(split, dual_track.BEIJING)
    assert table.loc[0, ["first", "second", "p_fall"]].to_list() == ["2", "1", counted.p_fall]
    assert table.loc[1, ["measure", "first", "second"]].to_list() == ["mean score of an event, PLOVER", "1.00", "4.00"]
    assert [*table["fall_holm"], *table["rise_holm"]] == pytest.approx(
        holm([*table["p_fall"], *table["p_rise"]]), nan_ok=True
    )


@pytest.mark.parametrize(
    ("p_fall", "p_rise", "second", "words"),
    [
        (0.5, 0.5, 3, "both tracks were in use, and no change is shown in either"),
        (0.01, 0.5, 3, "cooperation with Beijing fell"),
        (0.5, 0.01, 3, "cooperation with Washington rose and that with Beijing did not fall"),
        (0.5, 0.5, 0, "one track was not in use"),
    ],
)
def test_reading(p_fall: float, p_rise: float, second: int, words: str) -> None:
    beijing = Change(second, second, 20, 10, p_fall, 0.5)
    washington = Change(3, 3, 20, 10, 0.5, p_rise)
    assert dual_track.reading(beijing, washington) == words


def test_a_setting_counts_signs_and_not_what_is_neutral() -> None:
    neutral = pd.concat([FEW, sent(("E7", "2025-01-26", "CHN", 0.0), ("E8", "2025-01-27", "USA", 0.0))])
    row = dual_track.setting(neutral, START, END)
    assert (row["events"], row["cooperative_beijing"], row["conflictual_beijing"]) == (8, 3, 1)
    assert (row["cooperative_washington"], row["conflictual_washington"]) == (3, 0)
    assert (row["balance_beijing"], row["balance_washington"]) == (0.5, 1.0)


def test_the_widest_is_farthest_from_the_median() -> None:
    table = pd.DataFrame({"left_out": list("abcd"), "x": [4.0, 0.0, 3.0, 9.0]})
    assert dual_track.widest(table, "x") == (0.0, 9.0, "d")
    table = pd.DataFrame({"left_out": list("abcde"), "x": [0.0, 5.0, 5.0, 5.0, 9.9]})
    assert dual_track.widest(table, "x") == (0.0, 9.9, "a")
    skewed = pd.DataFrame({"left_out": list("abcdef"), "x": [0.0, 5.0, 5.0, 9.0, 9.0, 9.0]})
    assert dual_track.widest(skewed, "x") == (0.0, 9.0, "a")
    apart = pd.DataFrame({"left_out": list("abcdef"), "x": [0.0, 2.0, 9.0, 9.0, 9.0, 17.5]})  # the mean is 7.75
    assert dual_track.widest(apart, "x") == (0.0, 17.5, "a")


def test_leaving_out_an_event_leaves_out_all_its_signals() -> None:
    table = dual_track.leave_one_out(FEW, {"E2": ["E2"], "E3": ["E3"]}, START, END).set_index("left_out")
    assert table.at["E2", "conflictual_beijing"] == 0
    assert table.at["E3", "conflictual_beijing"] == 1
    assert table["events"].to_list() == [5, 5]
    low, high, most = dual_track.widest(table.reset_index(), "balance_beijing")
    assert (low, high) == (0.5, 1.0)
    assert most in {"E2", "E3"}
    sources = pd.DataFrame({"publisher": ["p", "p", "q"], "event_id": ["E1", "E6", "E2"]})
    ranges = dual_track.without_one(FEW, sources, START, END)
    assert ranges.loc["event", ["times", "low", "high", "most"]].to_list() == [6, 1 / 3, 1.0, "E2"]
    assert ranges.loc["source", ["times", "low", "high"]].to_list() == [2, 0.0, 1.0]


def test_the_first_list_alone_would_have_looked_friendlier(real: pd.DataFrame) -> None:
    variants = dual_track.variants(*map(load, ("codings_signals", "events", "event_sources", "scales")))
    pd.testing.assert_frame_equal(variants["all events, both coders"], real)
    lists = [len(variants[name]) for name in ("first list alone", "second search alone")]
    assert sum(lists) == len(real)
    assert len(variants["signals that one coder saw, too"]) > len(real) > len(variants["events with a primary source"])
    table = dual_track.sensitivity(variants, pd.Timestamp("2024-10-01"), pd.Timestamp("2025-02-28"))
    balance = table.set_index("label")["balance_beijing"]
    assert balance["first list alone"] > balance["all events, both coders"] + 0.2


def test_other_windows_are_counted_on_the_signals_that_come_first() -> None:
    table = dual_track.sensitivity({"few": FEW, "none": FEW[:0]}, START, END).set_index("label")
    assert table["events"].to_dict() == {
        "few": 6, "none": 0, "window a month earlier": 0, "window a month shorter": 0, "window two months longer": 6,
    }  # fmt: skip


# --- the balance with its interval


DRAWN = {"draws": 2000, "seed": 1}


def test_the_interval_of_a_balance_draws_events_whole() -> None:
    """Of 27 ways to draw three events, one has E2 three times, and eight do not have it: from 0 to 1.

    Signals drawn one by one would reach below 0.
    """
    assert dual_track.balance_interval(FEW, dual_track.BEIJING, **DRAWN) == (0.5, 0.0, 1.0)
    ways = [_balance(way) for way in product([(1, 1), (0, 2), (1, 1)], repeat=3)]
    assert (min(ways), ways.count(0), max(ways), ways.count(1)) == (0, 1, 1, 8)  # both more than one in forty
    assert dual_track.balance_interval(FEW, dual_track.WASHINGTON, **DRAWN) == (1.0, 1.0, 1.0)


def _balance(way: tuple[tuple[int, int], ...]) -> float:
    return sum(signs for signs, _ in way) / sum(signals for _, signals in way)


def test_a_balance_leaves_out_what_is_neutral_and_other_directions() -> None:
    more = [("E7", "2025-01-26", "CHN", 0.0), ("E8", "2025-01-27", "CHN", -3.0)]
    answered = pd.concat([sent(more[0]), FEW, sent(more[1]).assign(source="CHN", target="JPN")])
    balance, low, high = dual_track.balance_interval(answered, dual_track.BEIJING, **DRAWN)
    assert (balance, low, high) == (0.5, 0.0, 1.0)
    for nothing in (sent(more[0]), FEW[:0]):
        assert np.isnan(dual_track.balance_interval(nothing, dual_track.BEIJING, **DRAWN)).all()


def test_the_seed_decides_the_interval(real: pd.DataFrame) -> None:
    first, again, other = (
        dual_track.balance_interval(real, dual_track.BEIJING, draws=200, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first[0] == other[0]
    assert first[1:] != other[1:]
    assert first[1] < first[0] < first[2]


def test_a_phase_ends_the_day_before_the_next_begins() -> None:
    edges = [pd.Timestamp(day) for day in ("2025-01-02", "2025-01-05", "2025-01-25")]
    table = dual_track.balance_by_phase(FEW, ["before", "after"], edges, **DRAWN).set_index(["direction", "phase"])
    assert len(table) == 12
    before, after = table.loc[("Japan to China", "before")], table.loc[("Japan to China", "after")]
    assert before[["signals", "balance"]].to_list() == [3, 1 / 3]  # E1 and E2
    assert after["signals"] == 0  # E6 is of the day after the last
    assert np.isnan(after["balance"])
    assert table.loc[("Japan to United States", "after"), ["signals", "balance", "low"]].to_list() == [3, 1, 1]
    assert table.loc[("Japan to United States", "before"), "signals"] == 0
    with pytest.raises(ValueError, match="zip"):
        dual_track.balance_by_phase(FEW, ["one phase"], edges, **DRAWN)


# --- nothing later than the article enters the tests of the steps


def test_later_events_do_not_move_the_tests_of_the_steps(real: pd.DataFrame) -> None:
    day = last_cited_day(load("claims"), load_evidence().bibliography)
    window = (pd.Timestamp("2024-10-01"), day)
    assert dual_track.setting(real, *window) == dual_track.setting(real[real["date"] <= day], *window)
    everything = load_evidence(hindsight=True)
    early = everything.until(day)
    pd.testing.assert_frame_equal(ledger.ledger(load_evidence()), ledger.ledger(early))

    def compared(evidence: Evidence) -> pd.DataFrame:
        answered = protests.answered(*map(evidence.table, ("occasions", "answers", "protests")))
        return protests.compared(protests.strongest(answered), "K155")

    pd.testing.assert_frame_equal(compared(everything), compared(early))


# --- aftermath


def test_expectations_are_scored_by_later_events() -> None:
    evidence = load_evidence(hindsight=True)
    found = ledger.forecasts(evidence).set_index("forecast_id")["outcome"]
    assert found["F2"] == "did not happen"
    assert found["F4"] == "happened"
    assert set(found) <= set(ledger.FORECAST_OUTCOMES)
    due = evidence.until(pd.Timestamp("2025-10-21"))  # the last day of F2, and of the last event that is left
    assert ledger.forecasts(due).set_index("forecast_id").at["F2", "outcome"] == "did not happen"
    early = evidence.until(pd.Timestamp("2025-04-01"))
    assert set(ledger.forecasts(early).set_index("forecast_id")["outcome"][["F2", "F4"]]) == {"not yet decidable"}


def test_an_expectation_that_cannot_be_read_is_named() -> None:
    evidence = load_evidence(hindsight=True)
    broken = evidence.table("forecasts").assign(arguments='{"event": "E001"}')
    evidence = altered(evidence, {"forecasts": broken})
    with pytest.raises(ParameterError, match=r"forecasts.csv, F2 \(contact\): contact has no argument “event”"):
        ledger.forecasts(evidence)


# --- series and strands


@pytest.fixture(scope="module")
def close() -> pd.DataFrame:
    ids = [document for found in series.ALL_SERIES.values() for document in found]
    documents = among(load("documents"))
    return series.closeness(load_features().only(documents["document_id"]), documents, load("terms"), ids)


def test_closeness_is_the_same_both_ways_and_is_that_of_chapter_four(close: pd.DataFrame) -> None:
    values = close.to_numpy()
    assert np.allclose(values, values.T, equal_nan=True)
    assert np.isnan(np.diag(values)).all()
    assert ((values[~np.isnan(values)] > 0) & (values[~np.isnan(values)] < 1)).all()


def test_closeness_by_hand_is_of_as_many_sentences_as_the_shortest_has() -> None:
    """One sentence against two, of which one is drawn: the same one half of the time, and half of the two find it."""
    features = as_features(build_tables({"a": "Arms deter. Music plays.", "b": "Arms deter."}, {}))
    documents = pd.DataFrame(
        {"document_id": ["a", "b"], "kind": "statement", "language": "en", "parties": [("X",)] * 2}
    )
    terms = pd.DataFrame(columns=["token", "role", "kind"])
    table = series.closeness(features, documents, terms, ["a", "b"])
    assert table.at["a", "b"] == table.at["b", "a"] == pytest.approx(0.5)


def test_pairs_know_their_series_and_the_change_of_leaders(close: pd.DataFrame) -> None:
    table = series.pairs(close, load("documents"), load("governments")).set_index(["earlier", "later"])
    last = table.loc[("us-jpn-2024-04-10", "us-jpn-2025-02-07")]
    assert (last["series"], bool(last["successive"]), last["changed"]) == ("JPN", True, "JPN and USA")
    same = table.loc[("us-jpn-2022-05-23", "us-jpn-2023-01-13")]
    assert (same["changed"], bool(same["successive"])) == ("", True)
    assert table.loc[("us-kor-2021-05-21", "us-kor-2022-05-21"), "changed"] == "KOR"
    assert not table.loc[("us-jpn-2021-04-16", "us-jpn-2023-01-13"), "successive"]
    assert (table["series"] == "JPN").sum() == 10
    pairs = series.load_pairs().set_index(["earlier", "later"])
    pd.testing.assert_frame_equal(pairs.drop(columns="focal"), table)
    assert list(pairs.index[pairs["focal"] & pairs["successive"]]) == [("us-jpn-2024-04-10", "us-jpn-2025-02-07")]


def test_labels_of_statements_name_the_leaders_of_the_day() -> None:
    labels = series.statement_labels(load("documents"), load("governments"))
    assert list(labels) == list(SERIES)
    assert (labels[SERIES[0]], labels[SERIES[-1]]) == ("2021|Biden|Suga", "2025|Trump|Ishiba")


def test_leaders_by_day() -> None:
    governments = load("governments")
    assert series.leader_on(governments, "JPN", pd.Timestamp("2024-09-30"))[0] == "Kishida Fumio"
    assert series.leader_on(governments, "JPN", pd.Timestamp("2024-10-01"))[0] == "Ishiba Shigeru"
    assert series.leader_on(governments, "KOR", pd.Timestamp("2000-01-01")) == ("", "")


def test_strands_by_hand() -> None:
    value = continuity.STRANDS["Dialogue with China"]
    topics = pd.DataFrame({"topic_id": ["another", value, value], "group": "", "topic": ""})
    table = topics.assign(document_id="d", emphasis=[3, 1, 0])
    found = continuity.strand_presence(table)
    assert found[["strand", "topics", "present", "share", "emphasis"]].to_numpy().tolist() == [
        ["Dialogue with China", 2, 1, 0.5, 0.5]
    ]
    assert list(continuity.strands(topics).index) == [0, 1]


def test_what_became_of_a_strand_by_hand() -> None:
    changes = ["kept", "kept", "stronger", "weaker", "dropped", "new", "na", "kept"]
    table = pd.DataFrame({"topic_id": [f"T{n}" for n in range(8)], "change": changes})
    table["group"] = ["values"] * 7 + ["economy"]
    found = continuity.strand_changes(table).set_index("strand")
    assert found.loc["Values"].to_list() == [5, 3, 1, 1, 1, 0.6]
    assert found.loc["Economy"].to_list() == [1, 1, 0, 0, 0, 1.0]
    none = continuity.strand_changes(table.assign(change="new"))
    assert none["present"].to_list() == [0, 0]
    assert none["share"].isna().all()


def test_strands_count_their_topics() -> None:
    topics = load("topics")
    emphasis = continuity.emphasis(load("codings_topics"), topics)
    presence = continuity.strand_presence(emphasis).set_index(["strand", "document_id"])
    assert presence.loc[("Dialogue with China", "us-jpn-2025-02-07"), "present"] == 0
    assert presence.loc[("Dialogue with China", "us-jpn-2024-04-10"), "present"] == 1
    assert (presence["present"] <= presence["topics"]).all()
    changes = continuity.changes(load("codings_topics"), topics)
    table = continuity.strand_changes(changes)
    assert (table["held"] + table["weaker"] + table["dropped"] == table["present"]).all()
    assert table.set_index("strand").at["Values", "share"] == 0


# --- what balance means


@pytest.mark.parametrize(
    ("washington", "beijing", "contacts", "words"),
    [
        (
            0.8,
            0.2,
            7,
            ["lean to Washington (0.80 against 0.20", "is no middle position", "not fewer", "fits the alliance"],
        ),
        (0.2, 0.2, 7, ["do not lean to Washington", "a middle position would show too"]),
        (0.8, 0.2, 2, ["were fewer than before, which does not fit the alliance dilemma"]),
    ],
)
def test_the_tracks_speak_for_one_sense_of_balance_or_another(
    washington: float, beijing: float, contacts: int, words: list[str]
) -> None:
    track = {"balance_washington": washington, "balance_beijing": beijing}
    sentence = dual_track.sense_of_balance(track, {"contacts": contacts, "expected": 2.9})
    assert [part for part in words if part not in sentence] == []
