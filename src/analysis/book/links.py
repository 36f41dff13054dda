"""Links to entries: wherever a page names a claim, an omission, a provision or an event by its id, the id is a link.

Only entries that the book has become links, so a book without the article's tables has none. In HTML that holds for
the text of pages and for tables and lists of notebooks; in the PDF these are text as well.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from analysis.book.entries import around, ledger_entry
from analysis.book.html import change_raw
from analysis.charts import vega

CLOSED = (
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.title,
    nodes.raw,
    nodes.math,
    nodes.math_block,
    nodes.comment,
    nodes.citation,
    nodes.problematic,
    nodes.system_message,
    addnodes.pending_xref,
)
FORMATS = ("html", "typst")


def is_closed(node: nodes.Node) -> bool:
    """Return whether a text may hold no links: in links, code, headings and the like."""
    return around(node, CLOSED) is not None


def entry_around(node: nodes.Node) -> str:
    """Return the id of the entry in which a node stands, empty where in none."""
    entry = around(node, ledger_entry)
    return "" if entry is None else str(entry["ids"][0])


def link_texts(document: nodes.document, address: Callable[[str], str]) -> None:
    """Put links in place of the ids in the texts of a page, but for that of the entry around a text.

    address gives where an entry is, empty where the book has no such entry.
    """
    for text in [text for text in document.findall(nodes.Text) if ID.search(text) and not is_closed(text)]:
        entry = entry_around(text)
        parts: list[nodes.Node] = []
        for place, words in enumerate(split(text.astext())):
            target = address(words) if place % 2 and words.lower() != entry else ""
            if target:
                parts.append(nodes.reference("", words, refuri=target, internal=True, classes=["ba-entry"]))
            elif words:
                parts.append(nodes.Text(words))
        text.parent.replace(text, parts)


class LinkEntries(SphinxPostTransform):
    """Ids of entries become links."""

    default_priority = 700
    formats = FORMATS

    def address(self, entry_id: str) -> str:
        """Return where an entry is, from this page; empty where the book has no such entry."""
        std: Any = self.env.get_domain("std")
        page, name = page_of(entry_id), entry_id.lower()
        if std.anonlabels.get(name, ("",))[0] != page:
            return ""
        return f"{self.app.builder.get_relative_uri(self.env.docname, page)}#{name}"

    def run(self, **_: Any) -> None:
        """Change text and raw HTML of the page."""
        link_texts(self.document, self.address)
        if self.app.builder.format == "html":
            change_raw(self.document, lambda html: linked(html, self.address))


# --- ids in HTML and in notebooks

PAGES = {"C": "book/ledger", "O": "book/ledger", "P": "book/provisions", "E": "book/events"}
ID = re.compile(r"(?<![\w./#=&-])(?:[CO]\d{1,2}|P\d{2}|E\d{3})(?![\w/=]|-\d)")
# what a link may not stand in, or may not change
CLOSED_TAGS = {"a", "button", "code", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "script", "style", "summary", "svg"}
TAG = re.compile(r"(<!--.*?-->|<[^>]+>)", re.S)
NAME = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
MARK = re.compile(r'<span class="ba-entry">([^<]+)</span>')
CHART, TABLE, TEXT = "chart", "table", "text"


def page_of(entry_id: str) -> str:
    """Return the page on which an entry stands, without its ending."""
    return PAGES[entry_id[0]]


def split(words: str) -> list[str]:
    """Return a text cut at the ids in it: text, id, text, id, …, text."""
    return re.split(f"({ID.pattern})", words)


def linked(html: str, address: Callable[[str], str]) -> str:
    """Return HTML in which the ids of entries are links, but for those in links, code, headings and summaries.

    address gives where an entry is, empty where the book has no such entry.
    """

    def link(match: re.Match[str]) -> str:
        place = address(match[0])
        return f'<a class="ba-entry" href="{place}">{match[0]}</a>' if place else match[0]

    parts, closed = [], 0
    for part in TAG.split(MARK.sub(lambda mark: mark[1] if address(mark[1]) else mark[0], html)):
        if tag := NAME.match(part):
            if tag[2].lower() in CLOSED_TAGS:
                closed += -1 if tag[1] else 1
        elif not closed and not part.startswith("<!--"):
            part = ID.sub(link, part)
        parts.append(part)
    return "".join(parts)


def mentions(notebook: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the entries that an executed notebook shows, with where: in a chart, in a table, in the text."""
    places: dict[str, set[str]] = defaultdict(set)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for entry_id in ID.findall("".join(cell["source"])):
                places[entry_id].add(TEXT)
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            html = "".join(data.get("text/html", ()))
            for entry_id in ID.findall(re.sub(r"<[^>]+>", " ", html)):
                places[entry_id].add(TABLE if "<table" in html else TEXT)
            for entry_id in re.findall(rf'"({ID.pattern})"', json.dumps(data.get(vega.MIME_TYPE, {}))):
                places[entry_id].add(CHART)
    order = (CHART, TABLE, TEXT)
    return {entry_id: sorted(where, key=order.index) for entry_id, where in places.items()}


# --- words of the glossary

GLOSSARY = "book/glossary"
WITHOUT = (GLOSSARY, "book/changelog")
SINGLE = ("démarche", "dyad", "placebo", "residual", "2+2")
APART = ("joint statement", "senkaku islands")  # the subject of the book needs no explanation on every page


def straight(term: str) -> str:
    """Return a term in small letters, with plain apostrophes."""
    return term.lower().replace("’", "'")


def linkable(term: str) -> bool:
    """Return whether a term of the glossary is linked where it stands in a text."""
    name = straight(term)
    return name not in APART and (" " in name or name in SINGLE)


def pattern(terms: list[str]) -> re.Pattern[str]:
    """Return what finds terms in a text, the longest first, with the ending of a plural."""
    longest = sorted(terms, key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest))})(?=s?(?!\w))".replace("'", "['’]"), re.IGNORECASE)


class LinkTerms(SphinxPostTransform):
    """The first mention of a term on a page becomes a link to the glossary."""

    default_priority = 710
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Change the paragraphs of the page."""
        std: Any = self.env.get_domain("std")
        known = {
            straight(name): place
            for (kind, name), (page, place) in std.objects.items()
            if kind == "term" and page == GLOSSARY and linkable(name)
        }
        if self.env.docname in WITHOUT or not known:
            return
        address = self.app.builder.get_relative_uri(self.env.docname, GLOSSARY)
        search = pattern(list(known))
        seen: set[str] = set()
        for text in list(self.document.findall(nodes.Text)):
            if (
                not isinstance(text.parent, nodes.paragraph | nodes.strong | nodes.emphasis)
                or is_closed(text)
                or entry_around(text)
            ):
                continue
            parts: list[nodes.Node] = []
            rest = 0
            words = text.astext()
            for match in search.finditer(words):
                place = known[straight(match[1])]
                if place in seen:
                    continue
                seen.add(place)
                target = nodes.reference("", match[1], refuri=f"{address}#{place}", internal=True, classes=["ba-term"])
                parts += [nodes.Text(words[rest : match.start()]), target]
                rest = match.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(words[rest:])])


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_post_transform(LinkEntries)
    app.add_post_transform(LinkTerms)
