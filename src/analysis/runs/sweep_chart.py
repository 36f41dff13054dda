"""The chart of a sweep: one result over all cases, and below it the value of each parameter in each case."""

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from analysis.charts.provisions import WIDTH, titled
from analysis.charts.show import Figure
from analysis.charts.theme import PALETTE
from analysis.core.wording import listing, plural

if TYPE_CHECKING:
    from analysis.runs.sweep_file import Sweep

MOST_OPTIONS = 12  # a parameter with more values has no rows of its own below the curve


def varied(table: pd.DataFrame, parameters: tuple[str, ...]) -> list[str]:
    """The parameters that take more than one value."""
    return [name for name in parameters if table[name].nunique() > 1]


def sweep_curve(
    table: pd.DataFrame, *, result: str, parameters: list[str], default: float, title: str, subtitle: str
) -> alt.TopLevelMixin:
    """The cases in the order of their result, with a line at the default run, and rows of ticks for the parameters.

    table: columns case, the parameters, and result.NAME for the result, without missing values.
    """
    frame = pd.DataFrame({name: table[name].astype("string").astype("object") for name in parameters})
    frame["value"] = table[f"result.{result}"].astype(float)
    frame["case"] = table["case"]
    frame = frame.sort_values(["value", "case"], ignore_index=True)
    frame["place"] = np.arange(1, len(frame) + 1)
    x = alt.X("place:Q", title=None, axis=None, scale=alt.Scale(domain=[0, len(frame) + 1], nice=False))
    tooltip = [alt.Tooltip("case:Q", title="Case"), alt.Tooltip("value:Q", title=result, format=".4~g")]
    tooltip += [alt.Tooltip(f"{name}:N") for name in parameters]
    points = (
        alt.Chart(frame)
        .mark_point(filled=True, size=22, color=PALETTE["accent"])
        .encode(x=x, y=alt.Y("value:Q", title=result, scale=alt.Scale(zero=False)), tooltip=tooltip)
    )
    line = alt.Chart(pd.DataFrame({"value": [default]})).mark_rule(color=PALETTE["ink"], strokeDash=[4, 3])
    curve: alt.LayerChart = (points + line.encode(y="value:Q")).properties(width=WIDTH - 180, height=190)
    few = [name for name in parameters if frame[name].nunique() <= MOST_OPTIONS]
    if not few:
        return curve.properties(title=titled(title, subtitle))
    options = frame.melt(["place"], few, "parameter", "option")
    options["row"] = options["parameter"] + ": " + options["option"]
    order = [f"{name}: {option}" for name in few for option in table[name].astype("string").unique()]
    ticks = (
        alt.Chart(options)
        .mark_tick(thickness=1, size=9, color=PALETTE["ink"])
        .encode(x=x, y=alt.Y("row:N", title=None, sort=order, axis=alt.Axis(labelLimit=260, labelFontSize=11)))
        .properties(width=WIDTH - 180, height={"step": 14})
    )
    return alt.vconcat(curve, ticks, spacing=6, title=titled(title, subtitle))


def _number(value: float) -> str:
    return f"{value:.4g}"


def figure(table: pd.DataFrame, sweep: "Sweep") -> Figure | None:
    """The chart of a sweep with its texts; None where no case has a value. Takes the table of `sweep_run`."""
    column = f"result.{sweep.result}"
    if column not in table or table[column].notna().sum() == 0:
        return None
    found = table[table[column].notna()]
    values = found[column].astype(float)
    names = varied(found, sweep.parameters)
    low, high, middle = (_number(float(value)) for value in (values.min(), values.max(), values.median()))
    without = len(table) - len(found)
    title = (
        f"{sweep.result} runs from {low} to {high}; the default run has {_number(sweep.default)}"
        if low != high
        else f"{sweep.result} is {low} in every case; the default run has {_number(sweep.default)}"
    )
    about: list[str] = []
    for name in names:
        if found[name].nunique() <= MOST_OPTIONS:
            medians = values.groupby(found[name].astype("string"), sort=False).median()
            about.append(f"{name} " + listing([f"{option} {_number(value)}" for option, value in medians.items()]))
    return Figure(
        "fig-sweep",
        sweep_curve(
            found,
            result=sweep.result,
            parameters=names,
            default=sweep.default,
            title=title,
            subtitle=f"{plural(len(found), 'case')} of the sweep {sweep.name}, in order; broken line: the default run",
        ),
        alt=f"Curve of {plural(len(found), 'case')}: {sweep.result} from {low} to {high}, in the middle {middle}; the "
        f"default run has {_number(sweep.default)}. "
        + (f"{plural(without, 'case')} without a value. " if without else "")
        + (f"Medians by parameter: {'; '.join(about)}." if about else ""),
        source=f"Source: chapter {sweep.notebook.stem}, run with other parameters",
    )
