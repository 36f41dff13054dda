"""Charts of provisions, sections, topics and agreement."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.theme import PALETTE, SEQUENCE, WIDTH, in_rows, scale_of, titled, tooltips
from analysis.measures.alignment import STRENGTHS
from analysis.measures.continuity import EMPHASES, GROUPS, ORDER

TILE, ROW = 22, 490  # width of a tile, and of the longest row of them


# what became of a topic in 2025
CHANGE_COLOURS = {
    "new": PALETTE["accent"],
    "stronger": SEQUENCE[3],
    "kept": SEQUENCE[2],
    "weaker": SEQUENCE[1],
    "dropped": PALETTE["muted"],
}
# whether the article tells a provision
TOLD = {"told": SEQUENCE[3], "partly told": SEQUENCE[2], "left out": SEQUENCE[0]}


def speaker_colours(names: Mapping[str, str]) -> dict[str, str]:
    """Return the colours of those who speak. Takes states with their names.

    Both together come first, a state without a colour of its own last.
    """
    own = {name: PALETTE[state] for state, name in names.items() if state in PALETTE}
    return {"both": PALETTE["ink"], **own, **{name: PALETTE["3"] for name in names.values() if name not in own}}


def provision_tiles(
    provisions: pd.DataFrame,
    *,
    parts: Mapping[str, str],
    shade: str,
    legend: str,
    colours: dict[str, str],
    title: str,
    subtitle: str,
) -> alt.TopLevelMixin:
    """Return one tile a provision, in order, by part of the statement, coloured by a column (shade).

    Needs provision_id, pillar, place, speech_act, paraphrase and the column. parts are the names of the pillars.
    """
    frame = provisions.assign(pillar=provisions["pillar"].astype("object").map(parts))
    axis = alt.Axis(labelAngle=0, ticks=False, labelOverlap=True)
    base = alt.Chart(frame[["provision_id", "pillar", "place", shade, "speech_act", "paraphrase"]]).encode(
        x=alt.X("place:O", title="Provisions of the part, in order", axis=axis),
        y=alt.Y("pillar:N", title=None, sort=list(parts.values())),
    )
    tiles = base.mark_rect(stroke=PALETTE["paper"], strokeWidth=2, cornerRadius=2).encode(
        color=alt.Color(f"{shade}:N", title=legend, scale=scale_of(colours)),
        tooltip=[
            *tooltips({"provision_id:N": "Provision", f"{shade}:N": legend}),
            *tooltips({"speech_act:N": "Speech act", "paraphrase:N": "In our words"}),
        ],
    )
    width = {"step": min(TILE, ROW // int(provisions["place"].max()))}
    return alt.layer(tiles).properties(width=width, height={"step": 34}, title=titled(title, subtitle))


def approach_scale(names: Mapping[int, str]) -> alt.Scale:
    """Return the colours of approaches. Takes the name of each by its number, 0 for none."""
    return scale_of({name: PALETTE[str(number)] for number, name in names.items()})


def _intervals(base: alt.Chart, low: alt.X, middle: str, tooltip: list[Any]) -> alt.LayerChart:
    """Return intervals between 0 and 1, from the column low to the column high, with a point at the middle one."""
    rules = base.mark_rule(strokeWidth=3, color=PALETTE["muted"])
    points = base.mark_point(size=140, filled=True, opacity=1, color=PALETTE["accent"])
    low = low.scale(domain=[0, 1])
    return rules.encode(x=low, x2="high:Q") + points.encode(x=f"{middle}:Q", tooltip=tooltip)


def coverage_shares(
    groups: pd.DataFrame, coders: pd.DataFrame, *, names: Mapping[Any, str], title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Return the share of provisions covered, the numbers on the bars, and a tick for the share under each coder alone.

    groups and coders are the frames of `alignment.coverage` and `alignment.coverage_by_coder`; names the names of the
    groups, by the values of the first column.
    """
    field = groups.columns[0]

    def labelled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(label=[names[group] for group in frame[field]]).drop(columns=field)

    frame = labelled(groups)
    frame["words"] = [f"{row.covered} of {row.provisions}" for row in frame.itertuples()]
    y = alt.Y("label:N", title=None, sort=frame["label"].to_list(), axis=alt.Axis(labelLimit=240))
    axis, scale = alt.Axis(format="%"), alt.Scale(domain=[0, 1.1])
    share = alt.X("share:Q", title="Share of provisions with a counterpart", axis=axis, scale=scale)
    base = alt.Chart(frame).encode(y=y, x=share, tooltip=["label:N", "words:N", alt.Tooltip("share:Q", format=".0%")])
    bars = base.mark_bar(size=16, color=SEQUENCE[1])
    each = (
        alt.Chart(labelled(coders))
        .mark_tick(thickness=2, size=20, color=PALETTE["ink"])
        .encode(x="share:Q", y=y, tooltip=["coder:N", "label:N", alt.Tooltip("share:Q", format=".0%")])
    )
    words = base.mark_text(align="left", dx=8, color=PALETTE["ink"]).encode(text="words:N")
    return (bars + each + words).properties(width=WIDTH - 200, height={"step": 34}, title=titled(title, subtitle))


def section_heatmap(matrix: pd.DataFrame, *, sections: list[str], title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return provisions by sections, shaded by strength. Needs both ids, paraphrase, heading, strength and coders."""
    colours = {STRENGTHS[value]: SEQUENCE[value] for value in (1, 2, 3)}
    columns = ["provision_id", "paraphrase", "section_id", "heading", "coders"]
    frame = matrix[columns].assign(strength=matrix["strength"].map(STRENGTHS))
    scale, axis = alt.Scale(domain=sections), alt.Axis(labelAngle=-60, grid=True, orient="top", zindex=0)
    return (
        alt.Chart(frame)
        .mark_rect(stroke=PALETTE["paper"], cornerRadius=1)
        .encode(
            x=alt.X("section_id:N", title="Section of the strategy", sort=sections, scale=scale, axis=axis),
            y=alt.Y("provision_id:N", title="Provision of the statement", axis=alt.Axis(grid=True, zindex=0)),
            color=alt.Color("strength:N", title="Strength", scale=scale_of(colours)),
            tooltip=[
                *tooltips({"provision_id:N": "Provision", "paraphrase:N": "In our words", "section_id:N": "Section"}),
                *tooltips({"heading:N": "Heading", "strength:N": "Strength", "coders:Q": "Coders who named it"}),
            ],
        )
        .properties(width={"step": 18}, height={"step": 14}, title=titled(title, subtitle))
    )


def section_take_up(
    sections: pd.DataFrame, *, approaches: Mapping[int, str], title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Return how many provisions take up each section. Needs section_id, heading, approach, count, provisions (ids)."""
    label = sections["section_id"] + "  " + sections["heading"]
    frame = sections[["section_id", "heading", "count", "provisions"]].assign(
        label=label, approach=sections["approach"].map(dict(approaches))
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=300)),
        x=alt.X("count:Q", title="Provisions", axis=alt.Axis(tickMinStep=1)),
        tooltip=["section_id:N", "heading:N", "count:Q", "provisions:N"],
    )
    bars = base.mark_bar().encode(color=alt.Color("approach:N", title="Approach", scale=approach_scale(approaches)))
    none = base.transform_filter("datum.count == 0").mark_text(text="none", align="left", dx=4, color=PALETTE["ink"])
    return (bars + none).properties(width=WIDTH - 300, height={"step": 17}, title=titled(title, subtitle))


def agreement_intervals(table: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return alpha with its intervals for each variable, a thin line for that by cluster.

    Takes the frame of `agreement.agreement_table`.
    """
    base = alt.Chart(table).encode(y=alt.Y("variable:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)))
    numbers = [
        alt.Tooltip(f"{column}:Q", format=".2f") for column in ("alpha", "low", "high", "cluster_low", "cluster_high")
    ]
    low = alt.X("low:Q", title="Krippendorff's alpha")
    by_cluster = base.mark_rule(color=PALETTE["ink"]).encode(x="cluster_low:Q", x2="cluster_high:Q")
    interval = _intervals(base, low, "alpha", ["variable:N", "level:N", "units:Q", *numbers])
    return (by_cluster + interval).properties(width=WIDTH - 120, height={"step": 30}, title=titled(title, subtitle))


def topic_heatmap(emphasis: pd.DataFrame, changes: pd.DataFrame, *, title: str) -> alt.TopLevelMixin:
    """Return the emphasis of topics by statement, in each group the new topics first and the dropped last.

    Takes the frames of `continuity.emphasis`, with column statement (2025|Trump|Ishiba), and `continuity.changes`.
    """
    colours = {EMPHASES[value]: SEQUENCE[value] for value in EMPHASES}
    by_change = changes.assign(rank=changes["change"].astype(str).map(ORDER)).sort_values(["rank", "topic_id"])
    table = emphasis.merge(changes[["topic_id", "change"]], on="topic_id")
    frame = table[["topic", "statement", "change"]].assign(
        emphasis=table["emphasis"].map(EMPHASES), group=table["group"].astype("object").map(GROUPS)
    )
    years = alt.Axis(orient="top", labelAngle=0, labelExpr="split(datum.label, '|')[0]")
    return (
        alt.Chart(frame)
        .mark_rect(stroke=PALETTE["paper"])
        .encode(
            x=alt.X("statement:O", title=None, axis=years),
            y=alt.Y("topic:N", title=None, sort=by_change["topic"].to_list(), axis=alt.Axis(labelLimit=330)),
            color=alt.Color("emphasis:N", title="Emphasis", scale=scale_of(colours), legend=alt.Legend(columns=2)),
            tooltip=["topic:N", "statement:O", "emphasis:N", alt.Tooltip("change:N", title="2025 against 2024")],
        )
        .properties(width={"step": 56}, height={"step": 16})
        .facet(
            row=in_rows("group", list(GROUPS.values()), 2),
            title=titled(title, "Emphasis of each topic by statement"),
            spacing=6,
        )
        .resolve_scale(y="independent")
    )
