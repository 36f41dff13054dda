"""The chart of the argument map."""

from collections.abc import Mapping
from math import atan2, degrees
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.provisions import scale_of, titled
from analysis.charts.theme import PALETTE
from analysis.claims.argument_map import LETTERS, ArgumentMap

VERDICT_COLOURS = {verdict: PALETTE[verdict] for verdict in LETTERS} | {"left out": PALETTE["ink"]}
AGAINST = PALETTE["misquoted"]


def _angle(row: Mapping[Any, float]) -> float:
    """Return the direction of an arrow in degrees, clockwise from straight up."""
    return degrees(atan2(row["x2"] - row["x"], row["y"] - row["y2"])) % 360


def argument_map(drawn: ArgumentMap, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return steps as boxes, claims as tiles, support and attack as arrows. Takes the result of `lay_out`."""
    across = alt.Scale(domain=[0, drawn.width], nice=False, zero=False)
    down = alt.Scale(domain=[drawn.height, 0], nice=False, zero=False)

    def at(frame: pd.DataFrame, x: str = "x", y: str = "y") -> alt.Chart:
        return alt.Chart(frame).encode(
            x=alt.X(f"{x}:Q", axis=None, scale=across), y=alt.Y(f"{y}:Q", axis=None, scale=down)
        )

    def area(frame: pd.DataFrame) -> alt.Chart:
        return at(frame).encode(x2="x2:Q", y2="y2:Q")

    arrows = drawn.arrows.assign(angle=[_angle(row) for row in drawn.arrows.to_dict("records")])
    support, attack = "datum.relation == 'supports'", "datum.relation == 'attacks'"
    support_lines = area(arrows).mark_rule(strokeWidth=1.6, color=PALETTE["ink"]).transform_filter(support)
    support_heads = (
        at(arrows, "x2", "y2")
        .mark_point(shape="triangle", filled=True, size=80, opacity=1, color=PALETTE["ink"])
        .encode(angle=alt.Angle("angle:Q", scale=alt.Scale(domain=[0, 360], range=[0, 360])))
        .transform_filter(support)
    )
    attack_lines = area(arrows).mark_rule(strokeWidth=2, strokeDash=[3, 2], color=AGAINST).transform_filter(attack)
    attack_bars = (
        at(arrows, "x2", "y2")
        .mark_point(shape="stroke", filled=False, size=160, opacity=1, strokeWidth=3, color=AGAINST)
        .transform_filter(attack)
    )

    boxes = drawn.boxes.assign(left=drawn.boxes["x"] + 9, right=drawn.boxes["x2"] - 9, line=drawn.boxes["y"] + 15)
    steps = area(boxes).mark_rect(fill=PALETTE["paper"], stroke=PALETTE["ink"], strokeWidth=1.2, cornerRadius=5)
    ink: dict[str, Any] = {"color": PALETTE["ink"], "baseline": "middle"}
    titles = at(boxes, "left", "line").mark_text(align="left", fontWeight=600, fontSize=13, **ink)
    holds = at(boxes, "right", "line").mark_text(align="right", fontSize=11.5, **ink)

    tiles = drawn.tiles.assign(
        middle=(drawn.tiles["x"] + drawn.tiles["x2"]) / 2,
        upper=drawn.tiles["y"] + 7,
        centre=drawn.tiles["y"] + 12.5,
        lower=drawn.tiles["y"] + 17.5,
    )
    tooltip = [
        alt.Tooltip("entry:N", title="Entry"),
        alt.Tooltip("verdict:N", title="Verdict"),
        alt.Tooltip("role:N", title="Role"),
        alt.Tooltip("text:N", title="In our words"),
        alt.Tooltip("found:N", title="Found"),
    ]
    present = set(tiles["verdict"])
    squares = (
        area(tiles)
        .mark_rect(cornerRadius=3)
        .encode(
            color=alt.Color(
                "verdict:N",
                title=None,
                scale=scale_of({verdict: hue for verdict, hue in VERDICT_COLOURS.items() if verdict in present}),
                legend=alt.Legend(symbolType="square"),
            ),
            tooltip=tooltip,
        )
    )

    def frame(role: str, **look: Any) -> Any:
        """Return an outline around the tiles of a role."""
        return area(tiles).mark_rect(filled=False, cornerRadius=3, **look).transform_filter(f"datum.role == '{role}'")

    def label(column: str, y: str, chosen: str, **look: Any) -> Any:
        """Return text in the chosen tiles."""
        marks = at(tiles, "middle", y).mark_text(color=PALETTE["paper"], **look)
        return marks.encode(text=f"{column}:N", tooltip=tooltip).transform_filter(chosen)

    claim, omission = "datum.role != 'omission'", "datum.role == 'omission'"
    layers: Any = alt.layer(
        support_lines,
        support_heads,
        attack_lines,
        attack_bars,
        steps,
        titles.encode(text="title:N"),
        holds.encode(text="holds:N"),
        squares,
        frame("conclusion", stroke=PALETTE["ink"], strokeWidth=2.4),
        frame("assumption", stroke=PALETTE["paper"], strokeWidth=2, strokeDash=[3, 3]),
        label("number", "upper", claim, fontSize=8.5),
        label("letter", "lower", claim, fontSize=11, fontWeight=600),
        label("number", "centre", omission, fontSize=11, fontWeight=600),
    )
    chart: alt.LayerChart = layers.properties(
        width=drawn.width,
        height=drawn.height,
        autosize=alt.AutoSizeParams(type="pad"),  # a page leaves such a chart at its size
        title=titled(title, subtitle),
    )
    return chart
