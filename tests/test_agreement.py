"""Krippendorff's alpha on the published examples and beside the package krippendorff."""

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.data.tables import load
from analysis.measures.agreement import (
    Floats,
    agreement_table,
    alpha,
    bootstrap_interval,
    category_agreement,
    cohens_kappa,
    coincidences,
    criterion,
    value_table,
)

NAN = float("nan")
# Krippendorff (2011), section C: four observers, twelve units, missing values
OBSERVERS: Floats = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
# section A: two observers, binary; section B: two observers, nominal (a = 1 … e = 5)
BINARY: Floats = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], dtype=float)
NOMINAL: Floats = np.array([[1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1], [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]], dtype=float)


def test_published_examples() -> None:
    assert alpha(BINARY, "nominal") == pytest.approx(0.095, abs=5e-4)
    assert alpha(NOMINAL, "nominal") == pytest.approx(0.692, abs=5e-4)
    assert alpha(OBSERVERS, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert alpha(OBSERVERS, "ordinal") == pytest.approx(0.815, abs=5e-4)


def test_coincidences_of_the_published_example() -> None:
    categories, matrices = coincidences(NOMINAL)
    total = matrices.sum(axis=0)
    assert categories.tolist() == [1, 2, 3, 4, 5]
    assert total.sum() == 24
    assert np.diag(total).tolist() == [2, 4, 6, 4, 2]
    assert (total == total.T).all()


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_equal_to_the_package_on_our_codings(level: str) -> None:
    for table, unit, variable in (
        ("codings_alignment", ["provision_id"], "strength"),
        ("codings_topics", ["topic_id", "document_id"], "emphasis"),
    ):
        values = value_table(load(table), unit, variable)
        assert alpha(values, level) == pytest.approx(krippendorff.alpha(values, level_of_measurement=level), abs=1e-12)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from([NAN, 0.0, 1.0, 2.0, 3.0]), min_size=5, max_size=5), min_size=2, max_size=4))
def test_equal_to_the_package_on_any_values(rows: list[list[float]]) -> None:
    values = np.array(rows)
    paired = values[:, (~np.isnan(values)).sum(axis=0) >= 2]
    if len(np.unique(paired[~np.isnan(paired)])) < 2:
        return
    for level in ("nominal", "ordinal"):
        assert alpha(values, level) == pytest.approx(krippendorff.alpha(values, level_of_measurement=level), abs=1e-9)


def test_perfect_agreement_is_one_and_one_category_has_no_alpha() -> None:
    assert alpha(np.array([[0.0, 1.0, 2.0]] * 3), "ordinal") == 1
    assert np.isnan(alpha(np.ones((2, 4)), "nominal"))


def test_interval_holds_alpha_and_repeats_with_its_seed() -> None:
    low, high = bootstrap_interval(OBSERVERS, "nominal", draws=500, seed=3)
    assert low < alpha(OBSERVERS, "nominal") < high <= 1
    assert bootstrap_interval(OBSERVERS, "nominal", draws=500, seed=3) == (low, high)
    assert bootstrap_interval(OBSERVERS, "nominal", draws=500, seed=4) != (low, high)


def test_interval_equals_alpha_computed_draw_by_draw() -> None:
    units = OBSERVERS.shape[1]
    weights = np.random.default_rng(1).multinomial(units, np.full(units, 1 / units), size=50)
    plain = [alpha(np.repeat(OBSERVERS, weight, axis=1), "ordinal") for weight in weights]
    low, high = bootstrap_interval(OBSERVERS, "ordinal", draws=50, seed=1)
    assert (low, high) == pytest.approx(np.nanquantile(plain, [0.025, 0.975]))


def test_an_interval_by_cluster_draws_clusters_whole() -> None:
    """Twelve units in four clusters: the interval is that of alphas computed draw by draw, clusters repeated."""
    clusters = list("aaabbbcccddd")
    weights = np.random.default_rng(1).multinomial(4, np.full(4, 1 / 4), size=50)
    plain = [alpha(np.repeat(OBSERVERS, np.repeat(weight, 3), axis=1), "nominal") for weight in weights]
    low, high = bootstrap_interval(OBSERVERS, "nominal", clusters, draws=50, seed=1)
    assert (low, high) == pytest.approx(np.nanquantile(plain, [0.025, 0.975]))
    # clusters are told apart by their names, wherever their units stand
    turned = bootstrap_interval(OBSERVERS[:, ::-1], "nominal", list("aaabbbcccddd"), draws=50, seed=1)
    assert turned == pytest.approx(bootstrap_interval(OBSERVERS[:, ::-1], "nominal", list("xxxaaazzzqqq"), draws=50))
    # a cluster for each unit is no cluster, and one cluster of all does not spread
    assert bootstrap_interval(OBSERVERS, "nominal", list("abcdefghijkl")) == bootstrap_interval(OBSERVERS, "nominal")
    alone = bootstrap_interval(OBSERVERS, "nominal", ["a"] * 12, draws=50)
    assert alone == pytest.approx([alpha(OBSERVERS, "nominal")] * 2)


def test_agreement_by_cluster_takes_the_cluster_of_each_unit() -> None:
    """Three provisions of one paragraph differ, nine of two others agree: by paragraph the interval is far wider."""
    rows = [
        (f"P{n:02}", n // 4, coder, 1 if coder == "b" and n < 3 else n % 2)
        for n in reversed(range(12))
        for coder in "ab"
    ]
    coded = pd.DataFrame(rows, columns=["unit", "paragraph", "coder", "value"])
    row = agreement_table(coded, ["unit"], {"value": "nominal"}, "paragraph", draws=500).iloc[0]
    assert (row["units"], row["clusters"]) == (12, 3)
    assert row["cluster_high"] == 1
    values = value_table(coded, ["unit"], "value")
    by_hand = bootstrap_interval(values, "nominal", [n // 4 for n in range(12)], draws=500)
    assert (row["cluster_low"], row["cluster_high"]) == by_hand
    missing = coded.assign(value=coded["value"].where(coded["unit"] != "P05"))
    assert agreement_table(missing, ["unit"], {"value": "nominal"}, "paragraph", draws=50)["units"].item() == 11


def test_agreement_on_approach_is_less_sure_by_paragraph() -> None:
    """A second reader found .86 to .98 by provision, and .80 to 1.00 by paragraph."""
    coded = load("codings_alignment").merge(load("provisions")[["provision_id", "paragraph"]], on="provision_id")
    row = agreement_table(coded, ["provision_id"], {"approach": "nominal"}, "paragraph").iloc[0]
    assert row[["low", "high", "cluster_low", "cluster_high"]].to_list() == pytest.approx(
        [0.86, 0.98, 0.8, 1], abs=0.02
    )


def test_agreement_on_one_category() -> None:
    table = category_agreement(BINARY).set_index("category")
    assert table.at[0.0, "agreement"] == pytest.approx(10 / 14)
    assert table.at[1.0, "agreement"] == pytest.approx(2 / 6)
    assert table["values"].to_list() == [14, 6]


def test_values_from_a_long_table() -> None:
    codings = pd.DataFrame({"coder": ["a", "a", "b"], "unit": ["x", "y", "x"], "stance": ["na", "extends", "na"]})
    values = value_table(codings, ["unit"], "stance")
    assert values.shape == (2, 2)
    assert np.isnan(values[1, 1])
    assert values[0, 0] == values[1, 0] != values[0, 1]


def test_table_of_agreement_has_the_alpha_of_each_variable() -> None:
    table = agreement_table(
        load("codings_alignment"), ["provision_id"], {"strength": "ordinal"}, "section_id", draws=200
    )
    row = table.iloc[0]
    assert (row["coders"], row["units"]) == (3, 60)
    assert row["low"] <= row["alpha"] <= row["high"]


def test_the_interval_is_that_of_2000_draws_at_95_per_cent() -> None:
    for draws, confidence, seed in ((2001, 0.95, 1), (2000, 0.9, 1), (2000, 0.95, 2)):
        asked = bootstrap_interval(OBSERVERS, "interval", draws=draws, confidence=confidence, seed=seed)
        assert asked != bootstrap_interval(OBSERVERS, "interval")
    again = bootstrap_interval(OBSERVERS, "interval", draws=2000, confidence=0.95, seed=1)
    assert again == bootstrap_interval(OBSERVERS, "interval")


# --- a criterion

# 35 of 50 the same, half of all by chance; a table of Cohen (1960) is in test_robustness
TWO = pd.Series(["yes"] * 25 + ["no"] * 25), pd.Series(["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15)


def test_kappa_by_hand() -> None:
    assert cohens_kappa(*TWO) == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert cohens_kappa(TWO[0], TWO[0]) == 1
    assert cohens_kappa(TWO[0], TWO[0].map({"yes": "no", "no": "yes"})) == pytest.approx(-1)
    assert np.isnan(cohens_kappa(pd.Series(["a", "a"]), pd.Series(["a", "a"])))


def test_a_category_that_one_side_lacks_counts() -> None:
    one, other = pd.Series(["a", "b", "b", "c"]), pd.Series(["a", "b", "d", "d"])
    assert cohens_kappa(one, other) == pytest.approx((0.5 - 3 / 16) / (1 - 3 / 16))  # 1*1 of a, 2*1 of b


def test_the_interval_of_kappa_draws_the_units() -> None:
    found = criterion(*TWO, draws=400, seed=5)
    assert (found.same, found.of) == (35, 50)
    assert found.low < found.kappa < found.high
    weights = np.random.default_rng(5).multinomial(50, np.full(50, 1 / 50), size=400)
    plain = [cohens_kappa(*(side.repeat(weight) for side in TWO)) for weight in weights]
    assert (found.low, found.high) == pytest.approx(np.nanquantile(plain, [0.025, 0.975]))
    assert criterion(*TWO, draws=400, seed=6)[3:] != found[3:]
    wide, narrow = (criterion(*TWO, confidence=part) for part in (0.95, 0.5))
    assert wide.low < narrow.low < narrow.high < wide.high
