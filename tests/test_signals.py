"""Signals: codes and scores by the codebook, one value of several coders, and indices from counts of codes."""

import json
import re
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cli import command
from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.tables import load
from analysis.signals import coding, indices

EVENTS = pd.DataFrame(
    {
        "event_id": ["E1", "E2"],
        "date": pd.to_datetime(["2025-01-10", "2025-05-10"]),
        "venue": ["Tokyo", "Beijing"],
    }
)
SCALES = load("scales")
ROW = {
    "event_id": "E1", "coder": "a", "round": 1, "source": "JPN", "target": "CHN", "mode": "CONSULT", "submode": "phone",
    "level": 3, "publicity": "public", "cost": "none", "reciprocal_to": "",
}  # fmt: skip

TALK = {"submode": "talk"}


def coded(*rows: dict[str, Any]) -> pd.DataFrame:
    return coding.with_scores(pd.DataFrame([{**ROW, **row} for row in rows]), EVENTS, SCALES)


@cache
def real_signals() -> pd.DataFrame:
    return coding.load_settled(load("codings_signals"), load("events"), SCALES)


@pytest.fixture(scope="module")
def settled() -> pd.DataFrame:
    return real_signals()


# --- codes and scores


@pytest.mark.parametrize(
    ("mode", "submode", "source", "venue", "codes", "scores"),
    [
        ("CONSULT", "meet_home", "JPN", "Tokyo", ("043", "CONSULT/Visit"), (2.8, 4.0)),
        ("CONSULT", "meet_home", "CHN", "Tokyo", ("042", "CONSULT/Visit"), (1.9, 4.0)),
        ("CONSULT", "phone", "CHN", "telephone", ("041", "CONSULT/Phone"), (1.0, 1.5)),
        ("ACCUSE", "disapprove", "CHN", "Beijing", ("111", "ACCUSE/Disapprove"), (-2.0, -2.0)),
        ("REQUEST", "talk", "JPN", "Beijing", ("100", "REQUEST/Change"), (-5.0, -1.0)),
        ("REJECT", "meet_multilateral", "CHN", "Beijing", ("125", "REJECT/Meet"), (-5.0, -2.0)),
        ("REJECT", "talk", "CHN", "Beijing", ("120", "REJECT"), (-4.0, -2.0)),
        ("COOPERATE", "military_joint", "USA", "at sea", ("062", "COOPERATE"), (7.4, 9.5)),
        ("MOBILIZE", "deploy", "CHN", "at sea", ("152", "MOBILIZE/Troops"), (-7.2, -6.5)),
    ],
)
def test_scores_are_looked_up(
    mode: str, submode: str, source: str, venue: str, codes: tuple[str, str], scores: tuple[float, float]
) -> None:
    assert coding.codes_of(mode, submode, source, venue) == codes
    events = EVENTS.assign(venue=venue)
    target = "USA" if source == "JPN" else "JPN"
    row = {**ROW, "mode": mode, "submode": submode, "source": source, "target": target}
    found = coding.with_scores(pd.DataFrame([row]), events, SCALES).iloc[0]
    assert (found["cameo_goldstein"], found["plover"]) == scores


def test_every_code_of_the_mapping_is_on_the_scales() -> None:
    known = {scale: set(rows["code"]) for scale, rows in SCALES.groupby("scale", observed=True)}
    for by_submode in coding.CODES.values():
        for cameo, plover in by_submode.values():
            assert cameo in known["cameo_goldstein"]
            assert plover in known["plover"]


def test_the_mapping_is_that_of_the_codebook() -> None:
    codebook = (paths.BOOK / "codebook.md").read_text("utf-8").split("### Scores")[1].split("\n## ")[0]
    written = set(re.findall(r"\| `(\d{3})` \| `([A-Z/a-z-]+)`", codebook))
    used = {codes for by_submode in coding.CODES.values() for codes in by_submode.values()}
    assert used <= written
    assert set(coding.CODES) == {
        line.split(" | ")[0][2:] for line in codebook.splitlines() if ("`" in line and "| `0" in line) or "| `1" in line
    }


def test_a_place_that_no_state_is_known_for_is_named() -> None:
    with pytest.raises(DataError, match="“Atlantis” of a meeting at home; allowed: a place of one of JPN, CHN, USA"):
        coding.codes_of("CONSULT", "meet_home", "JPN", "Atlantis")
    with pytest.raises(DataError, match="mode “SMILE” has no code"):
        coding.codes_of("SMILE", "talk", "JPN", "Tokyo")


def test_every_coding_has_scores(settled: pd.DataFrame) -> None:
    assert settled[["cameo_goldstein", "plover"]].notna().all().all()
    assert set(zip(settled["source"].astype(str), settled["target"].astype(str), strict=True)) == set(
        permutations(("CHN", "JPN", "USA"), 2)
    )


def test_the_last_round_of_an_event_counts() -> None:
    codings = load("codings_signals")
    chosen = coding.latest(codings)
    assert set(chosen["round"]) == {2, 3, 4}
    assert not chosen.duplicated(["event_id", "coder", "signal_no"]).any()
    assert "NONE" not in set(chosen["mode"])


# --- several coders


def test_what_both_coders_have_is_agreed_with_the_lower_level_and_the_lower_cost() -> None:
    [row] = coding.settle(coded({"level": 4, "cost": "sunk"}, {"coder": "b", "level": 3, "cost": "none"})).to_dict(
        "records"
    )
    assert (row["settled"], row["level"], row["cost"], row["coders"]) == ("agreed", 3, "none", 2)


def test_an_act_that_is_named_differently_takes_the_mode_nearest_to_zero() -> None:
    found = coding.settle(
        coded({"mode": "SUPPORT", "submode": "talk"}, {"coder": "b", "mode": "AGREE", "submode": "talk"})
    )
    assert found.set_index("mode")["settled"].to_dict() == {"AGREE": "weaker mode", "SUPPORT": "left out"}
    assert coding.counted(found)["mode"].to_list() == ["AGREE"]
    assert list(coding.counted(found)) == list(found)


def test_what_one_coder_alone_sees_is_left_out() -> None:
    found = coding.settle(coded({}, {"coder": "b"}, {"coder": "b", "mode": "REQUEST", "submode": "talk"}))
    assert found.set_index("mode")["settled"].to_dict() == {"CONSULT": "agreed", "REQUEST": "left out"}


def test_two_acts_of_one_mode_are_two_signals() -> None:
    found = coding.settle(coded({}, {}, {"coder": "b"}, {"coder": "b"}))
    assert found["settled"].to_list() == ["agreed", "agreed"]


def test_three_coders_decide_by_majority() -> None:
    found = coding.settle(coded({}, {"coder": "b"}, {"coder": "c", "mode": "AGREE", "submode": "talk"}))
    assert found.set_index("mode")["settled"].to_dict() == {"CONSULT": "agreed", "AGREE": "left out"}


def test_the_level_is_the_lower_median_of_the_coders() -> None:
    for levels, level in (((4, 1), 1), ((4, 1, 3), 3), ((4, 1, 3, 2), 2)):
        rows = [{"coder": coder, "level": found} for coder, found in zip("abcd", levels, strict=False)]
        assert coding.settle(coded(*rows))["level"].to_list() == [level]


def test_one_coder_is_taken_as_it_is() -> None:
    assert coding.settle(coded({}, {"mode": "REQUEST", "submode": "talk"}))["settled"].eq("agreed").all()


def test_matched_units_pair_the_same_mode_first() -> None:
    units = coding.matched(
        coded(
            {"mode": "AGREE", "submode": "talk"},
            {},
            {"coder": "b"},
            {"coder": "b", "mode": "SUPPORT", "submode": "talk"},
        )
    )
    pairs = units.groupby("unit")["mode"].agg(lambda modes: tuple(sorted(map(str, modes))))
    assert sorted(pairs) == [("AGREE", "SUPPORT"), ("CONSULT", "CONSULT")]
    assert {*units} - {*coded({})} == {"unit"}
    apart = coding.matched(coded({}, {"coder": "b", "source": "CHN", "target": "JPN"}))
    assert apart.groupby("unit")["coder"].nunique().to_list() == [1, 1]


def test_presence_counts_absence_too() -> None:
    found = coding.presence(coded({}, {}, {"coder": "b", "mode": "AGREE", "submode": "talk"}))
    assert len(found) == 4  # one direction, two modes, two coders
    assert found.set_index(["coder", "mode"])["present"].to_dict() == {
        ("a", "CONSULT"): 1, ("a", "AGREE"): 0, ("b", "CONSULT"): 0, ("b", "AGREE"): 1,
    }  # fmt: skip


def test_agreement_begins_without_matching_and_needs_two_coders() -> None:
    other = {"mode": "ACCUSE", "submode": "disapprove", "level": 1, "cost": "sunk"} | {"source": "CHN", "target": "JPN"}
    table = coding.agreement(coded({}, other, {"coder": "b"}, {**other, "coder": "b"}), draws=100, seed=1)
    assert table["variable"].to_list() == ["mode, without matching", "mode", "submode", "level", "cost"]
    assert table["alpha"][:2].to_list() == [1, 1]
    alone = coding.agreement(coded({}, other), draws=100, seed=1)
    assert (len(alone), list(alone)) == (0, list(table))


# --- indices


def test_indices_by_hand() -> None:
    rows = [{}, {"mode": "ACCUSE", "submode": "disapprove"}, {"mode": "SUPPORT", "submode": "sign"}]
    counts = indices.code_counts(coding.settle(coded(*rows)))
    table = indices.index_table(counts, SCALES).set_index("scale")
    plover = table.loc["plover"]
    assert (plover["signals"], plover["cooperative"], plover["conflictual"]) == (3, 2, 1)
    assert plover["sum"] == 1.5 - 2 + 5
    assert plover["mean"] == pytest.approx(1.5)
    assert plover["balance"] == pytest.approx(1 / 3)
    assert plover["mean_rank"] == pytest.approx(0)
    assert table.loc["cameo_goldstein", "sum"] == 1.0 - 2.0 + 8.0


def test_records_have_four_digits() -> None:
    table = pd.DataFrame(
        {"source": ["JPN"], "target": ["CHN"], "scale": ["plover"], "signals": [3], "mean": [0.123456]}
    )
    table["balance"] = float("nan")
    row = {"signals": 3, "mean": 0.1235, "balance": None}
    assert indices._records(table) == [{"source": "JPN", "target": "CHN", "plover": row}]


def test_ranks_run_from_low_to_high_and_ties_share_theirs() -> None:
    counts = indices.code_counts(coding.settle(coded({}, {}, {"mode": "ACCUSE", "submode": "disapprove"})))
    ranks = indices.with_ranks(counts[counts["scale"] == "plover"], SCALES).set_index("code")["rank"]
    assert (
        indices.with_ranks(counts.iloc[::-1], SCALES)["scale"].unique().tolist()
        == counts["scale"].unique().tolist()[::-1]
    )
    assert ranks["ACCUSE/Disapprove"] == pytest.approx(-2 / 3)
    assert ranks["CONSULT/Phone"] == pytest.approx(1 / 3)


def test_a_direction_without_signs_has_no_balance() -> None:
    counts = pd.DataFrame(
        {"source": ["JPN"], "target": ["CHN"], "period": [EVENTS["date"][0]], "scale": ["plover"], "code": ["REQUEST"]}
    ).assign(signals=4)
    counts["target"] = pd.Categorical(counts["target"], categories=["CHN", "USA"])
    [(_, row)] = indices.index_table(counts, SCALES).iterrows()
    assert np.isnan(row["balance"])
    assert row["signals"] == 4


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_parts_of_the_signals_add_up_to_the_whole(data: st.DataObject) -> None:
    whole = real_signals().head(80)
    half = data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
    counts = indices.code_counts(whole)
    parts = [indices.code_counts(part) for part in (whole[half], whole[[not h for h in half]]) if len(part)]
    added = pd.concat(parts).groupby(indices.KEYS)["signals"].sum().reset_index()
    pd.testing.assert_frame_equal(added, counts, check_dtype=False)


def test_both_directions_of_a_dyad_add_up(settled: pd.DataFrame) -> None:
    counts = indices.code_counts(coding.counted(settled), "")
    directed = indices.index_table(counts, SCALES)
    both = indices.index_table(counts, SCALES, directed=False).set_index(["dyad", "scale"])
    for (dyad, scale), row in both.iterrows():
        part = indices.in_dyad(directed[directed["scale"] == scale], dyad)
        assert row["signals"] == part["signals"].sum()
        assert row["sum"] == pytest.approx(part["sum"].sum())


def test_scales_that_say_the_same_agree() -> None:
    table = pd.DataFrame(
        {"source": list("aabb") * 2, "period": [1, 2, 1, 2] * 2, "mean": [1.0, 2, 3, 4, 10, 20, 30, 40]}
    )
    table["scale"] = ["plover"] * 4 + ["cameo_goldstein"] * 4
    assert indices.scales_agree(table) == pytest.approx(1)
    assert indices.scales_agree(table.assign(mean=[1.0, 2, 3, 4, 40, 30, 20, 10])) == pytest.approx(-1)


# --- command


def test_the_command_gives_the_indices_of_a_window(capsys: pytest.CaptureFixture[str], settled: pd.DataFrame) -> None:
    window = ["--dyad", "JPN-CHN", "--from", "2024-10-01", "--to", "2025-02-28"]
    assert command.main(["signals", *window, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(row["source"], row["target"]) for row in found["directions"]] == [("CHN", "JPN"), ("JPN", "CHN")]
    sent = coding.counted(settled)
    sent = sent[
        sent["date"].between("2024-10-01", "2025-02-28") & (sent["source"] == "JPN") & (sent["target"] == "CHN")
    ]
    assert found["directions"][1]["plover"]["signals"] == len(sent)
    assert found["directions"][1]["plover"]["sum"] == pytest.approx(sent["plover"].sum())
    assert command.main(["signals", *window]) == 0
    assert "JPN→CHN" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dyad", "JPN-CHM"], "nearest: JPN-CHN"),
        (["--from", "2025-02-30"], "parameter --from: '2025-02-30' is not a day"),
        (["--from", "2025-02-02", "--to", "2025-01-01"], "lies before --from"),
        (["--from", "2026-12-30"], "no signal from 2026-12-30"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["signals", *arguments]) == 1
    assert message in capsys.readouterr().err


# --- how far the coders can be trusted


def test_the_gold_records_give_what_the_review_reports() -> None:
    gold = load("plover_gold")
    found = coding.gold_agreement(gold, draws=2000, seed=1)
    assert (found.same, found.of) == (74, 80)
    assert [round(value, 2) for value in found[2:]] == [0.92, 0.85, 0.97]
    raw = coding.criterion(gold["gold"], gold["coded"])
    assert (raw.same, round(raw.kappa, 2)) == (52, 0.63)  # before categories are renamed


def test_only_categories_without_a_successor_are_renamed() -> None:
    gold = load("plover_gold")
    assert set(coding.RENAMED) == set(gold["gold"].astype(str)) - set(coding.CODES)
    assert set(coding.RENAMED.values()) <= set(coding.CODES)


def test_kinds_of_signals_stand_beside_their_gold_records() -> None:
    gold = pd.DataFrame({"gold": ["DEMAND", "CONSULT", "CONSULT"], "coded": ["REQUEST", "CONSULT", "SUPPORT"]})
    sent = pd.DataFrame({"mode": ["SUPPORT", "CONSULT", "SUPPORT", "SUPPORT"]})
    rows = coding.gold_by_mode(gold, sent).to_dict("records")
    assert rows == [
        {"mode": "SUPPORT", "signals": 3, "share": 0.75, "records": 0, "same": 0},
        {"mode": "CONSULT", "signals": 1, "share": 0.25, "records": 2, "same": 1},
        {"mode": "REQUEST", "signals": 0, "share": 0.0, "records": 1, "same": 1},
    ]


ALPHAS = pd.DataFrame({"variable": [coding.UNMATCHED, "mode", "cost"], "alpha": [0.1, 0.9, 0.8]})


def test_the_weakest_variable_is_one_of_matched_acts() -> None:
    assert coding.weakest(ALPHAS) == "cost"
    assert coding.weakest(ALPHAS.assign(alpha=[0.1, 0.7, 0.8])) == "mode"
    assert coding.weakest(ALPHAS.iloc[:0]) == ""


def test_trust_in_words_follows_the_data() -> None:
    gold, reported = load("plover_gold"), load("reported_agreement")
    sent = pd.DataFrame({"mode": ["CONSULT"] * 3 + ["REQUEST"]})
    by_mode = coding.gold_by_mode(gold, sent)
    said = coding.trust(ALPHAS, reported, gold, by_mode, draws=50, seed=1)
    assert (said["weakest"], said["alpha_cost"], said["cost_reported"]) == ("cost", "0.80", "0.59 to 0.76")
    assert (said["gold_share"], said["gold_kappa"]) == ("92.5%", "0.92")
    assert (said["gold_few"], said["gold_thin"], said["gold_thin_share"]) == ("three", "CONSULT 3", "75%")
    assert coding.trust(ALPHAS, reported, gold, by_mode, few=2, draws=50, seed=1)["gold_thin_share"] == "0%"
    other = reported.assign(low=reported["low"].where(reported["variable"] != "cost", 0.5))
    assert coding.trust(ALPHAS, other, gold, by_mode, draws=50, seed=1)["cost_reported"] == "0.50 to 0.76"
    alone = coding.trust(ALPHAS.iloc[:0], reported, gold, by_mode, draws=50, seed=1)
    assert (alone["weakest"], alone["alpha_cost"]) == ("none", "not computed, since one coder counts")
