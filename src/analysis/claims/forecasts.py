"""What came after the article: its expectations scored against later events. Nothing here decides a verdict."""

import pandas as pd

from analysis.claims.evidence import Evidence
from analysis.claims.ledger import outcome_of

OUTCOMES = ("happened", "did not happen", "overtaken", "not yet decidable")


def scored(evidence: Evidence) -> pd.DataFrame:
    """The expectations of the table forecasts with their outcome, by checks of all events in the data.

    An expectation whose last day lies after the last event of the data is not yet decidable. Columns: those of the
    table, and outcome, sentence. Raises ParameterError where a check does not fit the evidence.
    """
    last_day = evidence.tables["events"]["date"].max()
    rows = []
    for row in evidence.tables["forecasts"].to_dict("records"):
        place = f"forecasts.csv, {row['forecast_id']}"
        found = outcome_of(evidence, str(row["check"]), str(row["arguments"]), place)
        decided = found.holds or row["due"] <= last_day
        outcome = row["if_holds" if found.holds else "if_fails"] if decided else "not yet decidable"
        rows.append({**row, "outcome": str(outcome), "sentence": found.sentence})
    return pd.DataFrame(rows)


def compare(before: pd.DataFrame, after: pd.DataFrame, scale: str) -> pd.DataFrame:
    """The indices of two periods side by side on one scale. Takes two frames of `indices.index_table`, directed.

    Columns: source, target, and signals, mean and balance with the endings _before and _after; change (of the mean).
    """
    columns = ["source", "target", "signals", "mean", "balance"]
    one, other = (frame.loc[frame["scale"] == scale, columns] for frame in (before, after))
    table = one.merge(other, on=["source", "target"], how="outer", suffixes=("_before", "_after"))
    return table.assign(change=table["mean_after"] - table["mean_before"])
