"""The claims of the article with the verdicts of the two checks; pure functions of frames."""

import pandas as pd

VERDICTS = ("confirmed", "confirmed with correction", "imprecise", "misquoted", "unsupported", "not checkable")
HOLDING = ("confirmed", "confirmed with correction")


def of_step(claims: pd.DataFrame, checks: pd.DataFrame, step_id: str) -> pd.DataFrame:
    """The claims of a step. Columns: claim_id, paragraph, claim, type, verdict, reason (of the second check)."""
    reasons = checks[checks["checker"] == "second"][["claim_id", "reason"]]
    chosen = claims[claims["step_id"] == step_id].merge(reasons, on="claim_id", how="left", validate="one_to_one")
    return chosen[["claim_id", "paragraph", "claim", "type", "verdict", "reason"]]


def verdict_counts(claims: pd.DataFrame) -> dict[str, int]:
    """Number of claims for each verdict, in the order of the verdicts."""
    counts = claims["verdict"].astype("object").value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS}


def holding(claims: pd.DataFrame) -> tuple[int, int]:
    """How many claims hold, as stated or with a correction, and how many can be checked at all."""
    counts = verdict_counts(claims)
    return sum(counts[verdict] for verdict in HOLDING), len(claims) - counts["not checkable"]


def claim_tiles(claims: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Claims in the order of steps and verdicts, numbered within their step.

    Columns: claim_id, step (id and title), verdict, claim, place (1, 2, … within the step).
    """
    titles = {row.step_id: f"{row.step_id} {row.title}" for row in steps.itertuples()}
    table = claims.assign(step=claims["step_id"].map(titles)).sort_values(["step_id", "verdict", "claim_id"])
    return table.assign(place=table.groupby("step_id").cumcount() + 1)[
        ["claim_id", "step", "verdict", "claim", "place"]
    ]
