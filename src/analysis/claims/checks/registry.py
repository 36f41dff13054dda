"""The checks by name, how a cell of arguments becomes one, and what their phrases call things.

A check is a class: its fields are the arguments with their types; called with the evidence, it decides. The name above
it is the one in the column `check` of checks.csv.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar, dataclass_transform

import pandas as pd

from analysis.claims.evidence import Bibliography, Check, Evidence
from analysis.core import wording
from analysis.core.errors import ParameterError
from analysis.data.faults import nearest
from analysis.texts.documents import FOCAL_STATEMENT, FOCAL_STRATEGY

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
        CHECKS[name] = made = dataclass(frozen=True)(kind)
        return made

    return register


def read_check(name: str, cell: str) -> Check:
    """Return a check by name with the arguments of a cell, a JSON object. Raise ParameterError for what is wrong."""
    if name not in CHECKS:
        raise ParameterError(f"there is no check “{name}”{nearest(name, list(CHECKS))}")
    declared: dict[str, Field[Any]] = {field.name: field for field in fields(CHECKS[name])}  # type: ignore[arg-type]
    try:
        arguments = json.loads(cell, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise ParameterError('not a JSON object of arguments; allowed: {"name": value, …}, each name once')
    for argument in arguments:
        if argument not in declared:
            hint = nearest(argument, list(declared))
            raise ParameterError(f"{name} has no argument “{argument}”{hint}; allowed: {', '.join(declared)}")
    if missing := [key for key, field in declared.items() if field.default is MISSING and key not in arguments]:
        raise ParameterError(f"{name} needs {', '.join(missing)}")
    return CHECKS[name](**{key: _value(key, value, declared[key].type) for key, value in arguments.items()})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


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


# --- what phrases call things

# the sections of the statement of 2025, by what they are about
PARTS = {
    "0": "the opening",
    "#1": "the part on peace",
    "#2": "the part on growth and prosperity",
    "#3": "the part on the Indo-Pacific",
    "#4": "the invitation",
}
NAMES = {FOCAL_STATEMENT: "the statement", FOCAL_STRATEGY: "the strategy"}


def quoted(items: Iterable[str], last: str = "and") -> str:
    """Return words in quotation marks, as a list in a sentence."""
    return wording.listing([f"“{item}”" for item in items], last)


def document_name(evidence: Evidence, document_id: str) -> str:
    """Return a document in words: the statement, the strategy, the joint statement of 10 April 2024."""
    row = evidence.rows("documents", "document_id", [document_id]).iloc[0]
    if document_id in NAMES:
        return NAMES[document_id]
    return f"the joint statement of {wording.day(row['date'])}" if row["kind"] == "statement" else f"the {row['title']}"


def place_name(evidence: Evidence, document: str, section: str, paragraph: int = 0) -> str:
    """Return a place in a document in words."""
    name = document_name(evidence, document)
    if paragraph:
        return f"paragraph {paragraph} of {name}"
    if not section:
        return name
    return f"{PARTS[section]} of {name}" if document == FOCAL_STATEMENT else f"section {section} of {name}"


def event_name(evidence: Evidence, event_id: str) -> str:
    """Return the title of an event in quotation marks."""
    return f"“{evidence.event(event_id)['title']}”"


def provision_names(evidence: Evidence, provisions: Iterable[str], last: str = "and") -> str:
    """Return provisions by words of the statement that stand in them, with their ids in brackets."""
    rows = evidence.rows("provisions", "provision_id", provisions)
    return wording.listing([f"“{words.strip('()')}” ({key})" for key, words in rows["anchor_words"].items()], last)


def source_label(key: str, bibliography: Bibliography) -> str:
    """Return a reference as a reader knows it: author, or organisation, and year."""
    return f"{re.sub(r'[{}]', '', bibliography[key]['author'])} {bibliography[key]['year']}"


def period(first: Day | None, last: Day | None) -> str:
    """Return days as a phrase: on 7 February 2025, in 2022, from 10 May to 11 July 2025, since or up to."""
    if first is None or last is None:
        return f"up to {wording.day(last)}" if last is not None else f"since {wording.day(first)}" if first else ""
    if first == last:
        return f"on {wording.day(first)}"
    if first.day == 1 and last.is_month_end and first.year == last.year:
        if first.month == last.month:
            return f"in {first:%B %Y}"
        if (first.month, last.month) == (1, 12):
            return f"in {first.year}"
    return f"from {wording.day(first).removesuffix(f' {last.year}')} to {wording.day(last)}"
