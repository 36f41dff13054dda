"""A sweep: one chapter with many combinations of parameters, and one of its results set beside all of them.

    chapter: 04-alignment
    result: coverage               # the named result that the chart shows
    grid:                          # every combination of these
      threshold: [1, 2, 3]
      seed: {from: 1, to: 1000}    # whole numbers, numbers with a step, or days with a step in days
      curve: false
    sample: 400                    # so many of the combinations, drawn with the seed
    seed: 1

Instead of `grid`, `cases` lists the cases: `- {threshold: 3, coders: a}`. All values are checked before work starts.

The folder runs/sweep-NAME holds cases.jsonl (a line for each case, written when it is done), and when all are done
results.parquet (a row for each), chart.svg and provenance.json. A case that was computed before from the same cells,
code and data is not computed again: a sweep that was interrupted goes on where it stopped.
"""

import hashlib
import itertools
import json
import math
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis.charts import vega
from analysis.charts.sweep import sweep_figure
from analysis.core import paths
from analysis.core.errors import ParameterError, ProjectError, RunError
from analysis.core.files import locked, write_errors, write_whole
from analysis.core.wording import listing
from analysis.data.faults import nearest, require_none
from analysis.runs.inputs import cells_hash, inputs, versions
from analysis.runs.notebooks import write_json
from analysis.runs.parameters import Parameter, declared, read_day
from analysis.runs.rerun import PROVENANCE, find_notebook
from analysis.runs.results import read_results
from analysis.validation.check import check

NEEDED, GRID_KEYS, RANGE_KEYS = ("chapter", "result"), ("grid", "sample", "seed"), ("from", "to", "step")
CASES, TABLE, CHART = "cases.jsonl", "results.parquet", "chart.svg"
MOST_CASES, MOST_COMBINATIONS = 100_000, 10_000_000
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
    """What became of a sweep: its folder, how many cases were done before, and those that failed with why."""

    folder: Path
    cases: int
    before: int
    failed: tuple[tuple[Case, str], ...]


# --- reading


class Text(str):
    """A value or a key of a file, which is text until a parameter reads it, with its line."""

    line: int


class _Loader(yaml.BaseLoader):
    def construct_scalar(self, node: Any) -> Text:
        text = Text(super().construct_scalar(node))
        text.line = node.start_mark.line + 1
        return text

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
            hint = nearest(name, names)
            raise ParameterError(f"line {name.line}: {place} has no “{name}”{hint}; known: {', '.join(names)}")
    return content


def _plain(parameter: Parameter, given: Any) -> Any:
    """Return the value of a parameter that a text stands for. Raises ParameterError with its line."""
    if not isinstance(given, Text):
        raise ParameterError(f"parameter {parameter.name} must be a single value")
    try:
        return parameter.plain(str(given))
    except ParameterError as error:
        raise ParameterError(f"line {given.line}: {error}") from None


def _range(parameter: Parameter, given: Any) -> list[Any]:
    """Return the values of a range, both ends included."""
    name = parameter.name
    entries = _entries(f"the range of {name}", given, RANGE_KEYS)
    if "from" not in entries or "to" not in entries or parameter.type == "bool":
        raise ParameterError(f"the range of {name} needs from and to, both numbers or both days")
    ends = [_plain(parameter, entries[key]) for key in RANGE_KEYS[:2]]
    step = Parameter("step", "float" if parameter.type == "float" else "int", 1, "")
    width = step.read(str(entries.get("step", 1)))
    if parameter.type == "str":
        ends = [read_day(name, day).toordinal() for day in ends]
    spread = ends[1] - ends[0]
    if width <= 0 or not 0 <= spread < width * MOST_CASES:
        raise ParameterError(f"the range of {name} is empty or too long; allowed: 1 to {MOST_CASES:,} values")
    count = math.floor(spread / width + 1e-9) + 1
    numbers = [ends[0] + place * width for place in range(count)]
    if parameter.type == "str":
        return [parameter.plain(f"{pd.Timestamp.fromordinal(number):%Y-%m-%d}") for number in numbers]
    return [round(number, 10) for number in numbers]


def _options(parameter: Parameter, given: Any) -> list[Any]:
    """Return the values of a parameter in a grid, from a list, a range, or one value."""
    if isinstance(given, dict):
        return _range(parameter, given)
    options = [_plain(parameter, item) for item in (given if isinstance(given, list) else [given])]
    if not options or len(set(options)) < len(options):
        raise ParameterError(f"parameter {parameter.name}: a list needs values, and each of them once")
    return options


def _grid_cases(content: Mapping[Any, Any], known: Mapping[str, Parameter]) -> list[Case]:
    grid = _entries("the grid", content["grid"], known)
    options = {str(name): _options(known[name], given) for name, given in grid.items()}
    total = math.prod(map(len, options.values()))
    size = _plain(Parameter("sample", "int", 0, "", f"1 to {MOST_CASES:,}"), content.get("sample", Text(MOST_CASES)))
    seed = _plain(Parameter("seed", "int", 0, "", f"0 to {2**31}"), content.get("seed", Text(1)))
    if total > (MOST_COMBINATIONS if "sample" in content else MOST_CASES):
        allowed = f"{MOST_CASES:,}, or a sample (sample: 400) of {MOST_COMBINATIONS:,}"
        raise ParameterError(f"the grid has {total:,} combinations; allowed: {allowed}")
    places = range(total) if total <= size else set(random.Random(seed).sample(range(total), size))
    combinations = enumerate(itertools.product(*options.values()))
    return [dict(zip(options, values, strict=True)) for place, values in combinations if place in places]


def _listed_cases(content: Mapping[Any, Any], known: Mapping[str, Parameter]) -> list[Case]:
    if not isinstance(content["cases"], list) or not content["cases"]:
        raise ParameterError("cases must be a list with at least one entry")
    cases = [
        {str(name): _plain(known[name], given) for name, given in _entries("a case", item, known).items()}
        for item in content["cases"]
    ]
    named = [name for name in known if any(name in case for case in cases)]
    return [{name: case.get(name, known[name].default) for name in named} for case in cases]


def read_sweep(file: Path) -> Sweep:
    """Return the sweep that a file describes, with every name and value checked.

    Raises ParameterError with the file, the line of a wrong name or value, and what is allowed. A value that is wrong
    beside another one only, such as a last day before the first, fails when the turn of its case comes.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError:
        raise ParameterError(f"{file} is missing; name a file that describes a sweep") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ParameterError(f"{file.name} cannot be read: {' '.join(str(error).split())}") from None
    try:
        return _checked(file.stem, content)
    except ParameterError as error:
        raise ParameterError(f"{file.name}: {error}") from None


def _checked(name: str, content: Any) -> Sweep:
    listed = isinstance(content, dict) and "cases" in content
    entries = _entries("a sweep", content, (*NEEDED, "cases") if listed else (*NEEDED, *GRID_KEYS))
    for key in NEEDED if listed else (*NEEDED, "grid"):
        if key not in entries:
            raise ParameterError(f"{key} is missing; a sweep needs {', '.join(NEEDED)}, and grid or cases")
    chapter, result = (_plain(Parameter(key, "str", "", ""), entries[key]) for key in NEEDED)
    notebook = find_notebook(chapter)
    [committed] = read_results([notebook]).values()
    numbers = [number for number, entry in committed.items() if isinstance(entry["value"], int | float)]
    if result not in numbers:
        hint = f"{nearest(result, numbers)}; known: {', '.join(numbers)}"
        raise ParameterError(f"{notebook.stem} has no number “{result}” among its named results{hint}")
    known = {parameter.name: parameter for parameter in declared(notebook)}
    cases = _listed_cases(entries, known) if listed else _grid_cases(entries, known)
    return Sweep(name, notebook, result, float(committed[result]["value"]), tuple(cases))


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
    from analysis.runs.kernels import compute

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
        try:
            entry = json.loads(line)
            if "values" in entry:
                outcomes[entry.pop("key")] = entry
        except (ValueError, KeyError, TypeError):
            continue
    return outcomes


def _line(key: str, outcome: Outcome) -> str:
    return json.dumps({"key": key, **outcome}, ensure_ascii=False) + "\n"


def run_sweep(sweep: Sweep, pool: Executor, folder: Path = paths.RUNS, *, progress: bool = True) -> Done:
    """Compute the cases that are not done yet, and gather all of them.

    The table is the same to the last bit wherever the cases were computed. A case that fails is kept with its error,
    and tried again next time. Raises DataError with the faults of the data before any work; RunError where the folder
    cannot be written or is in use, or a worker dies. What was done until then is kept.
    """
    from tqdm import tqdm

    require_none(check())
    expected = state(sweep.notebook.stem)
    keys = [hashlib.sha256(json.dumps([expected, case], sort_keys=True).encode()).hexdigest() for case in sweep.cases]
    place = folder / f"sweep-{sweep.name}"
    busy = f"{place}: this sweep is running already; wait for it, or rename the file"
    with write_errors(place, "the sweep", "what was done until then is kept"), locked(place, busy):
        on_record = read_done(place / CASES)
        outcomes = {key: on_record[key] for key in keys if key in on_record}
        before = len(outcomes)
        todo = {key: case for key, case in zip(keys, sweep.cases, strict=True) if key not in outcomes}
        write_whole(place / CASES, "".join(_line(*entry) for entry in outcomes.items()).encode())
        run_case = partial(compute_case, chapter=sweep.notebook.stem, expected=expected)
        with (
            (place / CASES).open("a", encoding="utf-8") as record,
            tqdm(total=len(keys), initial=before, desc=sweep.name, unit="case", disable=not progress) as bar,
        ):
            try:
                for key, outcome in zip(todo, pool.map(run_case, todo.values()), strict=True):
                    record.write(_line(key, outcome))
                    record.flush()
                    outcomes[key] = outcome
                    bar.update()
            except (ProjectError, OSError):
                raise
            except Exception as error:  # of the processes or the cluster
                count = f"{len(outcomes)} of {len(keys)} cases ({type(error).__name__}; out of memory?)"
                raise RunError(f"a worker died after {count}; the same command goes on from there") from None
        ordered = [outcomes[key] for key in keys]
        failed = tuple((case, o["error"]) for case, o in zip(sweep.cases, ordered, strict=True) if "error" in o)
        gather(sweep, ordered, place)
    return Done(place, len(keys), before, failed)


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


def gather(sweep: Sweep, outcomes: Sequence[Outcome], place: Path) -> None:
    """Write the table, the chart and the provenance of a sweep whose cases are all done."""
    table = result_table(sweep.cases, outcomes)
    write_whole(place / TABLE, table.to_parquet(index=False))
    (place / CHART).unlink(missing_ok=True)
    figure = sweep_figure(table, sweep.result, list(sweep.cases[0]), sweep.default, sweep.notebook.stem)
    if figure:
        write_whole(place / CHART, vega.draw_svg(figure.specification()).encode())
    provenance = {
        "sweep": sweep.name,
        "chapter": sweep.notebook.stem,
        "result": sweep.result,
        "parameters": list(sweep.cases[0]),
        "cases": len(sweep.cases),
        "seconds": round(sum(outcome["seconds"] for outcome in outcomes), 1),
        "inputs": inputs(),
        "versions": versions(),
    }
    write_json(place / PROVENANCE, provenance)


def report(done: Done, name: str) -> list[str]:
    """Return the lines that say what became of a sweep whose folder has this name; of the failed cases the first 20."""
    lines = [f"{done.cases} cases, {done.before} of them from before, {len(done.failed)} failed"]
    for case, error in done.failed[:SHOWN]:
        words = " ".join(f"-p {parameter}={value}" for parameter, value in case.items())
        lines.append(f"  failed: {words}: {error.splitlines()[0]}")
    held = [file for file in (TABLE, CHART, PROVENANCE) if (done.folder / file).exists()]
    return [*lines, f"{name}/ holds {listing(held)}"]
