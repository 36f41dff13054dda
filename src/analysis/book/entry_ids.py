"""Entries of the book that have an address, by their ids: claims (C32), omissions (O1), provisions, events.

The page of an entry follows from the first letter of its id; its place on the page is the id in small letters.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

PAGES = {"C": "book/ledger", "O": "book/ledger", "P": "book/provisions", "E": "book/events"}
ID = re.compile(r"(?<![\w./#=&-])(?:[CO]\d{1,2}|P\d{2}|E\d{3})(?![\w/=]|-\d)")
# what a link may not stand in, or may not change
CLOSED = {"a", "button", "code", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "script", "style", "summary", "svg"}
_TAG = re.compile(r"(<!--.*?-->|<[^>]+>)", re.S)
_NAME = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_MARK = re.compile(r'<span class="ba-entry">([^<]+)</span>')
CHART, TABLE, TEXT = "chart", "table", "text"


def page_of(entry_id: str) -> str:
    """The page on which an entry stands, without its ending."""
    return PAGES[entry_id[0]]


def split(words: str) -> list[str]:
    """A text cut at the ids in it: text, id, text, id, …, text."""
    return re.split(f"({ID.pattern})", words)


def linked(html: str, address: Callable[[str], str]) -> str:
    """HTML in which the ids of entries are links, but for those in links, code, headings and summaries.

    address gives where an entry is, empty where the book has no such entry.
    """
    parts, closed = [], 0
    for part in _TAG.split(_MARK.sub(lambda mark: mark[1] if address(mark[1]) else mark[0], html)):
        if tag := _NAME.match(part):
            if tag[2].lower() in CLOSED:
                closed += -1 if tag[1] else 1
        elif not closed and not part.startswith("<!--"):
            part = ID.sub(
                lambda found: (
                    f'<a class="ba-entry" href="{place}">{found[0]}</a>' if (place := address(found[0])) else found[0]
                ),
                part,
            )
        parts.append(part)
    return "".join(parts)


def _ids_of_chart(part: Any) -> Iterable[str]:
    if isinstance(part, str):
        if ID.fullmatch(part):
            yield part
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _ids_of_chart(value)
    elif isinstance(part, list):
        for value in part:
            yield from _ids_of_chart(value)


def mentions(notebook: Mapping[str, Any]) -> dict[str, list[str]]:
    """The entries that an executed notebook shows, with where: in a chart, in a table, in the text; in this order."""
    found: dict[str, set[str]] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for entry_id in ID.findall("".join(cell["source"])):
                found.setdefault(entry_id, set()).add(TEXT)
        for output in cell.get("outputs", ()):
            for kind, content in output.get("data", {}).items():
                if kind.startswith("application/vnd.vegalite"):
                    ids, where = _ids_of_chart(content), CHART
                elif kind == "text/html":
                    html = "".join(content)
                    ids, where = ID.findall(re.sub(r"<[^>]+>", " ", html)), TABLE if "<table" in html else TEXT
                else:
                    continue
                for entry_id in ids:
                    found.setdefault(entry_id, set()).add(where)
    order = (CHART, TABLE, TEXT)
    return {entry_id: sorted(places, key=order.index) for entry_id, places in found.items()}
