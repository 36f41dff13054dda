"""Compute the cases of a sweep, keep each one as it is done, and gather them into a table, a chart and a page.

The folder of a sweep, runs/sweep-NAME, holds cases.jsonl (one line a case, written when it is done), and when all are
done results.parquet (one row a case), chart.svg, sweep.html and provenance.json. A case that was computed before from
the same cells, code and data is not computed again: so a sweep that was interrupted goes on where it stopped.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pandas as pd

from analysis.charts import vega
from analysis.charts.show import Figure
from analysis.core import paths
from analysis.core.errors import ProjectError, RunError
from analysis.core.files import locked, write_whole, written
from analysis.core.wording import listing, plural
from analysis.data.faults import require_none
from analysis.runs import sweep_chart
from analysis.runs.inputs import cells_hash, inputs, versions
from analysis.runs.notebooks import write_json
from analysis.runs.rerun import POLICY, PROVENANCE, find_notebook
from analysis.runs.sweep_file import Case, Sweep
from analysis.runs.workers import ThisProcess
from analysis.validation.check import check

CASES, TABLE, CHART, PAGE = "cases.jsonl", "results.parquet", "chart.svg", "sweep.html"
SHOWN = 20  # failed cases that are listed
AHEAD = 1000  # cases that are handed out before the first of them is back
Outcome = Mapping[str, Any]  # {"values": {name: value}} or {"error": text}; and seconds


@dataclass(frozen=True)
class Done:
    """What became of a sweep: its folder, how many cases were taken from before, and those that failed with why."""

    folder: Path
    cases: int
    before: int
    failed: tuple[tuple[Case, str], ...]


# --- one case, wherever it is computed


@cache
def state(chapter: str) -> str:
    """Hash of all that the results of a chapter depend on here: its cells, code, data, lock and Python."""
    content = {"cells": cells_hash(find_notebook(chapter)), **inputs()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def compute_case(chapter: str, values: Case, expected: str) -> dict[str, Any]:
    """The outcome of one case: the values of its named results, or its error.

    Raises RunError where this machine has another state of the project than the one that asks.
    """
    if state(chapter) != expected:
        raise RunError(
            "a worker has another state of the project (data, code, lock or Python) than this machine; give it the same"
        )
    from analysis.runs.in_process import compute

    started = time.perf_counter()
    try:
        outcome: dict[str, Any] = {
            "values": {name: entry["value"] for name, entry in compute(find_notebook(chapter), values).items()}
        }
    except ProjectError as error:
        outcome = {"error": str(error)}
    return outcome | {"seconds": round(time.perf_counter() - started, 3)}


# --- the cases that are done


def key_of(values: Case, expected: str) -> str:
    """The name under which a case is kept: a hash of its values and of the state it was computed in."""
    content = json.dumps([expected, dict(values)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def read_done(file: Path) -> dict[str, Outcome]:
    """The outcomes on record by key; a line that was cut short does not count. Empty where there is no file."""
    found: dict[str, Outcome] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
                found[entry.pop("key")] = entry
            except (ValueError, KeyError, AttributeError):
                continue
    return found


def _compute_all(
    todo: Sequence[tuple[str, Case]], chapter: str, expected: str, pool: Executor, keep: Callable[[str, Outcome], None]
) -> None:
    """Hand out the cases and keep each outcome as it comes back."""
    waiting = iter(todo)
    ahead = 1 if isinstance(pool, ThisProcess) else AHEAD
    running: dict[Future[dict[str, Any]], str] = {}
    while True:
        for key, case in islice(waiting, ahead - len(running)):
            running[pool.submit(compute_case, chapter, case, expected)] = key
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            key = running.pop(future)
            try:
                outcome: Outcome = future.result()
            except (RunError, BrokenExecutor):
                raise
            except Exception as error:  # of the cluster: a case that no worker survived
                outcome = {"error": f"{type(error).__name__}: {error}"}
            keep(key, outcome)


def _line(key: str, outcome: Outcome) -> str:
    return json.dumps({"key": key, **outcome}, ensure_ascii=False) + "\n"


def _append(file: IO[str], key: str, outcome: Outcome) -> None:
    file.write(_line(key, outcome))
    file.flush()


def run_sweep(sweep: Sweep, pool: Executor, folder: Path = paths.RUNS, *, progress: bool = True) -> Done:
    """Compute the cases that are not done yet, and gather all of them.

    The table is the same to the last bit wherever and in which order the cases were computed. A case that fails is kept
    with its error, and tried again next time. Raises DataError with the faults of the data before any work; RunError
    where the folder cannot be written or is in use, or a process dies. What was done until then is kept.
    """
    from tqdm import tqdm

    require_none(check())
    chapter = sweep.notebook.stem
    expected = state(chapter)
    keys = [key_of(case, expected) for case in sweep.cases]
    place = folder / f"sweep-{sweep.name}"
    busy = f"{place}: this sweep is running already; wait for it, or rename the file"
    with written(place, "the sweep", "what was done until then is kept"), locked(place, busy):
        file = place / CASES
        known = set(keys)
        done = {key: entry for key, entry in read_done(file).items() if key in known and "error" not in entry}
        todo = [(key, case) for key, case in zip(keys, sweep.cases, strict=True) if key not in done]
        before = len(done)
        write_whole(file, "".join(_line(key, entry) for key, entry in done.items()).encode())
        with (
            file.open("a", encoding="utf-8") as kept,
            tqdm(total=len(keys), initial=before, desc=sweep.name, unit="case", disable=not progress) as bar,
        ):
            failed = 0

            def keep(key: str, outcome: Outcome) -> None:
                nonlocal failed
                _append(kept, key, outcome)
                done[key] = outcome
                failed += "error" in outcome
                bar.update()
                if failed:
                    bar.set_postfix_str(f"{failed} failed")

            try:
                _compute_all(todo, chapter, expected, pool, keep)
            except BrokenExecutor:
                raise RunError(
                    f"a worker process died after {len(done)} of {len(keys)} cases (out of memory?); "
                    "the same command goes on from there"
                ) from None
        outcomes = [done[key] for key in keys]
        gather(sweep, outcomes, place, expected)
    return Done(place, len(keys), before, failures(sweep.cases, outcomes))


# --- gathering


def failures(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> tuple[tuple[Case, str], ...]:
    """The cases that failed, with their errors."""
    return tuple((case, str(o["error"])) for case, o in zip(cases, outcomes, strict=True) if "error" in o)


def _column(values: Sequence[Any]) -> "pd.Series[Any]":
    """Values of one result as a column of one type: boolean, whole numbers, numbers, or else text."""
    kinds = {type(value) for value in values if value is not None}
    for allowed, kind in (({bool}, "boolean"), ({int}, "Int64"), ({int, float}, "Float64")):
        if kinds and kinds <= allowed:
            return pd.Series(list(values), dtype=kind)
    return pd.Series([None if value is None else str(value) for value in values], dtype="string")


def result_table(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One row a case, in the order of the cases.

    Columns: case (from 1), the parameters, error (empty where the case was computed), and each named result as
    result.NAME, missing where the case has none.
    """
    found = [outcome.get("values", {}) for outcome in outcomes]
    names = list(dict.fromkeys(name for values in found for name in values))
    columns = {
        "case": pd.Series(range(1, len(cases) + 1), dtype="int64"),
        **{name: _column([case[name] for case in cases]) for name in cases[0]},
        "error": pd.Series([outcome.get("error", "") for outcome in outcomes], dtype="string"),
        **{f"result.{name}": _column([values.get(name) for values in found]) for name in names},
    }
    return pd.DataFrame(columns)


def words(case: Case) -> str:
    """A case as it is written on the command line of a rerun."""
    return " ".join(f"-p {name}={value}" for name, value in case.items())


def _page(sweep: Sweep, figure: Figure | None, picture: str, failed: Sequence[tuple[Case, str]]) -> str:
    """The sweep as one page to read, which asks no other host; without a figure where no case gave a value."""
    chart = (
        f"<figure>{picture}<figcaption>{escape(figure.alt)} {escape(figure.source)}</figcaption></figure>"
        if figure
        else "<p>No case gave a value to draw.</p>"
    )
    rows = "".join(f"<tr><td>{escape(words(case))}</td><td>{escape(error)}</td></tr>" for case, error in failed)
    below = (
        f"<h2>Failed</h2><table><tr><th>case</th><th>error</th></tr>{rows}</table>" if failed else "<p>None failed.</p>"
    )
    style = (
        "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}svg{max-width:100%;height:auto}"
        "td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}"
    )
    name, chapter = escape(sweep.name), escape(sweep.notebook.stem)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Sweep {name}</title>'
        f'<meta name="viewport" content="width=device-width">{POLICY}<style>{style}</style><h1>Sweep {name}</h1>'
        f"<p>Chapter {chapter}, {plural(len(sweep.cases), 'case')}; all named results are in "
        f'<a href="{TABLE}">{TABLE}</a>.</p>{chart}{below}</html>\n'
    )


def gather(sweep: Sweep, outcomes: Sequence[Outcome], place: Path, expected: str) -> None:
    """Write the table, the chart, the page and the provenance of a sweep whose cases are all done."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = result_table(sweep.cases, outcomes)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(), sink)
    write_whole(place / TABLE, sink.getvalue().to_pybytes())
    failed = failures(sweep.cases, outcomes)
    figure = sweep_chart.figure(table, sweep)
    picture = vega.draw_svg(figure.specification()) if figure else ""
    if figure:
        write_whole(place / CHART, f"{picture}\n".encode())
    else:
        (place / CHART).unlink(missing_ok=True)  # that of an earlier run
    write_whole(place / PAGE, _page(sweep, figure, picture, failed).encode())
    provenance = {
        "sweep": sweep.name,
        "chapter": sweep.notebook.stem,
        "result": sweep.result,
        "parameters": list(sweep.parameters),
        "cases": len(sweep.cases),
        "failed": len(failed),
        "seconds": round(sum(outcome.get("seconds", 0) for outcome in outcomes), 1),
        "state": expected,
        "inputs": inputs(),
        "versions": versions(),
    }
    write_json(place / PROVENANCE, provenance)


def report(done: Done, name: str) -> list[str]:
    """The lines that say what became of a sweep whose folder has this name; of the failed cases the first 20."""
    lines = [f"{done.cases} cases, {done.before} of them from before, {len(done.failed)} failed"]
    lines += [f"  failed: {words(case)}: {error.splitlines()[0]}" for case, error in done.failed[:SHOWN]]
    if len(done.failed) > SHOWN:
        lines.append(f"  … and {len(done.failed) - SHOWN} more, in {name}/{TABLE}")
    held = [file for file in (TABLE, CHART, PAGE, PROVENANCE) if (done.folder / file).exists()]
    return [*lines, f"{name}/ holds {listing(held)}"]
