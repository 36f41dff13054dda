"""What every chapter imports: its parameters, its named results, and what it puts on the page."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from types import SimpleNamespace
from typing import Any, TypeVar

import altair as alt
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from analysis import claims
from analysis.charts.show import Figure, Prose, Table, finding, limits
from analysis.core import paths, wording
from analysis.core.wording import listing as listing
from analysis.data import load
from analysis.data.completeness import NOT_DECIDABLE, is_complete
from analysis.data.completeness import Scope as Scope
from analysis.runs.parameters import changes, declared, require_declared, require_window
from analysis.runs.results import Results

T = TypeVar("T")
CLAIM_COLUMNS = {"claim_id": "Claim", "claim": "What the article says, in our words", "verdict": "Verdict"}
CLAIM_COLUMNS |= {"kind": "Decided", "expected": "Expected", "found": "Found"}


class Shown(str):
    """A value as a sentence shows it: text to insert, which remembers the value."""

    value: Any

    def __new__(cls, text: str, value: Any) -> "Shown":
        """Return the text with its value; a day is kept as text like 2025-02-07."""
        shown = super().__new__(cls, text)
        shown.value = f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else value
        return shown


def _shown(form: Callable[[T], str]) -> Callable[[T], Shown]:
    return wraps(form)(lambda value: Shown(form(value), value))


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


def _cells_run(variables: Mapping[str, Any]) -> Sequence[str]:
    """Return the sources of the cells that a kernel with these variables has run; none where there is no kernel."""
    if not InteractiveShell.initialized():
        return ()
    shell: Any = InteractiveShell.instance()
    return shell.history_manager.input_hist_raw if shell.user_ns is variables and shell.history_manager else ()


class Chapter(Results):
    """A chapter: its parameters, its named results, and sentences filled from them."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        """Check the parameters of the chapter `name`, whose values stand among the variables of the notebook.

        `Chapter("03-strategy", globals())` comes right after the cell of the parameters, and says which of them have
        another value than their default. Raises ParameterError where a value is not of the kind or within the bounds
        that the comment of its parameter names, or where papermill set a name that is no parameter.
        """
        super().__init__(name.rpartition("/")[2])
        parameters = declared(paths.NOTEBOOKS / f"{name}.ipynb")
        require_declared(_cells_run(values), parameters)
        self.set = SimpleNamespace(
            **{parameter.name: parameter.read(values[parameter.name]) for parameter in parameters}
        )
        if changed := changes(parameters, values):
            told = [f"`{name}` from {old} to {new}" for name, (old, new) in changed.items()]
            self.show(Prose(f"**Changed in this run:** {'; '.join(told)}."))

    def record(self, switch: str = "", /, **values: Any) -> None:
        """Record named results; a value made by `percent` or its like keeps its text for sentences.

        switch: the parameter without which they are not worth comparing; where it is false they are marked as off.
        """
        for name, value in values.items():
            self.add(name, getattr(value, "value", value), str(value) if isinstance(value, Shown) else None)
            if switch and not getattr(self.set, switch):
                self._entries[name]["off"] = switch

    def __call__(self, template: str, **more: Any) -> str:
        """Return a text with {name} filled from the named results, or from `more`. Paragraphs stay paragraphs.

        Raises KeyError where a name is neither.
        """
        paragraphs = inspect.cleandoc(template).split("\n\n")
        return "\n\n".join(" ".join(part.split()) for part in paragraphs).format_map(self.texts | more)

    def each(self, frame: pd.DataFrame, template: str) -> str:
        """Return every row of a frame as a phrase, filled from its columns, as a list in a sentence."""
        return listing([template.format_map(row) for row in frame.to_dict("records")])

    def window(self, start: str, end: str, **days: "pd.Series[pd.Timestamp]") -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the first and the last day that two parameters set.

        days: by what is counted (such as event), the days on which it is on record. Raises ParameterError where the
        window ends before it starts, or where nothing is on record in it.
        """
        first, last = getattr(self.set, start), getattr(self.set, end)
        require_window(start, first, end, last, days)
        return first, last

    def figure(self, name: str, chart: alt.TopLevelMixin, *, alt: str, source: str, **more: Any) -> Figure:
        """Return a chart with its name (fig-…), the text that says what the data show, and its source line.

        Both texts are filled as a call of the chapter fills them.
        """
        return Figure(name, chart, self(alt, **more), self(source, **more))

    def prose(self, template: str, **more: Any) -> Prose:
        """Return sentences in Markdown, filled as a call of the chapter fills them."""
        return Prose(self(template, **more))

    def if_complete(self, claim: str, topic: str, scope: Scope, **more: Any) -> str:
        """Return a sentence that claims an absence, an order or a maximum, where its list is declared complete.

        The sentence is filled as a call of the chapter fills it. topic: what it is about, such as the order of first
        meetings. Where the list is not complete for the scope, return that the topic is not decidable.
        """
        complete = is_complete(load("completeness"), scope)
        return self(claim, **more) if complete else f"{wording.capital(topic)} is {NOT_DECIDABLE}."

    def finding(self, template: str, **more: Any) -> Prose:
        """Return the finding of the chapter, set apart: a text filled as a call of the chapter fills it."""
        return finding(self(template, **more))

    def show(self, *parts: object) -> None:
        """Show several figures, tables and texts in one cell, in order."""
        if InteractiveShell.initialized():  # a sweep runs the cells without a kernel, for their results alone
            display(*parts)  # type: ignore[no-untyped-call]

    def limits(self, items: Sequence[str]) -> None:
        """Show the limits of a finding, one item a line, set apart."""
        self.show(limits(items))

    def claims(self, step: str, **choices: Any) -> None:
        """Show what the article says in a step with verdicts, and record how many claims it has and how many hold.

        choices: threshold and bar of the chapter, which its checks then share.
        """
        table = claims.of_step(step, **choices)
        hold, checkable = claims.holding(table)
        self.record(claims=len(table), claims_hold=hold, claims_checkable=checkable)
        self.show(
            Prose(
                "Verdicts are computed by checks of the data or judged by annotators (language models, first round); "
                "the [ledger of claims](../book/ledger.md) shows every check with its values."
            ),
            Table(table, f"Claims of step {step}", CLAIM_COLUMNS),
            Prose(
                f"Of {plural(len(table), 'claim')}, {number(checkable)} can be checked, and {number(hold)} "
                f"{'holds' if hold == 1 else 'hold'}, as stated or with a correction."
            ),
        )
