"""The chart of a sweep: one result over all cases, and below it the value of each parameter in each case."""

import altair as alt
import pandas as pd

from analysis.charts.show import Figure
from analysis.charts.theme import PALETTE, WIDTH, titled
from analysis.core.wording import capital, listing, plural

MOST_OPTIONS = 12  # a parameter with more values has no rows of its own below the curve


def sweep_curve(frame: pd.DataFrame, result: str, rows: list[str], default: float, title: str) -> alt.TopLevelMixin:
    """Return the cases in the order of their result, with a line at the default run, and rows of ticks for parameters.

    frame: columns case and value; rows: the columns with parameters, as text, that have rows of ticks.
    """
    order = [f"{name}: {option}" for name in rows for option in frame[name].unique()]
    frame = frame.sort_values(["value", "case"], ignore_index=True)
    frame["place"] = frame.index + 1
    x = alt.X("place:Q", title=None, axis=None, scale=alt.Scale(domain=[0, len(frame) + 1], nice=False))
    y = alt.Y("value:Q", title=result, scale=alt.Scale(zero=False))
    tooltip = [alt.Tooltip("case:Q", title="Case"), alt.Tooltip("value:Q", title=result, format=".4~g")]
    points = alt.Chart(frame).mark_point(filled=True, size=22, color=PALETTE["accent"]).encode(x, y, tooltip=tooltip)
    line = alt.Chart(pd.DataFrame({"value": [default]})).mark_rule(color=PALETTE["ink"], strokeDash=[4, 3])
    curve = (points + line.encode(y="value:Q")).properties(width=WIDTH - 180, height=190)
    heading = titled(title, f"{plural(len(frame), 'case')} of the sweep, in order; broken line: the default run")
    if not rows:
        return curve.properties(title=heading)
    options = frame.melt(["place"], rows, "parameter", "option")
    options["row"] = options["parameter"] + ": " + options["option"]
    y = alt.Y("row:N", title=None, sort=order, axis=alt.Axis(labelLimit=260, labelFontSize=11))
    ticks = alt.Chart(options).mark_tick(thickness=1, size=9, color=PALETTE["ink"]).encode(x, y)
    return alt.vconcat(curve, ticks.properties(width=WIDTH - 180, height={"step": 14}), spacing=6, title=heading)


def sweep_figure(table: pd.DataFrame, result: str, parameters: list[str], default: float, chapter: str) -> Figure:
    """Return the chart of a sweep with its texts. Takes the frame of `runs.sweep.result_table`, with a value at least.

    default: the result in the committed run.
    """
    frame = table[["case", *parameters]].astype(dict.fromkeys(parameters, "string")).astype("object")
    frame["value"] = table[f"result.{result}"].astype("Float64")
    frame = frame.dropna(subset="value").astype({"value": float})
    rows = [name for name in parameters if 1 < frame[name].nunique() <= MOST_OPTIONS]
    low, middle, high = (f"{frame['value'].quantile(share):.4g}" for share in (0, 0.5, 1))
    default_run = f"the default run has {default:.4g}"
    medians = []
    for name in rows:
        by_option = frame.groupby(name, sort=False)["value"].median()
        medians.append(f"{name} " + listing([f"{option} {value:.4g}" for option, value in by_option.items()]))
    alt_text = f"Curve of {plural(len(frame), 'case')}: {result} from {low} to {high}, in the middle {middle}"
    alt_text += f"; {default_run}."
    if without := len(table) - len(frame):
        alt_text += f" {capital(plural(without, 'case'))} without a value."
    if medians:
        alt_text += f" Medians by parameter: {'; '.join(medians)}."
    spread = f"runs from {low} to {high}" if low != high else f"is {low} in every case"
    chart = sweep_curve(frame, result, rows, default, f"{result} {spread}; {default_run}")
    return Figure("fig-sweep", chart, alt_text, f"Source: chapter {chapter}, run with other parameters")
