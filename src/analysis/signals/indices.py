"""Indices of relations from signals: counts, sums, means and the balance of cooperation and conflict.

Everything starts from counts of codes by direction and period, so that hand-coded signals and exports too large for the
memory give the same indices.
"""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.signals.coding import SCALES
from analysis.signals.events import dyad as dyad_of

KEYS = ["source", "target", "period", "scale", "code"]
CODE_COLUMNS = {"cameo_goldstein": "cameo_code", "plover": "plover_code"}


def code_counts(signals: pd.DataFrame, frequency: str = "Q") -> pd.DataFrame:
    """Return counts of codes by direction and period, for each scale.

    Takes settled signals; frequency is a pandas period (Q, M, Y), or "" for one period from the first day on. Columns:
    source, target, period (its first day), scale, code, signals.
    """
    dates = signals["date"]
    period = dates.dt.to_period(frequency).dt.start_time if frequency else dates.min()
    states = signals.astype({"source": "object", "target": "object"}).assign(period=period)
    parts = [states.assign(scale=scale, code=states[CODE_COLUMNS[scale]])[KEYS] for scale in SCALES]
    counts = pd.concat(parts).groupby(KEYS, observed=True).size().rename("signals").reset_index()
    return counts.sort_values(KEYS, ignore_index=True)


def with_ranks(counts: pd.DataFrame, scales: pd.DataFrame) -> pd.DataFrame:
    """Return counts with columns score and rank: its mean rank among all signals of its scale, from -1 to 1.

    A rank needs no distances between scores, only their order; equal scores share their mean rank.
    """
    scored = counts.merge(scales[["scale", "code", "score"]], on=["scale", "code"], how="left", validate="many_to_one")
    parts = []
    for _, rows in scored.groupby("scale", sort=False):
        by_score = rows.groupby("score")["signals"].sum()
        middle = by_score.cumsum() - by_score / 2
        parts.append(rows.assign(rank=rows["score"].map(2 * middle / by_score.sum() - 1)))
    return pd.concat(parts)


def index_table(counts: pd.DataFrame, scales: pd.DataFrame, *, directed: bool = True) -> pd.DataFrame:
    """Return indices by direction (or by dyad, both ways together), period and scale. Takes `code_counts`.

    Columns: source and target (or dyad), period, scale, signals, cooperative (score above 0), conflictual (below 0),
    sum, mean, mean_rank, balance: (cooperative - conflictual) / (cooperative + conflictual), missing where both are 0.
    """
    scored = with_ranks(counts, scales)
    scored = scored.assign(
        dyad=dyad_of(scored),
        cooperative=scored["signals"].where(scored["score"] > 0, 0),
        conflictual=scored["signals"].where(scored["score"] < 0, 0),
        sum=scored["signals"] * scored["score"],
        ranks=scored["signals"] * scored["rank"],
    )
    grouped = scored.groupby([*(["source", "target"] if directed else ["dyad"]), "period", "scale"], observed=True)
    table = grouped[["signals", "cooperative", "conflictual", "sum", "ranks"]].sum()
    both = table["cooperative"] + table["conflictual"]
    table = table.assign(
        mean=table["sum"] / table["signals"],
        mean_rank=table["ranks"] / table["signals"],
        balance=((table["cooperative"] - table["conflictual"]) / both).where(both > 0),
    )
    return table.drop(columns="ranks").reset_index()


def scales_agree(table: pd.DataFrame) -> float | None:
    """Return Spearman's correlation of the means on both scales over all directions and periods. Takes `index_table`.

    None where a scale is missing, or the scales share fewer than three directions and periods.
    """
    keys = [name for name in ("source", "target", "dyad", "period") if name in table]
    wide = table.pivot(index=keys, columns="scale", values="mean").reindex(columns=SCALES).dropna()
    if len(wide) < 3:
        return None
    return float(wide[SCALES[0]].corr(wide[SCALES[1]], method="spearman"))


def in_dyad(table: pd.DataFrame, dyad: str | None) -> pd.DataFrame:
    """Return the rows of one dyad, both ways, or all where none is named. Needs source and target."""
    return table if dyad is None else table[dyad_of(table) == dyad]


def summary(counts: pd.DataFrame, scales: pd.DataFrame, dyad: str | None) -> dict[str, Any]:
    """Return the indices of a window by direction and by quarter, as plain values for JSON.

    Takes `code_counts` by quarter. Keys: directions (source, target, and for each scale the columns of `index_table`),
    quarters (the same with period), scales_agree.
    """
    # ranks are those among all signals of the window, so the dyad is chosen last
    by_quarter = in_dyad(index_table(counts, scales), dyad)
    in_window = in_dyad(index_table(counts.assign(period=counts["period"].min()), scales), dyad)
    agreement = scales_agree(by_quarter)
    return {
        "directions": _records(in_window.drop(columns="period")),
        "quarters": _records(by_quarter.assign(period=by_quarter["period"].dt.strftime("%Y-%m-%d"))),
        "scales_agree": None if agreement is None else round(agreement, 3),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, one a direction (and quarter) with its scales below it."""
    keys = [name for name in ("source", "target", "period") if name in table]
    records = []
    for values, rows in table.groupby(keys, sort=True):
        by_scale = rows.drop(columns=keys).set_index("scale").to_json(orient="index", double_precision=4)
        records.append({**dict(zip(keys, values, strict=True)), **json.loads(by_scale)})
    return records


def report(result: Mapping[str, Any]) -> list[str]:
    """Return the lines of a summary for a terminal."""
    lines = [f"{'direction':<12} {'scale':<16} {'signals':>7} {'coop.':>6} {'confl.':>6} {'mean':>7} {'balance':>8}"]
    for row in result["directions"]:
        for scale in SCALES:
            if index := row.get(scale):
                balance = "–" if index["balance"] is None else f"{index['balance']:.2f}"
                lines.append(
                    f"{row['source']}→{row['target']:<8} {scale:<16} {index['signals']:>7} {index['cooperative']:>6} "
                    f"{index['conflictual']:>6} {index['mean']:>7.2f} {balance:>8}"
                )
    agree = result["scales_agree"]
    correlation = "not compared" if agree is None else f"Spearman's correlation of the scales {agree:.2f}"
    return [*lines, f"both scales by quarter: {correlation}"]
