"""The checks by name, and how a cell of arguments becomes one.

A check is a class: its fields are the arguments with their types, its method `outcome` decides. The
name above it is the one in the column `check` of checks.csv.
"""

import json
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar, dataclass_transform

import pandas as pd

from analysis.claims.evidence import Check
from analysis.core.errors import ParameterError
from analysis.data.faults import nearest

Words = tuple[str, ...]
Columns = tuple[tuple[str, Words], ...]  # columns of a table, each with the values that are allowed in it
Day = pd.Timestamp

ALLOWED: dict[Any, str] = {
    str: "a text",
    Words: "a list of texts",
    Columns: "columns, each with a list of texts",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Day: "a day as YYYY-MM-DD",
    Day | None: "a day as YYYY-MM-DD",
}
CHECKS: dict[str, type[Check]] = {}
Kind = TypeVar("Kind", bound=Check)


@dataclass_transform(frozen_default=True)
def check(name: str) -> Callable[[type[Kind]], type[Kind]]:
    """Return a decorator that makes a class a frozen dataclass, and the check of this name."""

    def register(kind: type[Kind]) -> type[Kind]:
        made = dataclass(frozen=True)(kind)
        CHECKS[name] = made
        return made

    return register


def read_check(name: str, cell: str) -> Check:
    """Return the check of a name with the arguments of a cell, a JSON object.

    Raise ParameterError where the check is unknown, or an argument is unknown, missing, given twice or malformed.
    """
    if name not in CHECKS:
        raise ParameterError(f"there is no check “{name}”{nearest(name, list(CHECKS))}")
    declared: dict[str, Field[Any]] = {field.name: field for field in fields(CHECKS[name])}  # type: ignore[arg-type]
    arguments = _parse(cell)
    for argument in arguments:
        if argument not in declared:
            hint = nearest(argument, list(declared))
            raise ParameterError(f"{name} has no argument “{argument}”{hint}; allowed: {', '.join(declared)}")
    required = [field.name for field in declared.values() if field.default is MISSING]
    if missing := [argument for argument in required if argument not in arguments]:
        raise ParameterError(f"{name} needs {', '.join(missing)}")
    return CHECKS[name](**{key: _value(key, value, declared[key].type) for key, value in arguments.items()})


def _parse(cell: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        arguments = json.loads(cell, object_pairs_hook=unique)
        if isinstance(arguments, dict):
            return arguments
    except (ValueError, RecursionError):
        pass
    raise ParameterError('not a JSON object of arguments; allowed: {"name": value, …}, each name once')


def _value(argument: str, value: Any, kind: Any) -> Any:
    """Return a JSON value as the type of an argument. Raise ParameterError."""
    if kind is str and isinstance(value, str) and value:
        return value
    if kind == Words and _is_words(value):
        return tuple(value)
    if kind == Columns and isinstance(value, dict) and value and all(map(_is_words, value.values())):
        return tuple((column, tuple(values)) for column, values in value.items())
    if kind is bool and isinstance(value, bool):
        return value
    if kind in (int, float) and type(value) in (int, kind) and abs(value) < 1e9:
        return kind(value)
    if kind in (Day, Day | None) and isinstance(value, str):
        try:
            return pd.to_datetime(value, format="%Y-%m-%d")
        except ValueError:
            pass
    raise ParameterError(f"argument {argument}: {json.dumps(value, ensure_ascii=False)}; allowed: {ALLOWED[kind]}")


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item for item in value)
