"""Links to entries: wherever a page names a claim, an omission, a provision or an event by its id, the id is a link.

Only entries that the book has become links, so a book without the article's tables has none. In HTML that holds for
the text of pages and for tables and lists of notebooks; in the PDF these are text as well.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from analysis.book import entry_ids
from analysis.book.entries import around, ledger_entry

if TYPE_CHECKING:
    from sphinx.application import Sphinx

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
    """Whether a text may hold no links: in links, code, headings and the like."""
    return around(node, CLOSED) is not None


def entry_around(node: nodes.Node) -> str:
    """The id of the entry in which a node stands, empty where in none."""
    entry = around(node, ledger_entry)
    return "" if entry is None else str(entry["ids"][0])


def link_texts(document: nodes.document, address: Callable[[str], str]) -> None:
    """Put links in place of the ids in the texts of a page, but for that of the entry around a text.

    address gives where an entry is, empty where the book has no such entry.
    """
    for text in [text for text in document.findall(nodes.Text) if entry_ids.ID.search(text) and not is_closed(text)]:
        own = entry_around(text)
        parts: list[nodes.Node] = []
        for place, words in enumerate(entry_ids.split(text.astext())):
            target = address(words) if place % 2 and words.lower() != own else ""
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
        """Where an entry is, from this page; empty where the book has no such entry."""
        std: Any = self.env.get_domain("std")
        page, name = entry_ids.page_of(entry_id), entry_id.lower()
        if std.anonlabels.get(name, ("",))[0] != page:
            return ""
        return f"{self.app.builder.get_relative_uri(self.env.docname, page)}#{name}"

    def run(self, **_: Any) -> None:
        """Change text and raw HTML of the page."""
        link_texts(self.document, self.address)
        if self.app.builder.format != "html":
            return
        for node in list(self.document.findall(nodes.raw)):
            linked = (
                entry_ids.linked(node.astext(), self.address) if "html" in node["format"].split() else node.astext()
            )
            if linked != node.astext():
                node.replace_self(nodes.raw("", linked, format=node["format"]))


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_post_transform(LinkEntries)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
