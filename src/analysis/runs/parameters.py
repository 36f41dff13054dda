"""Read the parameters of a notebook: right type, known value, or one clear message before any work starts."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import pandas as pd

from analysis.core.errors import ParameterError
from analysis.data.faults import nearest

T = TypeVar("T", int, float)


def read_day(name: str, value: object, latest: pd.Timestamp | None = None) -> pd.Timestamp:
    """A day from text like 2025-02-07, not after the latest one allowed. Raises ParameterError."""
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        day = pd.Timestamp(pd.to_datetime(value, format="%Y-%m-%d"))
    except ValueError:
        raise ParameterError(f"parameter {name}: {value!r} is not a day; write YYYY-MM-DD") from None
    if latest is not None and day > latest:
        raise ParameterError(f"parameter {name}: {value!r}; allowed: days up to {latest:%Y-%m-%d}")
    return day


def read_window(first: str, start: object, last: str, end: object) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of a window, from two parameters. Raises ParameterError where it ends before it starts."""
    days = read_day(first, start), read_day(last, end)
    if days[1] < days[0]:
        raise ParameterError(f"parameter {last}: {end} lies before {first} ({start})")
    return days


def require_in_window(
    names: str, start: pd.Timestamp, end: pd.Timestamp, days: Mapping[str, "pd.Series[pd.Timestamp]"]
) -> None:
    """Refuse a window in which there is nothing to count.

    names: the parameters that set it; days: by what is counted (such as “event”), the days on which it is on record.
    Raises ParameterError with the first and the last day on record.
    """
    for what, on_record in days.items():
        if not on_record.between(start, end).any():
            raise ParameterError(
                f"parameter {names}: no {what} from {start:%Y-%m-%d} to {end:%Y-%m-%d}; "
                f"on record from {on_record.min():%Y-%m-%d} to {on_record.max():%Y-%m-%d}"
            )


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
