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

from analysis.book.entries import ledger_entry, slug

PAGES = ("book/ledger", "book/provisions", "book/events", "book/glossary", "book/bibliography")
SCRIPT, FOLDER = "previews.js", "previews"
MOST = 420  # letters of a text
Preview = list[str]  # the head, then paragraphs


def shortened(words: str, most: int = MOST) -> str:
    """A text in one line, cut at a word where it is longer than so many letters."""
    line = " ".join(words.split())
    return line if len(line) <= most else line[:most].rpartition(" ")[0].rstrip(",;:.") + " …"


def previews(document: nodes.document) -> dict[str, Preview]:
    """What a card says of each entry, term and source of a page, by the id that links lead to."""
    found: dict[str, Preview] = {}
    for entry in document.findall(ledger_entry):
        told = [part for part in entry if isinstance(part, nodes.paragraph) and "ba-lines" not in part["classes"]]
        head, *texts = [part.astext() for part in told]
        found[entry["ids"][0]] = [head, *map(shortened, texts)]
    for item in document.findall(nodes.definition_list_item):
        terms = [term for term in item if isinstance(term, nodes.term)]
        meaning = shortened(" ".join(part.astext() for part in item if isinstance(part, nodes.definition)))
        for term in terms:
            for name in term["ids"]:
                found[name] = [", ".join(one.astext() for one in terms), meaning]
    for source in document.findall(nodes.citation):
        words = shortened(" ".join(part.astext() for part in source if not isinstance(part, nodes.label)))
        for name in source["ids"]:
            found[name] = ["Source", words]
    return found


def collect(app: Sphinx, document: nodes.document, page: str) -> None:
    """Keep the previews of a page that is about to be written."""
    if app.builder.format == "html" and page in PAGES:
        _kept(app)[page] = previews(document)


def _kept(app: Sphinx) -> dict[str, dict[str, Preview]]:
    builder: Any = app.builder
    if not hasattr(builder, "book_previews"):
        builder.book_previews = {}
    kept: dict[str, dict[str, Preview]] = builder.book_previews
    return kept


def data_script(page: str, found: dict[str, Preview]) -> str:
    """The previews of a page as a classic script, which also loads from file://."""
    content = json.dumps(found, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f"(window.bookPreviews = window.bookPreviews || {{}})[{json.dumps(page)}] = {content};\n"


def write_scripts(app: Sphinx, error: Exception | None) -> None:
    """Write the previews into a finished HTML book."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir, "_static", FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        for page, found in _kept(app).items():
            (folder / f"{slug(page)}.js").write_text(data_script(page, found), encoding="utf-8")


def load_script(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the script of the cards, which is told the pages that have previews."""
    pages = [page for page in PAGES if page in app.env.found_docs]
    if doctree is not None and pages:
        told: dict[str, Any] = {"data-pages": " ".join(pages)}
        app.add_js_file(SCRIPT, loading_method="defer", **told)


# --- sources at the side

BESIDE = (nodes.paragraph, nodes.bullet_list, nodes.enumerated_list, nodes.definition_list, nodes.block_quote)
LONGEST_TITLE = 90  # letters


class side_note(nodes.General, nodes.Element):
    """The sources that a block cites, beside it: attribute sources, a list of (label, title, address)."""


def titles(app: Sphinx) -> dict[str, str]:
    """The titles of the sources by the ids of their entries in the bibliography."""
    domain: Any = app.env.get_domain("cite")
    entries: Mapping[str, Any] = domain.bibdata.data.entries
    return {
        str(citation.citation_id): re.sub(r"[{}]", "", entries[citation.key].fields.get("title", ""))
        for citation in domain.citations
        if citation.key in entries
    }


def block_of(node: nodes.Node) -> nodes.Element | None:
    """The block of prose, right below a section, in which a node stands; None where it stands in anything else."""
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


def visit_note(translator: Any, node: side_note) -> None:
    """Write the note."""
    encode = translator.encode
    lines = "".join(
        f'<p><a href="{encode(address)}">{encode(label)}</a> {encode(title)}</p>'
        for label, title, address in node["sources"]
    )
    translator.body.append(f'<div class="ba-side" role="note" aria-label="Sources">{lines}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("doctree-resolved", collect, priority=900)
    app.connect("html-page-context", load_script)
    app.connect("build-finished", write_scripts)
    app.add_node(side_note, html=(visit_note, None))
    app.connect("doctree-resolved", add_notes, priority=920)
