"""Falsification: did statements come closer to a strategy once it was out, and to it more than to others?

If a statement follows a strategy as such, statements issued before it cannot: their scores should be lower, and the
gain should be smaller for strategies that were out long before. With few statements the test is exact and weak.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd


def published_by(
    dates: "pd.Series[pd.Timestamp]", names: Iterable[str], day: pd.Timestamp
) -> tuple[list[str], list[str]]:
    """The documents dated before a day, and those dated after it."""
    names = list(names)
    return [name for name in names if dates[name] < day], [name for name in names if dates[name] > day]


def by_period(scores: pd.DataFrame, later: Sequence[str]) -> pd.DataFrame:
    """Scores one a row. Columns: statement, strategy, score, period (before or after)."""
    long = scores.rename_axis("statement").reset_index().melt("statement", var_name="strategy", value_name="score")
    period = ["after" if statement in set(later) else "before" for statement in long["statement"]]
    return long.assign(period=period).dropna(ignore_index=True)


def gains(scores: pd.DataFrame, later: Sequence[str]) -> "pd.Series[float]":
    """For each strategy (column) the mean score of the later statements less that of the others."""
    after = scores.index.isin(list(later))
    return scores[after].mean() - scores[~after].mean()


def split_test(scores: pd.DataFrame, later: Sequence[str], own: str, others: Sequence[str]) -> dict[str, float]:
    """The gain of the own strategy, its lead over the mean gain of the others, and exact p of both.

    Takes scores of statements (rows) with strategies (columns). p is the share of all ways to choose as many later
    statements, the real one included, that give at least as much. Keys: gain, gain_p, lead, lead_p, splits.
    """

    def both(chosen: Sequence[str]) -> tuple[float, float]:
        gain = gains(scores, chosen)
        return float(gain[own]), float(gain[own] - gain[list(others)].mean())

    real = both(later)
    every = np.array([both(chosen) for chosen in combinations(scores.index, len(list(later)))])
    at_least = (every >= np.array(real) - 1e-12).mean(axis=0)
    return {
        "gain": real[0],
        "gain_p": float(at_least[0]),
        "lead": real[1],
        "lead_p": float(at_least[1]),
        "splits": len(every),
    }


def reading(test: Mapping[str, float]) -> str:
    """Which reading a split test supports, in words, without a full stop."""
    if test["lead"] <= 0:
        return (
            "The later statements did not come closer to the National Defense Strategy than to Japan's older strategies"
        )
    if test["lead_p"] > 1 / test["splits"] + 1e-9:
        return (
            "The later statements came closer to the National Defense Strategy than to older ones, "
            "but no more than chance would allow"
        )
    return (
        "The later statements came closer to the National Defense Strategy than to older ones, "
        "by as much as so few statements can show"
    )
