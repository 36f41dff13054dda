"""The charts of the book. Each is a function of a data frame and returns an Altair chart without theme.

The title, which states the finding, and the subtitle, which gives unit and sample, come from the notebook, because
they carry numbers of the run. Colours mean the same everywhere (`analysis.theme.PALETTE`).
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from analysis.alignment import APPROACHES, PILLARS, STRENGTHS
from analysis.continuity import EMPHASES, GROUPS
from analysis.diplomacy import DYADS, FORMS
from analysis.theme import PALETTE, SEQUENCE

WIDTH = 600
TILE = 22
LANES = {**DYADS, "trilateral": "All three, or two with a third", "other": "Other"}
DYAD_COLOURS = {"JPN-USA": PALETTE["USA"], "JPN-CHN": PALETTE["CHN"], "CHN-USA": PALETTE["other"]}
KIND_SHAPES = {"contact": "circle", "friction": "cross", "military": "triangle-up", "other": "square"}
# a letter for each verdict, so that a tile can be read without its colour
VERDICT_LETTERS = {
    "confirmed": "C",
    "confirmed with correction": "C+",
    "imprecise": "I",
    "misquoted": "M",
    "unsupported": "U",
    "not checkable": "–",
}


def _title(title: str, subtitle: str | Sequence[str]) -> alt.TitleParams:
    return alt.TitleParams(title, subtitle=subtitle if isinstance(subtitle, str) else list(subtitle))


def _scale(colours: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(colours), range=list(colours.values()))


def _dates(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Days as text: the specification is then the same in every time zone."""
    return frame.assign(**{column: frame[column].dt.strftime("%Y-%m-%d") for column in columns})


def _day(column: str, title: str | None = None) -> alt.X:
    axis = alt.Axis(format="%b %Y", labelOverlap=True, tickCount=8)
    return alt.X(f"{column}:T", title=title, axis=axis, scale=alt.Scale(padding=12))


def _day_rule(date: pd.Timestamp, label: str) -> alt.LayerChart:
    """A vertical line at a day, with its label at the top."""
    base = alt.Chart(pd.DataFrame({"date": [f"{date:%Y-%m-%d}"], "label": [label]})).encode(x="date:T")
    line = base.mark_rule(color=PALETTE["ink"], strokeDash=[4, 3])
    return line + base.mark_text(align="left", dx=4, y=8, color=PALETTE["ink"]).encode(text="label:N")


def timeline(events: pd.DataFrame, *, marked: pd.Timestamp, label: str, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Events on lanes by dyad. Needs date, dyad, group (of kinds), kind, title, url, publisher.

    Drag or scroll moves and zooms along the days, a click in the legend picks a group, the menu a pair, and a click on
    a point opens its source.
    """
    frame = _dates(events[["event_id", "date", "dyad", "group", "kind", "title", "publisher", "url"]], "date")
    frame = frame.assign(lane=frame["dyad"].astype("object").map(LANES))
    picked = alt.selection_point(fields=["group"], bind="legend", name="group")
    choice = alt.binding_select(options=[None, *LANES.values()], labels=["all pairs", *LANES.values()], name="Show ")
    pair = alt.selection_point(fields=["lane"], bind=choice, name="pair")
    zoom = alt.selection_interval(bind="scales", encodings=["x"], name="zoom")
    points = (
        alt.Chart(frame)
        .mark_point(size=70, filled=True)
        .encode(
            x=_day("date"),
            y=alt.Y("lane:N", title=None, sort=list(LANES.values()), axis=alt.Axis(labelLimit=200)),
            yOffset=alt.YOffset("group:N", scale=alt.Scale(domain=list(KIND_SHAPES))),
            color=alt.Color(
                "dyad:N",
                legend=None,
                scale=_scale({**DYAD_COLOURS, "trilateral": PALETTE["muted"], "other": PALETTE["muted"]}),
            ),
            shape=alt.Shape("group:N", title="Kind", scale=_scale(KIND_SHAPES)),
            opacity=alt.condition(picked & pair, alt.value(0.85), alt.value(0.08)),
            href="url:N",
            tooltip=[
                alt.Tooltip("title:N", title="Event"),
                alt.Tooltip("date:T", title="Day", format="%d %B %Y"),
                alt.Tooltip("kind:N", title="Kind"),
                alt.Tooltip("event_id:N", title="Id"),
                alt.Tooltip("publisher:N", title="Source"),
            ],
        )
        .add_params(picked, pair, zoom)
    )
    return (_day_rule(marked, label) + points).properties(width=WIDTH - 130, height=330, title=_title(title, subtitle))


def monthly_density(events: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Events a month, by the search that found them. Needs date and search (1 or 2)."""
    month = events["date"].dt.strftime("%Y-%m-01")
    searches = events["search"].map({1: "first search", 2: "second search"})
    counts = (
        events.assign(month=month, found=searches).groupby(["month", "found"]).size().rename("events").reset_index()
    )
    colours = {"first search": PALETTE["ink"], "second search": PALETTE["accent"]}
    return (
        alt.Chart(counts)
        .mark_bar(width=7)
        .encode(
            x=_day("month"),
            y=alt.Y("events:Q", title="Events a month", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("found:N", title="Found by", scale=_scale(colours)),
            tooltip=[alt.Tooltip("month:T", title="Month", format="%B %Y"), "found:N", "events:Q"],
        )
        .properties(width=WIDTH, height=170, title=_title(title, subtitle))
    )


def provision_tiles(provisions: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """One tile a provision, in order, by pillar. Needs provision_id, pillar, place, told, paraphrase."""
    colours = {"told": SEQUENCE[3], "partly told": SEQUENCE[2], "left out": SEQUENCE[0]}
    frame = provisions.assign(pillar=provisions["pillar"].astype("object").map(PILLARS))
    base = alt.Chart(frame[["provision_id", "pillar", "place", "told", "speech_act", "paraphrase"]]).encode(
        x=alt.X("place:O", title="Provisions of the part, in order", axis=alt.Axis(labelAngle=0, ticks=False)),
        y=alt.Y("pillar:N", title=None, sort=list(PILLARS.values())),
    )
    tiles = base.mark_rect(stroke=PALETTE["paper"], strokeWidth=2, cornerRadius=2).encode(
        color=alt.Color("told:N", title="In the article", scale=_scale(colours)),
        tooltip=[
            alt.Tooltip("provision_id:N", title="Provision"),
            alt.Tooltip("told:N", title="In the article"),
            alt.Tooltip("speech_act:N", title="Speech act"),
            alt.Tooltip("paraphrase:N", title="In our words"),
        ],
    )
    return alt.layer(tiles).properties(width={"step": TILE}, height={"step": 34}, title=_title(title, subtitle))


def speech_acts(acts: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Speech acts by speaker. Needs speech_act, speaker (both, United States, Japan), provisions (count)."""
    colours = {"both": PALETTE["ink"], "United States": PALETTE["USA"], "Japan": PALETTE["JPN"]}
    order = acts.groupby("speech_act")["provisions"].sum().sort_values(ascending=False).index.to_list()
    acts = acts.assign(rank=acts["speaker"].map({speaker: place for place, speaker in enumerate(colours)}))
    return (
        alt.Chart(acts)
        .mark_bar()
        .encode(
            x=alt.X("provisions:Q", title="Provisions", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("speech_act:N", title=None, sort=order, axis=alt.Axis(labelLimit=160)),
            color=alt.Color("speaker:N", title="Who speaks", scale=_scale(colours)),
            order="rank:Q",
            tooltip=["speech_act:N", "speaker:N", "provisions:Q"],
        )
        .properties(width=WIDTH - 140, height={"step": 17}, title=_title(title, subtitle))
    )


def section_lengths(sections: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Length of the strategy's sections. Needs section_id, label, paragraphs, approach (0 to 3)."""
    colours = {name: PALETTE[str(number)] for number, name in APPROACHES.items()}
    frame = sections[["section_id", "label", "paragraphs"]].assign(approach=sections["approach"].map(APPROACHES))
    return (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("paragraphs:Q", title="Paragraphs"),
            y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=330)),
            color=alt.Color("approach:N", title="Approach", scale=_scale(colours)),
            tooltip=["section_id:N", "label:N", "approach:N", "paragraphs:Q"],
        )
        .properties(width=WIDTH - 270, height={"step": 19}, title=_title(title, subtitle))
    )


def coverage_intervals(
    groups: pd.DataFrame, coders: pd.DataFrame, *, field: str, names: dict[str, str], title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Share of provisions covered, with 95% intervals, and the share under each coder alone.

    groups and coders are the frames of `alignment.coverage` and `alignment.coverage_by_coder`, with column `field`.
    """

    def labelled(frame: pd.DataFrame) -> pd.DataFrame:
        sizes = groups.set_index(groups[field].astype(str))["provisions"]
        keys = frame[field].astype(str)
        label = [f"{names[key]} ({sizes[key]})" for key in keys]
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
    return (interval + points + each).properties(width=WIDTH - 200, height={"step": 34}, title=_title(title, subtitle))


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
            color=alt.Color("strength:N", title="Strength", scale=_scale(colours)),
            tooltip=[
                alt.Tooltip("provision_id:N", title="Provision"),
                alt.Tooltip("paraphrase:N", title="In our words"),
                alt.Tooltip("section_id:N", title="Section"),
                alt.Tooltip("heading:N", title="Heading"),
                alt.Tooltip("strength:N", title="Strength"),
                alt.Tooltip("coders:Q", title="Coders who named it"),
            ],
        )
        .properties(width={"step": 18}, height={"step": 14}, title=_title(title, subtitle))
    )


def section_take_up(sections: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """How many provisions take up each section. Needs section_id, heading, approach, count, provisions (ids)."""
    colours = {name: PALETTE[str(number)] for number, name in APPROACHES.items()}
    label = sections["section_id"] + "  " + sections["heading"]
    frame = sections[["section_id", "heading", "count", "provisions"]].assign(
        label=label, approach=sections["approach"].map(APPROACHES)
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=300)),
        x=alt.X("count:Q", title="Provisions", axis=alt.Axis(tickMinStep=1)),
        tooltip=["section_id:N", "heading:N", "count:Q", "provisions:N"],
    )
    bars = base.mark_bar().encode(color=alt.Color("approach:N", title="Approach", scale=_scale(colours)))
    none = base.transform_filter("datum.count == 0").mark_text(text="none", align="left", dx=4, color=PALETTE["ink"])
    return (bars + none).properties(width=WIDTH - 300, height={"step": 17}, title=_title(title, subtitle))


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
    return (interval + points).properties(width=WIDTH - 120, height={"step": 30}, title=_title(title, subtitle))


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
            color=alt.Color("emphasis:N", title="Emphasis", scale=_scale(colours), legend=alt.Legend(columns=2)),
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
            title=_title(title, subtitle),
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
            color=alt.Color("change:N", title="2025 against 2024", scale=_scale(colours)),
            order="rank:Q",
            tooltip=["group:N", "change:N", "topics:Q", "of:Q"],
        )
        .properties(width=WIDTH - 160, height={"step": 26}, title=_title(title, subtitle))
    )


def protest_ladder(
    protests: pd.DataFrame, *, marked: pd.Timestamp, label: str, title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Protests by day and form. Needs date, form, trigger_kind, targets, official, title, trigger, url."""
    kinds = {
        "alliance": PALETTE["USA"],
        "taiwan": PALETTE["accent"],
        "territory": PALETTE["JPN"],
        "history": PALETTE["muted"],
        "bilateral": PALETTE["other"],
    }
    shapes = {"JPN": "circle", "JPN and USA": "diamond", "USA": "square"}
    columns = ["event_id", "date", "form", "trigger_kind", "targets", "official", "title", "trigger", "url"]
    frame = _dates(protests[columns], "date").assign(form=protests["form"].astype("object"))
    points = (
        alt.Chart(frame)
        .mark_point(size=110, filled=True, opacity=0.9)
        .encode(
            x=_day("date"),
            y=alt.Y(
                "form:N",
                title=None,
                scale=alt.Scale(domain=list(reversed(FORMS))),
                axis=alt.Axis(grid=True, labelLimit=160),
            ),
            color=alt.Color("trigger_kind:N", title="About", scale=_scale(kinds)),
            shape=alt.Shape("targets:N", title="To", scale=_scale(shapes)),
            href="url:N",
            tooltip=[
                "title:N",
                alt.Tooltip("date:T", title="Day", format="%d %B %Y"),
                "form:N",
                "official:N",
                "trigger:N",
                "event_id:N",
            ],
        )
    )
    return (_day_rule(marked, label) + points).properties(width=WIDTH - 130, height=210, title=_title(title, subtitle))


def quarterly_contacts(
    counts: pd.DataFrame, *, marked: pd.Timestamp, label: str, title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Contacts up, frictions and military acts down, by quarter and dyad. Takes `diplomacy.counts_by_quarter`."""
    colours = {"contact": SEQUENCE[3], "friction": PALETTE["accent"], "military": PALETTE["muted"]}
    frame = _dates(counts[counts["dyad"].isin(list(DYADS)) & counts["group"].isin(list(colours))], "quarter")
    frame = frame.assign(
        signed=frame["events"].where(frame["group"] == "contact", -frame["events"]),
        pair=frame["dyad"].astype("object").map(DYADS),
        rank=frame["group"].map({group: place for place, group in enumerate(colours)}),
    ).drop(columns="dyad")
    bars = (
        alt.Chart()
        .mark_bar(width=14)
        .encode(
            x=_day("quarter"),
            y=alt.Y("signed:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("group:N", title="Kind", scale=_scale(colours)),
            order="rank:Q",
            tooltip=[alt.Tooltip("quarter:T", title="Quarter from", format="%B %Y"), "pair:N", "group:N", "events:Q"],
        )
    )
    day = alt.datum(alt.DateTime(year=marked.year, month=marked.month, date=marked.day))
    rule = alt.Chart().mark_rule(color=PALETTE["ink"], strokeDash=[4, 3]).encode(x=day, description=alt.value(label))
    header = alt.Header(labelAngle=0, labelAnchor="start", labelOrient="top", labelPadding=2)
    return (
        alt.layer(bars, rule, data=frame)
        .properties(width=WIDTH - 40, height=100)
        .facet(
            row=alt.Row("pair:N", title=None, sort=list(DYADS.values()), header=header),
            title=_title(title, subtitle),
            spacing=4,
        )
    )


def verdict_tiles(claims: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """One tile a claim, by step, with a letter for the verdict. Needs claim_id, step, verdict, claim, place."""
    colours = {verdict: PALETTE[verdict] for verdict in VERDICT_LETTERS}
    verdicts = claims["verdict"].astype("object")
    frame = claims[["claim_id", "step", "claim", "place"]].assign(
        verdict=verdicts, letter=verdicts.map(VERDICT_LETTERS)
    )
    base = alt.Chart(frame).encode(
        x=alt.X("place:O", title="Claims", axis=alt.Axis(labelAngle=0, ticks=False)),
        y=alt.Y("step:N", title=None, sort=None, axis=alt.Axis(labelLimit=160)),
        tooltip=["claim_id:N", "verdict:N", "claim:N"],
    )
    tiles = base.mark_rect(stroke=PALETTE["paper"], strokeWidth=2, cornerRadius=2).encode(
        color=alt.Color("verdict:N", title="Verdict", scale=_scale(colours))
    )
    letters = base.mark_text(color=PALETTE["paper"], fontWeight=600, fontSize=11).encode(text="letter:N")
    return (tiles + letters).properties(width={"step": TILE}, height={"step": 26}, title=_title(title, subtitle))
