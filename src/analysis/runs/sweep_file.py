"""Read a sweep: one chapter, one result, and the cases to compute, from a YAML file.

    chapter: 04-alignment
    result: coverage               # the named result that the chart shows
    grid:                          # every combination of these
      threshold: [1, 2, 3]
      seed: {from: 1, to: 1000}    # whole numbers, numbers with a step, or days with a step in days
      curve: false
    sample: 400                    # so many of the combinations, drawn with the seed
    seed: 1

Instead of `grid`, `cases` lists the cases: `- {threshold: 3, coders: a}`. All is checked before any work starts, and a
message names the file and the line.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis.core import yaml_files
from analysis.core.errors import ParameterError
from analysis.data.faults import nearest
from analysis.runs.parameters import read_day
from analysis.runs.rerun import Parameter, check_values, declared, find_notebook
from analysis.runs.results import read_results

KEYS = ("chapter", "result", "grid", "cases", "sample", "seed")
RANGE_KEYS = ("from", "to", "step")
MOST_CASES = 100_000
MOST_COMBINATIONS = 10**15
TRIES = 20  # cases in which a value is tried before it is refused
Case = Mapping[str, Any]


@dataclass(frozen=True)
class Sweep:
    """A sweep that has been checked.

    cases give a value to each of the parameters that the file names, in the same order; result is the named result that
    the chart shows, and default its value in the committed run.
    """

    name: str
    notebook: Path
    result: str
    default: float
    cases: tuple[Case, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that the file names."""
        return tuple(self.cases[0])


class _At:
    """Refuses what stands at a node of the file, with the line."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def refuse(self, node: yaml.Node, message: object) -> ParameterError:
        return ParameterError(f"{self.file.name}, line {node.start_mark.line + 1}: {message}")

    def mapping(self, node: yaml.Node, what: str, known: Sequence[str]) -> dict[str, yaml.Node]:
        """The entries of a mapping, whose keys are known and stand there once."""
        if not isinstance(node, yaml.MappingNode):
            raise self.refuse(node, f"{what} must give names with values; known: {', '.join(known)}")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.text(key, "a name")
            if name not in known:
                raise self.refuse(key, f"{what} has no “{name}”{nearest(name, list(known))}; known: {', '.join(known)}")
            if name in found:
                raise self.refuse(key, f"“{name}” stands there twice")
            found[name] = value
        return found

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self.refuse(node, f"{what} must be a list with at least one entry")
        return list(node.value)

    def text(self, node: yaml.Node, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.refuse(node, f"{what} must be a single value")
        return str(node.value)

    def whole(self, node: yaml.Node, what: str, low: int, high: int) -> int:
        text = self.text(node, what)
        try:
            if low <= int(text) <= high:
                return int(text)
        except ValueError:
            pass
        raise self.refuse(node, f"{what}: “{text}”; allowed: a whole number from {low:,} to {high:,}")

    def value(self, node: yaml.Node, parameter: Parameter) -> Any:
        text = self.text(node, f"parameter {parameter.name}")
        try:
            return parameter.read(text)
        except ParameterError as error:
            raise self.refuse(node, error) from None


def _parse(file: Path) -> yaml.Node:
    """The file as nodes, which know their lines. Raises ParameterError where it cannot be read."""
    try:
        raw = file.read_bytes()
        if len(raw) > yaml_files.LARGEST:
            raise ParameterError(f"{file}: {len(raw):,} bytes; allowed: {yaml_files.LARGEST:,}")
        node = yaml_files.compose(raw.decode("utf-8"))
    except FileNotFoundError:
        raise ParameterError(f"{file} is missing; name a file that describes a sweep") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(f"{file} cannot be read ({error})") from None
    except (yaml.YAMLError, RecursionError) as error:
        place = getattr(error, "problem_mark", None)
        line = f", line {place.line + 1}" if place else ""
        raise ParameterError(f"{file.name}{line}: not YAML ({getattr(error, 'problem', None) or 'too deep'})") from None
    if node is None:
        raise ParameterError(f"{file.name} is empty; it needs {', '.join(KEYS[:3])}")
    return node


def _range(at: _At, node: yaml.Node, parameter: Parameter) -> Sequence[Any]:
    """The options of a range: from, to and, where it is not 1, step; both ends included."""
    entries = at.mapping(node, f"the range of {parameter.name}", RANGE_KEYS)
    for key in RANGE_KEYS[:2]:
        if key not in entries:
            raise at.refuse(node, f"the range of {parameter.name} needs {key}")
    texts = {key: at.text(entry, key) for key, entry in entries.items()}
    if parameter.type == "str":
        try:
            first, last = (read_day(parameter.name, texts[key]) for key in RANGE_KEYS[:2])
        except ParameterError as error:
            raise at.refuse(node, error) from None
        step = at.whole(entries["step"], "step (days)", 1, 100_000) if "step" in entries else 1
        return [f"{day:%Y-%m-%d}" for day in _some(at, node, pd.date_range(first, last, freq=f"{step}D"))]
    if parameter.type not in ("int", "float"):
        raise at.refuse(node, f"parameter {parameter.name}: a range needs numbers, or days as YYYY-MM-DD")
    low, high = at.value(entries["from"], parameter), at.value(entries["to"], parameter)
    step = at.value(entries["step"], parameter) if "step" in entries else 1
    if not (math.isfinite(low) and math.isfinite(high) and math.isfinite(step)) or step <= 0:
        raise at.refuse(node, f"the range of {parameter.name} needs finite ends and a step above 0")
    if parameter.type == "int":
        options: Sequence[int] = _some(at, node, range(low, high + 1, step))
        return options
    count = math.floor((high - low) / step + 1e-9) + 1
    return [round(low + place * step, 10) for place in _some(at, node, range(max(count, 0)))]


def _some(at: _At, node: yaml.Node, options: Any) -> Any:
    """The options of a range, of which there are some, and not too many. Raises ParameterError."""
    if not 0 < len(options) <= MOST_COMBINATIONS or (not isinstance(options, range) and len(options) > MOST_CASES):
        raise at.refuse(node, f"the range has {len(options):,} values; allowed: 1 to {MOST_CASES:,}")
    return options


def _options(at: _At, node: yaml.Node, parameter: Parameter) -> Sequence[Any]:
    """The values of a parameter in a grid: a list, a range, or one value."""
    if isinstance(node, yaml.MappingNode):
        return _range(at, node, parameter)
    if isinstance(node, yaml.ScalarNode):
        return [at.value(node, parameter)]
    found: dict[Any, None] = {}
    for item in at.items(node, f"parameter {parameter.name}"):
        value = at.value(item, parameter)
        if value in found:
            raise at.refuse(item, f"parameter {parameter.name}: {value!r} stands there twice")
        found[value] = None
    return list(found)


def combination(place: int, options: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The combination of a grid at a place from 0 on; the last parameter changes fastest."""
    values: dict[str, Any] = {}
    for name in reversed(list(options)):
        place, digit = divmod(place, len(options[name]))
        values[name] = options[name][digit]
    return {name: values[name] for name in options}


def _from_grid(at: _At, entries: Mapping[str, yaml.Node], known: Mapping[str, Parameter]) -> list[dict[str, Any]]:
    grid = at.mapping(entries["grid"], "the grid", list(known))
    if not grid:
        raise at.refuse(entries["grid"], "the grid has no parameter")
    options = {name: _options(at, node, known[name]) for name, node in grid.items()}
    total = math.prod(len(found) for found in options.values())
    if total > MOST_COMBINATIONS:
        raise at.refuse(entries["grid"], f"the grid has more than {MOST_COMBINATIONS:,} combinations")
    places: Sequence[int] = range(total)
    if "sample" in entries:
        size = at.whole(entries["sample"], "sample", 1, MOST_CASES)
        seed = at.whole(entries["seed"], "seed", 0, 2**31) if "seed" in entries else 1
        if size < total:
            places = sorted(random.Random(seed).sample(places, size))
    if len(places) > MOST_CASES:
        raise at.refuse(
            entries["grid"],
            f"the grid has {total:,} combinations; allowed: {MOST_CASES:,}, or a sample of them (sample: 400)",
        )
    return [combination(place, options) for place in places]


def _from_list(at: _At, entries: Mapping[str, yaml.Node], known: Mapping[str, Parameter]) -> list[dict[str, Any]]:
    for key in ("sample", "seed"):
        if key in entries:
            raise at.refuse(entries[key], f"{key} belongs to a grid")
    listed = [
        (item, {n: at.value(v, known[n]) for n, v in at.mapping(item, "a case", list(known)).items()})
        for item in at.items(entries["cases"], "cases")
    ]
    named = [name for name in known if any(name in case for _, case in listed)]
    found: dict[tuple[Any, ...], int] = {}  # the values of a case, and its number
    for number, (item, case) in enumerate(listed, 1):
        values = tuple(case.get(name, known[name].default) for name in named)
        if values in found:
            raise at.refuse(item, f"the case stands there already (case {found[values]})")
        found[values] = number
    if len(found) > MOST_CASES:
        raise at.refuse(entries["cases"], f"{len(found):,} cases; allowed: {MOST_CASES:,}")
    return [dict(zip(named, values, strict=True)) for values in found]


def _values(cases: Sequence[Case]) -> Iterator[tuple[str, Any, list[Case]]]:
    """Each value of each parameter, with the first cases that have it."""
    having: dict[tuple[str, str], tuple[Any, list[Case]]] = {}
    for case in cases:
        for name, value in case.items():
            _, some = having.setdefault((name, repr(value)), (value, []))
            if len(some) < TRIES:
                some.append(case)
    return ((name, value, some) for (name, _), (value, some) in having.items())


def require_allowed(notebook: Path, cases: Sequence[Case]) -> None:
    """Refuse a value that the notebook refuses in each of the first cases that have it.

    A value may be wrong beside another one only, such as a last day before the first: such a case fails when its turn
    comes. Raises ParameterError as the notebook does.
    """
    accepted: set[tuple[str, str]] = set()
    for name, value, some in _values(cases):
        if (name, repr(value)) in accepted:
            continue
        refusal: ParameterError | None = None
        for case in some:
            try:
                check_values(notebook, case)
            except ParameterError as error:
                refusal = refusal or error
            else:
                accepted |= {(name, repr(value)) for name, value in case.items()}
                break
        else:
            raise refusal or ParameterError(f"parameter {name}: {value!r} is not allowed")


def read_sweep(file: Path) -> Sweep:
    """The sweep that a file describes, checked: names, types and values of parameters, the result, the number of cases.

    Raises ParameterError with the file, the line and what is allowed.
    """
    at, node = _At(file), _parse(file)
    entries = at.mapping(node, "a sweep", KEYS)
    for key in KEYS[:2]:
        if key not in entries:
            raise at.refuse(node, f"{key} is missing; a sweep needs {', '.join(KEYS[:3])} (or cases)")
    if ("grid" in entries) == ("cases" in entries):
        raise at.refuse(node, "a sweep needs either grid or cases")
    try:
        notebook = find_notebook(at.text(entries["chapter"], "chapter"))
    except ParameterError as error:
        raise at.refuse(entries["chapter"], error) from None
    [default] = read_results([notebook]).values()
    numbers = [name for name, entry in default.items() if isinstance(entry["value"], int | float)]
    result = at.text(entries["result"], "result")
    if result not in numbers:
        raise at.refuse(
            entries["result"],
            f"{notebook.stem} has no number “{result}” among its named results{nearest(result, numbers)}; "
            f"known: {', '.join(numbers)}",
        )
    read = _from_grid if "grid" in entries else _from_list
    cases = read(at, entries, declared(notebook))
    try:
        require_allowed(notebook, cases)
    except ParameterError as error:
        raise ParameterError(f"{file.name}: {error}") from None
    return Sweep(file.stem, notebook, result, float(default[result]["value"]), tuple(cases))
