"""Rerun a chapter with other parameters: checked first, kept in a folder of its own, and compared with the default run.

What a value may be is declared in the notebook (`analysis.runs.parameters`); its cells keep rules that span two.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.core import paths
from analysis.core.errors import ParameterError, RunError
from analysis.core.files import scratch_folder, write_errors
from analysis.data.faults import nearest, require_none
from analysis.runs.inputs import cells_hash, inputs, versions
from analysis.runs.kernels import quiet_kernels
from analysis.runs.notebooks import execute, notebook_files, write_json
from analysis.runs.parameters import Parameter, declared, find_parameter
from analysis.runs.results import read_results
from analysis.validation.check import check

RESULTS, PROVENANCE, PAGE = "results.json", "provenance.json", "chapter.html"
LONGEST_SLUG = 80
# a browser then runs nothing in the page and asks nothing for it, whatever an output holds
RULES = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"
POLICY = f'<meta http-equiv="Content-Security-Policy" content="{RULES}">'
Results = dict[str, dict[str, dict[str, Any]]]  # chapter, name of the result: value and text


def find_notebook(name: str, folder: Path = paths.NOTEBOOKS) -> Path:
    """Return the notebook of a chapter by its number, its name, or its path from the current folder.

    Such as 4, 04, 04-alignment, notebooks/04-alignment.ipynb. Raises ParameterError, also for the path of another
    notebook.
    """
    files = {file.stem: file for file in notebook_files(folder)}
    given, chapters = Path(name), f"chapters: {', '.join(files)}"
    if given.suffix == ".ipynb":
        with suppress(OSError, ValueError):  # no file of that name: perhaps the name of a chapter
            found = given.stat()
            for file in files.values():
                if os.path.samestat(found, file.stat()):
                    return file
            raise ParameterError(f"“{name}” is no chapter but a file of its own, which papermill runs; {chapters}")
    for stem, file in files.items():
        if name in (stem, file.name) or (name and name.zfill(2) == stem.partition("-")[0]):
            return file
    raise ParameterError(f"there is no chapter “{name}”{nearest(given.stem, list(files))}; {chapters}")


def read_pairs(pairs: Iterable[str], parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return values by name, as a notebook holds them, from texts like mask=true.

    Raises ParameterError for a name that is unknown or given twice, and for a value that is not allowed.
    """
    known = list(parameters)
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ParameterError(f"parameter {find_parameter(name, known).name} has no value; write {name}=VALUE")
        if name in values:
            raise ParameterError(f"parameter {name} is given twice")
        values[name] = find_parameter(name, known).plain(text)
    return values


def slug(notebook: Path, values: Mapping[str, Any]) -> str:
    """Return the name of a run: chapter and values, such as 04-alignment-mask-true; a long one ends in a hash."""
    words = "-".join(f"{name}-{value}" for name, value in values.items()) or "default"
    plain = re.sub(r"[^a-z0-9.]+", "-", f"{notebook.stem}-{words}".lower()).strip("-")
    if len(plain) <= LONGEST_SLUG:
        return plain
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:10]
    return f"{plain[: LONGEST_SLUG - 11].rstrip('-')}-{digest}"


def _keep(work: Path, place: Path, number: int = 1) -> Path:
    """Give a finished run its name, with -2, -3, … behind it where another run, perhaps a parallel one, has it."""
    target = place if number == 1 else place.with_name(f"{place.name}-{number}")
    try:
        return work.rename(target)
    except OSError:
        if not target.exists():
            raise
        return _keep(work, place, number + 1)


def render(notebook: Path) -> str:
    """Return an executed notebook as one HTML page that runs no script and asks no other host; charts are pictures."""
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="lab", exclude_anchor_links=True)  # type: ignore[no-untyped-call]
    page, _ = exporter.from_notebook_node(nbformat.read(notebook, 4))  # type: ignore[no-untyped-call]
    page = re.sub(r"<script\b.*?</script[^>]*>", "", page, flags=re.DOTALL | re.IGNORECASE)
    return re.sub(r"<head>", f"<head>{POLICY}", page, count=1)


def rerun(notebook: Path, values: Mapping[str, Any], folder: Path = paths.RUNS) -> Path:
    """Check the values, run the notebook, and keep notebook, results, page and provenance in a folder of its own.

    Returns the folder of the run, a new one in every case. Before any kernel starts it raises DataError with the faults
    of the data, and ParameterError where a value is not allowed; RunError where the notebook fails or the folder cannot
    be written. Then nothing of the run is left.
    """
    parameters = declared(notebook)
    require_none(check())
    for name, value in values.items():
        find_parameter(name, parameters).read(value)
    with write_errors(folder, "the run", "nothing of it is left"), scratch_folder(folder, ".run-") as work:
        executed = work / notebook.name
        with quiet_kernels() as scratch:
            seconds = execute(notebook, executed, scratch, values)
        results = read_results([executed])
        provenance = {
            "chapter": notebook.stem,
            "parameters": {p.name: values.get(p.name, p.default) for p in parameters},
            "changed": dict(values),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds, 2),
            "cells": cells_hash(notebook),
            "inputs": inputs(),
            "versions": versions(),
        }
        write_json(work / RESULTS, results)
        write_json(work / PROVENANCE, provenance)
        (work / PAGE).write_text(render(executed), encoding="utf-8")
        return _keep(work, folder / slug(notebook, values))


# --- comparing


def results_of(place: Path) -> Results:
    """Return the named results of a run by chapter and name: of its folder, or of an executed notebook.

    Raises RunError where it is neither.
    """
    file = place
    try:
        if place.is_dir():
            file = place / RESULTS
            results: Results = json.loads(file.read_text(encoding="utf-8"))
        else:
            results = read_results([place])
        _ = [
            (entry["value"], entry["text"], entry.get("off")) for names in results.values() for entry in names.values()
        ]
        return results
    except RunError:
        raise RunError(f"{place} is no run: it shows no named results; execute it to its end") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        hint, what = "", "it" if file == place else RESULTS
        if what == "it" and isinstance(error, FileNotFoundError):
            hint = nearest(str(place), [paths.from_here(run.parent) for run in paths.RUNS.glob(f"*/{RESULTS}")])
        allowed = "allowed: the folder of a run, or an executed notebook"
        raise RunError(f"{place} is no run: {what} cannot be read ({type(error).__name__}){hint}; {allowed}") from None


def _comparable(one: Results, other: Results) -> tuple[Results, Results]:
    """Return the chapters that two runs share, without results marked as off. Raises RunError where they share none."""
    if shared := [chapter for chapter in one if chapter in other]:
        first, second = (
            {
                chapter: {name: entry for name, entry in run[chapter].items() if not entry.get("off")}
                for chapter in shared
            }
            for run in (one, other)
        )
        return first, second
    raise RunError(f"the runs share no chapter: {', '.join(one)} and {', '.join(other)}")


def differences(one: Results, other: Results) -> list[tuple[str, str, str]]:
    """Return the named results that two runs have and that differ: (chapter.name, text in one, text in the other).

    Raises RunError where they share no chapter.
    """
    one, other = _comparable(one, other)
    return [
        (f"{chapter}.{name}", *_texts(entry, other[chapter][name]))
        for chapter, names in one.items()
        for name, entry in names.items()
        if entry != other[chapter].get(name, entry)
    ]


def _texts(*entries: Mapping[str, Any]) -> tuple[str, str]:
    """Return two results as they are shown; with seven digits where they differ below those shown."""
    before, after = (str(entry["text"]) for entry in entries)
    if before != after:
        return before, after
    values = (entry["value"] for entry in entries)
    before, after = (f"{value:.7g}" if isinstance(value, float) else str(value) for value in values)
    return before, after


def compare(one: Results, other: Results, called: tuple[str, str] = ("the first run", "the second run")) -> list[str]:
    """Return what differs between two runs, in lines for a reader; called: what the lines call the runs.

    A result that one run alone has, such as those of a part that was switched off, is no difference; a last line
    names them. Raises RunError where the runs share no chapter.
    """
    one, other = _comparable(one, other)
    rows = differences(one, other)
    total = sum(len(one[chapter].keys() & other[chapter].keys()) for chapter in one)
    width = max((len(name) for name, _, _ in rows), default=0)
    lines = [f"no result differs ({total} compared)"]
    if rows:
        lines = [f"{len(rows)} of {total} results differ:", *(f"  {name:<{width}}  {a}  →  {b}" for name, a, b in rows)]
    for run, whole, lacks in ((called[1], one, other), (called[0], other, one)):
        names = [f"{chapter}.{name}" for chapter in whole for name in whole[chapter] if name not in lacks[chapter]]
        if names:
            lines.append(f"not computed in {run}: {', '.join(names)}")
    return lines
