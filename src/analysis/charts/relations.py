"""Charts of continuity and of relations: strands by statement, closeness of series, signals and sensitivity.

A dashed line marks the day up to which the article could know.
"""

import altair as alt
import pandas as pd

from analysis.charts.events import day_axis, day_rule, days_as_text, with_words
from analysis.charts.theme import PALETTE, WIDTH, scale_of, titled, tooltips
from analysis.signals.coding import SCALE_NAMES
from analysis.signals.events import DIRECTIONS, DYADS, direction, dyad

STRAND_COLOURS = {
    "Security": PALETTE["USA"],
    "Economy": PALETTE["3"],
    "Values": PALETTE["JPN"],
    "Dialogue with China": PALETTE["CHN"],
}
STRAND_SHAPES = {"Security": "circle", "Economy": "square", "Values": "triangle-up", "Dialogue with China": "diamond"}
SERIES_NAMES = {
    "JPN": "Japan",
    "KOR": "South Korea",
    "IND": "India",
    "AUS": "Australia",
    "other": "of two different series",
}
SENDER_COLOURS = {name: PALETTE[states[0]] for states, name in DIRECTIONS.items()}


def strand_lines(presence: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return the share of topics that each statement touches, by strand.

    Needs strand, statement, share, present, topics.
    """
    base = alt.Chart(presence[["strand", "statement", "share", "present", "topics"]]).encode(
        x=alt.X("statement:N", title=None, sort=None, axis=alt.Axis(labelAngle=0, labelExpr="split(datum.label, '|')")),
        y=alt.Y("share:Q", title="Topics touched", axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])),
        color=alt.Color("strand:N", title=None, scale=scale_of(STRAND_COLOURS)),
        tooltip=tooltips(
            {"strand:N": "Strand", "statement:N": "Statement", "present:Q": "Topics touched", "topics:Q": "of"}
        ),
    )
    lines = base.mark_line(strokeWidth=2.5)
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        shape=alt.Shape("strand:N", title=None, scale=scale_of(STRAND_SHAPES))
    )
    return alt.layer(lines, points).properties(width=WIDTH - 60, height=280, title=titled(title, subtitle))


def series_strip(pairs: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return the closeness of pairs of statements by series. Takes the frame of `series.pairs` with column focal."""
    focal, other = "with the statement of 2025", "other pairs"
    kinds, shapes = {focal: PALETTE["accent"], other: PALETTE["muted"]}, {focal: "diamond", other: "circle"}
    frame = pairs.assign(
        series=pairs["series"].map(SERIES_NAMES), kind=pairs["focal"].map({True: focal, False: other})
    )[["earlier", "later", "series", "kind", "changed", "closeness"]]
    ticks = (
        alt.Chart(frame)
        .mark_point(filled=True, size=70, opacity=0.8)
        .encode(
            x=alt.X("closeness:Q", title="Closeness", scale=alt.Scale(zero=False)),
            y=alt.Y("series:N", title=None, sort=list(SERIES_NAMES.values()), axis=alt.Axis(labelLimit=180)),
            color=alt.Color("kind:N", title="Pairs", scale=scale_of(kinds)),
            shape=alt.Shape("kind:N", title="Pairs", scale=scale_of(shapes)),
            tooltip=["earlier:N", "later:N", "changed:N", alt.Tooltip("closeness:Q", format=".3f")],
        )
    )
    return alt.layer(ticks).properties(width=WIDTH - 170, height={"step": 34}, title=titled(title, subtitle))


def signal_points(
    signals: pd.DataFrame, *, marked: pd.Timestamp, label: str, title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Return signals by day and score. Needs date, source, target, mode, plover, cameo_goldstein, title, url, event_id.

    Menus choose the dyad and the scale; dragging moves and zooms along the days; a click opens the source of the event.
    """
    frame = days_as_text(
        signals[["event_id", "date", "source", "target", "mode", "plover", "cameo_goldstein", "title", "url"]], "date"
    )
    frame = frame.assign(
        direction=direction(signals), dyad=dyad(signals).map(DYADS), mode=frame["mode"].astype("object")
    ).drop(columns=["source", "target"])
    pairs, scales = list(DYADS.values()), list(SCALE_NAMES)
    by_dyad = alt.binding_select(options=[None, *pairs], labels=["all", *pairs], name="Dyad ")
    pair = alt.selection_point(fields=["dyad"], bind=by_dyad, name="dyad")
    by_scale = alt.binding_select(options=scales, labels=list(SCALE_NAMES.values()), name="Scale ")
    scale = alt.param(name="scale", value=scales[0], bind=by_scale)
    zoom = alt.selection_interval(bind="scales", encodings=["x"], name="zoom")
    shapes = {name: "triangle-up" if number % 2 == 0 else "circle" for number, name in enumerate(DIRECTIONS.values())}
    points = (
        with_words(alt.Chart(frame), "date")
        .transform_calculate(score="scale == 'plover' ? datum.plover : datum.cameo_goldstein")
        .mark_point(filled=True, size=60)
        .encode(
            x=day_axis("date"),
            y=alt.Y("score:Q", title="Score of the signal", scale=alt.Scale(domain=[-10, 10])),
            color=alt.Color("direction:N", title=None, scale=scale_of(SENDER_COLOURS), legend=alt.Legend(columns=2)),
            shape=alt.Shape("direction:N", title=None, scale=scale_of(shapes), legend=alt.Legend(columns=2)),
            opacity=alt.condition(pair, alt.value(0.75), alt.value(0.04)),
            href="url:N",
            tooltip=[
                *tooltips({"title:N": "Event", "words:N": "Day", "direction:N": "Direction", "mode:N": "Mode"}),
                *tooltips({"plover:Q": "PLOVER", "cameo_goldstein:Q": "CAMEO-Goldstein", "event_id:N": "Id"}),
            ],
        )
        .add_params(pair, scale, zoom)
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=PALETTE["grid"]).encode(y="y:Q")
    return alt.layer(zero, day_rule(marked, label, before=True), points).properties(
        width=WIDTH - 40, height=300, title=titled(title, subtitle)
    )


def balance_dots(table: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return the balance towards both capitals in each setting. Takes the frame of `dual_track.sensitivity`."""
    tracks = {"towards Washington": PALETTE["USA"], "towards Beijing": PALETTE["CHN"]}
    parts = [
        table.assign(track=f"towards {name}", balance=table[f"balance_{name.lower()}"])[["label", "track", "balance"]]
        for name in ("Washington", "Beijing")
    ]
    shapes = {"towards Washington": "circle", "towards Beijing": "diamond"}
    base = alt.Chart(pd.concat(parts, ignore_index=True)).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=230)),
        x=alt.X("balance:Q", title="Balance of Japan's signals", scale=alt.Scale(domain=[-1, 1])),
    )
    points = base.mark_point(filled=True, size=80, opacity=0.95).encode(
        color=alt.Color("track:N", title=None, scale=scale_of(tracks)),
        shape=alt.Shape("track:N", title=None, scale=scale_of(shapes)),
        tooltip=["label:N", "track:N", alt.Tooltip("balance:Q", format=".2f")],
    )
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=PALETTE["grid"]).encode(x="x:Q")
    return alt.layer(zero, points).properties(width=WIDTH - 210, height={"step": 20}, title=titled(title, subtitle))
