"""Charts of the text measures: placebos, falsification, key words, recall, and the specification curve."""

import json
from collections.abc import Mapping

import altair as alt
import pandas as pd

from analysis.charts.show import Figure
from analysis.charts.theme import PALETTE, SEQUENCE, WIDTH, in_rows, scale_of, titled, tooltips
from analysis.core.wording import listing, ordinal, ordinals, percent

CHOICE_LABELS = {
    "unit": "Passage",
    "representation": "Words compared by",
    "aggregation": "Found by a passage",
    "mask": "Names",
    "length_matched": "Length",
    "part": "Statement",
    "idf_base": "Weights from",
    "adjustment": "Score",
}
OPTION_LABELS: Mapping[str, Mapping[object, str]] = {
    "unit": {"sentence": "sentence", "paragraph": "paragraph"},
    "representation": {
        "tfidf": "TF-IDF cosine",
        "bm25": "BM25",
        "overlap": "log-odds overlap",
        "embeddings": "embeddings",
    },
    "aggregation": {"max": "best match", "top3": "mean of three best"},
    "mask": {True: "left out", False: "kept"},
    "length_matched": {True: "matched", False: "as it is"},
    "part": {"whole": "whole", "security": "security part"},
    "idf_base": {"all": "all documents", "strategies": "strategies only"},
    "adjustment": {"none": "as it is", "centred": "double-centred"},
}


def placebo_strips(
    places: pd.DataFrame, *, groups: tuple[str, str, str], title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Return where the pair stands among its placebos, one strip a setting, one panel a set of placebos.

    Needs panel, setting, document_id, name, group, z, rank. groups are the names of the pair, of placebos that share a
    state with it (long ticks), and of the other placebos (short ticks).
    """
    pair, near, far = groups
    colours = {pair: PALETTE["accent"], near: PALETTE["JPN"], far: PALETTE["muted"]}
    base = alt.Chart().encode(
        x=alt.X("z:Q", title="Standard deviations from the mean of the placebos"),
        y=alt.Y("setting:N", title=None, sort=None, axis=alt.Axis(labelLimit=190)),
        color=alt.Color("group:N", title=None, scale=scale_of(colours), legend=alt.Legend(symbolType="square")),
        tooltip=[
            *tooltips({"name:N": "Document", "setting:N": "Setting", "rank:Q": "Rank"}),
            alt.Tooltip("z:Q", title="Standard deviations", format=".2f"),
        ],
    )
    sizes = alt.condition(alt.datum.group == near, alt.value(24), alt.value(11))
    ticks = base.transform_filter(alt.datum.group != pair).mark_tick(thickness=2, opacity=0.85).encode(size=sizes)
    point = base.transform_filter(alt.datum.group == pair).mark_point(shape="diamond", size=170, filled=True, opacity=1)
    rows = in_rows("panel", list(dict.fromkeys(places["panel"])), 4)
    strips = alt.layer(ticks, point, data=places).properties(width=WIDTH - 190, height={"step": 30})
    return strips.facet(row=rows, title=titled(title, subtitle), spacing=10).resolve_scale(x="shared")


def closest_dots(table: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return the score of each text as a dot with its number, the parts of its name below each other.

    Needs name (in order, of parts with commas between), genre (in words, shown by the mark), score.
    """
    genres = list(dict.fromkeys(table["genre"]))
    tones = (PALETTE["USA"], PALETTE["accent"], PALETTE["JPN"], PALETTE["muted"])
    colours = dict(zip(genres, tones, strict=False))
    shapes = dict(zip(genres, ("circle", "diamond", "square", "cross"), strict=False))
    lines = f"split(replace(datum.label, regexp(', ({'|'.join(genres)})'), ''), ', ')"
    base = alt.Chart(table.assign(score=table["score"].round(3))).encode(
        x=alt.X("score:Q", title="Score", scale=alt.Scale(zero=False, padding=30)),
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=170, labelExpr=lines)),
    )
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        color=alt.Color("genre:N", title="Issued by", scale=scale_of(colours)),
        shape=alt.Shape("genre:N", title="Issued by", scale=scale_of(shapes)),
        tooltip=["name:N", "genre:N", alt.Tooltip("score:Q", format=".3f")],
    )
    numbers = base.mark_text(align="left", dx=9).encode(text=alt.Text("score:Q", format=".3f"))
    return (points + numbers).properties(width=WIDTH - 200, height={"step": 44}, title=titled(title, subtitle))


def placebo_figure(places: pd.DataFrame, table: pd.DataFrame) -> Figure:
    """Return the figure of a pair among its placebos in several settings.

    places is the frame of `pair.places_in_settings`, table the table of documents.
    """
    groups = {"pair": "the pair", "near": "placebo of the same state", "far": "other placebo"}
    own = places[places["group"] == "pair"]
    spans = {among: ordinals(rows["rank"]) for among, rows in own.groupby("among")}
    told = [
        f"{setting}: "
        + listing([f"{ordinal(rank)} among {among}" for rank, among in zip(rows["rank"], rows["among"], strict=True)])
        for setting, rows in own.groupby("setting", sort=False)
    ]
    named = places.assign(
        panel="Among " + places["among"],
        name=places["document_id"].map(table.set_index("document_id")["title"]),
        group=places["group"].map(groups),
        z=places["z"].round(3),
    )
    chart = placebo_strips(
        named,
        groups=(groups["pair"], groups["near"], groups["far"]),
        title=f"The pair ranks {spans['statements']} among statements, {spans['strategies']} among strategies",
        subtitle="The pair (diamond) among its placebos, with names and length removed or not",
    )
    alt_text = f"Rank of the pair among its placebos in {own['setting'].nunique()} settings. {'; '.join(told)}."
    return Figure(
        "fig-pair-placebos", chart, alt_text, f"Source: data/features (token counts of {len(table)} documents)"
    )


def curve_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of the specification curve of a pair. Takes the frame of `specifications.curve`."""
    first = {among: percent((table[f"rank_{among}"] == 1).mean()) for among in ("statements", "strategies")}
    title = f"Among statements the pair ranks first in {first['statements']} of {len(table)} specifications"
    z = table["z_statements"]
    alt_text = (
        f"Specification curve. {title}; among strategies in {first['strategies']}. Its distance from the mean of the "
        f"placebos runs from {z.min():.1f} to {z.max():.1f} standard deviations, with median {z.median():.1f}."
    )
    chart = specification_curve(table, among="statements", title=title, subtitle="Each column is one specification")
    source = "Source: data/features (token counts; scores of embeddings by all-MiniLM-L6-v2)"
    return Figure("fig-pair-curve", chart, alt_text, source)


def gain_dumbbells(scores: pd.DataFrame, *, own: str, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return the mean score of statements before and after, for each strategy, with the single statements as ticks.

    Needs strategy (name, in order), statement (name), period (before or after), score.
    """
    colours = {"before": PALETTE["muted"], "after": PALETTE["accent"]}
    means = scores.groupby(["strategy", "period"], sort=False)["score"].mean().reset_index()
    wide = means.pivot(index="strategy", columns="period", values="score").reset_index()
    weight = alt.condition(alt.datum.value == own, alt.value(700), alt.value(400))
    axis = alt.Axis(labelLimit=200, labelFontWeight=weight)
    y = alt.Y("strategy:N", title=None, sort=list(dict.fromkeys(scores["strategy"])), axis=axis)
    score = alt.Tooltip("score:Q", format=".3f")
    scale = alt.Scale(zero=False, padding=8)
    line = (
        alt.Chart(wide)
        .mark_rule(strokeWidth=3, color=PALETTE["grid"])
        .encode(y=y, x=alt.X("before:Q", title="Score of the statement with the strategy", scale=scale), x2="after:Q")
    )
    color = alt.Color("period:N", title="Statements", scale=scale_of(colours))
    shape = alt.Shape("period:N", title="Statements", scale=scale_of({"before": "circle", "after": "diamond"}))
    points = (
        alt.Chart(means)
        .mark_point(filled=True, size=150, opacity=1)
        .encode(y=y, x="score:Q", color=color, shape=shape, tooltip=["strategy:N", "period:N", score])
    )
    ticks = (
        alt.Chart(scores)
        .mark_tick(thickness=1.5, size=14)
        .encode(y=y, x="score:Q", color=color, tooltip=["statement:N", "strategy:N", "period:N", score])
    )
    return (line + ticks + points).properties(width=WIDTH - 200, height={"step": 30}, title=titled(title, subtitle))


def recall_points(table: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return recall by the number of sections looked at, measure beside baselines. Needs k, source, recall."""
    sources = list(dict.fromkeys(table["source"]))
    colours = dict(zip(sources, (SEQUENCE[3], SEQUENCE[2], PALETTE["muted"], PALETTE["ink"]), strict=False))
    shapes = dict(zip(sources, ("circle", "square", "cross", "triangle-up"), strict=False))
    frame = table.assign(sections=[f"{k} best" if k > 1 else "the best" for k in table["k"]])
    return (
        alt.Chart(frame)
        .mark_point(filled=True, size=130, opacity=1)
        .encode(
            x=alt.X("recall:Q", title="Share of provisions", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("sections:N", title="Sections looked at", sort=None),
            color=alt.Color("source:N", title=None, scale=scale_of(colours), legend=alt.Legend(columns=2)),
            shape=alt.Shape("source:N", title=None, scale=scale_of(shapes)),
            tooltip=["source:N", "sections:N", alt.Tooltip("recall:Q", format=".0%")],
        )
        .properties(width=WIDTH - 130, height={"step": 36}, title=titled(title, subtitle))
    )


def specification_curve(table: pd.DataFrame, *, among: str, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return the curve in two panels: how far the pair lies above its placebos, and the options of each specification.

    Takes the frame of `specifications.curve`; `among` is statements or strategies. In HTML a menu marks the
    specifications with one option, and the pointer names a specification.
    """
    choices = list(CHOICE_LABELS)
    words = pd.DataFrame({choice: table[choice].map(dict(OPTION_LABELS[choice])) for choice in choices})
    frame = words.assign(z=table[f"z_{among}"].round(3), rank=table[f"rank_{among}"], p=table[f"p_{among}"].round(3))
    frame = frame.sort_values(["z", *choices], ignore_index=True).assign(place=range(1, len(frame) + 1))
    frame["first"] = (frame["rank"] == 1).map({True: "first", False: "not first"})
    labels = [f"{CHOICE_LABELS[choice]}: {word}" for choice in choices for word in OPTION_LABELS[choice].values()]
    menu = alt.binding_select(options=[None, *labels], labels=["all specifications", *labels], name="Mark ")
    marked = alt.param(name="marked", value=None, bind=menu)
    pointed = alt.selection_point(name="pointed", fields=["place"], on="mouseover", empty=False)
    own = " || ".join(f"marked === '{CHOICE_LABELS[choice]}: ' + datum.{choice}" for choice in choices)
    opacity = alt.condition(f"(marked === null || {own})", alt.value(0.9), alt.value(0.08))
    x = alt.X("place:Q", title=None, axis=None, scale=alt.Scale(domain=[0, len(frame) + 1], nice=False))
    tooltip = [
        alt.Tooltip("rank:Q", title=f"Rank among {among}"),
        alt.Tooltip("z:Q", title="Standard deviations", format=".2f"),
        alt.Tooltip("p:Q", format=".3f"),
        *tooltips({f"{choice}:N": label for choice, label in CHOICE_LABELS.items()}),
    ]
    colours = {"first": PALETTE["accent"], "not first": PALETTE["muted"]}
    shapes = {"first": "circle", "not first": "cross"}
    base = alt.Chart(frame)
    points = (
        base.mark_point(filled=True, aria=False)
        .encode(
            x=x,
            y=alt.Y("z:Q", title="Standard deviations above placebos"),
            color=alt.Color("first:N", title=f"Rank among {among}", scale=scale_of(colours)),
            shape=alt.Shape("first:N", title=f"Rank among {among}", scale=scale_of(shapes)),
            opacity=opacity,
            size=alt.condition(pointed, alt.value(120), alt.value(16)),
        )
        .add_params(marked)
        .properties(width=WIDTH - 180, height=190)
    )
    # a column to point at: the points themselves are too small, and the nearest point of Vega-Lite loses its words
    columns = base.mark_rule(opacity=0, strokeWidth=2, aria=False).encode(x=x, tooltip=tooltip).add_params(pointed)
    zero = alt.Chart(pd.DataFrame({"z": [0]})).mark_rule(color=PALETTE["ink"]).encode(y="z:Q")
    ticks = (
        base.transform_fold([*choices], as_=["choice", "word"])
        .transform_calculate(option=f"{json.dumps(CHOICE_LABELS)}[datum.choice] + ': ' + datum.word")
        .mark_tick(thickness=0.9, size=9, aria=False)
        .encode(
            x=x,
            y=alt.Y("option:N", title=None, sort=labels, axis=alt.Axis(labelLimit=260, labelFontSize=11)),
            color=alt.Color("first:N", scale=scale_of(colours)),
            opacity=opacity,
            size=alt.condition(pointed, alt.value(14), alt.value(9)),
        )
        .properties(width=WIDTH - 180, height={"step": 14})
    )
    panels = alt.vconcat(points + zero + columns, ticks, spacing=6, title=titled(title, subtitle))
    return panels.resolve_scale(color="shared")
