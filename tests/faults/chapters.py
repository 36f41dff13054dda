"""What the chapters show, computed in this process, and where that first differs.

It is what nbval compares, but for the pictures, which are drawn from the specifications that are compared. So a fault
takes seconds instead of the half minute that kernels and pictures need.
"""

import functools
import gc
import hashlib
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.charts import vega
from analysis.data import tables
from analysis.measures import agreement, specifications
from analysis.runs import kernels
from analysis.runs.results import read_cells
from analysis.signals import dual_track
from analysis.texts.features import Features

Shown = dict[int, str]  # cells that show something, by their number: a digest of it


def cells_shown(notebook: Path) -> Iterator[tuple[int, str]]:
    """The cells of a notebook that show something, in order, each with a digest of that; all files are read anew."""
    forget()
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, (kind, source, _) in enumerate(read_cells(notebook), 1):
        if kind == "code":
            value = kernels.run_cell(source, f"cell {number}", names)
            if value is not None:
                shown = value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else repr(value)
                yield number, hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()


def without_pictures() -> None:
    """Draw no picture in this process from now on."""
    vega.draw_svg = lambda spec: ""  # type: ignore[assignment]


def first_difference(notebook: Path, before: Mapping[int, str]) -> str:
    """Where a notebook first shows something else than before, in words; "" where it nowhere does."""
    chapter, left = notebook.stem.partition("-")[0], dict(before)
    try:
        for number, digest in cells_shown(notebook):
            if left.pop(number, None) != digest:
                return f"chapter {chapter}, cell {number}"
    except Exception as error:
        return f"chapter {chapter} fails: {type(error).__name__}"
    return f"chapter {chapter}, cell {min(left)}" if left else ""


def forget() -> None:
    """Empty every cache of the package, so that whoever reads next reads from the files."""
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper) and found.__module__.startswith("analysis"):
            found.cache_clear()
    tables._read.clear()


def _key(value: Any) -> str:
    """All that a value holds, as a text; the features and what was computed from them are taken as known."""
    if isinstance(value, Features):
        return "features"
    if isinstance(value, specifications.Source):
        return _key((value.documents, value.terms))
    if isinstance(value, pd.DataFrame | pd.Series):
        return str(value.to_csv())
    if isinstance(value, np.ndarray):
        return hashlib.sha256(value.tobytes()).hexdigest()
    if isinstance(value, Mapping):
        return _key(list(value.items()))
    if isinstance(value, list | tuple):
        return f"({','.join(map(_key, value))})"
    return repr(value)


SLOW = (
    (specifications.Source, "_compute"),
    (specifications, "curve"),
    (dual_track, "leave_one_out"),
    (agreement, "bootstrap_interval"),
)


def remember_slow_work() -> None:
    """Keep what the slowest functions return, by all that they are given; not to be used where the features differ."""
    for module, name in SLOW:
        setattr(module, name, _remembered(getattr(module, name)))


def _remembered(compute: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[str, bytes] = {}

    def remembered(*given: Any, **named: Any) -> Any:
        key = _key((given, sorted(named.items())))
        if " at 0x" in key:
            return compute(*given, **named)
        if key not in known:
            known[key] = pickle.dumps(compute(*given, **named))
        return pickle.loads(known[key])

    remembered.compute = compute  # type: ignore[attr-defined]
    return remembered


def remember_nothing() -> None:
    """Compute everything anew from now on."""
    for module, name in SLOW:
        function = getattr(module, name)
        setattr(module, name, getattr(function, "compute", function))
