"""Charts of the closed lists: first meetings, contacts by half year, protests by form, and pressure without words.

Each chart is a function of a data frame and returns an Altair chart without theme; title and subtitle come from the
notebook. What a reader must know stands on the marks, not in tooltips.
"""

from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.events import day_axis, day_rule, days_as_text, with_words
from analysis.charts.theme import PALETTE, SEQUENCE, WIDTH, scale_of, titled
from analysis.core.wording import day
from analysis.signals.events import DYADS
from analysis.signals.protests import BESIDE, CAUSES, HEADLINE, NONE_FOUND, RUNGS

LEVEL_COLOURS = {
    "leader": SEQUENCE[3],
    "foreign minister": SEQUENCE[2],
    "defence minister": SEQUENCE[1],
    "security adviser": PALETTE["muted"],
}
CAUSE_COLOURS = {
    "the alliance": PALETTE["USA"],
    "Taiwan": PALETTE["accent"],
    "history": PALETTE["muted"],
    "other causes": PALETTE["JPN"],
}
# the forms as a chart of shares shows them, from silence to the ambassador
STEPS = {
    NONE_FOUND: (NONE_FOUND, PALETTE["paper"]),
    "remark": ("remark or strong words", SEQUENCE[0]),
    "strong words": ("remark or strong words", SEQUENCE[0]),
    HEADLINE: ("remark or strong words", SEQUENCE[0]),
    "representations": ("representations", SEQUENCE[1]),
    "called in": ("deputy called in", SEQUENCE[2]),
    "called in urgently": ("deputy called in", SEQUENCE[2]),
    "ambassador called in": ("ambassador called in", SEQUENCE[3]),
    "ambassador called in as instructed": ("ambassador called in", SEQUENCE[3]),
    **dict.fromkeys(BESIDE, ("a measure alone", PALETTE["accent"])),
}
STEP_COLOURS = dict(STEPS.values())


def first_meetings(meetings: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return days from taking office to the first meeting, one row a president, the earliest day first.

    Needs label (president and year), days, words (written behind the mark), asked (whether it is the one asked about).
    """
    frame = meetings[["label", "days", "words", "asked"]].sort_values("days")
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", title=None, sort=list(frame["label"]), axis=alt.Axis(labelLimit=190)),
        x=alt.X("days:Q", title="Days in office", scale=alt.Scale(domain=[0, max([1, *frame["days"]]) * 1.75])),
    )
    colours = {True: PALETTE["accent"], False: SEQUENCE[2]}
    colour = alt.Color("asked:N", legend=None, scale=alt.Scale(domain=list(colours), range=list(colours.values())))
    marks = base.mark_bar(size=5).encode(color=colour) + base.mark_point(filled=True, size=110, opacity=1).encode(
        color=colour
    )
    words = base.mark_text(align="left", dx=9, color=PALETTE["ink"]).encode(text="words:N")
    return (marks + words).properties(width=WIDTH - 200, height={"step": 30}, title=titled(title, subtitle))


def contacts_by_half_year(counts: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return contacts by half year and level, one panel a pair, the sum above each bar.

    Takes the frame of `contacts.by_half_year`.
    """
    halves = sorted(counts["half"].unique())
    names = {half: f"{half[:4]} {'I' if half[5:7] == '01' else 'II'}" for half in halves}
    ranks = {level: rank for rank, level in enumerate(LEVEL_COLOURS)}
    frame = counts.assign(
        half=counts["half"].map(names),
        pair=counts["dyad"].astype("object").map(DYADS),
        level=counts["level"].astype("object"),
        rank=counts["level"].astype("object").map(ranks),
    ).drop(columns="dyad")
    sums = frame.groupby(["pair", "half"], as_index=False)["contacts"].sum()
    axis = alt.Axis(labelAngle=0, labelExpr="split(datum.label, ' ')", tickSize=0)
    x = alt.X("half:N", title=None, sort=list(names.values()), axis=axis, scale=alt.Scale(domain=list(names.values())))

    def panel(pair: str) -> Any:
        of_pair, sum_of = frame[frame["pair"] == pair], sums[sums["pair"] == pair]
        most = max([1, *sums["contacts"]]) * 1.18
        y = alt.Y(
            "contacts:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=3), scale=alt.Scale(domain=[0, most])
        )
        bars = (
            alt.Chart(of_pair)
            .mark_bar(size=30, stroke=PALETTE["paper"])
            .encode(
                x=x,
                y=y,
                color=alt.Color("level:N", title="Level", scale=scale_of(LEVEL_COLOURS)),
                order="rank:Q",
                tooltip=["words:N", "level:N", "contacts:Q"],
            )
        )
        text = alt.Chart(sum_of).mark_text(dy=-7, color=PALETTE["ink"]).encode(x=x, y="contacts:Q", text="contacts:Q")
        return alt.layer(bars, text).properties(width=WIDTH - 60, height=76, title=alt.Title(pair, fontSize=13))

    pairs = [DYADS[dyad] for dyad in ("JPN-CHN", "JPN-USA", "CHN-USA")]
    return alt.vconcat(*map(panel, pairs), spacing=8).properties(title=titled(title, subtitle))


def answer_ladder(
    answered: pd.DataFrame, *, marked: pd.Timestamp, label: str, named: pd.DataFrame, title: str, subtitle: str
) -> alt.TopLevelMixin:
    """Return the answers to all occasions by day and form, from none found up, with the strongest named on the mark.

    Takes the frame of `protests.answered`; named holds the answers to name: date, drawn, words. An act that answers two
    occasions is drawn once; what is known from a headline alone is left out.
    """
    rows = answered[answered["drawn"] != HEADLINE]
    rows = rows[(rows["drawn"] == NONE_FOUND) | ~rows.duplicated("protest_id")]
    rows = rows.assign(day=rows["protest_date"].fillna(rows["date"]), drawn=rows["drawn"].astype("object"))
    rows = rows.assign(cause=rows["cause"].astype("object").map(CAUSES))
    rows["cause"] = rows["cause"].where(rows["cause"].isin(list(CAUSE_COLOURS)), "other causes")
    frame = days_as_text(rows[["day", "drawn", "cause", "title", "official"]].fillna({"official": ""}), "day")
    order = [*reversed(BESIDE), *reversed(RUNGS), NONE_FOUND]
    y = alt.Y("drawn:N", title=None, scale=alt.Scale(domain=order), axis=alt.Axis(grid=True, labelLimit=200))
    silent = frame["drawn"] == NONE_FOUND
    points = [
        with_words(alt.Chart(frame[rows]), "day")
        .mark_point(size=70, opacity=0.8, strokeWidth=1.5, filled=filled)
        .encode(
            x=day_axis("day"),
            y=y,
            color=alt.Color("cause:N", title="Over", scale=scale_of(CAUSE_COLOURS)),
            tooltip=[
                alt.Tooltip("title:N", title="Occasion"),
                alt.Tooltip("words:N", title="Day"),
                alt.Tooltip("drawn:N", title="Form"),
                "official:N",
            ],
        )
        for rows, filled in ((~silent, True), (silent, False))
    ]
    texts = days_as_text(named[["date", "drawn", "words"]].rename(columns={"date": "day"}), "day")
    texts["drawn"] = texts["drawn"].astype("object")
    # names of neighbours stand above and below their marks in turn
    named_marks = [
        alt.Chart(texts.iloc[part::2])
        .mark_text(dy=shift, fontSize=10.5, color=PALETTE["ink"])
        .encode(x=day_axis("day"), y=alt.Y("drawn:N", scale=alt.Scale(domain=order)), text="words:N")
        for part, shift in ((0, -12), (1, 13))
    ]
    return alt.layer(day_rule(marked, label, before=True), *points, *named_marks).properties(
        width=WIDTH - 150, height=330, title=titled(title, subtitle)
    )


def family_shares(families: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return how strong the strongest answer was, one bar a family of occasions, the number on each part.

    Takes the frame of `protests.by_family`.
    """
    frame = families.assign(step=[STEPS[form][0] for form in families["drawn"].astype("object")])
    frame = frame.groupby(["family", "of", "step"])["occasions"].sum().reset_index()
    ranks = {step: rank for rank, step in enumerate(STEP_COLOURS)}
    frame["rank"] = frame["step"].map(ranks)
    frame = frame.sort_values(["family", "rank"])
    frame["end"] = frame.groupby("family")["occasions"].cumsum()
    frame["middle"] = frame["end"] - frame["occasions"] / 2
    strong = frame["occasions"].where(frame["rank"] >= ranks["representations"], 0) / frame["of"]
    order = list(strong.groupby(frame["family"]).sum().sort_values(ascending=False, kind="stable").index)
    base = alt.Chart(frame).encode(y=alt.Y("family:N", title=None, sort=order, axis=alt.Axis(labelLimit=270)))
    bars = base.mark_bar(stroke=PALETTE["ink"], strokeWidth=0.6).encode(
        x=alt.X("occasions:Q", title="Occasions", stack="zero", axis=alt.Axis(tickMinStep=1)),
        color=alt.Color(
            "step:N",
            title="Strongest answer",
            scale=scale_of(STEP_COLOURS),
            sort=list(STEP_COLOURS),
            legend=alt.Legend(columns=3),
        ),
        order="rank:Q",
        tooltip=["family:N", "step:N", "occasions:Q", "of:Q"],
    )
    light = frame[frame["rank"] < ranks["deputy called in"]]
    dark = frame[frame["rank"] >= ranks["deputy called in"]]

    def numbers(rows: pd.DataFrame, colour: str) -> alt.Chart:
        return (
            alt.Chart(rows)
            .mark_text(color=colour, fontSize=11)
            .encode(x="middle:Q", y=alt.Y("family:N", sort=order), text="occasions:Q")
        )

    marks = bars + numbers(light, PALETTE["ink"]) + numbers(dark, PALETTE["paper"])
    return marks.properties(width=WIDTH - 250, height={"step": 26}, title=titled(title, subtitle))


def pressure_panels(pressure: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Return scrambles a month by time, and days of ships in the contiguous zone by year, the number on each bar.

    Needs series, first, last, count, per_month.
    """
    spans = zip(pressure["first"], pressure["last"], pressure["count"], strict=True)
    words = [f"{day(first)} to {day(last)}: {count}" for first, last, count in spans]  # the same in every time zone
    frame = days_as_text(pressure.assign(words=words), "first", "last")
    flights = frame[frame["series"] == "scrambles"].assign(rounded=lambda rows: rows["per_month"].round())
    ships = frame[frame["series"] == "days in the contiguous zone"].assign(year=lambda rows: rows["first"].str[:4])
    axis = alt.Axis(format="%Y", tickCount="year", labelAlign="left")
    blocks = alt.Chart(flights.assign(zero=0)).encode(
        description="words:N",
        x=alt.X("first:T", title=None, axis=axis, scale=alt.Scale(type="utc")),
        x2="last:T",
        y2="zero:Q",
        y=alt.Y("per_month:Q", title=None, scale=alt.Scale(domain=[0, max([1.0, *flights["per_month"]]) * 1.15])),
    )
    bars = blocks.mark_bar(color=SEQUENCE[2], stroke=PALETTE["paper"]).encode(tooltip=["first:N", "last:N", "count:Q"])
    numbers = (
        alt.Chart(flights)
        .transform_calculate(middle="(toDate(datum.first) + toDate(datum.last)) / 2")
        .mark_text(dy=-6, fontSize=10.5, color=PALETTE["ink"])
        .encode(x="middle:T", y="per_month:Q", text="rounded:Q", description="words:N")
    )
    above = (bars + numbers).properties(width=WIDTH - 60, height=120, title=alt.Title("Scrambles a month", fontSize=13))
    of_year = alt.Chart(ships).encode(
        x=alt.X("year:N", title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("count:Q", title=None, scale=alt.Scale(domain=[0, 420]), axis=alt.Axis(values=[0, 182, 365])),
    )
    columns = of_year.mark_bar(color=PALETTE["CHN"], size=46).encode(tooltip=["year:N", "count:Q"])
    number = of_year.mark_text(dy=-6, color=PALETTE["ink"]).encode(text="count:Q")
    heading = alt.Title("Days with Chinese government ships near the Senkakus", fontSize=13)
    below = (columns + number).properties(width=WIDTH - 60, height=90, title=heading)
    return alt.vconcat(above, below, spacing=14).properties(title=titled(title, subtitle))
