"""Krippendorff's alpha and what goes with it.

Source of the formulas: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), sections C and E
(coincidence matrix, nominal and ordinal difference). Values are arrays of shape (coders, units); NaN is no value.
"""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Level = Literal["nominal", "ordinal"]
Floats = NDArray[np.float64]
AGREEMENT = ["variable", "level", "coders", "units", "alpha", "low", "high"]  # columns of an agreement table


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
    values: Floats, level: Level, *, draws: int = 2000, confidence: float = 0.95, seed: int = 1
) -> tuple[float, float]:
    """Return the percentile interval of alpha when the units are drawn again with replacement.

    Draws in which all values fall into one category have no alpha and are left out.
    """
    matrices = coincidences(values)[1]
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
    codings: pd.DataFrame, unit: list[str], variables: dict[str, Level], *, draws: int = 2000, seed: int = 1
) -> pd.DataFrame:
    """Return alpha and its interval by variable. Columns: variable, level, coders, units, alpha, low, high."""
    rows = []
    for variable, level in variables.items():
        values = value_table(codings, unit, variable)
        low, high = bootstrap_interval(values, level, draws=draws, seed=seed)
        rows.append((variable, level, *values.shape, alpha(values, level), low, high))
    return pd.DataFrame(rows, columns=AGREEMENT)
