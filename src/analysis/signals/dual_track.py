"""The dual track in a window: did Tokyo's cooperation with Beijing hold while that with Washington rose?

The window is cut into two halves of equally many days. An event is the unit that is moved: its signals stay together.
If nothing changed, every way to deal the days of the window out to its events was as likely as the one that came, so
the number of cooperative events of a direction that fall into the second half is hypergeometric (R. A. Fisher, The
Design of Experiments, 1935, ch. 2). With so few events the test sees large changes only; `power` says how large.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.measures.placebos import holm
from analysis.signals import coding
from analysis.signals.events import DIRECTIONS, in_window

BEIJING, WASHINGTON = ("JPN", "CHN"), ("JPN", "USA")
LEVEL = 0.05


def track_days(signals: pd.DataFrame, scale: str = "plover") -> dict[str, pd.Series]:
    """Return the days of signals that are not neutral, on both tracks, by a name for what was sent."""
    sent = signals[signals[scale] != 0]
    capitals = {"Beijing": BEIJING, "Washington": WASHINGTON}
    return {f"signal from Tokyo to {name}": towards(sent, track)["date"] for name, track in capitals.items()}


def towards(signals: pd.DataFrame, track: tuple[str, str]) -> pd.DataFrame:
    """Return the signals from the first state of a track to the second."""
    return signals[(signals["source"] == track[0]) & (signals["target"] == track[1])]


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
    late = towards(split[split[scale] > 0], direction).groupby("event_id")["late"].first()
    n, k, total, total_late = len(late), int(late.sum()), len(events), int(events.sum())
    spread = hypergeom(total, total_late, n)
    return Change(n - k, k, total, total_late, float(spread.cdf(k)), float(spread.sf(k - 1)))


def power(observed: Change, factor: float, level: float = LEVEL) -> float:
    """Return how often the test sees a change when the chance of the second half is multiplied by a factor.

    Below 1 a fall, above 1 a rise; at 1 its true size as a test of a fall. Each cooperative event lies in the second
    half with odds of late * factor to early; the other events stay where they are, and the test is made anew for every
    outcome, with the events of the second half that this outcome has.
    """
    from scipy.stats import binom, hypergeom

    n, others = observed.first + observed.second, observed.late - observed.second
    early = observed.events - observed.late
    chance = observed.late * factor / (observed.late * factor + early) if observed.events else 0.0
    counts = np.arange(n + 1)
    spread = hypergeom(observed.events, others + counts, n)
    seen = spread.cdf(counts) <= level if factor <= 1 else spread.sf(counts - 1) <= level
    return float(binom(n, chance).pmf(counts)[seen].sum())


def powers(beijing: Change, washington: Change) -> pd.DataFrame:
    """Return the power of the test on both tracks for four changes, and its true size.

    Index: rate (to what). Columns: both capitals.
    """
    factors = {"a quarter": 0.25, "half": 0.5, "the same (size of the test)": 1.0, "double": 2.0, "four times": 4.0}
    rows = {rate: (power(beijing, factor), power(washington, factor)) for rate, factor in factors.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["beijing", "washington"]).rename_axis("rate")


def score_change(
    split: pd.DataFrame, direction: tuple[str, str], column: str, *, draws: int = 5000, seed: int = 1
) -> tuple[float, float, float, float]:
    """Return the mean score an event of one direction in both halves, and p of a fall and of a rise.

    Takes the frame of `halves` and a column of scores. The days are dealt out anew: p = (1 + draws at least as extreme)
    / (1 + draws). Values are missing where a half has no such event.
    """
    sums = towards(split, direction).groupby("event_id").agg(value=(column, "sum"), late=("late", "first"))
    values, late = sums["value"].to_numpy(dtype=float), sums["late"].to_numpy(dtype=bool)
    if late.all() or not late.any():
        return float("nan"), float("nan"), float("nan"), float("nan")
    observed = values[late].mean() - values[~late].mean()
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(len(values)), (draws, 1)), axis=1)
    dealt = values[order]
    differences = dealt[:, late].mean(axis=1) - dealt[:, ~late].mean(axis=1)
    near = 1e-9  # draws with the same value differ in the last digit
    p_fall = (1 + int((differences <= observed + near).sum())) / (1 + draws)
    p_rise = (1 + int((differences >= observed - near).sum())) / (1 + draws)
    return float(values[~late].mean()), float(values[late].mean()), p_fall, p_rise


def compare_halves(split: pd.DataFrame, *, draws: int, seed: int) -> pd.DataFrame:
    """Return both tracks from `halves`.

    Columns: direction, measure, first and second (halves, as text), p_fall, p_rise, and fall_holm and rise_holm: both
    p corrected for all of the table, which stand side by side.
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
    table = pd.DataFrame(rows, columns=["direction", "measure", "first", "second", "p_fall", "p_rise"])
    corrected = holm([*table["p_fall"], *table["p_rise"]])
    return table.assign(fall_holm=corrected[: len(table)], rise_holm=corrected[len(table) :])


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
    """Return events, cooperative_, conflictual_, balance_ of beijing and washington, p_fall_, p_rise_, reading."""
    split = halves(signals, start, end)
    row: dict[str, object] = {"events": split["event_id"].nunique()}
    for name, track in (("beijing", BEIJING), ("washington", WASHINGTON)):
        scores = towards(split, track)["plover"]
        up, down = int((scores > 0).sum()), int((scores < 0).sum())
        balance = (up - down) / (up + down) if up + down else float("nan")
        row |= {f"cooperative_{name}": up, f"conflictual_{name}": down, f"balance_{name}": balance}
    beijing, washington = change(split, BEIJING), change(split, WASHINGTON)
    tests = {"p_fall_beijing": beijing.p_fall, "p_rise_washington": washington.p_rise}
    return {**row, **tests, "reading": reading(beijing, washington)}


def balance_interval(
    signals: pd.DataFrame, track: tuple[str, str], *, draws: int, seed: int
) -> tuple[float, float, float]:
    """Return the balance of a direction with its 95% interval: events are drawn anew, with all their signals.

    Percentile bootstrap by cluster (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13).
    Missing where there is no signal that is not neutral.
    """
    chosen = towards(signals, track)
    signs = np.sign(chosen["plover"]).groupby(chosen["event_id"]).agg(["sum", lambda s: int((s != 0).sum())])
    sums, sizes = (signs.iloc[:, column].to_numpy(dtype=float) for column in (0, 1))
    if not sizes.sum():
        return float("nan"), float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(len(sums), size=(draws, len(sums)))
    totals = sizes[drawn].sum(axis=1)
    balances = sums[drawn].sum(axis=1)[totals > 0] / totals[totals > 0]
    low, high = np.quantile(balances, [0.025, 0.975])
    return float(sums.sum() / sizes.sum()), float(low), float(high)


def balance_by_phase(
    signals: pd.DataFrame, names: Sequence[str], edges: Sequence[pd.Timestamp], *, draws: int, seed: int
) -> pd.DataFrame:
    """Return the balance of every direction in every phase, with its interval (`balance_interval`).

    names: of the phases; edges: their first days, and the day after the last. Columns: direction, phase, signals,
    balance, low, high.
    """
    rows = []
    for phase, (first, until) in zip(names, pairwise(edges), strict=True):
        inside = signals[(signals["date"] >= first) & (signals["date"] < until)]
        for track, name in DIRECTIONS.items():
            sent = len(towards(inside, (track[0], track[1])))
            rows.append((name, phase, sent, *balance_interval(inside, (track[0], track[1]), draws=draws, seed=seed)))
    return pd.DataFrame(rows, columns=["direction", "phase", "signals", "balance", "low", "high"])


def variants(
    codings: pd.DataFrame, events: pd.DataFrame, sources: pd.DataFrame, scales: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return the settled signals as other choices would have them, by a name for the choice; all of them first."""

    def counted(chosen: pd.DataFrame) -> pd.DataFrame:
        return coding.counted(coding.load_settled(chosen, events, scales))

    every = counted(codings)
    on_first_list = every["event_id"].isin(events.loc[events["search"] == 1, "event_id"])
    has_primary = every["event_id"].isin(sources.loc[sources["kind"] == "primary", "event_id"])
    return {
        "all events, both coders": every,
        "first list alone": every[on_first_list],
        "second search alone": every[~on_first_list],
        "events with a primary source": every[has_primary],
        **{f"coder {name} alone": counted(rows) for name, rows in codings.groupby("coder", observed=True)},
        "signals that one coder saw, too": coding.load_settled(codings, events, scales),
        "codings before the third round": counted(codings[codings["round"] != 3]),
    }


def sense_of_balance(track: Mapping[str, float], rate: Mapping[str, float]) -> str:
    """Return what the two tracks say of balancing, of hedging in the strict sense and of the alliance dilemma.

    Hedging is a middle position (Kuik 2008, Koga 2018), in which signals would lean to neither side. Talks with the
    adversary beside the alliance fit the dilemma (Snyder 1984). Takes balance_washington and balance_beijing of
    `setting`, contacts and expected of `contacts.rates` for Beijing.
    """
    to_washington, to_beijing = track["balance_washington"], track["balance_beijing"]
    leans, kept = to_washington > to_beijing, rate["contacts"] >= rate["expected"]
    position = (
        "fits balancing with the ally, and is no middle position" if leans else "a middle position would show too"
    )
    return (
        f"Tokyo's listed signals {'lean' if leans else 'do not lean'} to Washington ({to_washington:.2f} against "
        f"{to_beijing:.2f} towards Beijing), which {position}. Its contacts with Beijing were "
        f"{'not fewer' if kept else 'fewer'} than before, which {'fits' if kept else 'does not fit'} the alliance "
        "dilemma."
    )


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
    """Return the dual track without the events of each group. Columns: left_out (its name), those of `setting`."""
    remaining = {name: signals[~signals["event_id"].isin(list(ids))] for name, ids in groups.items()}
    return pd.DataFrame([{"left_out": name, **setting(rows, start, end)} for name, rows in remaining.items()])


def widest(table: pd.DataFrame, column: str) -> tuple[float, float, str]:
    """Return the least and the largest value of a column of `leave_one_out`, and what moves it most when left out."""
    values = table.set_index("left_out")[column].astype(float)
    return float(values.min()), float(values.max()), str((values - values.median()).abs().idxmax())


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
