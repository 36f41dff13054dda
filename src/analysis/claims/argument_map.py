"""The argument as a graph: steps, the claims in them with their verdicts, what supports what, and what is left out.

A step is a box with a tile for each claim; arrows lead from the step that gives support to the one that receives it;
omissions stand above the step on which they bear. Places are in pixels from the top left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, copysign
from typing import Any

import pandas as pd

from analysis.claims import ledger
from analysis.core import wording

TILE, GAP = 27, 2
IN_ROW = 7
HEAD, MARGIN = 27, 7
WIDTH = IN_ROW * TILE + 2 * MARGIN
# column (0 to 2) and row of each step: support flows down, and no arrow crosses another
PLACES: Mapping[str, tuple[float, int]] = {
    "S1": (0, 0),
    "S3": (1, 0),
    "S2": (2, 0),
    "S4": (1, 1),
    "S5": (0, 2),
    "S7": (1, 2),
    "S6": (2, 2),
    "S8": (1, 3),
}
BETWEEN_COLUMNS, BETWEEN_ROWS = 27, 58
ROLES = ("conclusion", "assumption", "support", "reference")
# a letter for each verdict, so that a tile can be read without its colour
LETTERS = {
    "confirmed": "C",
    "confirmed with correction": "C+",
    "imprecise": "I",
    "misquoted": "M",
    "unsupported": "U",
    "not decidable from a selection": "?",
    "not checkable": "–",
}


TILE_COLUMNS = ["entry", "step_id", "number", "letter", "verdict", "role", "text", "found", "x", "y", "x2", "y2"]


@dataclass(frozen=True)
class ArgumentMap:
    """The parts of the picture, and its size.

    boxes: step_id, title, holds (how many claims hold, in words), x, y, x2, y2. tiles: TILE_COLUMNS; entry is a claim
    or an omission. arrows: source, target, relation, x, y, x2, y2.
    """

    boxes: pd.DataFrame
    tiles: pd.DataFrame
    arrows: pd.DataFrame
    width: float
    height: float


def lay_out(claims: pd.DataFrame, omissions: pd.DataFrame, steps: pd.DataFrame, argument: pd.DataFrame) -> ArgumentMap:
    """Return the map. Takes the frames of `ledger.ledger` and `ledger.omissions`, the tables steps and argument."""
    boxes = _boxes(claims, steps)
    box_of = boxes.set_index("step_id").to_dict("index")
    tiles: list[list[Any]] = []
    ranked = claims.assign(rank=claims["role"].astype("object").map(ROLES.index)).sort_values(["rank", "claim_id"])
    for step_id, box in box_of.items():
        for place, claim in enumerate(ranked[ranked["step_id"] == step_id].to_dict("records")):
            cells = [claim["claim_id"], step_id, claim["claim_id"][1:], LETTERS[claim["verdict"]], claim["verdict"]]
            x, y = box["x"] + MARGIN + place % IN_ROW * TILE, box["y"] + HEAD + place // IN_ROW * TILE
            tiles.append([*cells, str(claim["role"]), claim["claim"], claim["found"], *_square(x, y)])
    arrows = [
        (source, target, "supports", *_between(box_of[source], box_of[target]))
        for source, target in zip(argument["step_id"], argument["supports"], strict=True)
    ]
    for step_id, left_out in omissions.groupby("step_id", sort=False):
        box = box_of[step_id]
        for place, entry in enumerate(left_out.to_dict("records")):
            # above its step, beside the arrows: in the middle column at the right end
            at_right_end = PLACES[str(step_id)][0] == 1
            shift = WIDTH - MARGIN - (place + 1) * TILE if at_right_end else MARGIN + place * TILE
            square = _square(box["x"] + shift, box["y"] - TILE - 16)
            key, middle = entry["omission_id"], square[0] + (TILE - GAP) / 2
            tiles.append([key, step_id, key, "", "left out", "omission", entry["omission"], entry["reason"], *square])
            arrows.append((key, step_id, str(entry["relation"]), middle, square[3] + 1, middle, box["y"] - 4))
    return ArgumentMap(
        boxes,
        pd.DataFrame(tiles, columns=TILE_COLUMNS),
        pd.DataFrame(arrows, columns=["source", "target", "relation", "x", "y", "x2", "y2"]),
        float(boxes["x2"].max()),
        float(boxes["y2"].max()),
    )


def _boxes(claims: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return a box for each step, as high as its claims need, in its column and row."""
    counts = claims["step_id"].value_counts()
    heights = {step: HEAD + max(1, ceil(counts.get(step, 0) / IN_ROW)) * TILE + MARGIN for step in steps["step_id"]}
    tops = [0.0]
    for row in range(max(row for _, row in PLACES.values())):
        tops.append(tops[-1] + max(heights[s] for s, (_, r) in PLACES.items() if r == row) + BETWEEN_ROWS)
    boxes = []
    for step_id, title in zip(steps["step_id"], steps["title"], strict=True):
        column, row = PLACES[step_id]
        x, y = column * (WIDTH + BETWEEN_COLUMNS), tops[row]
        hold, checkable = ledger.holding(claims[claims["step_id"] == step_id])
        holds = f"{hold} of {checkable} hold" if checkable else "a judgement"
        boxes.append((step_id, f"{step_id} {title}", holds, x, y, x + WIDTH, y + heights[step_id]))
    return pd.DataFrame(boxes, columns=["step_id", "title", "holds", "x", "y", "x2", "y2"])


def _square(x: float, y: float) -> tuple[float, float, float, float]:
    return x, y, x + TILE - GAP, y + TILE - GAP


def _between(source: Mapping[Any, float], target: Mapping[Any, float]) -> tuple[float, float, float, float]:
    """Return x, y, x2, y2 of an arrow between boxes; side by side they meet at the near third of their edges."""
    start, end = ((box["x"] + box["x2"]) / 2 for box in (source, target))
    third = copysign(WIDTH / 3, end - start) if end != start else 0.0
    return start + third, source["y2"] + 2, end - third, target["y"] - 3


def describe(drawn: ArgumentMap) -> str:
    """Return the map in words, for those who do not see it."""
    steps = [f"{title} ({holds})" for title, holds in zip(drawn.boxes["title"], drawn.boxes["holds"], strict=True)]
    between_steps = drawn.arrows["source"].isin(drawn.boxes["step_id"])
    flows = [
        f"{wording.listing(ids)} {'supports' if len(ids) == 1 else 'support'} {target}"
        for target, ids in drawn.arrows[between_steps].groupby("target", sort=False)["source"].agg(list).items()
    ]
    others = drawn.arrows[~between_steps].to_dict("records")
    left_out = [f"{row['source']} {row['relation']} {row['target']}" for row in others]
    return (
        f"Graph of {len(steps)} steps with {len(drawn.tiles) - len(left_out)} claims: {wording.listing(steps)}. "
        f"{wording.capital('; '.join(flows))}. Left out by the article: {wording.listing(left_out)}."
    )


def outline(drawn: ArgumentMap) -> list[tuple[str, list[str]]]:
    """Return the map as a nested list: each step with what it supports, and its claims and omissions below it."""
    entries = drawn.tiles.to_dict("records")
    bears = drawn.arrows.set_index("source")["relation"]
    items = []
    for box in drawn.boxes.to_dict("records"):
        step = str(box["step_id"])
        targets = drawn.arrows.loc[drawn.arrows["source"] == step, "target"]
        supports = f"; supports {wording.listing(list(targets))}" if len(targets) else ""
        lines = [
            f"{entry['entry']} {bears[entry['entry']]} this step, left out: {entry['text']}"
            if entry["role"] == "omission"
            else f"{entry['entry']} {entry['verdict']} ({entry['role']}): {entry['text']}"
            for entry in entries
            if entry["step_id"] == step
        ]
        items.append((f"{box['title']} ({box['holds']}{supports})", lines))
    return items
