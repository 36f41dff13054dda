"""Scores, placebos and the curve: on a small corpus worked by hand, on the real features, and through the notebook."""

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfTransformer

from analysis.core import paths
from analysis.core.errors import ParameterError
from analysis.data.tables import load
from analysis.measures import before_after
from analysis.measures.before_after import gains, split_test
from analysis.measures.embeddings import no_scores, unit_vectors
from analysis.measures.pair import (
    align,
    in_four_settings,
    load_source,
    nearest_documents,
    places_in_settings,
    reading,
    report,
    single_draws,
    standings,
    standings_by_adjustment,
)
from analysis.measures.placebos import (
    PlaceboSet,
    base_rows,
    double_centred,
    drawn_passages,
    drawn_scores,
    holm,
    in_unit,
    placebo_sets,
    placebo_strategies,
    rank_in_draws,
    standing,
)
from analysis.measures.similarity import represent
from analysis.measures.specifications import (
    CHOICES,
    EMBEDDINGS,
    Source,
    Specification,
    all_specifications,
    curve,
    curve_test,
    influence,
    pair_standing,
    require_score,
    z_of_each,
)
from analysis.runs import kernels
from analysis.texts.documents import FOCAL_STATEMENT, FOCAL_STRATEGY, SERIES, STRATEGIES_OF_JAPAN, ids
from analysis.texts.features import as_features, build_tables

TEXTS = {
    "us-aaa-2024-01-01": "Missiles deter. Trade grows.\n\nArmed forces train. Music plays.",
    "us-bbb-2024-01-02": "Music plays and trade grows.",
    "aaa-nss-2023": "Missiles deter war. Forces train hard. Trade is free.",
    "bbb-nss-2023": "Music plays. Forests grow. Trade grows and grows. Japan sings.",
    "ccc-nss-2023": "Музика грає. Торгівля зростає.",
}
TABLE = pd.DataFrame(
    {
        "document_id": list(TEXTS),
        "kind": ["statement", "statement", "strategy", "strategy", "strategy"],
        "parties": [("USA", "AAA"), ("USA", "BBB"), ("AAA",), ("BBB",), ("CCC",)],
        "language": ["en", "en", "en", "en", "uk"],
    }
)
TERMS = pd.DataFrame(
    [
        ("japan", "mask", "state"),
        ("missiles", "security", "x"),
        ("forces", "security", "x"),
        ("armed", "security", "x"),
    ],
    columns=["token", "role", "kind"],
)
PLAIN = Specification(mask=False, length_matched=False)


@pytest.fixture(scope="module")
def small() -> Source:
    return Source(as_features(build_tables(TEXTS, {})), TABLE, TERMS, no_scores())


@pytest.fixture(scope="module")
def real() -> Source:
    return load_source()


@pytest.fixture(scope="module")
def matched(real: Source) -> pd.DataFrame:
    """The scores of all pairs in the default specification, which tests only read."""
    return real.scores(Specification())


# --- units and parts


def test_units_masks_and_parts(small: Source) -> None:
    sentences = in_unit(small.features, TABLE, TERMS, "sentence", mask=True)
    assert len(sentences.frame) == 4 + 1 + 3 + 4 + 2
    assert sentences.counts.sum() == small.features.counts.sum() - 1
    # the first paragraph has one military word, the second two: armed and forces
    own = sentences.frame[sentences.frame["document_id"] == "us-aaa-2024-01-01"]
    assert own["security"].tolist() == [False, False, True, True]
    paragraphs = in_unit(small.features, TABLE, TERMS, "paragraph", mask=False)
    assert paragraphs.frame["document_id"].value_counts()["us-aaa-2024-01-01"] == 2
    assert paragraphs.counts.sum() == small.features.counts.sum()
    assert "sentence" not in paragraphs.frame


def test_base_and_draws_leave_out_what_is_not_english(small: Source) -> None:
    frame = in_unit(small.features, TABLE, TERMS, "sentence", mask=True).frame
    assert base_rows(frame, "all").sum() == 12
    assert base_rows(frame, "strategies").sum() == 7
    assert drawn_passages(frame) == 3
    assert drawn_passages(frame, 2) == 2


# --- scores


def by_scikit_learn(texts: dict[str, list[str]], statement: str, strategy: str, base: list[str]) -> float:
    """The score by scikit-learn alone, from lists of sentences of small letters."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(token_pattern=r"[^\W_]+")
    every = vectorizer.fit_transform([sentence for sentences in texts.values() for sentence in sentences])
    owner = np.repeat(list(texts), [len(sentences) for sentences in texts.values()])
    transformer = TfidfTransformer(sublinear_tf=True).fit(every[np.isin(owner, base)])
    weighted = transformer.transform(every)
    return float((weighted[owner == statement] @ weighted[owner == strategy].T).toarray().max(axis=1).mean())


def test_scores_equal_scikit_learn(small: Source) -> None:
    texts = {
        name: [s.strip(". ") for s in text.replace("\n\n", " ").lower().split(". ") if s]
        for name, text in TEXTS.items()
    }
    scores = small.scores(PLAIN)
    english = [name for name in texts if not name.startswith("ccc")]
    for statement in scores.index:
        for strategy in ("aaa-nss-2023", "bbb-nss-2023"):
            expected = by_scikit_learn(texts, statement, strategy, english)
            assert scores.at[statement, strategy] == pytest.approx(expected, abs=1e-12)
    assert (scores["ccc-nss-2023"] == 0).all()


def test_parts_aggregations_and_lengths(small: Source) -> None:
    whole, security = small.scores(PLAIN), small.scores(replace(PLAIN, part="security"))
    assert np.isnan(security.at["us-bbb-2024-01-02", "aaa-nss-2023"])
    assert np.isnan(security.at["us-aaa-2024-01-01", "aaa-nss-2023"])  # two sentences are too few, see test_rivals
    assert whole.notna().all(axis=None)
    top = small.scores(replace(PLAIN, aggregation="top3"))
    assert (top["aaa-nss-2023"] <= whole["aaa-nss-2023"]).all()
    matched = small.scores(replace(PLAIN, length_matched=True))
    # three passages are drawn: all of the shorter strategy, three of four of the other
    assert matched["aaa-nss-2023"].to_list() == pytest.approx(whole["aaa-nss-2023"].to_list())
    assert (matched["bbb-nss-2023"] < whole["bbb-nss-2023"]).all()


def test_real_scores_equal_scikit_learn(real: Source) -> None:
    scores = real.scores(replace(PLAIN, mask=True))
    passages = in_unit(real.features, real.documents, real.terms, "sentence", mask=True)
    weighted = TfidfTransformer(sublinear_tf=True).fit(passages.counts[base_rows(passages.frame, "all")])
    vectors = weighted.transform(passages.counts)
    for statement, strategy in ((FOCAL_STATEMENT, FOCAL_STRATEGY), ("us-kor-2023-04-26", "kor-dwp-2022")):
        similarity = vectors[passages.rows(statement)] @ vectors[passages.rows(strategy)].T
        assert scores.at[statement, strategy] == pytest.approx(similarity.toarray().max(axis=1).mean(), abs=1e-9)


def test_length_matching_is_the_mean_of_its_draws(real: Source, matched: pd.DataFrame) -> None:
    passages = in_unit(real.features, real.documents, real.terms, "sentence", mask=True)
    represented = represent("tfidf", passages.counts, base_rows(passages.frame, "all"))
    statements, strategies = [FOCAL_STATEMENT, "us-kor-2023-04-26"], [FOCAL_STRATEGY, "kor-dwp-2022"]
    drawn = drawn_scores(passages, represented, statements, strategies, draws=400, seed=7)
    assert drawn.shape == (400, 2, 2)
    exact = matched.loc[statements, strategies].to_numpy()
    assert (np.abs(drawn.mean(axis=0) - exact) < 4 * drawn.std(axis=0) / 400**0.5).all()
    alone = drawn_scores(passages, represented, statements[1:], strategies, draws=400, seed=7)
    assert (alone[:, 0] == drawn[:, 1]).all()
    share = rank_in_draws(drawn[:, 0], 0)
    assert share["low"] < exact[0, 0] < share["high"]
    assert share["first"] == (drawn[:, 0, 0] > drawn[:, 0, 1]).mean()


def test_a_tie_in_a_draw_is_no_first_rank() -> None:
    drawn = np.array([[1.0, 2, 0], [3, 3, 0], [5, 1, 1], [4, 0, 3]])
    assert rank_in_draws(drawn, 0) == {"first": 1 / 2, "low": 1, "high": 5}


# --- among placebos


def test_double_centring_by_hand() -> None:
    scores = pd.DataFrame({"x": [1.0, 3.0], "y": [2.0, 8.0]}, index=["a", "b"])
    centred = double_centred(scores, ["a", "b", "x", "y"])
    assert centred.to_numpy().tolist() == [[1.0, -1.0], [-1.0, 1.0]]
    three = pd.DataFrame({"x": [1.0, 3.0, 8.0], "y": [2.0, 8.0, 2.0]}, index=["a", "b", "c"])
    assert double_centred(three, ["a", "b", "c", "x", "y"]).to_numpy().tolist() == [[-0.5, 0.5], [-2.5, 2.5], [3, -3]]
    four = pd.DataFrame({"w": [0.0, 6.0], "x": [0.0, 0.0], "y": [9.0, 9.0]}, index=["a", "b"])
    assert double_centred(four, ["a", "b", "w", "x", "y"]).to_numpy().tolist() == [[-2, 1, 1], [2, -1, -1]]
    wider = scores.assign(z=[100.0, 0.0])
    assert double_centred(wider, ["a", "b", "x", "y"])[["x", "y"]].equals(centred)


def test_standing_by_hand() -> None:
    scores = pd.Series({"own": 3.0, "a": 1.0, "b": 5.0, "c": 3.0, "d": float("nan")})
    place = standing(scores, "own")
    assert (place.rank, place.placebos, place.p) == (3, 3, 3 / 4)  # a tie counts against the pair
    assert place.z == pytest.approx((3 - 3) / 2)
    assert standing(scores, "b").p == 1 / 4
    assert np.isnan(standing(pd.Series({"own": 2.0, "a": 1.0, "b": 1.0}), "own").z)
    assert np.isnan(z_of_each(pd.Series({"own": 2.0, "a": 1.0, "b": 1.0}))["own"])
    missing = standing(scores, "d")
    assert missing.rank == 0
    assert np.isnan(missing.p)


def test_placebos_are_in_english_and_can_leave_states_out() -> None:
    assert placebo_strategies(TABLE, "aaa-nss-2023") == ["aaa-nss-2023", "bbb-nss-2023"]
    assert placebo_strategies(TABLE, "ccc-nss-2023") == ["aaa-nss-2023", "bbb-nss-2023", "ccc-nss-2023"]
    every = PlaceboSet("strategies", pd.Series(1.0, index=ids(TABLE, "strategy")), "aaa-nss-2023")
    assert list(every.without_states(TABLE, ["AAA", "BBB"]).scores.index) == ["aaa-nss-2023", "ccc-nss-2023"]


def test_a_pair_stands_in_two_sets(small: Source) -> None:
    sets = placebo_sets(small.scores(PLAIN), TABLE, "us-aaa-2024-01-01", "aaa-nss-2023")
    assert {among: (list(one.scores.index), one.focal) for among, one in sets.items()} == {
        "statements": (["us-aaa-2024-01-01", "us-bbb-2024-01-02"], "us-aaa-2024-01-01"),
        "strategies": (["aaa-nss-2023", "bbb-nss-2023"], "aaa-nss-2023"),
    }
    assert (sets["strategies"].standing().rank, sets["strategies"].standing().placebos) == (2, 1)


def test_z_of_each_label_is_its_standing() -> None:
    scores = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 9.0, "e": float("nan")})
    z = z_of_each(scores)
    for label in "abcd":
        assert z[label] == pytest.approx(standing(scores, label).z)
    assert np.isnan(z["e"])


# --- the curve


def test_specifications_are_every_combination_once() -> None:
    every = all_specifications()
    assert len(every) == len(set(every)) == 3 * 2**7 + 2**6 == 448
    assert Specification() in every
    assert {s.idf_base for s in every if s.representation == EMBEDDINGS} == {"all"}


def test_curve_equals_specifications_one_by_one(real: Source) -> None:
    some = [s for s in all_specifications() if s.unit == "paragraph" and s.representation in ("overlap", EMBEDDINGS)]
    some = some[::9]
    table, every = curve(real, FOCAL_STATEMENT, FOCAL_STRATEGY, some)
    for row, s in zip(table.to_dict("records"), some, strict=True):
        alone = pair_standing(real.scores(s), real.documents, FOCAL_STATEMENT, FOCAL_STRATEGY)
        assert {key: row[key] for key in alone} == alone
        assert {key: row[key] for key in CHOICES} == asdict(s)
    assert every[FOCAL_STATEMENT].to_numpy() == pytest.approx(table["z_statements"])


def test_specifications_without_a_score_are_left_out_or_refused(small: Source) -> None:
    parts = [replace(PLAIN, part=part) for part in ("whole", "security")]
    table, every = curve(small, "us-bbb-2024-01-02", "aaa-nss-2023", parts)
    assert table["part"].to_list() == ["whole"]
    assert len(every) == 1
    require_score(small.scores(parts[0]), "us-bbb-2024-01-02", "aaa-nss-2023")
    with pytest.raises(ParameterError, match=r"us-bbb-2024-01-02 has no security part .* allowed for it: whole"):
        require_score(small.scores(parts[1]), "us-bbb-2024-01-02", "aaa-nss-2023")


def test_influence_and_test_by_hand() -> None:
    table = pd.DataFrame(
        [{**asdict(Specification(unit=unit, mask=mask)), "z_statements": z, "rank_statements": rank}
         for unit, mask, z, rank in (("sentence", True, 1.0, 1), ("sentence", False, 3.0, 1),
                                     ("paragraph", True, 5.0, 2), ("paragraph", False, 7.0, 1))]
    )  # fmt: skip
    moved = influence(table).set_index(["choice", "option"])
    assert moved.at[("unit", "sentence"), "mean"] == 2
    assert moved.at[("unit", "paragraph"), "first"] == 0.5
    assert moved.at[("unit", "paragraph"), "range"] == 4
    assert moved.at[("unit", "paragraph"), "share"] == pytest.approx(16 / 20)
    assert moved.at[("mask", True), "share"] == pytest.approx(4 / 20)

    skewed = influence(table.assign(z_statements=[1.0, 3.0, 5.0, 11.0])).set_index(["choice", "option"])
    assert skewed.at[("unit", "sentence"), "share"] == pytest.approx(36 / 56)
    assert moved.loc["unit"]["specifications"].to_list() == [2, 2]
    embedded = {**asdict(Specification(representation="embeddings")), "z_statements": 9.0, "rank_statements": 1}
    wider = influence(pd.concat([table, pd.DataFrame([embedded])], ignore_index=True)).set_index("choice")
    assert wider.loc[["idf_base"], "specifications"].to_list() == [4]
    assert wider.loc["mask", "specifications"].to_list() == [3, 2]

    every = pd.DataFrame(
        {"own": [3.0, 2.0, 1.0], "a": [1.0, 2.5, 0.0], "b": [0.0, float("nan"), 0.5], "c": [0.0, 0.0, 0.0]}
    )
    tested = curve_test(every, "own").set_index("statistic")
    assert tested.at["median z", "value"] == 2
    assert tested.at["median z", "p"] == 1 / 4
    assert tested.at["share ranked first", "value"] == pytest.approx(2 / 3)
    assert tested.at["share ranked first", "rank"] == 1
    assert tested["statements"].to_list() == [4, 4]
    assert curve_test(every, "a").set_index("statistic").at["median z", "p"] == 2 / 4


def test_the_curve_of_a_placebo_is_not_that_of_the_pair(real: Source) -> None:
    """The test can fail: with another statement's label the curve is unremarkable."""
    some = [s for s in all_specifications() if s.representation == EMBEDDINGS]
    _, every = curve(real, FOCAL_STATEMENT, FOCAL_STRATEGY, some)
    assert curve_test(every, FOCAL_STATEMENT)["p"].max() < 0.05
    assert curve_test(every, "us-ken-2024-05-23")["p"].min() > 0.5


# --- before and after


def test_gains_and_splits_by_hand() -> None:
    scores = pd.DataFrame({"new": [1.0, 1.0, 3.0, 4.0], "old": [1.0, 2.0, 2.0, 2.0]}, index=list("abcd"))
    assert gains(scores, ["c", "d"]).to_dict() == {"new": 2.5, "old": 0.5}
    test = split_test(scores, ["c", "d"], "new", ["old"])
    assert test["splits"] == 6
    assert (test["gain"], test["gain_p"]) == (2.5, 1 / 6)
    assert (test["lead"], test["lead_p"]) == (2.0, 1 / 6)
    assert split_test(scores, ["a", "b"], "new", ["old"])["gain_p"] == 1
    more = scores.assign(older=scores["old"] * 0, oldest=[0.0, 0.0, 4.0, 4.0])
    assert split_test(more, ["c", "d"], "new", ["old", "older", "oldest"])["lead"] == 2.5 - (0.5 + 0 + 4) / 3


# --- any pair


def test_scores_of_a_pair_and_its_placebos_are_those_of_all(real: Source, matched: pd.DataFrame) -> None:
    every, some = matched, real.pair_scores(FOCAL_STATEMENT, FOCAL_STRATEGY)
    assert some.shape == every.shape
    assert some[FOCAL_STRATEGY].to_numpy() == pytest.approx(every[FOCAL_STRATEGY].to_numpy(), abs=1e-12)
    row, whole = some.loc[FOCAL_STATEMENT], every.loc[FOCAL_STATEMENT]
    assert row.to_numpy() == pytest.approx(whole.to_numpy(), abs=1e-12)
    assert list(row.index) == list(whole.index)
    assert some.drop(index=FOCAL_STATEMENT, columns=FOCAL_STRATEGY).isna().all(axis=None)


@pytest.mark.parametrize("representation", ["tfidf", EMBEDDINGS])
def test_every_pair_has_a_score_and_a_standing(real: Source, matched: pd.DataFrame, representation: str) -> None:
    specification = Specification(representation=representation)
    scores = matched if specification == Specification() else real.scores(specification)
    statements, strategies = ids(real.documents, "statement"), ids(real.documents, "strategy")
    assert (len(statements), len(strategies)) == (78, 46)
    assert set(scores.index) == set(statements)
    assert set(scores.columns) == set(strategies)
    assert scores.notna().all().all()
    for statement in statements:
        for strategy in strategies[::9]:
            place = pair_standing(scores, real.documents, statement, strategy)
            assert 0 < place["p_statements"] <= 1
            assert 1 <= place["rank_strategies"] <= 46


def test_align_gives_plain_json_with_its_settings(real: Source, matched: pd.DataFrame) -> None:
    result = align(real, "us-kor-2023-04-26", "kor-dwp-2022")
    assert json.loads(json.dumps(result)) == result
    assert result["settings"]["drawn_passages"] == 100
    assert [row["placebos"] for row in result["standing"] if row["placebos_are"] == "all"] == [77, 44]
    assert result["draws"]["draws"] == 200
    assert "adjustment" not in result["settings"]
    assert result["score"] == round(matched.at["us-kor-2023-04-26", "kor-dwp-2022"], 6)
    expected = standings(matched, real.documents, "us-kor-2023-04-26", "kor-dwp-2022")
    assert [row["rank"] for row in result["standing"]] == expected["rank"].to_list()


def test_align_says_how_many_passages_are_drawn_and_leaves_missing_numbers_out(small: Source) -> None:
    result = align(small, "us-aaa-2024-01-01", "aaa-nss-2023")
    assert result["settings"]["drawn_passages"] == 3
    assert result["score"] == round(result["score"], 6)
    without_z = [row for row in result["standing"] if row["placebos"] < 2]
    assert without_z
    assert {row["z"] for row in without_z} == {None}


def test_the_report_of_a_pair_shows_what_is_missing() -> None:
    row = {"among": "statements", "placebos_are": "all", "rank": 2, "placebos": 43, "p": 0.04545, "z": 1.5}
    result = {
        "statement": "s", "strategy": "t", "score": 0.25, "residual": None,
        "standing": [row], "residual_standing": [{**row, "rank": 0, "p": None, "z": None}],
        "nearest_strategies": [{"document_id": "t", "score": 0.25}], "settings": {"unit": "sentence"},
        "draws": {"first": 0.5},
    }  # fmt: skip
    assert report(result).splitlines() == [
        "s with t",
        "  score      0.250",
        "  residual       –",
        "",
        "  among                  placebos           rank       p       z",
        "  statements             all             2 of 44   0.045   1.500",
        "  residual, statements   all                none       –       –",
        "",
        "  in 200 single draws the strategy ranks first in 50%",
        "",
        "  nearest strategies: t  0.250",
        "  settings: unit sentence",
    ]


def test_a_strategy_that_is_not_english_is_compared_but_is_no_placebo(real: Source) -> None:
    result = align(real, FOCAL_STATEMENT, "ukr-nss-2020")
    [among] = [row for row in result["standing"] if row["among"] == "strategies" and row["placebos_are"] == "all"]
    assert (among["rank"], among["placebos"]) == (46, 45)


# --- embeddings


def test_paragraphs_are_means_of_their_sentences() -> None:
    vectors = np.array([[1.0, 0], [0, 1], [0, 0], [3, 4]])
    means = unit_vectors(vectors, np.array([0, 0, 1, 2]))
    assert means == pytest.approx(np.array([[0.5**0.5, 0.5**0.5], [0, 0], [0.6, 0.8]]))
    assert unit_vectors(vectors)[3] == pytest.approx([0.6, 0.8])


# --- the notebook


@pytest.mark.parametrize(
    ("p", "corrected"),
    [
        # the example of the article on the method in Wikipedia, and that of the manual of Pingouin
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.003, 0.32, 0.054, 0.0003], [0.64, 0.012, 0.64, 0.162, 0.0015]),
        ([0.2, 0.4], [0.4, 0.4]),  # never less than one before it
        ([0.8, 0.9, 0.9], [1, 1, 1]),
        ([0.03, np.nan, 0.02], [0.04, np.nan, 0.04]),  # what is missing is no test
        ([], []),
    ],
)
def test_p_values_are_corrected_as_published(p: list[float], corrected: list[float]) -> None:
    assert holm(p) == pytest.approx(corrected, nan_ok=True)


def test_adjustments_and_draws_of_a_pair(small: Source) -> None:
    pair = ("us-aaa-2024-01-01", "aaa-nss-2023")
    table = standings_by_adjustment(small, PLAIN, *pair)
    assert table["adjustment"].to_list() == ["none"] * 4 + ["centred"] * 4
    assert table.head(4).drop(columns=["adjustment", "p_holm"]).equals(standings(small.scores(PLAIN), TABLE, *pair))
    assert table["p_holm"].to_list() == holm(table["p"])
    embedded = replace(PLAIN, representation=EMBEDDINGS)
    drawn = single_draws(small, embedded, *pair, draws=5, seed=2)
    assert drawn == single_draws(small, PLAIN, *pair, draws=5, seed=2)
    assert drawn["passages"] == 3


def results_of(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The named results of notebook 04 with parameters, without what takes long.

    By papermill in this process: that its results are those of a kernel is tested with the sweeps.
    """
    quick = {"curve": False, "matched_draws": 1, "draws": 100}
    return kernels.compute(paths.NOTEBOOKS / "04-alignment.ipynb", run | quick)


def test_papermill_gives_the_numbers_of_the_curve_to_the_last_digit(real: Source) -> None:
    every = [s for s in all_specifications() if s.unit == "paragraph"]  # quicker; the default run has sentences
    chosen = [every[i] for i in np.random.default_rng(20250207).choice(len(every), 3, replace=False)]
    table, _ = curve(real, FOCAL_STATEMENT, FOCAL_STRATEGY, chosen)
    other_pair = {"statement": "us-kor-2023-04-26", "strategy": "kor-dwp-2022", "unit": "paragraph"}
    runs, other = [results_of(asdict(one)) for one in chosen], results_of(other_pair)
    columns = {"pair_score": "score"} | {
        f"{name}_{among}": f"{name}_{among}" for name in ("rank",) for among in ("statements", "strategies")
    }
    for row, results in zip(table.to_dict("records"), runs, strict=True):
        # a record keeps six digits
        assert {name: results[name]["value"] for name in columns} == {
            name: round(row[column], 6) for name, column in columns.items()
        }
    score = real.scores(Specification(unit="paragraph")).at[other_pair["statement"], other_pair["strategy"]]
    assert other["pair_score"]["value"] == round(score, 6)
    assert other["specifications"]["value"] == 1
    assert other["curve_first_statements"]["value"] == float(other["rank_statements"]["value"] == 1)


# --- around a pair


def test_places_say_who_stands_near(real: Source) -> None:
    settings = in_four_settings(real, Specification(representation="overlap", unit="paragraph"))
    assert list(settings)[:2] == ["names out, length matched", "names out, length as it is"]
    placed = places_in_settings(settings, real.documents, FOCAL_STATEMENT, FOCAL_STRATEGY)
    pair = placed[placed["group"] == "pair"]
    assert len(pair) == 8
    for row in pair.itertuples():
        alone = pair_standing(settings[row.setting], real.documents, FOCAL_STATEMENT, FOCAL_STRATEGY)
        assert (row.rank, row.z) == (alone[f"rank_{row.among}"], pytest.approx(alone[f"z_{row.among}"]))
    near = set(placed.loc[placed["group"] == "near", "document_id"])
    assert {"jpn-nss-2013", "us-jpn-2024-04-10", "quad-2021-03-12"} <= near
    assert "us-kor-2023-04-26" in set(placed.loc[placed["group"] == "far", "document_id"])


def test_a_statement_without_the_part_has_no_place(real: Source) -> None:
    settings = {"security": real.scores(Specification(part="security", unit="paragraph"))}
    placed = places_in_settings(settings, real.documents, FOCAL_STATEMENT, FOCAL_STRATEGY)
    assert "us-ken-2024-05-23" not in set(placed["document_id"])


def test_nearest_documents_come_in_order(real: Source, matched: pd.DataFrame) -> None:
    found = nearest_documents(matched, real.documents, FOCAL_STATEMENT, FOCAL_STRATEGY, 4)
    strategies = found[found["of"] == "strategies"]
    assert strategies["score"].is_monotonic_decreasing
    assert strategies["place"].to_list() == [1, 2, 3, 4]
    assert found.loc[found["pair"], "document_id"].to_list() == [FOCAL_STRATEGY, FOCAL_STATEMENT]


def test_readings_follow_the_numbers() -> None:
    assert len({reading(a, b) for a in (1, 2) for b in (1, 3)}) == 4
    assert "no statement is closer" in reading(1, 3)
    weak, strong, against = ({"lead": lead, "lead_p": p, "splits": 10} for lead, p in ((1, 0.2), (1, 0.1), (-1, 0.1)))
    assert "no more than chance" in before_after.reading(weak)
    assert "as much as so few" in before_after.reading(strong)
    assert "did not come closer" in before_after.reading(against)


def test_documents_are_parted_by_a_day() -> None:
    dates = load("documents").set_index("document_id")["date"]
    earlier, later = before_after.published_by(dates, SERIES, dates[FOCAL_STRATEGY])
    assert (earlier, later) == (list(SERIES[:2]), list(SERIES[2:]))
    older, _ = before_after.published_by(dates, STRATEGIES_OF_JAPAN, dates[FOCAL_STRATEGY])
    assert older == ["jpn-ndpg-2010", "jpn-ndpg-2013", "jpn-nss-2013", "jpn-ndpg-2018"]
    scores = pd.DataFrame({"s": [1.0, float("nan")]}, index=["a", "b"])
    assert before_after.by_period(scores, ["b"])["period"].to_list() == ["before"]
