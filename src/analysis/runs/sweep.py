"""A sweep: one chapter with many combinations of parameters, and one of its results set beside all of them.

    chapter: 04-alignment
    result: coverage               # the named result that the chart shows
    grid:                          # every combination of these
      threshold: [1, 2, 3]
      seed: {from: 1, to: 1000}    # whole numbers, numbers with a step, or days with a step in days
      curve: false
    sample: 400                    # so many of the combinations, drawn with the seed
    seed: 1

All values are checked before work starts. The folder runs/sweep-NAME holds cases.jsonl (a line for each case, written
when it is done), and when all are done results.parquet (a row for each), chart.svg and provenance.json. A case that was
computed before from the same cells, code and data is not computed again: a sweep goes on where it was interrupted.
"""

import hashlib
import itertools
import json
import math
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from tqdm import tqdm

from analysis.charts import vega
from analysis.charts.sweep import sweep_figure
from analysis.core import paths
from analysis.core.errors import ParameterError, ProjectError, RunError
from analysis.core.files import locked, write_errors, write_whole
from analysis.core.wording import listing
from analysis.data.faults import nearest, require_none
from analysis.runs.inputs import cells_hash, inputs, versions
from analysis.runs.kernels import compute
from analysis.runs.notebooks import write_json
from analysis.runs.parameters import Parameter, declared
from analysis.runs.rerun import PROVENANCE, find_notebook
from analysis.runs.results import read_results
from analysis.validation.check import check

KEYS = ("chapter", "result", "grid", "sample", "seed")  # the first three are needed
CASES, TABLE, CHART = "cases.jsonl", "results.parquet", "chart.svg"
MOST = 1_000_000  # combinations of a grid
SHOWN = 20  # failed cases that are listed
Case = Mapping[str, Any]
Outcome = Mapping[str, Any]  # {"values": {name: value}} or {"error": text}; and seconds


@dataclass(frozen=True)
class Sweep:
    """A sweep that has been checked: each case has a value for each of the parameters that the file names.

    result is the named result that the chart shows, and default its value in the committed run.
    """

    name: str
    notebook: Path
    result: str
    default: float
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Done:
    """What became of a sweep: its folder, how many cases were done before, and the frame of `result_table`."""

    folder: Path
    before: int
    table: pd.DataFrame

    @property
    def failed(self) -> pd.DataFrame:
        """Return the cases that have an error."""
        return self.table[self.table["error"] != ""]


# --- reading


class _Loader(yaml.BaseLoader):
    """Leaves every value as text, which a parameter reads, and refuses a name that stands twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        entries: dict[Any, Any] = super().construct_mapping(node, deep)
        if len(entries) < len(node.value):
            raise yaml.MarkedYAMLError(None, None, "a name stands there twice", node.start_mark)
        return entries


def _entries(place: str, content: Any, known: Iterable[str]) -> dict[str, Any]:
    """Return the entries of a mapping. Raises ParameterError where it is none, or where a name is unknown."""
    names = list(known)
    if not isinstance(content, dict) or not content:
        raise ParameterError(f"{place} must give values to names; known: {', '.join(names)}")
    for name in content:
        if name not in names:
            raise ParameterError(f"{place} has no “{name}”{nearest(name, names)}; known: {', '.join(names)}")
    return content


def _plain(parameter: Parameter, text: Any) -> Any:
    if not isinstance(text, str):
        raise ParameterError(f"parameter {parameter.name} must be a single value")
    return parameter.plain(text)


def _range(parameter: Parameter, given: Any) -> list[Any]:
    """Return the values of a range, both ends included; the step is 1, or one day, where none is given."""
    entries = {"step": "1"} | _entries(f"the range of {parameter.name}", given, ("from", "to", "step"))
    ends = [parameter.read(_plain(parameter, entries[end])) for end in ("from", "to") if end in entries]
    if len(ends) < 2 or isinstance(ends[0], str | bool | list):
        raise ParameterError(f"the range of {parameter.name} needs from and to, both numbers or both days")
    first, last = ends
    kind = "float" if parameter.type == "float" else "int"
    step: Any = _plain(Parameter("step", kind, 1, "", "0 to 100,000"), entries["step"])
    if parameter.type == "str":
        step = pd.Timedelta(days=step)
    if not step or not 0 <= (last - first) / step < MOST:
        raise ParameterError(f"the range of {parameter.name} is empty or too long; allowed: 1 to {MOST:,} values")
    values = [first + place * step for place in range(math.floor((last - first) / step + 1e-9) + 1)]
    return [f"{value:%Y-%m-%d}" if parameter.type == "str" else round(value, 10) for value in values]


def _options(parameter: Parameter, given: Any) -> list[Any]:
    """Return the values of a parameter in a grid, from a list, a range, or one value."""
    if isinstance(given, dict):
        return _range(parameter, given)
    options = [_plain(parameter, item) for item in (given if isinstance(given, list) else [given])]
    if not options or len(set(options)) < len(options):
        raise ParameterError(f"parameter {parameter.name}: a list needs values, and each of them once")
    return options


def _cases(content: Mapping[str, Any], known: Mapping[str, Parameter]) -> list[Case]:
    options = {
        name: _options(known[name], given) for name, given in _entries("the grid", content["grid"], known).items()
    }
    total = math.prod(map(len, options.values()))
    if total > MOST:
        raise ParameterError(f"the grid has {total:,} combinations; allowed: {MOST:,}")
    size = _plain(Parameter("sample", "int", 0, "", f"1 to {MOST:,}"), content.get("sample", str(MOST)))
    seed = _plain(Parameter("seed", "int", 0, "", f"0 to {2**31}"), content.get("seed", "1"))
    cases = [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]
    places = range(total) if total <= size else sorted(random.Random(seed).sample(range(total), size))
    return [cases[place] for place in places]


def read_sweep(file: Path) -> Sweep:
    """Return the sweep that a file describes, with every name and value checked.

    Raises ParameterError with the file, the wrong name or value, and what is allowed. A value that is wrong beside
    another one only, such as a last day before the first, fails when the turn of its case comes.
    """
    try:
        content = _entries("a sweep", yaml.load(file.read_text(encoding="utf-8"), _Loader), KEYS)
        if missing := [key for key in KEYS[:3] if key not in content]:
            raise ParameterError(f"{missing[0]} is missing; a sweep needs {', '.join(KEYS[:3])}")
        chapter, result = (_plain(Parameter(key, "str", "", ""), content[key]) for key in KEYS[:2])
        notebook = find_notebook(chapter)
        [committed] = read_results([notebook]).values()
        numbers = [number for number, entry in committed.items() if isinstance(entry["value"], int | float)]
        if result not in numbers:
            hint = f"{nearest(result, numbers)}; known: {', '.join(numbers)}"
            raise ParameterError(f"{notebook.stem} has no number “{result}” among its named results{hint}")
        cases = _cases(content, {parameter.name: parameter for parameter in declared(notebook)})
    except ParameterError as error:
        raise ParameterError(f"{file.name}: {error}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ParameterError(f"{file.name} cannot be read: {' '.join(str(error).split())}") from None
    return Sweep(file.stem, notebook, result, float(committed[result]["value"]), tuple(cases))


# --- computing


@cache
def state(chapter: str) -> str:
    """Return a hash of all that the results of a chapter depend on here: its cells, code, data, lock and Python."""
    content = {"cells": cells_hash(find_notebook(chapter)), **inputs()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def compute_case(values: Case, chapter: str, expected: str) -> Outcome:
    """Return the values of the named results in one case, or its error, wherever it is computed.

    Raises RunError where this machine has another state of the project than the one that asks.
    """
    if state(chapter) != expected:
        raise RunError(
            "a worker has another state of the project (data, code, lock or Python) than this machine; give it the same"
        )
    started = time.perf_counter()
    try:
        entries = compute(find_notebook(chapter), values)
        outcome: dict[str, Any] = {"values": {name: entry["value"] for name, entry in entries.items()}}
    except ProjectError as error:
        outcome = {"error": str(error)}
    return outcome | {"seconds": round(time.perf_counter() - started, 3)}


def read_done(file: Path) -> dict[str, Outcome]:
    """Return the outcomes on record by key; a line that was cut short does not count, nor does a case that failed."""
    outcomes: dict[str, Outcome] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        with suppress(ValueError):
            entry = json.loads(line)
            if "values" in entry:
                outcomes[entry.pop("key")] = entry
    return outcomes


def _line(key: str, outcome: Outcome) -> str:
    return json.dumps({"key": key, **outcome}, ensure_ascii=False) + "\n"


def run_sweep(sweep: Sweep, pool: Executor, folder: Path = paths.RUNS) -> Done:
    """Compute the cases that are not done yet, and gather all of them.

    The table is the same to the last bit wherever the cases were computed. A case that fails is kept with its error,
    and tried again next time. Raises DataError with the faults of the data before any work; RunError where the folder
    cannot be written or is in use, or a worker dies. What was done until then is kept.
    """
    require_none(check())
    expected = state(sweep.notebook.stem)
    keys = [hashlib.sha256(json.dumps([expected, case], sort_keys=True).encode()).hexdigest() for case in sweep.cases]
    run_case = partial(compute_case, chapter=sweep.notebook.stem, expected=expected)
    place = folder / f"sweep-{sweep.name}"
    busy = f"{place}: this sweep is running already; wait for it, or rename the file"
    with write_errors(place, "the sweep", "what was done until then is kept"), locked(place, busy):
        outcomes = {key: outcome for key, outcome in read_done(place / CASES).items() if key in set(keys)}
        before = len(outcomes)
        todo = {key: case for key, case in zip(keys, sweep.cases, strict=True) if key not in outcomes}
        write_whole(place / CASES, "".join(_line(*entry) for entry in outcomes.items()).encode())
        try:
            computed = zip(todo, pool.map(run_case, todo.values()), strict=True)
            with (place / CASES).open("a", encoding="utf-8") as record:
                for key, outcome in tqdm(computed, sweep.name, len(todo), disable=None, unit="case"):
                    record.write(_line(key, outcome))
                    record.flush()
                    outcomes[key] = outcome
        except (ProjectError, OSError):
            raise
        except Exception as error:  # of the processes or the cluster
            count = f"{len(outcomes)} of {len(keys)} cases ({type(error).__name__}; out of memory?)"
            raise RunError(f"a worker died after {count}; the same command goes on from there") from None
        return Done(place, before, gather(sweep, [outcomes[key] for key in keys], place))


# --- gathering


def result_table(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return one row a case, in the order of the cases, each column of one type.

    Columns: case (from 1), the parameters, error (empty where the case was computed), and each named result as
    result.NAME, missing where the case has none.
    """
    rows = [
        {"case": number, **case, "error": outcome.get("error", "")}
        | {f"result.{name}": value for name, value in outcome.get("values", {}).items()}
        for number, (case, outcome) in enumerate(zip(cases, outcomes, strict=True), 1)
    ]
    table = pd.DataFrame(rows).convert_dtypes()
    return table.astype(dict.fromkeys(table.columns[table.dtypes == "object"], "string"))


def gather(sweep: Sweep, outcomes: Sequence[Outcome], place: Path) -> pd.DataFrame:
    """Write table, provenance and, where a case has a value, the chart of a sweep that is done; return the table."""
    table, parameters = result_table(sweep.cases, outcomes), list(sweep.cases[0])
    write_whole(place / TABLE, table.to_parquet(index=False))
    (place / CHART).unlink(missing_ok=True)
    if any(outcome.get("values", {}).get(sweep.result) is not None for outcome in outcomes):
        figure = sweep_figure(table, sweep.result, parameters, sweep.default, sweep.notebook.stem)
        write_whole(place / CHART, vega.draw_svg(figure.specification()).encode())
    provenance = {
        "sweep": sweep.name,
        "chapter": sweep.notebook.stem,
        "result": sweep.result,
        "parameters": parameters,
        "cases": len(sweep.cases),
        "seconds": round(sum(outcome["seconds"] for outcome in outcomes), 1),
        "inputs": inputs(),
        "versions": versions(),
    }
    write_json(place / PROVENANCE, provenance)
    return table


def report(done: Done, name: str) -> list[str]:
    """Return the lines that say what became of a sweep whose folder has this name; of the failed cases the first 20."""
    lines = [f"{len(done.table)} cases, {done.before} of them from before, {len(done.failed)} failed"]
    columns = list(done.table)
    parameters = columns[1 : columns.index("error")]
    for case in done.failed.head(SHOWN).to_dict("records"):
        words = " ".join(f"-p {parameter}={case[parameter]}" for parameter in parameters)
        lines.append(f"  failed: {words}: {case['error'].splitlines()[0]}")
    held = [file for file in (TABLE, CHART, PROVENANCE) if (done.folder / file).exists()]
    return [*lines, f"{name}/ holds {listing(held)}"]
