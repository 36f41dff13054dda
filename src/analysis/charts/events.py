"""The timeline of events, and days on the axis of a chart."""

from typing import Literal

import altair as alt
import pandas as pd

from analysis.charts.theme import PALETTE, WIDTH, scale_of, titled, tooltips
from analysis.signals.events import DYADS

LANES = {**DYADS, "trilateral": "All three, or two with a third", "other": "Other"}
DYAD_COLOURS = {"JPN-USA": PALETTE["USA"], "JPN-CHN": PALETTE["CHN"], "CHN-USA": PALETTE["other"]}
DYAD_COLOURS |= dict.fromkeys(("trilateral", "other"), PALETTE["muted"])
KIND_SHAPES = {"contact": "circle", "friction": "cross", "military": "triangle-up", "other": "square"}


def days_as_text(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return columns of days as text: the specification is then the same in every time zone."""
    return frame.assign(**{column: frame[column].dt.strftime("%Y-%m-%d") for column in columns})


def day_axis(column: str) -> alt.X:
    """Return the axis along which a column of days runs."""
    axis = alt.Axis(format="%b %Y", labelOverlap=True, tickCount=8)
    return alt.X(f"{column}:T", title=None, axis=axis, scale=alt.Scale(type="utc", padding=12))


def with_words(chart: alt.Chart, column: str) -> alt.Chart:
    """Return a chart with a column of days and a field `words` that names them, for its tooltips.

    Days are days in every time zone: a tooltip of the day itself would show the one before to a reader in America.
    """
    return chart.transform_calculate(words=f"utcFormat(toDate(datum['{column}']), '%d %B %Y')")


def day_rule(date: pd.Timestamp, label: str, *, before: bool = False) -> alt.LayerChart:
    """Return a vertical line at a day, with its label at the top, after or before the line."""
    frame = pd.DataFrame({"date": [f"{date:%Y-%m-%d}"], "label": [label]})
    base = alt.Chart(frame).encode(x="date:T", description=alt.value(label))
    line = base.mark_rule(color=PALETTE["ink"], strokeDash=[4, 3])
    side: Literal["left", "right"] = "right" if before else "left"
    shift = -4 if before else 4
    return line + base.mark_text(align=side, dx=shift, y=8, color=PALETTE["ink"]).encode(text="label:N")


def timeline(events: pd.DataFrame, *, marked: pd.Timestamp, label: str, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return events on lanes by dyad. Needs date, dyad, group (of kinds), kind, title, url, publisher.

    Drag or scroll moves and zooms along the days, a click in the legend picks a group, the menu a pair, and a click on
    a point opens its source.
    """
    frame = days_as_text(events[["event_id", "date", "dyad", "group", "kind", "title", "publisher", "url"]], "date")
    frame = frame.assign(lane=frame["dyad"].astype("object").map(LANES))
    picked = alt.selection_point(fields=["group"], bind="legend", name="group")
    choice = alt.binding_select(options=[None, *LANES.values()], labels=["all pairs", *LANES.values()], name="Show ")
    pair = alt.selection_point(fields=["lane"], bind=choice, name="pair")
    zoom = alt.selection_interval(bind="scales", encodings=["x"], name="zoom")
    points = (
        with_words(alt.Chart(frame), "date")
        .mark_point(size=70, filled=True)
        .encode(
            x=day_axis("date"),
            y=alt.Y("lane:N", title=None, sort=list(LANES.values()), axis=alt.Axis(labelLimit=200)),
            yOffset=alt.YOffset("group:N", scale=alt.Scale(domain=list(KIND_SHAPES))),
            color=alt.Color("dyad:N", legend=None, scale=scale_of(DYAD_COLOURS)),
            shape=alt.Shape("group:N", title="Kind", scale=scale_of(KIND_SHAPES)),
            opacity=alt.condition(picked & pair, alt.value(0.85), alt.value(0.08)),
            href="url:N",
            tooltip=tooltips(
                {"title:N": "Event", "words:N": "Day", "kind:N": "Kind", "event_id:N": "Id", "publisher:N": "Source"}
            ),
        )
        .add_params(picked, pair, zoom)
    )
    return (day_rule(marked, label) + points).properties(width=WIDTH - 130, height=330, title=titled(title, subtitle))
