"""Charts of provisions, sections, topics and agreement.

Each chart is a function of a data frame and returns an Altair chart without theme. The title, which states the finding,
and the subtitle, which gives unit and sample, come from the notebook, because they carry numbers of the run. Colours
mean the same everywhere (`analysis.charts.theme.PALETTE`).
"""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.theme import PALETTE, SEQUENCE
from analysis.measures.alignment import STRENGTHS
from analysis.measures.continuity import EMPHASES, GROUPS

WIDTH = 600
TILE, ROW = 22, 490  # width of a tile, and of the longest row of them


def titled(title: str, subtitle: str) -> alt.TitleParams:
    """Takes the finding and the line below it; returns them as the title of a chart."""
    return alt.TitleParams(title, subtitle=subtitle)


def scale_of(colours: dict[str, str]) -> alt.Scale:
    """Takes values with their colours or shapes; returns the scale that keeps their order."""
    return alt.Scale(domain=list(colours), range=list(colours.values()))


# whether the article tells a provision
TOLD = {"told": SEQUENCE[3], "partly told": SEQUENCE[2], "left out": SEQUENCE[0]}


def speaker_colours(names: Mapping[str, str]) -> dict[str, str]:
    """Takes states with their names; returns the colours of those who speak.

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
    """One tile a provision, in order, by part of the statement, coloured by a column (shade).

    Needs provision_id, pillar, place, speech_act, paraphrase and the column. parts are the names of the pillars.
    """
    frame = provisions.assign(pillar=provisions["pillar"].astype("object").map(parts))
    base = alt.Chart(frame[["provision_id", "pillar", "place", shade, "speech_act", "paraphrase"]]).encode(
        x=alt.X(
            "place:O",
            title="Provisions of the part, in order",
            axis=alt.Axis(labelAngle=0, ticks=False, labelOverlap=True),
        ),
        y=alt.Y("pillar:N", title=None, sort=list(parts.values())),
    )
    tiles = base.mark_rect(stroke=PALETTE["paper"], strokeWidth=2, cornerRadius=2).encode(
        color=alt.Color(f"{shade}:N", title=legend, scale=scale_of(colours)),
        tooltip=[
            alt.Tooltip("provision_id:N", title="Provision"),
            alt.Tooltip(f"{shade}:N", title=legend),
            alt.Tooltip("speech_act:N", title="Speech act"),
            alt.Tooltip("paraphrase:N", title="In our words"),
        ],
    )
    width = {"step": min(TILE, ROW // int(provisions["place"].max()))}
    return alt.layer(tiles).properties(width=width, height={"step": 34}, title=titled(title, subtitle))


def approach_scale(names: Mapping[int, str]) -> alt.Scale:
    """Return the colours of approaches. Takes the name of each by its number, 0 for none."""
    return scale_of({name: PALETTE[str(number)] for number, name in names.items()})


def coverage_intervals(
    groups: pd.DataFrame, coders: pd.DataFrame, *, names: Mapping[Any, str], title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Return the share of provisions covered, with 95% intervals, and the share under each coder alone.

    groups and coders are the frames of `alignment.coverage` and `alignment.coverage_by_coder`; names the names of the
    groups, by the values of the first column.
    """
    field = groups.columns[0]

    def labelled(frame: pd.DataFrame) -> pd.DataFrame:
        sizes = dict(zip(groups[field], groups["provisions"], strict=True))
        label = [f"{names[group]} ({sizes[group]})" for group in frame[field]]
        return frame.assign(label=label).drop(columns=field)

    order = labelled(groups)["label"].to_list()
    y = alt.Y("label:N", title=None, sort=order, axis=alt.Axis(labelLimit=240))
    base = alt.Chart(labelled(groups)).encode(y=y)
    tooltip = [
        "label:N",
        "covered:Q",
        "provisions:Q",
        *(alt.Tooltip(f"{c}:Q", format=".0%") for c in ("share", "low", "high")),
    ]
    scale = alt.Scale(domain=[0, 1])
    interval = base.mark_rule(strokeWidth=3, color=PALETTE["muted"]).encode(
        x=alt.X("low:Q", scale=scale, title="Share of provisions with a counterpart", axis=alt.Axis(format="%")),
        x2="high:Q",
    )
    points = base.mark_point(size=140, filled=True, opacity=1, color=PALETTE["accent"]).encode(
        x="share:Q", tooltip=tooltip
    )
    each = (
        alt.Chart(labelled(coders))
        .mark_tick(thickness=2, size=16, color=PALETTE["ink"])
        .encode(x="share:Q", y=y, tooltip=["coder:N", "label:N", alt.Tooltip("share:Q", format=".0%")])
    )
    return (interval + points + each).properties(width=WIDTH - 200, height={"step": 34}, title=titled(title, subtitle))


def section_heatmap(matrix: pd.DataFrame, *, sections: list[str], title: str, subtitle: str) -> alt.TopLevelMixin:
    """Provisions by sections, shaded by strength. Needs both ids, paraphrase, heading, strength and coders."""
    colours = {STRENGTHS[value]: SEQUENCE[value] for value in (1, 2, 3)}
    columns = ["provision_id", "paraphrase", "section_id", "heading", "coders"]
    frame = matrix[columns].assign(strength=matrix["strength"].map(STRENGTHS))
    return (
        alt.Chart(frame)
        .mark_rect(stroke=PALETTE["paper"], cornerRadius=1)
        .encode(
            x=alt.X(
                "section_id:N",
                title="Section of the strategy",
                sort=sections,
                scale=alt.Scale(domain=sections),
                axis=alt.Axis(labelAngle=-60, grid=True, orient="top", zindex=0),
            ),
            y=alt.Y("provision_id:N", title="Provision of the statement", axis=alt.Axis(grid=True, zindex=0)),
            color=alt.Color("strength:N", title="Strength", scale=scale_of(colours)),
            tooltip=[
                alt.Tooltip("provision_id:N", title="Provision"),
                alt.Tooltip("paraphrase:N", title="In our words"),
                alt.Tooltip("section_id:N", title="Section"),
                alt.Tooltip("heading:N", title="Heading"),
                alt.Tooltip("strength:N", title="Strength"),
                alt.Tooltip("coders:Q", title="Coders who named it"),
            ],
        )
        .properties(width={"step": 18}, height={"step": 14}, title=titled(title, subtitle))
    )


def section_take_up(
    sections: pd.DataFrame, *, approaches: Mapping[int, str], title: str, subtitle: str
) -> alt.TopLevelMixin:
    """How many provisions take up each section. Needs section_id, heading, approach, count, provisions (ids)."""
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
    """Alpha with its interval for each variable. Takes the frame of `agreement.agreement_table`."""
    base = alt.Chart(table).encode(y=alt.Y("variable:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)))
    scale = alt.Scale(domain=[0, 1])
    interval = base.mark_rule(strokeWidth=3, color=PALETTE["muted"]).encode(
        x=alt.X("low:Q", scale=scale, title="Krippendorff's alpha"), x2="high:Q"
    )
    tooltip = [
        "variable:N",
        "level:N",
        "units:Q",
        *(alt.Tooltip(f"{c}:Q", format=".2f") for c in ("alpha", "low", "high")),
    ]
    points = base.mark_point(size=140, filled=True, opacity=1, color=PALETTE["accent"]).encode(
        x="alpha:Q", tooltip=tooltip
    )
    return (interval + points).properties(width=WIDTH - 120, height={"step": 30}, title=titled(title, subtitle))


def topic_heatmap(table: pd.DataFrame, *, order: list[str], title: str, subtitle: str) -> alt.TopLevelMixin:
    """Emphasis of topics by statement. Needs topic, group, year, emphasis (0 to 3), change (against 2024)."""
    colours = {EMPHASES[value]: SEQUENCE[value] for value in EMPHASES}
    frame = table[["topic", "year", "change"]].assign(
        emphasis=table["emphasis"].map(EMPHASES), group=table["group"].astype("object").map(GROUPS)
    )
    return (
        alt.Chart(frame)
        .mark_rect(stroke=PALETTE["paper"])
        .encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(orient="top", labelAngle=0)),
            y=alt.Y("topic:N", title=None, sort=order, axis=alt.Axis(labelLimit=330)),
            color=alt.Color("emphasis:N", title="Emphasis", scale=scale_of(colours), legend=alt.Legend(columns=2)),
            tooltip=["topic:N", "year:O", "emphasis:N", alt.Tooltip("change:N", title="2025 against 2024")],
        )
        .properties(width={"step": 56}, height={"step": 16})
        .facet(
            row=alt.Row(
                "group:N",
                title=None,
                sort=list(GROUPS.values()),
                header=alt.Header(labelAngle=0, labelAnchor="start", labelOrient="top", labelPadding=2),
            ),
            title=titled(title, subtitle),
            spacing=6,
        )
        .resolve_scale(y="independent")
    )


def change_bars(table: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Topics by group and change against 2024. Takes the frame of `continuity.changes_by_group`."""
    colours = dict(
        zip(
            ("new", "stronger", "kept", "weaker", "dropped"),
            (PALETTE["accent"], SEQUENCE[3], SEQUENCE[2], SEQUENCE[1], PALETTE["muted"]),
            strict=True,
        )
    )
    frame = table[table["change"].isin(list(colours))].assign(group=table["group"].astype("object").map(GROUPS))
    rank = frame["change"].map({change: place for place, change in enumerate(colours)})
    return (
        alt.Chart(frame.assign(rank=rank))
        .mark_bar(stroke=PALETTE["paper"])
        .encode(
            x=alt.X("topics:Q", title="Topics"),
            y=alt.Y("group:N", title=None, sort=list(GROUPS.values()), axis=alt.Axis(labelLimit=180)),
            color=alt.Color("change:N", title="2025 against 2024", scale=scale_of(colours)),
            order="rank:Q",
            tooltip=["group:N", "change:N", "topics:Q", "of:Q"],
        )
        .properties(width=WIDTH - 160, height={"step": 26}, title=titled(title, subtitle))
    )
