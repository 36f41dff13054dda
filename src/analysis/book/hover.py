"""Cards over links: what a claim, a provision, an event, a word of the glossary or a source is, before one goes there.

For each page that holds such entries the book gets a script with their heads and texts, which a page loads when a card
is first asked for: no page asks another host, and the book works from a folder.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from analysis.book import html
from analysis.book.entries import ledger_entry, slug

PAGES = ("book/ledger", "book/provisions", "book/events", "book/glossary", "book/bibliography")
SCRIPT, FOLDER = "previews.js", "previews"
MOST = 420  # letters of a text
Preview = list[str]  # the head, then paragraphs


def shortened(words: str, most: int = MOST) -> str:
    """Return a text in one line, cut at a word where it is longer than so many letters."""
    line = " ".join(words.split())
    return line if len(line) <= most else line[:most].rpartition(" ")[0].rstrip(",;:.") + " …"


def previews(document: nodes.document) -> dict[str, Preview]:
    """Return what a card says of each entry, term and source of a page, by the id that links lead to."""
    cards: dict[str, Preview] = {}
    for entry in document.findall(ledger_entry):
        paragraphs = [part for part in entry if isinstance(part, nodes.paragraph) and "ba-lines" not in part["classes"]]
        head, *texts = [part.astext() for part in paragraphs]
        cards[entry["ids"][0]] = [head, *map(shortened, [*texts, *entry.get("preview", ())])]
    for item in document.findall(nodes.definition_list_item):
        terms = [term for term in item if isinstance(term, nodes.term)]
        meaning = shortened(" ".join(part.astext() for part in item if isinstance(part, nodes.definition)))
        for term in terms:
            for name in term["ids"]:
                cards[name] = [", ".join(one.astext() for one in terms), meaning]
    for source in document.findall(nodes.citation):
        words = shortened(" ".join(part.astext() for part in source if not isinstance(part, nodes.label)))
        for name in source["ids"]:
            cards[name] = ["Source", words]
    return cards


def collect(app: Sphinx, document: nodes.document, page: str) -> None:
    """Keep the previews of a page that is about to be written."""
    if app.builder.format == "html" and page in PAGES:
        html.pages_of(app, "previews")[page] = previews(document)


def write_scripts(app: Sphinx, error: Exception | None) -> None:
    """Write the previews into a finished HTML book."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir, "_static", FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        for page, cards in html.pages_of(app, "previews").items():
            place = f"(window.bookPreviews = window.bookPreviews || {{}})[{json.dumps(page)}]"
            (folder / f"{slug(page)}.js").write_text(html.data_script(place, cards), encoding="utf-8")


def load_script(app: Sphinx, _page: str, _context: html.Context, _doctree: nodes.document) -> None:
    """Load the script of the cards, which is told the pages that have previews."""
    pages = [page for page in PAGES if page in app.env.found_docs]
    if pages:
        attributes: dict[str, Any] = {"data-pages": " ".join(pages)}
        app.add_js_file(SCRIPT, loading_method="defer", **attributes)


# --- sources at the side

BESIDE = (nodes.paragraph, nodes.bullet_list, nodes.enumerated_list, nodes.definition_list, nodes.block_quote)
LONGEST_TITLE = 90  # letters


class side_note(nodes.General, nodes.Element):
    """The sources that a block cites, beside it: attribute sources, a list of (label, title, address)."""


def titles(app: Sphinx) -> dict[str, str]:
    """Return the titles of the sources by the ids of their entries in the bibliography."""
    domain: Any = app.env.get_domain("cite")
    entries: Mapping[str, Any] = domain.bibdata.data.entries
    return {
        str(citation.citation_id): re.sub(r"[{}]", "", entries[citation.key].fields.get("title", ""))
        for citation in domain.citations
        if citation.key in entries
    }


def block_of(node: nodes.Node) -> nodes.Element | None:
    """Return the block of prose right below a section in which a node stands, or None."""
    while node.parent is not None and not isinstance(node.parent, nodes.section):
        node = node.parent
    return node if node.parent is not None and isinstance(node, BESIDE) else None


def add_notes(app: Sphinx, document: nodes.document, _page: str) -> None:
    """Put notes before the blocks of a page that cite; a source once in a section."""
    if app.builder.format != "html":
        return
    known = titles(app)
    notes: dict[int, tuple[nodes.Element, dict[str, tuple[str, str, str]]]] = {}
    seen: set[tuple[int, str]] = set()
    for link in document.findall(nodes.reference):
        address = str(link.get("refuri", ""))
        name = address.partition("#")[2] or str(link.get("refid", ""))
        block = block_of(link) if name in known and "reftitle" in link else None
        if block is None or (id(block.parent), name) in seen:
            continue
        seen.add((id(block.parent), name))
        notes.setdefault(id(block), (block, {}))[1][name] = (
            link.astext(),
            shortened(known[name], LONGEST_TITLE),
            address,
        )
    for block, sources in notes.values():
        block.parent.insert(block.parent.index(block), side_note(sources=list(sources.values())))


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("doctree-resolved", collect, priority=900)
    html.on_page(app, load_script)
    app.connect("build-finished", write_scripts)
    html.add_node(app, side_note, "side-note", lambda _builder, node: {"sources": node["sources"]})
    app.connect("doctree-resolved", add_notes, priority=920)
