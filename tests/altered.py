"""Evidence in which something is other than in the data, so that checks can come out the other way."""

from collections.abc import Mapping
from copy import copy
from typing import Any

import pandas as pd

from analysis.claims.evidence import Evidence


def altered(evidence: Evidence, tables: Mapping[str, pd.DataFrame] | None = None, **texts: Any) -> Evidence:
    """Return evidence with other tables, by name, or with other features, n-grams or another bibliography."""
    other = copy(evidence)
    other._tables = {**evidence._tables, **(tables or {})}
    other._outcomes = {}
    if texts:
        other._scores = {}
    vars(other).update(texts)
    return other
