"""What every chapter imports: its parameters, its named results, and what it puts on the page."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeVar

import altair as alt
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from analysis import claims
from analysis.charts.show import Figure, Prose, Table, finding, limits
from analysis.core import paths, wording
from analysis.core.wording import listing
from analysis.runs.parameters import declared, read_values, require_in_window, require_order
from analysis.runs.results import Results

__all__ = [
    "Chapter",
    "Table",
    "count",
    "day",
    "decimals",
    "listing",
    "number",
    "ordinal",
    "percent",
    "plural",
]

T = TypeVar("T")


class Shown(str):
    """A value as a sentence shows it: text to insert, which remembers the value."""

    value: Any

    def __new__(cls, text: str, value: Any) -> "Shown":
        """Return the text with its value; a day is kept as text like 2025-02-07."""
        shown = super().__new__(cls, text)
        shown.value = f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else value
        return shown


def _shown(form: Callable[[T], str]) -> Callable[[T], Shown]:
    def show(value: T) -> Shown:
        return Shown(form(value), value)

    show.__doc__ = form.__doc__
    return show


number = _shown(wording.number)
count = _shown(wording.count)
ordinal = _shown(wording.ordinal)
percent = _shown(wording.percent)
day = _shown(wording.day)


def plural(value: int, noun: str, many: str = "") -> Shown:
    """Return a count with its noun: one event, two events, 13 events."""
    return Shown(wording.plural(value, noun, many), value)


def decimals(value: float, digits: int = 2) -> Shown:
    """Return a number with so many digits behind the point: 0.83."""
    return Shown(f"{value:.{digits}f}", float(value))


def _display(*parts: object) -> None:
    if InteractiveShell.initialized():  # a sweep runs the cells without a kernel, for their results alone
        display(*parts)  # type: ignore[no-untyped-call]


class Chapter(Results):
    """A chapter: its parameters, its named results, and sentences filled from them."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        """Check the parameters of the chapter `name`, whose values stand among the variables of the notebook.

        `Chapter("03-strategy", globals())` comes right after the cell of the parameters. Raises ParameterError where
        a value is not of the kind or within the bounds that the comment of its parameter names.
        """
        super().__init__(name)
        self.set = SimpleNamespace(**read_values(declared(paths.NOTEBOOKS / f"{name}.ipynb"), values))

    def record(self, **values: Any) -> None:
        """Record named results; a value made by `percent` or its like keeps its text for sentences."""
        for name, value in values.items():
            self.add(name, getattr(value, "value", value), str(value) if isinstance(value, Shown) else None)

    def __call__(self, template: str, **more: Any) -> str:
        """Return a text with {name} filled from the named results, or from `more`. Paragraphs stay paragraphs.

        Raises KeyError where a name is neither.
        """
        paragraphs = inspect.cleandoc(template).split("\n\n")
        return "\n\n".join(" ".join(part.split()) for part in paragraphs).format_map(self.texts | more)

    def window(self, start: str, end: str, **days: "pd.Series[pd.Timestamp]") -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the first and the last day that two parameters set.

        days: by what is counted (such as event), the days on which it is on record. Raises ParameterError where the
        window ends before it starts, or where nothing is on record in it.
        """
        first, last = getattr(self.set, start), getattr(self.set, end)
        require_order(start, first, end, last)
        require_in_window(f"{start} and {end}", first, last, days)
        return first, last

    def figure(self, name: str, chart: alt.TopLevelMixin, *, alt: str, source: str, **more: Any) -> Figure:
        """Return a chart with its name (fig-…), the text that says what the data show, and its source line.

        Both texts are filled as a call of the chapter fills them.
        """
        return Figure(name, chart, self(alt, **more), self(source, **more))

    def prose(self, template: str, **more: Any) -> Prose:
        """Return sentences in Markdown, filled as a call of the chapter fills them."""
        return Prose(self(template, **more))

    def finding(self, template: str, **more: Any) -> Prose:
        """Return the finding of the chapter, set apart: a text filled as a call of the chapter fills it."""
        return finding(self(template, **more))

    def show(self, *parts: object) -> None:
        """Show several figures, tables and texts in one cell, in order."""
        _display(*parts)

    def limits(self, items: Sequence[str]) -> None:
        """Show the limits of a finding, one item a line, set apart."""
        _display(limits(items))

    def claims(self, step: str) -> None:
        """Show what the article says in a step with verdicts, and record how many claims it has and how many hold."""
        table = claims.of_step(step)
        hold, checkable = claims.holding(table)
        self.record(claims=len(table), claims_hold=hold, claims_checkable=checkable)
        parts = (
            Prose(
                "Verdicts are computed by checks of the data or judged by annotators (language models, first round); "
                "the [ledger of claims](../book/ledger.md) shows every check with its values."
            ),
            Table(
                table,
                f"Claims of step {step}",
                {
                    "claim_id": "Claim",
                    "claim": "What the article says, in our words",
                    "verdict": "Verdict",
                    "kind": "Decided",
                    "expected": "Expected",
                    "found": "Found",
                },
            ),
            Prose(
                f"Of {plural(len(table), 'claim')}, {number(checkable)} can be checked, and {number(hold)} hold, "
                "as stated or with a correction."
            ),
        )
        _display(*parts)
