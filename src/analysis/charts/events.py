"""Charts of events: timeline, density of the list, protests, and contacts by quarter.

Each chart is a function of a data frame and returns an Altair chart without theme. The title, which states the finding,
and the subtitle, which gives unit and sample, come from the notebook, because they carry numbers of the run. Colours
mean the same everywhere (`analysis.charts.theme.PALETTE`).
"""

from typing import Literal

import altair as alt
import pandas as pd

from analysis.charts.provisions import WIDTH, scale_of, titled
from analysis.charts.theme import PALETTE, SEQUENCE
from analysis.signals.events import DYADS, FORMS

LANES = {**DYADS, "trilateral": "All three, or two with a third", "other": "Other"}
DYAD_COLOURS = {"JPN-USA": PALETTE["USA"], "JPN-CHN": PALETTE["CHN"], "CHN-USA": PALETTE["other"]}
# rungs of the ladder of protests, the weakest first
FORM_COLOURS = dict(zip(FORMS, ("#8A8A8A", *SEQUENCE[1:], PALETTE["accent"]), strict=True))
KIND_SHAPES = {"contact": "circle", "friction": "cross", "military": "triangle-up", "other": "square"}


def days_as_text(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return columns of days as text: the specification is then the same in every time zone."""
    return frame.assign(**{column: frame[column].dt.strftime("%Y-%m-%d") for column in columns})


def day_axis(column: str) -> alt.X:
    """Return the axis along which a column of days runs."""
    axis = alt.Axis(format="%b %Y", labelOverlap=True, tickCount=8)
    return alt.X(f"{column}:T", title=None, axis=axis, scale=alt.Scale(type="utc", padding=12))


def with_words(chart: alt.Chart, column: str, form: str = "%d %B %Y") -> alt.Chart:
    """Return a chart with a column of days and a field `words` that names them, for its tooltips.

    Days are days in every time zone: a tooltip of the day itself would show the one before to a reader in America.
    """
    return chart.transform_calculate(words=f"utcFormat(toDate(datum['{column}']), '{form}')")


def day_rule(date: pd.Timestamp, label: str, *, before: bool = False) -> alt.LayerChart:
    """Return a vertical line at a day, with its label at the top, after or before the line."""
    frame = pd.DataFrame({"date": [f"{date:%Y-%m-%d}"], "label": [label]})
    base = alt.Chart(frame).encode(x="date:T", description=alt.value(label))
    line = base.mark_rule(color=PALETTE["ink"], strokeDash=[4, 3])
    side: Literal["left", "right"] = "right" if before else "left"
    shift = -4 if before else 4
    return line + base.mark_text(align=side, dx=shift, y=8, color=PALETTE["ink"]).encode(text="label:N")


def upright(date: pd.Timestamp, label: str) -> alt.Chart:
    """Return a vertical line at a day for a chart in rows, where the label can only be a description."""
    day = alt.datum(alt.DateTime(year=date.year, month=date.month, date=date.day, utc=True))
    return alt.Chart().mark_rule(color=PALETTE["ink"], strokeDash=[4, 3]).encode(x=day, description=alt.value(label))


def dyad_row(column: str) -> alt.Row:
    """Return, for a column with names of dyads, the rows of a chart, one a dyad, each with its name above it."""
    header = alt.Header(labelAngle=0, labelAnchor="start", labelOrient="top", labelPadding=2)
    return alt.Row(f"{column}:N", title=None, sort=list(DYADS.values()), header=header)


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
            color=alt.Color(
                "dyad:N",
                legend=None,
                scale=scale_of({**DYAD_COLOURS, "trilateral": PALETTE["muted"], "other": PALETTE["muted"]}),
            ),
            shape=alt.Shape("group:N", title="Kind", scale=scale_of(KIND_SHAPES)),
            opacity=alt.condition(picked & pair, alt.value(0.85), alt.value(0.08)),
            href="url:N",
            tooltip=[
                alt.Tooltip("title:N", title="Event"),
                alt.Tooltip("words:N", title="Day"),
                alt.Tooltip("kind:N", title="Kind"),
                alt.Tooltip("event_id:N", title="Id"),
                alt.Tooltip("publisher:N", title="Source"),
            ],
        )
        .add_params(picked, pair, zoom)
    )
    return (day_rule(marked, label) + points).properties(width=WIDTH - 130, height=330, title=titled(title, subtitle))


def protest_ladder(
    protests: pd.DataFrame, *, marked: pd.Timestamp, label: str, title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Return protests by day and form. Needs date, form, trigger_kind, targets, official, title, trigger, url."""
    kinds = {
        "alliance": PALETTE["USA"],
        "taiwan": PALETTE["accent"],
        "territory": PALETTE["JPN"],
        "history": PALETTE["muted"],
        "bilateral": PALETTE["other"],
    }
    shapes = {"JPN": "circle", "JPN and USA": "diamond", "USA": "square"}
    columns = ["event_id", "date", "form", "trigger_kind", "targets", "official", "title", "trigger", "url"]
    frame = days_as_text(protests[columns], "date").assign(form=protests["form"].astype("object"))
    points = (
        with_words(alt.Chart(frame), "date")
        .mark_point(size=110, filled=True, opacity=0.9)
        .encode(
            x=day_axis("date"),
            y=alt.Y(
                "form:N",
                title=None,
                scale=alt.Scale(domain=list(reversed(FORMS))),
                axis=alt.Axis(grid=True, labelLimit=160),
            ),
            color=alt.Color("trigger_kind:N", title="About", scale=scale_of(kinds)),
            shape=alt.Shape("targets:N", title="To", scale=scale_of(shapes)),
            href="url:N",
            tooltip=[
                "title:N",
                alt.Tooltip("words:N", title="Day"),
                "form:N",
                "official:N",
                "trigger:N",
                "event_id:N",
            ],
        )
    )
    return (day_rule(marked, label) + points).properties(width=WIDTH - 130, height=210, title=titled(title, subtitle))


def quarterly_contacts(
    counts: pd.DataFrame, *, marked: pd.Timestamp, label: str, title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Return contacts up, frictions and military acts down, by quarter and dyad. Takes `events.counts_by_quarter`."""
    colours = {"contact": SEQUENCE[3], "friction": PALETTE["accent"], "military": PALETTE["muted"]}
    frame = days_as_text(counts[counts["dyad"].isin(list(DYADS)) & counts["group"].isin(list(colours))], "quarter")
    frame = frame.assign(
        signed=frame["events"].where(frame["group"] == "contact", -frame["events"]),
        pair=frame["dyad"].astype("object").map(DYADS),
        rank=frame["group"].map({group: place for place, group in enumerate(colours)}),
    ).drop(columns="dyad")
    bars = (
        with_words(alt.Chart(), "quarter", "%B %Y")
        .mark_bar(width=14)
        .encode(
            x=day_axis("quarter"),
            y=alt.Y("signed:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("group:N", title="Kind", scale=scale_of(colours)),
            order="rank:Q",
            tooltip=[alt.Tooltip("words:N", title="Quarter from"), "pair:N", "group:N", "events:Q"],
        )
    )
    panel = alt.layer(bars, upright(marked, label), data=frame).properties(width=WIDTH - 40, height=100)
    return panel.facet(row=dyad_row("pair"), title=titled(title, subtitle), spacing=4)
