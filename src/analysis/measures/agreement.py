"""Krippendorff's alpha between coders, Cohen's kappa against a criterion, and what goes with them.

Sources of the formulas: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), sections C and E
(coincidence matrix, nominal and ordinal difference); J. Cohen, "A coefficient of agreement for nominal scales",
Educational and Psychological Measurement 20 (1960), p. 40. Values of coders are arrays of shape (coders, units); NaN is
no value.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Level = Literal["nominal", "ordinal"]
Floats = NDArray[np.float64]
# columns of an agreement table
AGREEMENT = ["variable", "level", "coders", "units", "alpha", "low", "high", "clusters", "cluster_low", "cluster_high"]


def coincidences(values: Floats) -> tuple[Floats, Floats]:
    """Return the categories in order (n,), and for each unit its matrix of coincidences (units, n, n).

    Units with fewer than two values have nothing to pair and give zeros.
    """
    categories = np.unique(values[~np.isnan(values)])
    counts = (values[:, :, None] == categories).sum(axis=0).astype(float)
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(categories))
    return categories, pairs / np.maximum(counts.sum(axis=1) - 1, 1)[:, None, None]


def alpha_of_coincidences(matrix: Floats, level: Level) -> Floats:
    """Return alpha of coincidence matrices, (..., n, n) to (...); NaN where all values are of one category."""
    margins = matrix.sum(axis=-1)
    if level == "nominal":
        difference = 1 - np.eye(matrix.shape[-1])
    else:
        up_to = np.cumsum(margins, axis=-1) - margins / 2
        difference = (up_to[..., :, None] - up_to[..., None, :]) ** 2
    observed = (matrix * difference).sum(axis=(-2, -1))
    expected = (margins[..., :, None] * margins[..., None, :] * difference).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = 1 - (margins.sum(axis=-1) - 1) * observed / expected
    return result


def alpha(values: Floats, level: Level) -> float:
    """Return Krippendorff's alpha of values (coders, units): 1 perfect agreement, 0 what chance would give."""
    return float(alpha_of_coincidences(coincidences(values)[1].sum(axis=0), level))


def bootstrap_interval(
    values: Floats,
    level: Level,
    clusters: Sequence[object] | None = None,
    *,
    draws: int = 2000,
    confidence: float = 0.95,
    seed: int = 1,
) -> tuple[float, float]:
    """Return the percentile interval of alpha when the units are drawn again with replacement.

    clusters: the cluster of each unit; where given, clusters are drawn, each with all its units (B. Efron and
    R. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13). Draws in which all values fall into one category
    have no alpha and are left out.
    """
    matrices = coincidences(values)[1]
    if clusters is not None:
        places = pd.factorize(np.array(clusters, dtype=object))[0]
        matrices = np.array([matrices[places == place].sum(axis=0) for place in range(places.max() + 1)])
    units = len(matrices)
    weights = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=draws)
    alphas = alpha_of_coincidences(np.einsum("du,uij->dij", weights, matrices), level)
    low, high = np.nanquantile(alphas, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def category_agreement(values: Floats) -> pd.DataFrame:
    """Return how often each category was given and, where one coder gave it, how often another did too.

    Columns: category, values (number of codings), agreement (0 to 1).
    """
    categories, matrices = coincidences(values)
    total = matrices.sum(axis=0)
    with np.errstate(invalid="ignore"):
        agreement = np.diag(total) / total.sum(axis=1)
    return pd.DataFrame(
        {
            "category": categories,
            "values": [int((values == category).sum()) for category in categories],
            "agreement": agreement,
        }
    )


def value_table(codings: pd.DataFrame, unit: list[str], variable: str) -> Floats:
    """Return the values of one variable as an array (coders, units), from a long table with a column coder.

    Text and categories become numbers in the order of their categories, or of their names.
    """
    column = codings[variable]
    if column.dtype == "object":
        column = column.astype("category")
    numbers = column.cat.codes.where(column.notna()) if isinstance(column.dtype, pd.CategoricalDtype) else column
    table = codings.assign(value=numbers.astype("float64")).pivot_table(
        index="coder", columns=unit, values="value", aggfunc="first", observed=True
    )
    return table.to_numpy(dtype="float64")


def agreement_table(
    codings: pd.DataFrame,
    unit: list[str],
    variables: dict[str, Level],
    cluster: str,
    *,
    draws: int = 2000,
    seed: int = 1,
) -> pd.DataFrame:
    """Return alpha by variable with two intervals: units drawn anew, and clusters drawn anew, each with all its units.

    cluster: the column of the codings that says to which cluster a unit belongs. Columns: variable, level, coders,
    units, alpha, low, high, clusters (how many), cluster_low, cluster_high.
    """
    rows = []
    for variable, level in variables.items():
        coded = codings.dropna(subset=variable)
        values = value_table(coded, unit, variable)
        of_unit = list(coded.groupby(unit, observed=True)[cluster].first())
        plain, by_cluster = (
            bootstrap_interval(values, level, clusters, draws=draws, seed=seed) for clusters in (None, of_unit)
        )
        found = (variable, level, *values.shape, alpha(values, level), *plain, len(set(of_unit)), *by_cluster)
        rows.append(found)
    return pd.DataFrame(rows, columns=AGREEMENT)


# --- a criterion


class Criterion(NamedTuple):
    """How a coder agrees with a criterion: units with the same category, all units, Cohen's kappa, its interval."""

    same: int
    of: int
    kappa: float
    low: float
    high: float


def _kappas(first: Floats, second: Floats, weights: Floats) -> Floats:
    """Return kappa of indicators (units, categories) for each draw of the units, weights (draws, units).

    It is NaN where both have one category alone.
    """
    units = weights.sum(axis=1)
    observed = weights @ (first * second).sum(axis=1) / units
    expected = ((weights @ first) * (weights @ second)).sum(axis=1) / units**2
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = (observed - expected) / (1 - expected)
    return result


def _indicators(one: "pd.Series[str]", other: "pd.Series[str]") -> tuple[Floats, Floats]:
    values = [series.astype(str).to_numpy() for series in (one, other)]
    categories = np.union1d(*values)
    first, second = ((array[:, None] == categories).astype(float) for array in values)
    return first, second


def cohens_kappa(one: "pd.Series[str]", other: "pd.Series[str]") -> float:
    """Return Cohen's kappa of two series of categories of the same units in order; NaN where all are of one."""
    return float(_kappas(*_indicators(one, other), np.ones((1, len(one))))[0])


def criterion(
    gold: "pd.Series[str]", coded: "pd.Series[str]", *, draws: int = 2000, confidence: float = 0.95, seed: int = 1
) -> Criterion:
    """Return how the categories of a coder agree with those of a criterion, both of the same units in order.

    The interval draws the units again with replacement (percentile bootstrap); draws that have no kappa are left out.
    """
    first, second = _indicators(gold, coded)
    units = len(first)
    weights = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=draws).astype(float)
    low, high = np.nanquantile(_kappas(first, second, weights), [(1 - confidence) / 2, (1 + confidence) / 2])
    return Criterion(int((first * second).sum()), units, cohens_kappa(gold, coded), float(low), float(high))
