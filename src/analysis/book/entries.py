"""Entries in the book: a claim, an omission, a provision or an event, with a head, a text and a fold, and an address.

Entries and folds are nodes of their own; HTML shows a fold closed, the PDF in full. Here are also the parts that
directives build of.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx

from analysis.book.html import load_with, staged
from analysis.claims.evidence import Evidence, load_evidence

SCRIPT = "ledger.js"
Part = str | nodes.Node  # of a line


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


def paragraph(*parts: Part, css: str = "") -> nodes.paragraph:
    """Return a paragraph of texts and nodes, with a class."""
    node = nodes.paragraph("", classes=[css] if css else [])
    node += [nodes.Text(part) if isinstance(part, str) else part for part in parts]
    return node


def strong(label: str, *classes: str) -> nodes.strong:
    """Return a text in bold."""
    return nodes.strong("", label, classes=list(classes))


def joined(items_of_parts: Iterable[Iterable[Part]]) -> list[Part]:
    """Return items in one line, with semicolons between them."""
    return [part for item in items_of_parts for part in ("; ", *item)][1:]


def items(lines: Iterable[Iterable[Part]]) -> nodes.bullet_list:
    """Return a list with one item for each line of texts and nodes."""
    bullets = nodes.bullet_list()
    bullets += [nodes.list_item("", paragraph(*parts)) for parts in lines]
    return bullets


def folded(summary: str, *children: nodes.Node) -> fold:
    """Return nodes under a summary."""
    return fold("", *children, summary=summary)


def entry(entry_id: str, label: nodes.strong | None, facts: Iterable[str], *classes: str) -> ledger_entry:
    """Return an entry with its head: the id as a link to itself, a label in bold, and facts."""
    name = nodes.reference("", "", strong(entry_id), refid=entry_id.lower(), internal=True, classes=["ba-claim-id"])
    line = nodes.inline("", " · ".join(facts), classes=["ba-facts"])
    before: list[Part] = [label, " "] if label else []
    head = paragraph(name, " ", *before, line, css="ba-claim-head")
    return ledger_entry("", head, ids=[entry_id.lower()], classes=["ba-claim", *classes])


@cache
def _evidence(folder: Path) -> Evidence:
    return load_evidence(folder)  # read once by a process, so that each check is made once


def data_folder(env: Any) -> Path:
    """Return the data of the staged book, on all files of which the page then depends."""
    folder = Path(env.srcdir, "data")
    for file in folder.rglob("*"):
        if file.is_file():  # a page that depends on a folder is read again each time
            staged(env, str(file))
    return folder


def evidence_of(env: Any) -> Evidence:
    """Return the evidence of the staged book."""
    return _evidence(data_folder(env))


def parsed(directive: Any, markdown: str, titles: bool = False) -> list[nodes.Node]:
    """Return the nodes of a piece of Markdown, which may have headings, where a directive stands."""
    holder = nodes.Element()
    lines = StringList(markdown.splitlines(), directive.get_source_info()[0])
    directive.state.nested_parse(lines, directive.content_offset, holder, match_titles=titles)
    return holder.children


def section(directive: Any, title: str, *parts: nodes.Node, **attributes: Any) -> nodes.section:
    """Return a section that a directive makes, known to its page by its title."""
    names = [nodes.fully_normalize_name(title)]
    made = nodes.section("", nodes.title("", title), *parts, names=names, **attributes)
    directive.state.document.note_implicit_target(made, made)
    return made


def known(directive: Any, entries: list[nodes.Node]) -> list[nodes.Node]:
    """Return nodes that a directive makes, with the id of each entry in them known as a label of the book."""
    std = directive.env.get_domain("std")
    for node in entries:
        for one in node.findall(ledger_entry):
            [name] = one["ids"]
            directive.state.document.ids[name] = one
            std.note_hyperlink_target(name, directive.env.docname, name, name.upper())
    return entries


def visit_entry(translator: Any, node: ledger_entry) -> None:
    """Begin an entry."""
    translator.body.append(f'<article id="{node["ids"][0]}" class="{" ".join(node["classes"])}">\n')


def visit_fold(translator: Any, node: fold) -> None:
    """Begin a fold."""
    translator.body.append(f'<details class="ba-fold"><summary>{escape(node["summary"])}</summary>\n')


def _end(tag: str) -> Callable[[Any, nodes.Node], None]:
    return lambda translator, _node: translator.body.append(f"</{tag}>\n")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_node(ledger_entry, html=(visit_entry, _end("article")))
    app.add_node(fold, html=(visit_fold, _end("details")))
    load_with(app, entry_filter, SCRIPT)
