"""The dual track in a window: did Tokyo's cooperation with Beijing hold while that with Washington rose?

The window is cut into two halves of equally many days. An event is the unit that is moved: its signals stay together.
If nothing changed, every way to deal the days of the window out to its events was as likely as the one that came, so
the number of cooperative events of a direction that fall into the second half is hypergeometric (R. A. Fisher, The
Design of Experiments, 1935, ch. 2). With so few events the test sees large changes only; `power` says how large.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.signals import coding
from analysis.signals.events import DIRECTIONS, direction, in_window

BEIJING, WASHINGTON = ("JPN", "CHN"), ("JPN", "USA")
LEVEL = 0.05


def track_days(signals: pd.DataFrame, scale: str = "plover") -> dict[str, pd.Series]:
    """Return the days of signals that are not neutral, on both tracks, by a name for what was sent."""
    days = {}
    for capital, (source, target) in {"Beijing": BEIJING, "Washington": WASHINGTON}.items():
        sent = (signals["source"] == source) & (signals["target"] == target) & (signals[scale] != 0)
        days[f"signal from Tokyo to {capital}"] = signals.loc[sent, "date"]
    return days


@dataclass(frozen=True)
class Change:
    """Events with a cooperative signal in one direction, by half of the window, among all events of the window.

    p_fall: how likely so few in the second half are if nothing changed; p_rise: so many.
    """

    first: int
    second: int
    events: int
    late: int
    p_fall: float
    p_rise: float


def halves(signals: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return the signals of a window with column late: whether their event lies in its second half."""
    middle = start + (end - start) / 2
    chosen = in_window(signals, start, end)
    return chosen.assign(late=chosen["date"] > middle)


def change(split: pd.DataFrame, direction: tuple[str, str], scale: str = "plover") -> Change:
    """Return the change of one direction between the halves. Takes the frame of `halves`."""
    from scipy.stats import hypergeom  # half a second, which who imports the package need not wait

    events = split.groupby("event_id")["late"].first()
    source, target = direction
    chosen = split[(split["source"] == source) & (split["target"] == target) & (split[scale] > 0)]
    late = chosen.groupby("event_id")["late"].first()
    n, k, total, total_late = len(late), int(late.sum()), len(events), int(events.sum())
    spread = hypergeom(total, total_late, n)
    return Change(n - k, k, total, total_late, float(spread.cdf(k)), float(spread.sf(k - 1)))


def power(observed: Change, factor: float, level: float = LEVEL) -> float:
    """Return how often the test sees a change when the chance of the second half is multiplied by a factor.

    Below 1 a fall, above 1 a rise. Each cooperative event then lies in the second half with odds of late * factor to
    early.
    """
    from scipy.stats import binom, hypergeom

    n = observed.first + observed.second
    early = observed.events - observed.late
    chance = observed.late * factor / (observed.late * factor + early) if observed.events else 0.0
    spread, counts = hypergeom(observed.events, observed.late, n), np.arange(n + 1)
    seen = spread.cdf(counts) <= level if factor < 1 else spread.sf(counts - 1) <= level
    return float(binom(n, chance).pmf(counts)[seen].sum())


def powers(beijing: Change, washington: Change) -> pd.DataFrame:
    """Return the power of the test on both tracks for four changes. Index: rate (to what). Columns: both capitals."""
    factors = {"a quarter": 0.25, "half": 0.5, "double": 2.0, "four times": 4.0}
    rows = {rate: (power(beijing, factor), power(washington, factor)) for rate, factor in factors.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["beijing", "washington"]).rename_axis("rate")


def score_change(
    split: pd.DataFrame, direction: tuple[str, str], column: str, *, draws: int = 5000, seed: int = 1
) -> tuple[float, float, float, float]:
    """Return the mean score an event of one direction in both halves, and p of a fall and of a rise.

    Takes the frame of `halves` and a column of scores. The days are dealt out anew: p = (1 + draws at least as extreme)
    / (1 + draws). Values are missing where a half has no such event.
    """
    source, target = direction
    chosen = split[(split["source"] == source) & (split["target"] == target)]
    sums = chosen.groupby("event_id").agg(value=(column, "sum"), late=("late", "first"))
    values, late = sums["value"].to_numpy(dtype=float), sums["late"].to_numpy(dtype=bool)
    if late.all() or not late.any():
        return float("nan"), float("nan"), float("nan"), float("nan")
    observed = values[late].mean() - values[~late].mean()
    generator = np.random.default_rng(seed)
    order = generator.permuted(np.tile(np.arange(len(values)), (draws, 1)), axis=1)
    dealt = values[order]
    differences = dealt[:, late].mean(axis=1) - dealt[:, ~late].mean(axis=1)
    near = 1e-9  # draws with the same value differ in the last digit
    p_fall = (1 + int((differences <= observed + near).sum())) / (1 + draws)
    p_rise = (1 + int((differences >= observed - near).sum())) / (1 + draws)
    return float(values[~late].mean()), float(values[late].mean()), p_fall, p_rise


def compare_halves(split: pd.DataFrame, *, draws: int, seed: int) -> pd.DataFrame:
    """Return both tracks in both halves: by count of events, and by mean score on both scales.

    Takes the frame of `halves`. Columns: direction, measure, first, second (as text), p_fall, p_rise.
    """
    rows: list[tuple[object, ...]] = []
    for track in (BEIJING, WASHINGTON):
        counted = change(split, track)
        counts = (str(counted.first), str(counted.second), counted.p_fall, counted.p_rise)
        rows.append((DIRECTIONS[track], "events with a cooperative signal", *counts))
        for scale, name in coding.SCALE_NAMES.items():
            first, second, p_fall, p_rise = score_change(split, track, scale, draws=draws, seed=seed)
            means = (f"mean score of an event, {name}", f"{first:.2f}", f"{second:.2f}")
            rows.append((DIRECTIONS[track], *means, p_fall, p_rise))
    return pd.DataFrame(rows, columns=["direction", "measure", "first", "second", "p_fall", "p_rise"])


def reading(beijing: Change, washington: Change, level: float = LEVEL) -> str:
    """Return what the two changes say of the claim, in words, without a full stop."""
    if not beijing.first + beijing.second or not washington.first + washington.second:
        return "one track was not in use"
    if beijing.p_fall <= level:
        return "cooperation with Beijing fell"
    if washington.p_rise <= level:
        return "cooperation with Washington rose and that with Beijing did not fall"
    return "both tracks were in use, and no change is shown in either"


def setting(signals: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, object]:
    """Return the dual track of a set of signals in a window, as one row of the sensitivity table.

    Keys: events, for beijing and washington cooperative, conflictual, balance (shares of signals), p_fall_beijing,
    p_rise_washington, reading.
    """
    split = halves(signals, start, end)
    row: dict[str, object] = {"events": split["event_id"].nunique()}
    changes = {}
    for name, track in (("beijing", BEIJING), ("washington", WASHINGTON)):
        chosen = split[(split["source"] == track[0]) & (split["target"] == track[1])]
        up, down = int((chosen["plover"] > 0).sum()), int((chosen["plover"] < 0).sum())
        balance = (up - down) / (up + down) if up + down else float("nan")
        row |= {f"cooperative_{name}": up, f"conflictual_{name}": down, f"balance_{name}": balance}
        changes[name] = change(split, track)
    row["p_fall_beijing"] = changes["beijing"].p_fall
    row["p_rise_washington"] = changes["washington"].p_rise
    row["reading"] = reading(changes["beijing"], changes["washington"])
    return row


def variants(
    codings: pd.DataFrame, events: pd.DataFrame, sources: pd.DataFrame, scales: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return the settled signals as other choices would have them, by a name for the choice; all of them first."""

    def settled(chosen: pd.DataFrame) -> pd.DataFrame:
        return coding.load_settled(chosen, events, scales)

    every = coding.counted(settled(codings))
    on_first_list = every["event_id"].isin(events.loc[events["search"] == 1, "event_id"])
    has_primary = every["event_id"].isin(sources.loc[sources["kind"] == "primary", "event_id"])
    by_coder = {
        f"coder {name} alone": coding.counted(settled(rows)) for name, rows in codings.groupby("coder", observed=True)
    }
    return {
        "all events, both coders": every,
        "first list alone": every[on_first_list],
        "second search alone": every[~on_first_list],
        "events with a primary source": every[has_primary],
        **by_coder,
        "signals that one coder saw, too": settled(codings),
        "codings before the third round": coding.counted(settled(codings[codings["round"] < 3])),
    }


def sensitivity(variants: Mapping[str, pd.DataFrame], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return the dual track with one choice changed at a time: which signals count, or the window.

    Takes the signals of `variants`; the first of them are also counted in other windows. Columns: label, those of
    `setting`.
    """
    usual, month = next(iter(variants.values())), pd.Timedelta(days=30)
    cases = {label: (signals, start, end) for label, signals in variants.items()} | {
        "window a month earlier": (usual, start - month, end - month),
        "window a month shorter": (usual, start, end - month),
        "window two months longer": (usual, start - 2 * month, end),
    }
    return pd.DataFrame([{"label": label, **setting(*case)} for label, case in cases.items()])


def leave_one_out(
    signals: pd.DataFrame, groups: Mapping[str, Iterable[str]], start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Return the dual track without the events of each group (one event, or all that rest on one publisher).

    Columns: left_out, those of `setting`.
    """
    rows = []
    for name, ids in groups.items():
        rows.append({"left_out": name, **setting(signals[~signals["event_id"].isin(list(ids))], start, end)})
    return pd.DataFrame(rows)


def widest(table: pd.DataFrame, column: str) -> tuple[float, float, str]:
    """Return the least and the largest value of a column of `leave_one_out`, and what moves it most when left out."""
    values = table[column].astype(float)
    middle = values.median()
    return float(values.min()), float(values.max()), str(table.loc[(values - middle).abs().idxmax(), "left_out"])


def without_one(signals: pd.DataFrame, sources: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return how far the balance towards Beijing moves without one event, or without all events of one publisher.

    Index: event, source. Columns: times (how many were left out, one after another), low, high, most (what moves the
    balance most), readings (how many readings came out).
    """
    events = in_window(signals, start, end)["event_id"].unique()
    publishers = sources.groupby("publisher")["event_id"].agg(list)
    rows = {}
    for name, groups in {"event": {event: [event] for event in sorted(events)}, "source": dict(publishers)}.items():
        table = leave_one_out(signals, groups, start, end)
        rows[name] = (len(table), *widest(table, "balance_beijing"), table["reading"].nunique())
    return pd.DataFrame.from_dict(rows, orient="index", columns=["times", "low", "high", "most", "readings"])


def answers(signals: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return the signals that openly answer an earlier event: who answers whom, after how many days.

    Columns: event_id, source, target, mode, reciprocal_to, days, plover.
    """
    dates = events.set_index("event_id")["date"]
    answering = signals[signals["reciprocal_to"] != ""]
    days = (answering["date"] - answering["reciprocal_to"].map(dates)).dt.days
    return answering.assign(days=days)[["event_id", "source", "target", "mode", "reciprocal_to", "days", "plover"]]


def answer_table(answering: pd.DataFrame) -> pd.DataFrame:
    """Return how often and how fast states answer each other. Takes the frame of `answers`.

    Columns: direction, answers, days (median), negative.
    """
    named = answering.assign(negative=answering["plover"] < 0, direction=direction(answering))
    by_direction = named.groupby("direction").agg(
        answers=("days", "size"), days=("days", "median"), negative=("negative", "sum")
    )
    return by_direction.reset_index()
