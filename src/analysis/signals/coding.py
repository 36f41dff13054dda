"""Directed signals among Japan, China and the United States: scores on two scales, and one value of several coders.

Starts from `codings_signals` (codebook C). Nobody codes scores: `codes_of` gives each coded act its CAMEO and its
PLOVER code, and the table `scales` the value of a code.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

import pandas as pd

from analysis.core import wording
from analysis.core.errors import DataError
from analysis.measures.agreement import AGREEMENT, Criterion, Level, agreement_table, criterion
from analysis.measures.alignment import majority

STATES = ("JPN", "CHN", "USA")
SCALES = ("cameo_goldstein", "plover")
SCALE_NAMES = {"plover": "PLOVER", "cameo_goldstein": "CAMEO-Goldstein"}
# from the cost that claims least to the one that claims most
COSTS = ("none", "tied", "reducible", "instalment", "sunk")
PUBLICITY = ("private", "leaked", "public")
# places at home, by words of the venue
HOMES: Mapping[str, tuple[str, ...]] = {
    "JPN": ("Tokyo", "Japan", "Hiroshima", "Iwakuni", "Osaka", "Nara", "Kyoto"),
    "CHN": ("Beijing", "Shanghai", "Shenzhen", "Tianjin"),
    "USA": (
        *("Washington", "White House", "Florida", "Palm Beach"),
        *("California", "San Francisco", "Camp David", "New York"),
    ),
}
# CAMEO and PLOVER code of a mode, by submode; "" is any other submode
CODES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "AGREE": {"": ("030", "AGREE")},
    "CONSULT": {
        "": ("040", "CONSULT"),
        "phone": ("041", "CONSULT/Phone"),
        "visitor": ("042", "CONSULT/Visit"),
        "host": ("043", "CONSULT/Visit"),
        "meet_abroad": ("044", "CONSULT/Third-party"),
        "meet_multilateral": ("044", "CONSULT/Multilateral"),
    },
    "SUPPORT": {"": ("050", "SUPPORT"), "sign": ("057", "SUPPORT")},
    "COOPERATE": {"": ("060", "COOPERATE"), "military_joint": ("062", "COOPERATE")},
    "AID": {"": ("070", "AID")},
    "CONCEDE": {"": ("080", "CONCEDE"), "lift": ("081", "CONCEDE")},
    "RETREAT": {"": ("087", "RETREAT/Withdraw")},
    "REQUEST": {"": ("100", "REQUEST/Change")},
    "ACCUSE": {"": ("111", "ACCUSE/Disapprove"), "investigate": ("090", "ACCUSE/Investigate")},
    "REJECT": {
        "": ("120", "REJECT"),
        "meet_home": ("125", "REJECT/Meet"),
        "meet_abroad": ("125", "REJECT/Meet"),
        "meet_multilateral": ("125", "REJECT/Meet"),
    },
    "THREATEN": {"": ("130", "THREATEN")},
    "PROTEST": {"": ("141", "PROTEST")},
    "MOBILIZE": {"": ("150", "MOBILIZE"), "deploy": ("152", "MOBILIZE/Troops")},
    "SANCTION": {"": ("160", "SANCTION"), "restrict": ("160", "SANCTION/Discontinue")},
    "COERCE": {"": ("170", "COERCE")},
    "ASSAULT": {"": ("180", "ASSAULT")},
}

UNMATCHED = "mode, without matching"
# categories of the gold records (version 0.5b1) that the draft 0.8 of the PLOVER manual names otherwise or takes into
# another; CAMEO2PLOVER-2021.txt in github.com/openeventdata/PLOVER gives those of ACCUSE and ASSAULT code by code
RENAMED = {"DEMAND": "REQUEST", "FIGHT": "ASSAULT", "DISAPPROVE": "ACCUSE", "INVESTIGATE": "ACCUSE"}


def latest(codings: pd.DataFrame) -> pd.DataFrame:
    """Return the codings of each event from its last round, without the rows that say that it carries no signal."""
    last = codings.groupby("event_id")["round"].transform("max")
    return codings[(codings["round"] == last) & (codings["mode"] != "NONE")].reset_index(drop=True)


def home_of(venue: str) -> str:
    """Return the state in which a venue lies. Raise DataError where no state is known for it."""
    states = [state for state, words in HOMES.items() if any(word in venue for word in words)]
    if len(states) != 1:
        allowed = f"a place of one of {', '.join(HOMES)}"
        raise DataError(f"events.csv: venue “{venue}” of a meeting at home; allowed: {allowed}")
    return states[0]


def codes_of(mode: str, submode: str, source: str, venue: str) -> tuple[str, str]:
    """Return the CAMEO and the PLOVER code of an act, after the table in codebook C.

    At a meeting at home the venue tells the host from the visitor. Raise DataError for a mode that the scales lack.
    """
    if mode not in CODES:
        raise DataError(f"codings_signals.csv: mode “{mode}” has no code; allowed: {', '.join(CODES)}")
    if mode == "CONSULT" and submode == "meet_home":
        submode = "host" if home_of(venue) == source else "visitor"
    return CODES[mode].get(submode, CODES[mode][""])


def with_scores(codings: pd.DataFrame, events: pd.DataFrame, scales: pd.DataFrame) -> pd.DataFrame:
    """Return codings with columns date (of the event), cameo_code, plover_code, cameo_goldstein and plover (scores)."""
    known = events.set_index("event_id")
    acts = codings[["mode", "submode", "source"]].assign(venue=codings["event_id"].map(known["venue"])).astype(str)
    codes = [codes_of(*act) for act in acts.itertuples(index=False, name=None)]
    cameo, plover = zip(*codes, strict=True) if codes else ((), ())
    dated = codings.assign(date=codings["event_id"].map(known["date"]), cameo_code=cameo, plover_code=plover)
    for scale, column in zip(SCALES, ("cameo_code", "plover_code"), strict=True):
        scores = scales[scales["scale"] == scale].set_index("code")["score"]
        dated[scale] = dated[column].map(scores).astype(float)
    return dated


# --- several coders


def _acts_by_direction(scored: pd.DataFrame) -> Iterator[list[list[dict[Any, Any]]]]:
    """Yield the rows of each event and direction, by act: the n-th rows of all coders with one mode."""
    direction, act = ["event_id", "source", "target"], ["mode", "nth"]
    numbered = scored.assign(nth=scored.groupby(["coder", *direction, "mode"], observed=True).cumcount())
    ordered = numbered.sort_values([*direction, *act], kind="stable").to_dict("records")
    for _, rows in groupby(ordered, itemgetter(*direction)):
        yield [list(of_act) for _, of_act in groupby(rows, itemgetter(*act))]


def _one_value(rows: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:
    """Return one row from the rows of the coders for one act: lower median of the level, majority of the rest."""
    levels = sorted(row["level"] for row in rows)
    weakest = sorted(rows, key=lambda row: abs(row["plover"]))
    submode = majority([str(row["submode"]) for row in rows], [str(row["submode"]) for row in weakest])
    first = next(row for row in weakest if str(row["submode"]) == submode)
    answers = [row["reciprocal_to"] for row in rows if row["reciprocal_to"]]
    return {
        **{name: first[name] for name in ("event_id", "date", "source", "target", "mode")},
        "submode": submode,
        "level": int(levels[(len(levels) - 1) // 2]),
        "publicity": majority([str(row["publicity"]) for row in rows], PUBLICITY),
        "cost": majority([str(row["cost"]) for row in rows], COSTS),
        "reciprocal_to": majority(answers, sorted(answers)) if len(answers) > len(rows) / 2 else "",
        **{name: first[name] for name in ("cameo_code", "plover_code", *SCALES)},
        "coders": len({row["coder"] for row in rows}),
    }


def settle(scored: pd.DataFrame) -> pd.DataFrame:
    """Return one value for each signal from the rows of all coders, ties to the weaker claim. Takes `with_scores`.

    An act that most coders give the same mode is agreed. Where most see a further act of one direction but name its
    mode differently, the mode nearest to zero on PLOVER is taken (weaker mode). What is left does not count (left out).
    Columns: those of `_one_value`, and settled (agreed, weaker mode, left out).
    """
    coders = scored["coder"].nunique()
    rows = []
    for acts in _acts_by_direction(scored):
        agreed = [act for act in acts if len({row["coder"] for row in act}) > coders / 2]
        rows += [{**_one_value(act), "settled": "agreed"} for act in agreed]
        remaining = [act for act in acts if act not in agreed]
        seen = Counter(row["coder"] for act in remaining for row in act)
        counts = sorted([*seen.values(), *[0] * (coders - len(seen))])
        further = counts[(len(counts) - 1) // 2]  # how many acts most coders see: the lower median
        remaining.sort(key=lambda act: (abs(float(act[0]["plover"])), str(act[0]["mode"])))
        for place, act in enumerate(remaining):
            rows.append({**_one_value(act), "settled": "weaker mode" if place < further else "left out"})
    return pd.DataFrame(rows).sort_values(["date", "event_id", "source", "target"], ignore_index=True)


def counted(settled: pd.DataFrame) -> pd.DataFrame:
    """Return the settled signals that count: all but those that a minority of coders saw."""
    return settled[settled["settled"] != "left out"].reset_index(drop=True)


def matched(scored: pd.DataFrame) -> pd.DataFrame:
    """Return the codings of the same act by different coders, with column unit, for agreement.

    The first rows of the same mode are matched; what is left over is matched in the order of the coders' rows.
    """
    scored = scored.reset_index(drop=True)
    units: list[list[int]] = []  # the places of their rows
    for acts in _acts_by_direction(scored.assign(place=scored.index)):
        units += [[row["place"] for row in act] for act in acts if len({row["coder"] for row in act}) > 1]
        rest = [row for act in acts if len({row["coder"] for row in act}) == 1 for row in act]
        by_order: dict[int, list[int]] = {}
        seen: Counter[str] = Counter()
        for row in sorted(rest, key=itemgetter("place")):
            by_order.setdefault(seen[row["coder"]], []).append(row["place"])
            seen[row["coder"]] += 1
        units += by_order.values()
    numbers = [number for number, places in enumerate(units) for _ in places]
    return scored.iloc[list(chain(*units))].assign(unit=numbers).reset_index(drop=True)


def presence(scored: pd.DataFrame) -> pd.DataFrame:
    """Return for each coder whether an act of a mode is there: one row a coder and unit of event, direction and mode.

    All directions in which some coder has a signal are taken with all modes: absence counts as well, and no matching
    makes the coders look alike. Columns: event_id, source, target, mode, coder, present (0 or 1).
    """
    keys = ["event_id", "source", "target", "mode"]
    there = scored[[*keys, "coder"]].astype(str).drop_duplicates().assign(present=1)
    modes, coders = pd.DataFrame({"mode": sorted(there["mode"].unique())}), there[["coder"]].drop_duplicates()
    every = there[keys[:3]].drop_duplicates().merge(modes, how="cross").merge(coders, how="cross")
    return every.merge(there, how="left").fillna({"present": 0}).astype({"present": int})


def agreement(scored: pd.DataFrame, *, draws: int, seed: int) -> pd.DataFrame:
    """Return Krippendorff's alpha of what coders say of a signal, with its intervals. Takes `with_scores`.

    The first row asks without any matching whether a mode is there; the others are of matched acts. The cluster is the
    event, with all its signals. Empty where there is one coder. Columns: those of `agreement_table`.
    """
    if scored["coder"].nunique() < 2:
        return pd.DataFrame(columns=AGREEMENT)
    units = matched(scored)
    paired = units[units.groupby("unit")["coder"].transform("nunique") > 1]
    keys, nominal = ["event_id", "source", "target", "mode"], dict[str, Level](present="nominal")
    unmatched = agreement_table(presence(scored), keys, nominal, "event_id", draws=min(draws, 500), seed=seed)
    levels: dict[str, Level] = {"mode": "nominal", "submode": "nominal", "level": "ordinal", "cost": "nominal"}
    of_matched = agreement_table(paired, ["unit"], levels, "event_id", draws=draws, seed=seed)
    return pd.concat([unmatched.assign(variable=UNMATCHED), of_matched], ignore_index=True)


def weakest(alphas: pd.DataFrame) -> str:
    """Return the variable of matched acts on which coders agree least, from `agreement`; empty where one codes alone.

    The row without matching is of other units and is left out.
    """
    of_matched = alphas[alphas["variable"] != UNMATCHED]
    return "" if of_matched.empty else str(of_matched.loc[of_matched["alpha"].idxmin(), "variable"])


def gold_agreement(gold: pd.DataFrame, *, draws: int, seed: int) -> Criterion:
    """Return how a coder agrees with the categories of the table `plover_gold`, renamed as in the draft 0.8."""
    return criterion(gold["gold"].astype(str).replace(RENAMED), gold["coded"], draws=draws, seed=seed)


def gold_by_mode(gold: pd.DataFrame, sent: pd.DataFrame) -> pd.DataFrame:
    """Return how well the gold records of `plover_gold` cover the modes of settled signals, the most frequent first.

    Columns: mode, signals (settled ones), share (of these), records (gold ones), same (that the coder gave the same).
    """
    named = gold["gold"].astype(str).replace(RENAMED)
    signals = sent["mode"].astype(str).value_counts()
    table = pd.DataFrame(
        {
            "signals": signals,
            "share": signals / len(sent),
            "records": named.value_counts(),
            "same": named[named == gold["coded"].astype(str)].value_counts(),
        }
    ).fillna(0)
    counts = table.astype(dict.fromkeys(("signals", "records", "same"), int))
    return counts.rename_axis("mode").reset_index().sort_values(["signals", "mode"], ascending=[False, True])


def trust(
    alphas: pd.DataFrame,
    reported: pd.DataFrame,
    gold: pd.DataFrame,
    by_mode: pd.DataFrame,
    *,
    few: int = 3,
    draws: int,
    seed: int,
) -> dict[str, str]:
    """Return in words how far the codings of signals can be trusted.

    Takes the frames of `agreement` and `gold_by_mode` and the tables `reported_agreement` and `plover_gold`. few: so
    many gold records of a kind show little of it. Keys: weakest, alpha_cost, cost_reported, gold_same, gold_of,
    gold_share, gold_kappa, gold_kappa_range, gold_few, gold_thin (such kinds), gold_thin_share (of signals).
    """
    known = alphas.set_index("variable")["alpha"].map("{:.2f}".format)
    cost = reported[(reported["table"] == "codings_signals") & (reported["variable"] == "cost")].nlargest(1, "round")
    human = gold_agreement(gold, draws=draws, seed=seed)
    thin = by_mode[(by_mode["records"] <= few) & (by_mode["signals"] > 0)]
    return {
        "weakest": weakest(alphas) or "none",
        "alpha_cost": str(known.get("cost", "not computed, since one coder counts")),
        "cost_reported": "{low:.2f} to {high:.2f}".format_map(cost.iloc[0].to_dict()),
        "gold_same": str(human.same),
        "gold_of": str(human.of),
        "gold_share": f"{human.same / human.of:.1%}",
        "gold_kappa": f"{human.kappa:.2f}",
        "gold_kappa_range": f"{human.low:.2f} to {human.high:.2f}",
        "gold_few": wording.number(few),
        "gold_thin": wording.listing([f"{row['mode']} {row['records']}" for row in thin.to_dict("records")]),
        "gold_thin_share": wording.percent(thin["share"].sum()),
    }


def load_scored(
    codings: pd.DataFrame, events: pd.DataFrame, scales: pd.DataFrame, coders: Iterable[str] | None = None
) -> pd.DataFrame:
    """Return the codings of these events with scores, of the last round of each, by all coders or some of them."""
    chosen = codings[codings["event_id"].isin(events["event_id"])]
    chosen = chosen if coders is None else chosen[chosen["coder"].isin(list(coders))]
    return with_scores(latest(chosen), events, scales)


def load_settled(codings: pd.DataFrame, events: pd.DataFrame, scales: pd.DataFrame) -> pd.DataFrame:
    """Return the settled signals of these events, from the last round of each, by all coders."""
    return settle(load_scored(codings, events, scales))
