"""Falsification: did statements come closer to a strategy once it was out, and to it more than to others?

If a statement follows a strategy as such, statements issued before it cannot: their scores should be lower, and the
gain should be smaller for strategies that were out long before. With few statements the test is exact and weak.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.texts.documents import SERIES, STRATEGIES_OF_JAPAN

NAME = "National Defense Strategy"


def published_by(
    dates: "pd.Series[pd.Timestamp]", names: Iterable[str], day: pd.Timestamp
) -> tuple[list[str], list[str]]:
    """Return the documents dated before a day, and those dated after it."""
    names = list(names)
    return [name for name in names if dates[name] < day], [name for name in names if dates[name] > day]


def of_japan(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of the statements of the leaders of Japan and the United States with Japan's strategies."""
    return scores.loc[list(SERIES), list(STRATEGIES_OF_JAPAN)]


def by_period(scores: pd.DataFrame, later: Sequence[str]) -> pd.DataFrame:
    """Return the scores one a row. Columns: statement, strategy, score, period (before or after)."""
    long = scores.rename_axis("statement").reset_index().melt("statement", var_name="strategy", value_name="score")
    period = ["after" if statement in set(later) else "before" for statement in long["statement"]]
    return long.assign(period=period).dropna(ignore_index=True)


def gains(scores: pd.DataFrame, later: Sequence[str]) -> "pd.Series[float]":
    """Return for each strategy (column) the mean score of the later statements less that of the others."""
    after = scores.index.isin(list(later))
    return scores[after].mean() - scores[~after].mean()


def split_test(scores: pd.DataFrame, later: Sequence[str], focal: str, others: Sequence[str]) -> dict[str, float]:
    """Return the gain of the focal strategy, its lead over the mean gain of the others, and exact p of both.

    Takes scores of statements (rows) with strategies (columns). p is the share of all ways to choose as many later
    statements, the real one included, that give at least as much. Keys: gain, gain_p, lead, lead_p, splits.
    """

    def gain_and_lead(chosen: Sequence[str]) -> tuple[float, float]:
        gain = gains(scores, chosen)
        return float(gain[focal]), float(gain[focal] - gain[list(others)].mean())

    gain, lead = gain_and_lead(later)
    splits = np.array([gain_and_lead(chosen) for chosen in combinations(scores.index, len(list(later)))])
    gain_p, lead_p = (splits >= np.array([gain, lead]) - 1e-12).mean(axis=0)
    return {"gain": gain, "gain_p": float(gain_p), "lead": lead, "lead_p": float(lead_p), "splits": len(splits)}


def reading(test: Mapping[str, float]) -> str:
    """Return which reading a split test supports, in words, without a full stop."""
    if test["lead"] <= 0:
        return f"The later statements did not come closer to the {NAME} than to Japan's older strategies"
    closer = f"The later statements came closer to the {NAME} than to older ones"
    if test["lead_p"] > 1 / test["splits"] + 1e-9:
        return f"{closer}, but no more than chance would allow"
    return f"{closer}, by as much as so few statements can show"
