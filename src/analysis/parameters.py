"""Read the parameters of a notebook: right type, known value, or one clear message before any work starts."""

from collections.abc import Iterable
from typing import TypeVar

import pandas as pd

from analysis.errors import ParameterError
from analysis.tables import nearest

T = TypeVar("T", int, float)


def read_day(name: str, value: object) -> pd.Timestamp:
    """A day from text like 2025-02-07. Raises ParameterError."""
    try:
        if isinstance(value, str) and len(value) == 10:
            return pd.Timestamp(pd.to_datetime(value, format="%Y-%m-%d"))
    except ValueError:
        pass
    raise ParameterError(f"parameter {name}: {value!r} is not a day; write YYYY-MM-DD")


def read_window(first: str, start: object, last: str, end: object) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of a window, from two parameters. Raises ParameterError where it ends before it starts."""
    days = read_day(first, start), read_day(last, end)
    if days[1] < days[0]:
        raise ParameterError(f"parameter {last}: {end} lies before {first} ({start})")
    return days


def read_choice(name: str, value: object, allowed: Iterable[str]) -> str:
    """One of the allowed values. Raises ParameterError with the nearest one."""
    known = list(allowed)
    if value not in known:
        shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        raise ParameterError(f"parameter {name}: {value!r}{nearest(str(value), known)}; allowed: {shown}")
    return str(value)


def read_choices(name: str, value: object, allowed: Iterable[str]) -> list[str]:
    """Some of the allowed values, written with commas, in the order given, none twice. Raises ParameterError."""
    known = list(allowed)
    chosen = [read_choice(name, item.strip(), known) for item in str(value).split(",")]
    if len(set(chosen)) < len(chosen):
        raise ParameterError(f"parameter {name}: {value!r} names a value twice")
    return chosen


def read_number(name: str, value: object, low: T, high: T) -> T:
    """A number from low to high, whole where low is whole. Raises ParameterError."""
    kind = type(low)
    if isinstance(value, int) and not isinstance(value, bool):
        value = kind(value)
    if not isinstance(value, kind) or isinstance(value, bool) or not low <= value <= high:
        words = "a whole number" if kind is int else "a number"
        raise ParameterError(f"parameter {name}: {value!r}; allowed: {words} from {low} to {high}")
    return value


def read_switch(name: str, value: object) -> bool:
    """True or False, also as the texts true and false, which papermill passes on as they are. Raises ParameterError."""
    switch = {"true": True, "false": False}.get(str(value).lower())
    if switch is None:
        raise ParameterError(f"parameter {name}: {value!r}; allowed: True or False")
    return switch
