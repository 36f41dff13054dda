"""The argument as a graph: steps, the claims in them with their verdicts, what supports what, and what is left out.

A step is a box with a tile for each claim; arrows lead from the step that gives support to the one that receives it;
omissions stand above the step on which they bear. Places are in pixels from the top left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import copysign
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
ROLES = ("conclusion", "assumption", "support")
# a letter for each verdict, so that a tile can be read without its colour
LETTERS = {
    "confirmed": "C",
    "confirmed with correction": "C+",
    "imprecise": "I",
    "misquoted": "M",
    "unsupported": "U",
    "not checkable": "–",
}


@dataclass(frozen=True)
class ArgumentMap:
    """The parts of the picture.

    boxes: step_id, title, holds (how many claims hold, in words), x, y, x2, y2. tiles: entry (claim or omission),
    step_id, number, letter, verdict, role, text, found, x, y, x2, y2. arrows: source, target, relation, x, y, x2, y2.
    width, height: of the picture.
    """

    boxes: pd.DataFrame
    tiles: pd.DataFrame
    arrows: pd.DataFrame
    width: float
    height: float


def lay_out(claims: pd.DataFrame, omissions: pd.DataFrame, steps: pd.DataFrame, argument: pd.DataFrame) -> ArgumentMap:
    """Return the map. Takes the frames of `ledger.ledger` and `ledger.omissions`, the tables steps and argument."""
    box = {row["step_id"]: row for row in _boxes(claims, steps)}
    tiles = [tile for step_id in box for tile in _claim_tiles(claims[claims["step_id"] == step_id], box[step_id])]
    arrows = [
        {"source": source, "target": target, "relation": "supports", **_between(box[source], box[target])}
        for source, target in zip(argument["step_id"], argument["supports"], strict=True)
    ]
    for step_id, left_out in omissions.groupby("step_id", sort=False):
        for place, entry in enumerate(left_out.to_dict("records")):
            tile = _omission_tile(entry, box[step_id], place)
            tiles.append(tile)
            middle = tile["x"] + (TILE - GAP) / 2
            down = {"x": middle, "y": tile["y2"] + 1, "x2": middle, "y2": box[step_id]["y"] - 4}
            arrow = {"source": entry["omission_id"], "target": step_id, "relation": str(entry["relation"])}
            arrows.append({**arrow, **down})
    boxes = pd.DataFrame(list(box.values()))
    width, height = float(boxes["x2"].max()), float(boxes["y2"].max())
    return ArgumentMap(boxes, pd.DataFrame(tiles), pd.DataFrame(arrows), width, height)


def _boxes(claims: pd.DataFrame, steps: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a box for each step, as high as its claims need, in its column and row."""
    counts = claims["step_id"].value_counts()
    rows = {str(step): max(1, -(-int(counts.get(step, 0)) // IN_ROW)) for step in steps["step_id"]}
    heights = {step: HEAD + n * TILE + MARGIN for step, n in rows.items()}
    tops = [0.0]
    for row in range(max(row for _, row in PLACES.values())):
        tops.append(tops[-1] + max(heights[s] for s, (_, r) in PLACES.items() if r == row) + BETWEEN_ROWS)
    boxes = []
    for step_id, title in zip(steps["step_id"], steps["title"], strict=True):
        column, row = PLACES[step_id]
        x, y = column * (WIDTH + BETWEEN_COLUMNS), tops[row]
        hold, checkable = ledger.holding(claims[claims["step_id"] == step_id])
        holds = f"{hold} of {checkable} hold" if checkable else "a judgement"
        place = {"x": x, "y": y, "x2": x + WIDTH, "y2": y + heights[step_id]}
        boxes.append({"step_id": step_id, "title": f"{step_id} {title}", "holds": holds, **place})
    return boxes


def _claim_tiles(claims: pd.DataFrame, box: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tiles of the claims of a step in its box: conclusions, then assumptions, then the rest, by number."""
    order = claims.assign(rank=claims["role"].astype("object").map(ROLES.index)).sort_values(["rank", "claim_id"])
    return [
        {
            "entry": claim["claim_id"],
            "step_id": claim["step_id"],
            "number": claim["claim_id"][1:],
            "letter": LETTERS[claim["verdict"]],
            "verdict": claim["verdict"],
            "role": str(claim["role"]),
            "text": claim["claim"],
            "found": claim["found"],
            **_square(box["x"] + MARGIN + place % IN_ROW * TILE, box["y"] + HEAD + place // IN_ROW * TILE),
        }
        for place, claim in enumerate(order.to_dict("records"))
    ]


def _omission_tile(omission: Mapping[Any, Any], box: Mapping[str, Any], place: int) -> dict[str, Any]:
    """Return the tile of an omission above its step, beside the arrows: in the middle column at the right end."""
    at_right_end = PLACES[box["step_id"]][0] == 1
    shift = WIDTH - MARGIN - (place + 1) * TILE if at_right_end else MARGIN + place * TILE
    return {
        "entry": omission["omission_id"],
        "step_id": box["step_id"],
        "number": omission["omission_id"],
        "letter": "",
        "verdict": "left out",
        "role": "omission",
        "text": omission["omission"],
        "found": omission["reason"],
        **_square(box["x"] + shift, box["y"] - TILE - 16),
    }


def _square(x: float, y: float) -> dict[str, float]:
    return {"x": x, "y": y, "x2": x + TILE - GAP, "y2": y + TILE - GAP}


def _between(source: Mapping[str, float], target: Mapping[str, float]) -> dict[str, float]:
    """Return an arrow from the bottom of one box to the top of another.

    Boxes side by side meet at the near third of their edges.
    """

    def at(box: Mapping[str, float], other: Mapping[str, float]) -> float:
        middle, far = (box["x"] + box["x2"]) / 2, (other["x"] + other["x2"]) / 2
        return middle if far == middle else middle + copysign(WIDTH / 3, far - middle)

    return {"x": at(source, target), "y": source["y2"] + 2, "x2": at(target, source), "y2": target["y"] - 3}


def describe(drawn: ArgumentMap) -> str:
    """Return the map in words, for those who do not see it."""
    boxes = drawn.boxes.to_dict("records")
    steps = [f"{row['title']} ({row['holds']})" for row in boxes]
    between_steps = drawn.arrows["source"].isin([row["step_id"] for row in boxes])
    sources = drawn.arrows[between_steps].groupby("target", sort=False)["source"].agg(list)
    flows = [
        f"{wording.listing(ids)} {'supports' if len(ids) == 1 else 'support'} {target}"
        for target, ids in sources.items()
    ]
    left_out = [
        f"{row['source']} {row['relation']} {row['target']}" for row in drawn.arrows[~between_steps].to_dict("records")
    ]
    return (
        f"Graph of {len(boxes)} steps with {len(drawn.tiles) - len(left_out)} claims: {wording.listing(steps)}. "
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
