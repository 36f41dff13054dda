"""Rival explanations: the race of sources, what length alone drops, and the curve by what it controls."""

from dataclasses import asdict, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.data.tables import load
from analysis.measures import continuity, precedents
from analysis.measures.embeddings import no_scores
from analysis.measures.precedents import PREVIOUS, SOURCES, STRATEGY
from analysis.measures.specifications import LEAST, Source, Specification, by_controls, curve
from analysis.texts.features import as_features, build_tables

DRAWN = {"draws": 2000, "seed": 1}
FIRST = "us-jpn-2017-02-10"

# --- the race of sources


def coded(*rows: tuple[str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["provision_id", "source_id", "strength"])
    return frame.assign(coder=list("abcdefgh")[: len(frame)])


def test_the_strength_of_a_provision_in_a_source_is_the_lower_median() -> None:
    rows = [("P01", FIRST, 3), ("P01", FIRST, 1), ("P01", PREVIOUS, 0), ("P01", PREVIOUS, 2), ("P01", PREVIOUS, 3)]
    table = precedents.settled(coded(*rows, ("P02", FIRST, 2), ("P02", PREVIOUS, 1)))
    assert table.to_dict("index") == {"P01": {FIRST: 1, PREVIOUS: 2}, "P02": {FIRST: 2, PREVIOUS: 1}}


def test_a_source_has_a_provision_from_the_threshold_on() -> None:
    before = pd.DataFrame({PREVIOUS: [1, 2, 3]}, index=pd.Index(["P01", "P02", "P03"], name="provision_id"))
    aligned = pd.DataFrame({"provision_id": ["P02", "P01"], "strength": [3, 2]})
    for threshold, previous, strategy in (
        (2, [False, True, True], [True, True, False]),
        (3, [False, False, True], [False, True, False]),
    ):
        table = precedents.held(before, aligned, threshold)
        assert table[PREVIOUS].to_list() == previous
        assert table[STRATEGY].to_list() == strategy  # a provision that nobody coded is in no source


# two provisions of one paragraph, and one of each of two others
HELD = pd.DataFrame(
    {PREVIOUS: [True, True, False, False], STRATEGY: [True, False, True, False], FIRST: [False, False, False, True]},
    index=["P01", "P02", "P03", "P04"],
)
PARAGRAPHS = pd.Series({"P09": 7, "P04": 3, "P03": 2, "P02": 1, "P01": 1})
TOGETHER = pd.Series(1, index=HELD.index)


def test_the_race_by_hand() -> None:
    table = precedents.race(HELD, PARAGRAPHS, **DRAWN).set_index("source")
    columns = ["name", "has", "provisions", "share", "alone", "beyond"]
    assert table[columns].to_dict("index") == {
        PREVIOUS: dict(zip(columns, ("leaders, April 2024", 2, 4, 0.5, 1, 1), strict=True)),
        STRATEGY: dict(zip(columns, ("the strategy of 2022", 2, 4, 0.5, 1, 0), strict=True)),
        FIRST: dict(zip(columns, ("leaders, February 2017", 1, 4, 0.25, 1, 1), strict=True)),
    }
    assert table["by_paragraph"].to_dict() == pytest.approx({PREVIOUS: 1 / 3, STRATEGY: 0.5, FIRST: 1 / 3})
    assert table["has"].is_monotonic_decreasing


def test_the_race_draws_paragraphs_whole() -> None:
    """Of 27 ways to draw three paragraphs, one has none but the first, and eight do not have it: from 0 to 1."""
    table = precedents.race(HELD, PARAGRAPHS, **DRAWN).set_index("source")
    sums, sizes = {1: 2, 2: 0, 3: 0}, {1: 2, 2: 1, 3: 1}
    ways = [sum(sums[n] for n in way) / sum(sizes[n] for n in way) for way in product(sums, repeat=3)]
    assert (ways.count(min(ways)), ways.count(max(ways))) == (8, 1)  # both more than one in forty
    assert table.loc[PREVIOUS, ["low", "high"]].to_list() == [min(ways), max(ways)]
    # provisions drawn one by one would spread; a paragraph that stays whole does not
    alone = precedents.race(HELD, TOGETHER, **DRAWN)
    assert (alone["low"] == alone["share"]).all()
    assert (alone["high"] == alone["share"]).all()
    pd.testing.assert_frame_equal(alone, precedents.race(HELD, TOGETHER, **DRAWN))


def test_a_difference_is_of_the_same_provisions() -> None:
    gap, low, high = precedents.difference(HELD, PARAGRAPHS, FIRST, **DRAWN)
    assert gap == -0.25
    assert (low, high) == (-1, 1)  # the second paragraph alone, the third alone
    assert precedents.difference(HELD, TOGETHER, FIRST, **DRAWN) == (-0.25, -0.25, -0.25)
    assert precedents.difference(HELD, PARAGRAPHS, STRATEGY, **DRAWN) == (0, 0, 0)


def test_the_sources_are_those_that_were_coded() -> None:
    settled = precedents.settled(load("codings_precedents"))
    assert {*settled, STRATEGY} == set(SOURCES)
    assert list(settled.index) == list(load("provisions")["provision_id"])
    assert settled.notna().all(axis=None)


# --- what length alone drops


def test_topics_that_stood_and_are_gone_by_hand() -> None:
    rows = [("T1", "values", 2, 0), ("T2", "values", 1, 3), ("T3", "economy", 0, 0), ("T4", "economy", 3, 0)]
    table = pd.DataFrame(
        [(topic, group, name, value) for topic, group, *both in rows for name, value in zip("ab", both, strict=True)],
        columns=["topic_id", "group", "document_id", "emphasis"],
    )
    found = precedents.dropped(table, "a", "b").set_index("group")
    assert found.to_dict("index") == {
        "Economy and technology": {"stood": 1, "gone": 1, "share": 1.0},
        "Values": {"stood": 2, "gone": 1, "share": 0.5},
        "All topics": {"stood": 3, "gone": 2, "share": 2 / 3},
    }
    back = precedents.dropped(table, "b", "a").set_index("group")
    assert back.loc["All topics", ["stood", "gone"]].to_list() == [1, 0]
    assert np.isnan(back.at["Economy and technology", "share"])


def test_topics_can_be_gone_only_where_they_stood() -> None:
    emphasis = continuity.emphasis(load("codings_topics"), load("topics"))
    table = precedents.dropped(emphasis, "us-jpn-2024-04-10", "us-jpn-2025-02-07").set_index("group")
    stood = emphasis[(emphasis["document_id"] == "us-jpn-2024-04-10") & (emphasis["emphasis"] > 0)]
    assert table.at["All topics", "stood"] == len(stood) < emphasis["topic_id"].nunique()
    assert (table["gone"] <= table["stood"]).all()
    assert table["stood"][:-1].sum() == table.at["All topics", "stood"]


# --- what a cut at random drops

# a long statement of three sentences in two paragraphs, a heading, and a short one of as many words as a paragraph
PASSAGES = pd.DataFrame(
    [
        ("long", 0, 0, True, 9), ("long", 1, 1, False, 3), ("long", 1, 2, False, 3), ("long", 2, 1, False, 6),
        ("short", 0, 0, True, 50), ("short", 1, 1, False, 6),
    ],
    columns=["document_id", "paragraph", "sentence", "heading", "tokens"],
)  # fmt: skip
PLACES = pd.DataFrame(
    [("T1", "long", 1, 1), ("T2", "long", 1, 2), ("T2", "long", 2, 1), ("T3", "long", 2, 1)],
    columns=["topic_id", "document_id", "paragraph", "sentence"],
)


def shares_of(gone: pd.DataFrame) -> dict[tuple[str, ...], float]:
    """How often which topics are gone together."""
    sets = gone.apply(lambda row: tuple(gone.columns[row]), axis=1)
    return dict(sets.value_counts(normalize=True))


def test_a_cut_by_paragraphs_keeps_whole_paragraphs() -> None:
    gone = precedents.random_cuts(PLACES, PASSAGES, "short", "paragraph", **DRAWN)
    assert gone.shape == (2000, 3)
    # one paragraph is as long as the short statement: the first lacks T3, the second T1
    assert shares_of(gone) == pytest.approx({("T3",): 0.5, ("T1",): 0.5}, abs=0.05)


def test_a_cut_by_sentences_goes_on_until_it_is_as_long() -> None:
    """Orders of a (3 words), b (3) and c (6): a b or b a stop at 6, the others take c with what came before it."""
    gone = precedents.random_cuts(PLACES, PASSAGES, "short", "sentence", **DRAWN)
    # ab, ba: T3 gone; c first: T1 gone (c alone); a c: nothing; b c: T1
    assert shares_of(gone) == pytest.approx({("T3",): 1 / 3, ("T1",): 1 / 2, (): 1 / 6}, abs=0.05)
    pd.testing.assert_frame_equal(gone, precedents.random_cuts(PLACES, PASSAGES, "short", "sentence", **DRAWN))
    other = precedents.random_cuts(PLACES, PASSAGES, "short", "sentence", draws=2000, seed=2)
    assert not gone.equals(other)


def test_a_cut_to_the_whole_length_drops_nothing() -> None:
    as_long = PASSAGES.assign(tokens=PASSAGES["tokens"].where(PASSAGES["document_id"] == "long", 12))
    for by in ("paragraph", "sentence"):
        assert not precedents.random_cuts(PLACES, as_long, "short", by, **DRAWN).any(axis=None)


def test_what_length_explains() -> None:
    lost = [pd.Series([20] * 10 + [30] * 10), pd.Series([25] * 19 + [40])]
    assert precedents.length_reading(lost, 19) == "Length alone would take more topics than are gone"
    assert precedents.length_reading(lost, 25) == "Length alone would take about as many topics as are gone"
    assert precedents.length_reading(lost, 26) == "More topics are gone than length alone would take"  # one in twenty


# --- the curve by its controls


def ranked(rank: int, ahead: str, **choices: Any) -> dict[str, Any]:
    return {**asdict(Specification(**choices)), "rank_statements": rank, "ahead": ahead}


def test_the_curve_by_its_controls_by_hand() -> None:
    neither = {"mask": False, "length_matched": False}
    table = pd.DataFrame(
        [
            ranked(1, "own", **neither), ranked(5, "x", unit="paragraph", **neither),
            ranked(1, "own"), ranked(2, "x", unit="paragraph"), ranked(9, "y", representation="bm25"),
            ranked(3, "y", representation="overlap"), ranked(1, "own", adjustment="centred"),
            ranked(2, "z", length_matched=False, part="security"),
        ]
    )  # fmt: skip
    found = by_controls(table, Specification())
    assert found["controls"].to_list() == ["names out, length matched"] * 2 + ["names out", "neither"]
    assert found["specifications"].to_list() == [4, 1, 1, 2]
    assert found["first"].to_list() == [0.25, 1, 0, 0.5]
    assert found["median_rank"].to_list() == [2.5, 1, 2, 3]
    assert found["adjustment"].to_list() == ["none", "centred", "none", "none"]
    assert found["part"].to_list() == ["whole", "whole", "security", "whole"]
    assert found["default"].to_list() == ["yes", "", "", ""]
    assert found["ahead"].to_list() == ["y", "", "z", "x"]  # who is ahead of the pair, where somebody is
    moved = by_controls(table, Specification(mask=False, length_matched=False, unit="paragraph"))
    assert moved["default"].to_list() == ["", "", "", "yes"]


# --- statements whose security part is too short to have a score

LONG, SHORT = "us-aaa-2024-01-01", "us-bbb-2024-01-02"
SECURITY = "Armed forces train. Missiles deter war. Music plays."
TEXTS = {
    LONG: f"Trade grows. Japan sings.\n\n{SECURITY}",
    SHORT: "Trade grows. Music plays.\n\nArmed forces train. Missiles deter war.",
    "aaa-nss-2023": "Missiles deter war. Forces train hard. Trade is free.",
    "bbb-nss-2023": "Music plays. Forests grow. Trade grows and grows.",
}
PART = Specification(mask=False, length_matched=False, part="security", idf_base="strategies")


def source_of(texts: dict[str, str]) -> Source:
    table = pd.DataFrame(
        {
            "document_id": list(texts),
            "kind": ["statement", "statement", "strategy", "strategy"],
            "parties": [("USA", "AAA"), ("USA", "BBB"), ("AAA",), ("BBB",)],
            "language": "en",
        }
    )
    words = pd.DataFrame({"token": ["armed", "forces", "missiles"], "role": "security", "kind": "x"})
    return Source(as_features(build_tables(texts, {})), table, words, no_scores())


def test_a_security_part_has_a_score_from_three_sentences_on() -> None:
    assert LEAST == 3
    source = source_of(TEXTS)
    for unit in ("sentence", "paragraph"):
        security = source.scores(replace(PART, unit=unit))
        assert security.loc[LONG].notna().all()
        assert security.loc[SHORT].isna().all()
        assert source.scores(replace(PART, unit=unit, part="whole")).notna().all(axis=None)
    # it is the score of a statement that has this part alone
    alone = source_of(TEXTS | {LONG: SECURITY}).scores(replace(PART, part="whole"))
    assert source.scores(PART).loc[LONG].to_list() == pytest.approx(alone.loc[LONG].to_list())


def test_a_statement_with_too_short_a_part_is_no_placebo() -> None:
    table, z = curve(source_of(TEXTS), LONG, "aaa-nss-2023", [PART, replace(PART, part="whole")])
    assert table["placebos_statements"].to_list() == [0, 1]
    assert z[SHORT].isna()[0]
