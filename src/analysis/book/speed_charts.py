"""Charts of the benchmarks: the jobs of this book beside the plain ways, and cost by size with its model."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.book import speed
from analysis.charts.provisions import WIDTH, scale_of, titled
from analysis.charts.show import Figure
from analysis.charts.theme import PALETTE
from analysis.core.wording import listing, number, plural

LEFT = 180  # pixels for the names of ways
COSTS = {"seconds": "Seconds", "peak_mb": "Memory, MB"}
TEN = "abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 0.001"  # whether a tick is a power of ten
POWER = f"{TEN} ? format(datum.value, ',~g') : ''"
SHAPES = ("circle", "diamond", "square", "triangle-up")


def peer_bars(peers: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """How many times as long each plain way takes, by job; on a logarithmic scale from 1, what this book takes.

    Needs job, way, seconds, least, most, times, and here (the seconds of this book).
    """
    frame = peers[["job", "way", "seconds", "least", "most", "times", "here"]].copy()
    frame["low"], frame["high"], frame["one"] = frame["least"] / frame["here"], frame["most"] / frame["here"], 1
    frame["end"] = frame["high"].clip(lower=1)
    frame["told"] = [f"{speed.significant(times)} times" for times in frame["times"]]
    room = [float(frame["low"].min()) / 2, float(frame["high"].max()) * 12]  # for the texts beside the bars
    scale = alt.Scale(type="log", domain=room, nice=False)
    jobs = list(dict.fromkeys(frame["job"]))

    def panel(job: str) -> Any:
        last = job == jobs[-1]
        axis = alt.Axis(tickCount=4, labelExpr=POWER, labels=last, ticks=last, domain=last)
        x = alt.X("times:Q", title="Times the seconds of this book" if last else None, scale=scale, axis=axis)
        base = alt.Chart(frame).encode(
            y=alt.Y("way:N", title=None, sort=None, axis=alt.Axis(labelLimit=LEFT)),
            tooltip=[
                alt.Tooltip("job:N", title="Job"),
                alt.Tooltip("way:N", title="Way"),
                alt.Tooltip("seconds:Q", title="Seconds"),
                alt.Tooltip("here:Q", title="Seconds here"),
            ],
        )
        layers = (
            base.mark_bar(height=11, color=PALETTE["USA"]).encode(x=x, x2="one:Q"),
            base.mark_rule(color=PALETTE["ink"], strokeWidth=1.5).encode(x="low:Q", x2="high:Q"),
            base.mark_text(align="left", dx=6, color=PALETTE["ink"]).encode(x="end:Q", text="told:N"),
        )
        head = alt.TitleParams(job, fontSize=12.5, frame="group", offset=4)
        chosen = alt.layer(*layers).transform_filter(alt.datum.job == job)
        return chosen.properties(width=WIDTH - LEFT - 60, height={"step": 17}, title=head)

    return alt.vconcat(*map(panel, jobs), spacing=28, bounds="flush", title=titled(title, subtitle))


def growth_panels(growth: pd.DataFrame, models: pd.DataFrame, *, title: str, subtitle: str) -> alt.TopLevelMixin:
    """Seconds and memory by size, both on logarithmic scales, a row of panels for what grows; lines are the models.

    growth and models: as `speed.read_benchmark` and `speed.growth_models` give them.
    """
    ways = list(dict.fromkeys(growth["way"]))
    colours = dict(zip(ways, (PALETTE["accent"], PALETTE["USA"], PALETTE["JPN"], PALETTE["3"]), strict=False))
    measured = growth.melt(["of", "way", "size"], list(COSTS), "cost", "value")
    modelled = pd.DataFrame(
        [
            (row["of"], row["way"], row["cost"], size, row["model"].at(size), size > row["largest"])
            for row in models.to_dict("records")
            for size in np.geomspace(growth.loc[growth["of"] == row["of"], "size"].min(), row["beyond"], 30)
        ],
        columns=["of", "way", "cost", "size", "value", "beyond"],
    )
    colour = alt.Color("way:N", title=None, scale=scale_of(colours))
    shape = alt.Shape("way:N", title=None, scale=scale_of(dict(zip(ways, SHAPES, strict=False))))
    dashes = alt.Scale(domain=[False, True], range=[[1, 0], [4, 4]])

    def panel(of: str, cost: str) -> Any:
        here = (alt.datum.of == of) & (alt.datum.cost == cost)
        sizes = alt.Axis(tickCount=4, labelExpr=f"{TEN} ? replace(format(datum.value, '~s'), 'G', ' bn') : ''")
        x = alt.X("size:Q", title=of.capitalize(), scale=alt.Scale(type="log"), axis=sizes)
        costs = alt.Axis(tickCount=4, labelExpr=POWER)
        y = alt.Y("value:Q", title=COSTS[cost], scale=alt.Scale(type="log"), axis=costs)
        tooltip = [
            alt.Tooltip("way:N", title="Way"),
            alt.Tooltip("size:Q", title=of.capitalize(), format=",.0f"),
            alt.Tooltip("value:Q", title=COSTS[cost], format=",.3~f"),
        ]
        lines = alt.Chart(modelled).transform_filter(here).mark_line(strokeWidth=1.5)
        points = alt.Chart(measured).transform_filter(here).mark_point(filled=True, size=60, opacity=1)
        return alt.layer(
            lines.encode(x=x, y=y, color=colour, strokeDash=alt.StrokeDash("beyond:N", scale=dashes, legend=None)),
            points.encode(x=x, y=y, color=colour, shape=shape, tooltip=tooltip),
        ).properties(width=(WIDTH - 140) / 2, height=110)

    rows = [alt.hconcat(*(panel(str(of), cost) for cost in COSTS), spacing=24) for of in dict.fromkeys(growth["of"])]
    return alt.vconcat(*rows, spacing=14, title=titled(title, subtitle))


# --- with their texts


def peers_figure(table: pd.DataFrame) -> Figure:
    """The chart of the peers with its texts. table: as `speed.read_benchmark` gives it."""
    here = table[table["way"] == speed.HERE].set_index("job")["seconds"]
    peers = speed.peers_of(table)
    peers = peers.assign(here=peers["job"].map(here))
    slower, faster = peers[peers["times"] > 1], peers[peers["times"] <= 1]
    least, most = (speed.significant(float(value)) for value in (slower["times"].min(), slower["times"].max()))
    spread = f"{least} to {most} times as long"
    if faster.empty:
        title = f"Every plain way takes longer than this book: {spread}"
    else:
        verb = "is" if len(faster) == 1 else "are"
        title = f"{len(slower)} of {len(peers)} plain ways take longer than this book, {spread}; "
        title += f"{number(len(faster))} {verb} as quick or quicker"
    told = [f"{row['job']}: {row['way']} {speed.significant(row['times'])}" for row in peers.to_dict("records")]
    runs, ways, jobs = int(table["runs"].max()), len(peers), int(peers["job"].nunique())
    return Figure(
        "fig-speed-peers",
        peer_bars(
            peers,
            title=title,
            subtitle=f"Median of {plural(runs, 'run')}; thin lines: from the least to the most. Logarithmic scale",
        ),
        alt=f"Bars for {plural(ways, 'plain way')} to do {plural(jobs, 'job')} of this book: how many times as long "
        f"they take. {'; '.join(told)}.",
        source=f"Source: make bench, {table['machine'].iloc[0]}",
    )


def growth_figure(growth: pd.DataFrame) -> Figure:
    """The chart of growth with its texts. growth: as `speed.read_benchmark` gives it."""
    models = speed.growth_models(growth)
    own = models[(models["way"] == speed.HERE) & (models["cost"] == "seconds")]
    told = [f"{row['largest']:,} {row['of']} take {speed.duration(row['measured'])}" for row in own.to_dict("records")]
    kinds = list(dict.fromkeys(growth["of"]))
    memory = models[models["cost"] == "peak_mb"]
    powers = [
        f"{row['of']}, {row['way']}: time grows with the power {row['model'].power:g}"
        for row in models[models["cost"] == "seconds"].to_dict("records")
    ]
    return Figure(
        "fig-speed-growth",
        growth_panels(
            growth,
            models,
            title=f"On this machine {listing(told)}",
            subtitle="Points: measured. Lines: the model, broken beyond what was measured. All scales are logarithmic",
        ),
        alt=f"Lines of seconds and memory by size, a row of panels each for {listing(kinds)}. {listing(told)}. "
        f"Memory at most {speed.memory(float(memory['measured'].max()))}. {'; '.join(powers)}.",
        source=f"Source: make bench, {growth['machine'].iloc[0]}",
    )
