"""The checks that decide claims, one module for what they ask about.

It imports what claims may.
"""

from analysis.claims.checks import codings, events, texts
from analysis.claims.checks.registry import CHECKS, read_check

__all__ = ["CHECKS", "codings", "events", "read_check", "texts"]
