"""The article's claims: evidence, checks, verdicts and the argument that they carry.

It imports core to signals.
"""

import pandas as pd

from analysis.claims import ledger
from analysis.claims.evidence import load_evidence
from analysis.claims.ledger import holding


def of_step(step: str) -> pd.DataFrame:
    """Return the claims."""
    return ledger.ledger(load_evidence(), step).assign(expected="", found=lambda t: t["reason"])


def of_verdict(verdict: str) -> pd.DataFrame:
    """Return the claims with a verdict."""
    return ledger.ledger(load_evidence()).query("verdict == @verdict")
