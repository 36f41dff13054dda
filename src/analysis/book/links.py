"""Links: an id of an entry leads to it, a term to the glossary, and beside a link stands one to an archived copy."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any

import pandas as pd
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from analysis.book.entries import around, ledger_entry
from analysis.book.html import change_raw, on_tree
from analysis.charts import vega

# the page on which an entry stands, by the letter of its id
PAGES = {"C": "book/ledger", "O": "book/ledger", "P": "book/provisions", "E": "book/events"}
ID = re.compile(r"(?<![\w./#=&-])(?:[CO]\d{1,2}|P\d{2}|E\d{3})(?![\w/=]|-\d)")
# what a link may not stand in, or may not change
CLOSED_TAGS = {"a", "button", "code", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "script", "style", "summary", "svg"}
TAG = re.compile(r"(<!--.*?-->|<[^>]+>)", re.S)
NAME = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
MARK = re.compile(r'<span class="ba-entry">([^<]+)</span>')
CHART, TABLE, TEXT = "chart", "table", "text"
CODE = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block)
CLOSED = (nodes.reference, nodes.title, nodes.raw, nodes.comment, nodes.citation, addnodes.pending_xref, *CODE)


def is_closed(node: nodes.Node) -> bool:
    """Return whether a text may hold no links: in links, code, headings and the like."""
    return around(node, CLOSED) is not None


def entry_around(node: nodes.Node) -> str:
    """Return the id of the entry in which a node stands, empty where in none."""
    entry = around(node, ledger_entry)
    return "" if entry is None else str(entry["ids"][0])


def link_texts(document: nodes.document, address: Callable[[str], str]) -> None:
    """Put links in place of the ids in texts, but for that of the entry around; address: of an id, empty for none."""
    for text in [text for text in document.findall(nodes.Text) if ID.search(text) and not is_closed(text)]:
        entry = entry_around(text)
        parts: list[nodes.Node] = []
        for place, words in enumerate(re.split(f"({ID.pattern})", text.astext())):  # text, id, text, id, …
            target = address(words) if place % 2 and words.lower() != entry else ""
            if target:
                parts.append(nodes.reference("", words, refuri=target, internal=True, classes=["ba-entry"]))
            elif words:
                parts.append(nodes.Text(words))
        text.parent.replace(text, parts)


def link_entries(app: Sphinx, document: nodes.document, page: str) -> None:
    """Make ids of entries links, in the texts of a page, and in HTML in the outputs of its notebook."""
    std: Any = app.env.get_domain("std")

    def address(entry_id: str) -> str:
        target, name = PAGES[entry_id[0]], entry_id.lower()
        if std.anonlabels.get(name, ("",))[0] != target:
            return ""
        return f"{app.builder.get_relative_uri(page, target)}#{name}"

    link_texts(document, address)
    if app.builder.format == "html":
        change_raw(document, lambda html: linked(html, address))


def linked(html: str, address: Callable[[str], str]) -> str:
    """Return HTML with links in place of ids, but for those in links, code, headings, summaries; address as above."""

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


def link_terms(app: Sphinx, document: nodes.document, page: str) -> None:
    """Make the first mention of a term in the paragraphs of a page a link to the glossary."""
    std: Any = app.env.get_domain("std")
    known = {
        straight(name): place
        for (kind, name), (where, place) in std.objects.items()
        if kind == "term" and where == GLOSSARY and linkable(name)
    }
    if page in WITHOUT or not known:
        return
    address = app.builder.get_relative_uri(page, GLOSSARY)
    search = pattern(list(known))
    seen: set[str] = set()
    for text in list(document.findall(nodes.Text)):
        in_prose = isinstance(text.parent, nodes.paragraph | nodes.strong | nodes.emphasis)
        if not in_prose or is_closed(text) or entry_around(text):
            continue
        parts: list[nodes.Node] = []
        rest, words = 0, text.astext()
        for match in search.finditer(words):
            place = known[straight(match[1])]
            if place not in seen:
                seen.add(place)
                target = nodes.reference("", match[1], refuri=f"{address}#{place}", internal=True, classes=["ba-term"])
                parts += [nodes.Text(words[rest : match.start()]), target]
                rest = match.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(words[rest:])])


# --- pages elsewhere

OUTSIDE = re.compile(r'<a\b[^>]*\bhref="(https?://[^"]+)"[^>]*>.*?</a>', re.S)


def read_archived(folder: Path) -> dict[str, str]:
    """Return the known archived copy of each page by its address, from archived.csv of a folder, where there is one."""
    file = folder / "archived.csv"
    return dict(pd.read_csv(file)[["url", "archive_url"]].to_numpy()) if file.exists() else {}


def with_copies(html: str, archived: Mapping[str, str]) -> str:
    """Return HTML with a link to the copy after each link to an archived page."""

    def followed(match: re.Match[str]) -> str:
        copy = archived.get(unescape(match[1]))
        return f'{match[0]} (<a href="{escape(copy)}">archived</a>)' if copy else match[0]

    return OUTSIDE.sub(followed, html)


def link_copies(app: Sphinx, document: nodes.document, _page: str) -> None:
    """Add to links to pages with a known archived copy links to the copy."""
    archived = read_archived(Path(app.srcdir, "data"))
    for link in list(document.findall(nodes.reference)):
        if copy := archived.get(link.get("refuri", "")):
            place = link.parent.index(link) + 1
            link.parent[place:place] = [nodes.Text(" ("), nodes.reference("", "archived", refuri=copy), nodes.Text(")")]
    change_raw(document, lambda html: with_copies(html, archived))


def table_addresses(folder: Path) -> set[str]:
    """Return the cells of all tables of a folder that are a web address."""
    tables = [pd.read_csv(file, dtype=str, keep_default_na=False) for file in folder.glob("*.csv")]
    return {cell for table in tables for cell in table.to_numpy().flat if re.fullmatch(r"https?://\S+", cell)}


def show_table_addresses(app: Sphinx, document: nodes.document, page: str) -> None:
    """Show Sphinx's `linkcheck` (`make links`) the addresses that stand in tables alone, as links of the first page."""
    if page == app.config.root_doc:
        addresses = sorted(table_addresses(Path(app.srcdir, "data")))
        document += [nodes.reference("", "", refuri=address) for address in addresses]


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    on_tree(app, link_entries, 700, formats=("html", "typst"))
    on_tree(app, link_terms, 710)
    on_tree(app, show_table_addresses, 790, formats=(), builders=("linkcheck",))  # before Sphinx collects the links
    on_tree(app, link_copies, 910, formats=())
