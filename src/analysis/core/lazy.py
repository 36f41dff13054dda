"""A package that others import and hardly ever use, imported when it is used.

jsonschema, which Altair and nbformat import, imports rfc3987_syntax for the one format `iri`. That builds 38 grammars,
which takes longer than all the rest of Altair, in every kernel and every command.
"""

import importlib
import sys
from types import ModuleType

LATE = "rfc3987_syntax"


def is_valid_syntax(rule: str, value: str) -> bool:
    """What the function of that name in rfc3987_syntax says; imports it."""
    if getattr(sys.modules.get(LATE), "__spec__", None) is None:
        sys.modules.pop(LATE, None)
    return bool(importlib.import_module(LATE).is_valid_syntax(rule, value))


def import_late() -> None:
    """Let rfc3987_syntax be imported at its first use, unless it has been already."""
    if LATE not in sys.modules:
        stand_in = ModuleType(LATE)
        stand_in.is_valid_syntax = is_valid_syntax  # type: ignore[attr-defined]
        sys.modules[LATE] = stand_in
