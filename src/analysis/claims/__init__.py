"""The article's claims: evidence, checks, verdicts and the argument that they carry.

It imports core to signals.
"""

from typing import Any

import pandas as pd

from analysis.claims import argument_map, ledger, robustness
from analysis.claims.evidence import last_cited_day, load_evidence
from analysis.claims.ledger import FORECAST_OUTCOMES, HOLDING, forecasts, holding, omissions, verdict_counts

__all__ = [
    "FORECAST_OUTCOMES",
    "HOLDING",
    "argument_map",
    "forecasts",
    "holding",
    "last_cited_day",
    "ledger",
    "load_evidence",
    "of_step",
    "omissions",
    "robustness",
    "verdict_counts",
]


def of_step(step: str, **choices: Any) -> pd.DataFrame:
    """Return the claims of a step of the article: claim_id, claim, verdict, kind, expected, found.

    choices: threshold and bar of the chapter, which its checks then share.
    """
    return ledger.ledger(load_evidence(**choices), step)[["claim_id", "claim", "verdict", "kind", "expected", "found"]]
