"""Sources at the side: what a paragraph cites stands beside it as well, with its title, where the page is wide enough.

On narrower pages, and in the PDF, the citation in the text is all. The script-free notes are placed by the style sheet.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from docutils import nodes

from analysis.book.hover import shortened

if TYPE_CHECKING:
    from sphinx.application import Sphinx

BESIDE = (nodes.paragraph, nodes.bullet_list, nodes.enumerated_list, nodes.definition_list, nodes.block_quote)
MOST = 90  # letters of a title


class side_note(nodes.General, nodes.Element):
    """The sources that a block cites, beside it: attribute sources, a list of (label, title, address)."""


def titles(app: "Sphinx") -> dict[str, str]:
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


def add_notes(app: "Sphinx", document: nodes.document, _page: str) -> None:
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
        notes.setdefault(id(block), (block, {}))[1][name] = (link.astext(), shortened(known[name], MOST), address)
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


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(side_note, html=(visit_note, None))
    app.connect("doctree-resolved", add_notes, priority=920)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
