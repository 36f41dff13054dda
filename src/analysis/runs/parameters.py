"""Parameters of a notebook: declared once, in its cell tagged `parameters`, and read before any work starts.

Each line of the cell is `name: type = default  # meaning [allowed]`. What stands in brackets is one of

    [1 to 3]                                      numbers, with both ends
    [a day], [a day up to 2026-06-30]             days as YYYY-MM-DD
    [true or false]                               may be left out
    [one of sentence, paragraph]                  one value
    [some of a, b, c]                             values with commas between them, or a list
    [one of events.event_id where kind is call]   the values of a column of a table of data/, perhaps of some rows
"""

import ast
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from analysis.core.errors import ParameterError, RunError
from analysis.core.wording import in_markdown
from analysis.data.faults import nearest
from analysis.data.tables import load
from analysis.runs.results import read_cells

# the forms of what may stand in brackets, by type
BOUNDS = {
    "int": r"(?P<low>-?[\d,]+) to (?P<high>-?[\d,]+)",
    "float": r"(?P<low>-?[\d,.]+) to (?P<high>-?[\d,.]+)",
    "bool": r"true or false",
    "str": r"a day(?: up to (?P<latest>\d{4}-\d\d-\d\d))?|(?P<how_many>one|some) of (?P<values>.+)",
}
INJECTED = "# Parameters"  # the first line of the cell that papermill adds
COLUMN = r"(?P<table>\w+)\.(?P<column>\w+)(?: where (?P<other>\w+) is (?P<value>.+))?"

T = TypeVar("T", int, float)


@dataclass(frozen=True)
class Parameter:
    """A parameter of a notebook: its name, type, default, meaning, and what it may be, in the words of its comment."""

    name: str
    type: str
    default: Any
    meaning: str
    allowed: str = ""

    def read(self, value: object) -> Any:
        """Return the typed value that a value or its text stands for.

        It is a number, True or False, a text, a day as a timestamp, or a list where it is `some of`. Raises
        ParameterError with the name, the value and what is allowed.
        """
        if self.type == "bool":
            return read_switch(self.name, value)
        bound = re.fullmatch(BOUNDS[self.type], self.allowed)
        if self.type in ("int", "float"):
            return self._number(value, bound)
        if bound and bound["how_many"]:
            choose = read_choice if bound["how_many"] == "one" else read_choices
            return choose(self.name, value, _choices(bound["values"]))
        if bound:
            return read_day(self.name, value, pd.Timestamp(bound["latest"]) if bound["latest"] else None)
        if not isinstance(value, str):
            raise ParameterError(f"parameter {self.name}: {value!r}; allowed: text")
        return value

    def _number(self, value: object, bound: re.Match[str] | None) -> int | float:
        kind: type[int | float] = int if self.type == "int" else float
        number: int | float = math.nan
        if isinstance(value, str | int | kind) and not isinstance(value, bool):
            with suppress(ValueError, OverflowError):
                number = kind(value)
        low, high = (float(bound[end].replace(",", "")) if bound else math.inf for end in ("low", "high"))
        if not (low <= number <= high if bound else abs(number) < high):
            words = "a whole number" if kind is int else "a number"
            ends = f" from {bound['low']} to {bound['high']}" if bound else ""
            raise ParameterError(f"parameter {self.name}: {value!r}; allowed: {words}{ends}")
        return number

    def plain(self, value: object) -> int | float | bool | str:
        """Return a value as the cell of the notebook holds it. Raises ParameterError as `read` does."""
        typed = self.read(value)
        if isinstance(typed, list):
            return ",".join(typed)
        return f"{typed:%Y-%m-%d}" if isinstance(typed, pd.Timestamp) else typed


def _choices(values: str) -> list[str]:
    """Return the values that `one of` or `some of` allows: those listed, or those of a column of a table."""
    place = re.fullmatch(COLUMN, values)
    if place is None:
        return [item.strip() for item in values.split(",")]
    rows = load(place["table"])
    columns = list(map(str, rows))
    for column in filter(None, (place["column"], place["other"])):
        if column not in columns:
            raise RunError(f"[… of {values}]: {place['table']}.csv has no column {column}{nearest(column, columns)}")
    if place["other"]:
        rows = rows[rows[place["other"]].astype(str) == place["value"]]
    return sorted(rows[place["column"]].astype(str).unique())


def declared(notebook: Path) -> list[Parameter]:
    """Return the parameters of a notebook in order.

    Raises RunError where the notebook cannot be read or declares none, or where a type or what stands in brackets is
    none of those above. Written with `ast`: papermill's own reader costs each kernel half a second of imports.
    """
    for kind, source, tags in read_cells(notebook):
        if kind == "code" and "parameters" in tags:
            return [
                _parameter(notebook.name, node, source.splitlines()[node.lineno - 1])
                for node in ast.parse(source).body
                if isinstance(node, ast.AnnAssign) and node.value is not None
            ]
    raise RunError(f"{notebook.name} has no cell with the tag “parameters”")


def _parameter(file: str, node: ast.AnnAssign, line: str) -> Parameter:
    name, kind, default = ast.unparse(node.target), ast.unparse(node.annotation), ast.literal_eval(node.value or node)
    [(meaning, allowed)] = re.findall(r"^(.*?)(?: *\[([^\[\]]*)\])?$", line.partition("  # ")[2].strip())
    if kind not in BOUNDS:
        raise RunError(f"{file}: parameter {name}: type {kind}; allowed: {', '.join(BOUNDS)}")
    if allowed and not re.fullmatch(BOUNDS[kind], allowed):
        raise RunError(
            f"{file}: parameter {name}: [{allowed}] says nothing of type {kind}; see analysis.runs.parameters"
        )
    return Parameter(name, kind, default, meaning, allowed)


def _assigned(source: str) -> tuple[set[str], list[str]]:
    """Return the names that a cell declares with a type, and those that it sets where it does nothing else."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):  # a magic of IPython, or no Python
        return set(), []
    declared_here = {ast.unparse(node.target) for node in body if isinstance(node, ast.AnnAssign)}
    alone = all(isinstance(node, ast.Assign) for node in body)
    return declared_here, [ast.unparse(node.targets[0]) for node in body if alone and isinstance(node, ast.Assign)]


def require_declared(cells: Sequence[str], parameters: Iterable[Parameter]) -> None:
    """Raise ParameterError where papermill set a name that is no parameter; the nearest one stands in the message.

    cells: the sources of the cells that a kernel has run, in order. Papermill puts what it sets into a cell of its
    own, which begins with the comment `INJECTED`, behind that of the parameters; of several that were run, the last
    one counts. A copy of a chapter may declare parameters of its own. Paths that papermill inserts are left alone.
    """
    known = list(parameters)
    injected: list[str] | None = None
    for source in reversed(cells):
        own, names = _assigned(source)
        if own & {parameter.name for parameter in known}:
            for name in injected or ():
                if name not in own and not name.startswith("PAPERMILL_"):
                    find_parameter(name, known)
            return
        if injected is None and source.startswith(f"{INJECTED}\n"):
            injected = names


def changes(parameters: Iterable[Parameter], values: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return by name the default and the value of each parameter that has another value than its default.

    Both in Markdown, as the cell of the notebook holds them. Raises ParameterError as `Parameter.read` does.
    """
    both = {
        one.name: (in_markdown(str(one.plain(one.default))), in_markdown(str(one.plain(values[one.name]))))
        for one in parameters
    }
    return {name: (default, value) for name, (default, value) in both.items() if value != default}


def find_parameter(name: str, parameters: Iterable[Parameter]) -> Parameter:
    """Return the parameter of a name. Raises ParameterError with the nearest name where there is none."""
    known = {parameter.name: parameter for parameter in parameters}
    if name not in known:
        raise ParameterError(f"there is no parameter “{name}”{nearest(name, list(known))}; known: {', '.join(known)}")
    return known[name]


# --- values


def read_day(name: str, value: object, latest: pd.Timestamp | None = None) -> pd.Timestamp:
    """Return a day from text like 2025-02-07, not after the latest one allowed. Raises ParameterError."""
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        day = pd.Timestamp(pd.to_datetime(value, format="%Y-%m-%d"))
    except ValueError:
        raise ParameterError(f"parameter {name}: {value!r} is not a day; write YYYY-MM-DD") from None
    if latest is not None and day > latest:
        raise ParameterError(f"parameter {name}: {value!r}; allowed: days up to {latest:%Y-%m-%d}")
    return day


def require_window(
    first: str, start: pd.Timestamp, last: str, end: pd.Timestamp, days: Mapping[str, "pd.Series[pd.Timestamp]"]
) -> None:
    """Raise ParameterError where a window ends before it starts, or where there is nothing to count in it.

    first, last: the names of the parameters that set it; days: by what is counted (such as “event”), the days on which
    it is on record.
    """
    if end < start:
        raise ParameterError(f"parameter {last}: {end:%Y-%m-%d} lies before {first} ({start:%Y-%m-%d})")
    for counted, on_record in days.items():
        if not on_record.between(start, end).any():
            raise ParameterError(
                f"parameter {first} and {last}: no {counted} from {start:%Y-%m-%d} to {end:%Y-%m-%d}; "
                f"on record from {on_record.min():%Y-%m-%d} to {on_record.max():%Y-%m-%d}"
            )


def read_choice(name: str, value: object, allowed: Iterable[str]) -> str:
    """Return one of the allowed values. Raises ParameterError with the nearest one."""
    known = list(allowed)
    if value not in known:
        shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        raise ParameterError(f"parameter {name}: {value!r}{nearest(str(value), known)}; allowed: {shown}")
    return str(value)


def read_choices(name: str, value: object, allowed: Iterable[str]) -> list[str]:
    """Return some of the allowed values, a list or a text with commas, in the order given. Raises ParameterError."""
    known = list(allowed)
    items = value if isinstance(value, list) else str(value).split(",")
    chosen = [read_choice(name, str(item).strip(), known) for item in items]
    if not chosen or len(set(chosen)) < len(chosen):
        raise ParameterError(f"parameter {name}: {value!r} names {'a value twice' if chosen else 'no value'}")
    return chosen


def read_switch(name: str, value: object) -> bool:
    """Return True or False, also for the texts true and false. Raises ParameterError."""
    switch = {"true": True, "false": False}.get(str(value).lower())
    if switch is None:
        raise ParameterError(f"parameter {name}: {value!r}; allowed: True or False")
    return switch
