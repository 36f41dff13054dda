"""Similarities on hand-worked examples and beside scikit-learn; what a draw finds, beside all draws."""

from itertools import combinations
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics.pairwise import cosine_similarity

from analysis.measures.similarity import (
    LEXICAL,
    Floats,
    bm25,
    dense,
    draw_weights,
    matches,
    matches_in_draws,
    overlap,
    represent,
    split_for_product,
    tfidf,
)
from analysis.texts.features import load_features

# three passages over the tokens a, b, c: "a a b", "b c", "a"
COUNTS = csr_array(np.array([[2.0, 1, 0], [0, 1, 1], [1, 0, 0]]))
ALL = np.ones(3, dtype=bool)
ROWS = np.arange(3)


def test_tfidf_by_hand() -> None:
    # df 2, 2, 1 of 3: idf ln(4/3) + 1 for a and b, ln(4/2) + 1 for c
    ab, c = log(4 / 3) + 1, log(2) + 1
    first = ((1 + log(2)) * ab, ab)
    expected = first[1] * ab / (sqrt(first[0] ** 2 + first[1] ** 2) * sqrt(ab**2 + c**2))
    similarity = tfidf(COUNTS, ALL).similarities(ROWS, ROWS)
    assert similarity[0, 1] == pytest.approx(expected, abs=1e-12)
    assert np.diag(similarity) == pytest.approx(1)
    assert similarity[1, 2] == 0


def test_weights_come_from_the_base_alone() -> None:
    # in the first and third passage a stands in 2 of 2, b in 1, c in none
    idf = [log(3 / 3) + 1, log(3 / 2) + 1, log(3 / 1) + 1]
    expected = idf[1] / sqrt(idf[1] ** 2 + idf[2] ** 2)
    similarity = tfidf(COUNTS, np.array([True, False, True])).similarities(ROWS, ROWS)
    # the first passage is (1 + ln 2) a + b
    own = (1 + log(2)) * idf[0], idf[1]
    assert similarity[1, 0] == pytest.approx(expected * own[1] / sqrt(own[0] ** 2 + own[1] ** 2), abs=1e-12)


@pytest.mark.parametrize("base", ["all", "some"])
def test_tfidf_equals_scikit_learn_on_the_features(base: str) -> None:
    counts = load_features().counts[np.arange(0, 41_000, 17)]
    chosen = np.ones(counts.shape[0], dtype=bool)
    if base == "some":
        chosen[::3] = False
    transformer = TfidfTransformer(sublinear_tf=True, norm="l2", use_idf=True, smooth_idf=True)
    transformer.fit(counts[np.flatnonzero(chosen)])
    theirs = cosine_similarity(transformer.transform(counts[:200]), transformer.transform(counts[200:1200]))
    ours = tfidf(counts, chosen).similarities(np.arange(200), np.arange(200, 1200))
    assert np.abs(ours - theirs).max() < 1e-9


def test_bm25_by_hand() -> None:
    # lengths 3, 2, 1, mean 2; query "b c", searched "a a b": only b is shared
    idf = {"a": log(1 + 1.5 / 2.5), "b": log(1 + 1.5 / 2.5), "c": log(1 + 2.5 / 1.5)}
    k1, b = 1.2, 0.75
    score = idf["b"] * 1 * (k1 + 1) / (1 + k1 * (1 - b + b * 3 / 2))
    most = (k1 + 1) * (idf["b"] + idf["c"])
    similarity = bm25(COUNTS, ALL).similarities(ROWS, ROWS)
    assert similarity[1, 0] == pytest.approx(score / most, abs=1e-12)
    assert similarity[2, 1] == 0
    assert similarity[0, 1] != similarity[1, 0]
    assert similarity.max() < 1


def test_overlap_by_hand() -> None:
    # weights: a and b ln(1.5/2.5) < 0, so 0; c ln(2.5/1.5); among four passages all are positive or 0
    counts = csr_array(np.array([[2.0, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]]))
    a = log((4 - 1 + 0.5) / 1.5)
    b = c = log((4 - 2 + 0.5) / 2.5)
    assert b == 0
    similarity = overlap(counts, np.ones(4, dtype=bool)).similarities(np.arange(4), np.arange(4))
    assert similarity[0, 1] == pytest.approx(b / (a + b + c), abs=1e-12)
    assert similarity[0, 0] == pytest.approx(1)
    assert similarity[3].tolist() == [0, 0, 0, 0]


def test_overlap_is_the_share_of_the_weight_of_the_union() -> None:
    counts = load_features().counts[np.arange(0, 4000, 10)]
    similarity = overlap(counts, np.ones(400, dtype=bool)).similarities(np.arange(20), np.arange(400))
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    weight = np.maximum(0, np.log((400 - frequency + 0.5) / (frequency + 0.5)))
    present = counts.toarray() > 0
    for i, j in ((0, 1), (3, 200), (19, 399)):
        both, either = weight[present[i] & present[j]].sum(), weight[present[i] | present[j]].sum()
        assert similarity[i, j] == pytest.approx(both / either, abs=1e-12)


@pytest.mark.parametrize("name", LEXICAL)
def test_a_passage_without_tokens_resembles_nothing(name: str) -> None:
    counts = csr_array(np.array([[1.0, 0, 2], [0, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]]))
    similarity = represent(name, counts, np.ones(5, dtype=bool)).similarities(np.arange(5), np.arange(5))
    assert np.isfinite(similarity).all()
    assert not similarity[1].any()
    assert not similarity[:, 1].any()


def test_vectors_compare_by_cosine() -> None:
    vectors = dense(np.array([[1.0, 0], [0, 1], [0.6, 0.8]]))
    assert vectors.similarities(np.array([2]), np.array([0, 1])).tolist() == [[0.6, 0.8]]


def test_product_is_that_of_dense_matrices() -> None:
    rng = np.random.default_rng(5)
    left, right = (rng.random((6, 9)) * (rng.random((6, 9)) < 0.3) for _ in range(2))
    rows, columns = np.array([4, 0]), np.array([5, 1, 3])
    for common in (0, 0.3, 1):  # all columns dense, some, none
        made = split_for_product(csr_array(left), csr_array(right), common=common)
        assert np.abs(made.similarities(rows, columns) - left[rows] @ right[columns].T).max() < 1e-12


# --- what a passage finds


def every_draw(values: Floats, drawn: int, top: int) -> float:
    """The mean over all draws, one by one."""
    return float(np.mean([sorted(draw, reverse=True)[:top] for draw in combinations(values.tolist(), drawn)]))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.integers(1, 9), st.sampled_from([1, 2, 3]))
def test_weights_give_the_mean_over_all_draws(values: list[float], drawn: int, top: int) -> None:
    descending = np.sort(np.array(values))[::-1]
    drawn = min(drawn, len(values))
    weights = draw_weights(len(values), drawn, top)
    assert weights.sum() == pytest.approx(1, abs=1e-9)
    assert float(descending @ weights) == pytest.approx(every_draw(descending, drawn, min(top, drawn)), abs=1e-9)


def test_weights_by_hand() -> None:
    # two of three: the largest is drawn in 2 of 3 draws, else the second is found
    assert draw_weights(3, 2, 1) == pytest.approx([2 / 3, 1 / 3, 0])
    assert draw_weights(4, 4, 3) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert draw_weights(2, 100, 3) == pytest.approx([0.5, 0.5])


def test_finding_is_independent_of_the_order_of_passages() -> None:
    rng = np.random.default_rng(1)
    similarities = rng.random((4, 60))
    weights = np.array([draw_weights(60, 60, 1), draw_weights(60, 10, 3)]).T
    straight = matches(similarities.copy(), weights)
    assert matches(similarities[:, rng.permutation(60)].copy(), weights) == pytest.approx(straight, abs=1e-12)
    assert straight[:, 0] == pytest.approx(similarities.max(axis=1))
    assert straight == pytest.approx(np.sort(similarities, axis=1)[:, ::-1] @ weights, abs=1e-12)


def test_single_draws_scatter_round_their_mean() -> None:
    similarities = np.random.default_rng(2).random((5, 300))
    single = matches_in_draws(similarities, 40, 2000, np.random.default_rng(3))
    exact = np.sort(similarities, axis=1)[:, ::-1] @ draw_weights(300, 40, 1)
    assert single.shape == (5, 2000)
    assert np.abs(single.mean(axis=1) - exact).max() < 4 * single.std(axis=1).max() / sqrt(2000)
    again = matches_in_draws(similarities, 40, 2000, np.random.default_rng(3))
    assert (single == again).all()
    assert (similarities.max(axis=1) == matches_in_draws(similarities, 400, 2, np.random.default_rng(3)).T).all()
