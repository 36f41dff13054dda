"""Where pages end in the PDF: which charts move or shrink, and which tables keep their first and last rows together.

The markup marks where each chart and table begins and ends. From these marks Python decides what is set in another way,
page by page of the book and from its first chart or table on, since each decision moves what follows. Every decision
stands in the file that the template reads.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.core.files import write_whole

FILE = "layout.json"
LEAST_SCALE = 0.8  # a chart shrinks no further to fill what is left of a page
LEAST_GAP = 60.0  # points at the foot of a page that may stay empty
CLEARANCE = 21.0  # points between a chart at the head of a page and the text
LEAST_PART = 75.0  # points of a table, with its head, that may stand alone on a page
MOST_ROUNDS = 20

Changes = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Item:
    """A chart or a table as it was set: pages (from 1), and places on them in points from the top of the paper."""

    id: str
    first: int
    top: float
    last: int
    end: float
    head: float  # where the text of a page begins
    bottom: float  # and ends
    texts: float = 0.0  # height of a chart's title, source and spaces
    picture: float = 0.0  # height of a chart's picture; 0 for a table

    @property
    def page(self) -> str:
        """Return the page of the book that it belongs to."""
        return self.id.partition("#")[0]


def read_items(marks: Iterable[Mapping[str, Any]]) -> list[Item]:
    """Return charts and tables from the marks of the markup, in order; what has no first mark has one page only."""
    begun: dict[str, Mapping[str, Any]] = {}
    items: dict[str, Item] = {}
    for mark in marks:
        name = mark["id"]
        if not mark["end"]:
            begun[name] = mark
        else:
            start = begun.get(name, mark)
            places = (start["page"], start["y"], mark["page"], mark["y"], mark["head"], mark["bottom"])
            items[name] = Item(name, *places, mark.get("texts", 0.0), mark.get("picture", 0.0))
    return list(items.values())


def change(item: Item, above: float = 0.0) -> dict[str, Any]:
    """Return what should be set in another way because a page ends in or before an item; empty where nothing should.

    above: height of the charts that float at the head of the page on which the item ends.
    """
    if item.first == item.last:
        return {}
    left = item.bottom - item.top
    if item.picture:
        scale = (left - item.texts) / item.picture
        if scale >= LEAST_SCALE:
            return {"scale": round(scale * 0.98, 3)}
        return {"float": True} if left > LEAST_GAP or item.last - item.first > 1 else {}
    return {"keep": True} if left < LEAST_PART or item.end - item.head - above < LEAST_PART else {}


def more_changes(items: Sequence[Item], changes: Changes) -> Changes:
    """Return the changes with, for each page of the book, the next that its items ask for."""
    above: defaultdict[int, float] = defaultdict(float)  # height of the charts at the head of a paper page
    for item in items:
        if "float" in changes.get(item.id, {}):
            above[item.last] += item.texts + item.picture + CLEARANCE
    latest: dict[str, int] = {}  # the last paper page that has a chart, by page of the book
    new: Changes = {}
    changed = set()
    for item in items:
        wanted = change(item, above[item.last])
        if item.picture:
            page = item.first if "scale" in wanted else item.last
            if page < latest.get(item.page, 0):  # it would overtake a chart that floats
                wanted = {"float": True}
            latest[item.page] = max(item.last, latest.get(item.page, 0))
        open_to_change = item.id not in changes or ("float" in wanted and "scale" in changes[item.id])
        if wanted and open_to_change and item.page not in changed:
            new[item.id] = wanted
            changed.add(item.page)
    return {**changes, **new}


def settle(compiler: Any, folder: Path) -> None:
    """Write the changes that a book needs into its folder; compiler: Typst's, of the main file in the folder."""
    changes: Changes = {}
    for _ in range(MOST_ROUNDS):
        write_whole(folder / FILE, json.dumps(changes, sort_keys=True).encode())
        marks = [mark["value"] for mark in json.loads(compiler.query("<place>"))]
        before, changes = changes, more_changes(read_items(marks), changes)
        if changes == before:
            return
