"""Executable edition of Z. Guo's article on Japan between the United States and China."""

import importlib
import sys
from types import ModuleType

__version__ = "0.12.0"

# jsonschema, which Altair and nbformat import, imports this for the one format `iri`. It builds 38 grammars, which
# takes longer than all the rest of Altair, in every kernel and every command: so it is imported at its first use.
LATE = "rfc3987_syntax"


def _is_valid_syntax(rule: str, value: str) -> bool:
    """Call the function of that name in rfc3987_syntax, which is imported first."""
    if getattr(sys.modules.get(LATE), "__spec__", None) is None:
        sys.modules.pop(LATE, None)
    return bool(importlib.import_module(LATE).is_valid_syntax(rule, value))


if LATE not in sys.modules:
    sys.modules[LATE] = ModuleType(LATE)
    sys.modules[LATE].is_valid_syntax = _is_valid_syntax  # type: ignore[attr-defined]
