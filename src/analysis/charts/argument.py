"""The chart of the argument map."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.charts.theme import PALETTE, scale_of, titled, tooltips
from analysis.claims.argument_map import LETTERS, ArgumentMap

VERDICT_COLOURS = {verdict: PALETTE[verdict] for verdict in LETTERS} | {"left out": PALETTE["ink"]}
AGAINST = PALETTE["misquoted"]


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

    arrows = drawn.arrows
    # degrees clockwise from straight up
    arrows = arrows.assign(angle=np.degrees(np.arctan2(arrows["x2"] - arrows["x"], arrows["y"] - arrows["y2"])) % 360)
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
    tooltip = tooltips(
        {"entry:N": "Entry", "verdict:N": "Verdict", "role:N": "Role", "text:N": "In our words", "found:N": "Found"}
    )
    present = set(tiles["verdict"])
    verdicts = scale_of({verdict: hue for verdict, hue in VERDICT_COLOURS.items() if verdict in present})
    colour = alt.Color("verdict:N", title=None, scale=verdicts, legend=alt.Legend(symbolType="square"))
    squares = area(tiles).mark_rect(cornerRadius=3).encode(color=colour, tooltip=tooltip)

    def frame(role: str, **look: Any) -> Any:
        return area(tiles).mark_rect(filled=False, cornerRadius=3, **look).transform_filter(f"datum.role == '{role}'")

    def label(column: str, y: str, chosen: str, **look: Any) -> Any:
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
