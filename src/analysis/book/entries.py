"""Entries in the book: a claim, an omission, a provision or an event, with a head, a text and a fold, and an address.

Entries and folds are nodes of their own; HTML shows a fold closed, the PDF in full. Here are also the parts that the
extensions build entries of.
"""

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from analysis.book.html import load_with
from analysis.claims.evidence import Evidence, load_evidence

SCRIPT = "ledger.js"


class ledger_entry(nodes.General, nodes.Element):
    """An entry; its id is the id of the entry in small letters."""


class fold(nodes.General, nodes.Element):
    """What opens when its summary is clicked."""


class entry_filter(nodes.General, nodes.Element):
    """The form that chooses entries; its page gets the script that does it."""


def slug(value: object) -> str:
    """Return a value as a part of a class or an address: misquoted, not-checkable."""
    return re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")


def around(node: nodes.Node, kinds: type | tuple[type, ...]) -> nodes.Element | None:
    """Return the nearest node of these kinds in which a node stands; None where it stands in none."""
    place: nodes.Element | None = node.parent
    while place is not None and not isinstance(place, kinds):
        place = place.parent
    return place


# --- parts


def paragraph(*parts: str | nodes.Node, css: str = "") -> nodes.paragraph:
    """Return a paragraph of texts and nodes, with a class."""
    node = nodes.paragraph("", classes=[css] if css else [])
    node += [nodes.Text(part) if isinstance(part, str) else part for part in parts]
    return node


def link(label: str, url: str) -> nodes.reference:
    """Return a link to another host."""
    return nodes.reference("", label, refuri=url)


def strong(label: str) -> nodes.strong:
    """Return a text in bold."""
    return nodes.strong("", label)


def items(lines: Iterable[Iterable[str | nodes.Node]]) -> nodes.bullet_list:
    """Return a list with one item for each line of texts and nodes."""
    bullets = nodes.bullet_list()
    bullets += [nodes.list_item("", paragraph(*parts)) for parts in lines]
    return bullets


def folded(summary: str, *children: nodes.Node) -> fold:
    """Return nodes under a summary."""
    node = fold("", *children)
    node["summary"] = summary
    return node


def own_link(entry_id: str) -> nodes.reference:
    """Return the id of an entry as a link to itself, with which its head begins."""
    return nodes.reference("", "", strong(entry_id), refid=entry_id.lower(), internal=True, classes=["ba-claim-id"])


@cache
def evidence_in(folder: Path) -> Evidence:
    """Return the evidence in a folder of data, read once by a process, so that each check is made once."""
    return load_evidence(folder)


def titled_section(directive: SphinxDirective, title: str, *parts: nodes.Node, **attributes: Any) -> nodes.section:
    """Return a section that a directive makes, known to its page by its title."""
    names = [nodes.fully_normalize_name(title)]
    section = nodes.section("", nodes.title("", title), *parts, names=names, **attributes)
    directive.state.document.note_implicit_target(section, section)
    return section


class EntriesDirective(SphinxDirective):
    """A directive that makes entries of the tables."""

    def data(self) -> Path:
        """Return the data of the staged book, on all files of which the page then depends."""
        folder = Path(self.env.srcdir, "data")
        for file in folder.rglob("*"):
            if file.is_file():  # a page that depends on a folder is read again each time
                self.env.note_dependency(str(file))
        return folder

    def evidence(self) -> Evidence:
        """Return the evidence of the staged book."""
        return evidence_in(self.data())

    def known(self, entries: list[nodes.Node]) -> list[nodes.Node]:
        """Return the nodes, with the id of each entry known as a label of the book."""
        std: Any = self.env.get_domain("std")
        for node in entries:
            for entry in node.findall(ledger_entry):
                [name] = entry["ids"]
                self.state.document.ids[name] = entry
                std.note_hyperlink_target(name, self.env.docname, name, name.upper())
        return entries


# --- HTML


def visit_entry(translator: Any, node: ledger_entry) -> None:
    """Begin an entry."""
    translator.body.append(f'<article id="{node["ids"][0]}" class="{" ".join(node["classes"])}">\n')


def depart_entry(translator: Any, _node: ledger_entry) -> None:
    """End an entry."""
    translator.body.append("</article>\n")


def visit_fold(translator: Any, node: fold) -> None:
    """Begin a fold."""
    translator.body.append(f'<details class="ba-fold"><summary>{escape(node["summary"])}</summary>\n')


def depart_fold(translator: Any, _node: fold) -> None:
    """End a fold."""
    translator.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_node(ledger_entry, html=(visit_entry, depart_entry))
    app.add_node(fold, html=(visit_fold, depart_fold))
    load_with(app, entry_filter, SCRIPT)
