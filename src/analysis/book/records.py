"""The provisions of the statement and the events as entries of the book, with what belongs to each, both ways.

An entry names its claims, events and chapters by their ids, which `analysis.book.links` makes links.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from analysis.book.entries import (
    EntriesDirective,
    depart_fold,
    entry_filter,
    fold,
    items,
    ledger_entry,
    link,
    own_link,
    paragraph,
    slug,
    strong,
    visit_fold,
)
from analysis.book.links import mentions
from analysis.claims import records
from analysis.core import wording
from analysis.data.tables import labels, load

PROVISIONS = ("provisions", "provision_actors", "claim_provisions", "claim_events", "codings_alignment")
EVENTS = (
    "events",
    "event_actors",
    "event_sources",
    "claim_events",
    "claim_provisions",
    "protests",
    "readouts",
    "codings_signals",
    "scales",
)


class word_filter(entry_filter):
    """The field that chooses entries by their words: attribute noun, what they are."""


class more_fold(fold):
    """A fold that only a screen shows: the PDF would grow by pages that nobody reads through."""


def _head(entry_id: str, kind: str, facts: list[str]) -> nodes.paragraph:
    said = nodes.inline("", " · ".join(facts), classes=["ba-facts"])
    label: list[str | nodes.Node] = [nodes.strong("", kind, classes=["ba-kind"]), " "] if kind else []
    return paragraph(own_link(entry_id), " ", *label, said, css="ba-claim-head")


def _line(label: str, *parts: str | nodes.Node) -> list[str | nodes.Node]:
    return [strong(f"{label}: "), *parts]


def facts(lines: list[list[str | nodes.Node]]) -> nodes.paragraph:
    """Lines in one paragraph: HTML sets each on a line of its own, the PDF one after another."""
    found: list[str | nodes.Node] = []
    for line in lines:
        inline = nodes.inline("", "", classes=["ba-line"])
        inline += [nodes.Text(part) if isinstance(part, str) else part for part in line]
        found += [inline, ". "]
    return paragraph(*found[:-1], css="ba-lines")


def more(summary: str, lines: list[list[str | nodes.Node]]) -> more_fold:
    """A list under a summary, on screen only."""
    node = more_fold("", items(lines))
    node["summary"] = summary
    return node


def provision_entry(record: Mapping[str, Any], chapters: list[str | nodes.Node]) -> ledger_entry:
    """The entry of a provision. Takes an item of `records.provisions`."""
    node = ledger_entry("", ids=[record["id"].lower()], classes=["ba-claim", "ba-record"])
    lines = [_line(label, words) for label, words in record["lines"]]
    lines += [_line("Chapters", *chapters)] if chapters else []
    node += [
        _head(record["id"], "", record["facts"]),
        paragraph(record["words"], css="ba-claim-text"),
        facts(lines),
        more("What each coder found in the strategy", [[line] for line in record["codings"]]),
    ]
    return node


def event_entry(record: Mapping[str, Any], chapters: list[str | nodes.Node]) -> ledger_entry:
    """The entry of an event. Takes an item of `records.events`."""
    node = ledger_entry(
        "", ids=[record["id"].lower()], classes=["ba-claim", "ba-record", f"kind-{slug(record['kind'])}"]
    )
    sources: list[list[str | nodes.Node]] = [
        [link(title or publisher, url), (f", {publisher}" if title else "") + (f" ({kind})" if kind else "")]
        for publisher, title, url, kind in record["sources"]
    ]
    shown = ("Actors", "Claims", "Provisions of these claims", "Protest")
    lines = [_line(label, words) for label, words in record["lines"] if label in shown]
    lines += [_line("Chapters", *chapters)] if chapters else []
    others = [_line(label, words) for label, words in record["lines"] if label not in shown]
    node += [
        _head(record["id"], record["kind"], record["facts"]),
        paragraph(record["title"], css="ba-claim-text"),
        paragraph(record["words"]),
        facts([*lines, _line("Sources" if len(sources) > 1 else "Source", *joined(sources))]),
        more("Signals, and how it was verified", others),
    ]
    return node


def joined(found: list[list[str | nodes.Node]]) -> list[str | nodes.Node]:
    """Items in one line, with semicolons between them."""
    return [part for item in found for part in ("; ", *item)][1:]


class _Records(EntriesDirective):
    def tables(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Tables of the staged book, on whose files the page then depends. Unlike evidence they know no last day."""
        folder = Path(self.env.srcdir, "data")
        for name in (*names, "states", "datapackage"):
            self.env.note_dependency(str(folder / f"{name}.{'json' if name == 'datapackage' else 'csv'}"))
        return {name: load(name, folder) for name in names}

    def chapters(self) -> dict[str, dict[str, list[str]]]:
        """Where the chapters of the staged book show each entry."""
        found: dict[str, dict[str, list[str]]] = {}
        for file in sorted(Path(self.env.srcdir, "notebooks").glob("*.ipynb")):
            self.env.note_dependency(str(file))
            for entry_id, where in mentions(json.loads(file.read_text(encoding="utf-8"))).items():
                found.setdefault(entry_id, {})[file.stem] = where
        return found

    def chapter_parts(self, chapters: Mapping[str, list[str]]) -> list[str | nodes.Node]:
        """The chapters of an entry as links that resolve when the book is written."""
        parts: list[str | nodes.Node] = []
        for chapter, where in records.chapter_words(chapters):
            number = chapter.partition("-")[0].lstrip("0") or chapter
            [found], _ = self.state.inline_text(f"[{number}](/notebooks/{chapter}.ipynb)", self.lineno)
            parts += [", " if parts else "", found, f" ({where})"]
        return parts

    def section(self, title: str, *children: nodes.Node) -> nodes.section:
        """A section with an address of its own."""
        name = nodes.fully_normalize_name(title)
        section = nodes.section("", nodes.title("", title), *children, names=[name], ids=[f"of-{slug(title)}"])
        self.state.document.note_implicit_target(section, section)
        return section


class Provisions(_Records):
    """```{provision-entries} becomes the filter, then a section for each part of the statement with its provisions."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        found = records.provisions(self.tables(PROVISIONS))
        places = self.chapters()
        holder = nodes.Element("", word_filter("", noun="provisions"))
        for part, title in labels("provisions", "pillar", Path(self.env.srcdir, "data")).items():
            own = [record for record in found if record["part"] == part]
            holder += self.section(
                title, *(provision_entry(record, self.chapter_parts(places.get(record["id"], {}))) for record in own)
            )
        return self.known(holder.children)


class Events(_Records):
    """```{event-entries} becomes the filter, then a section for each year and in it for each month with its events."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        tables = self.tables(EVENTS)
        states = load("states", Path(self.env.srcdir, "data"))
        found = records.events(tables, dict(zip(states["state"], states["name"], strict=True)))
        places = self.chapters()
        holder = nodes.Element("", word_filter("", noun="events"))
        years: dict[str, dict[str, list[nodes.Node]]] = {}
        for record in found:
            year = record["month"].rpartition(" ")[2]
            entry = event_entry(record, self.chapter_parts(places.get(record["id"], {})))
            years.setdefault(year, {}).setdefault(record["month"], []).append(entry)
        for year, months in years.items():
            count = wording.plural(sum(map(len, months.values())), "event")
            section = self.section(year, paragraph(f"{wording.capital(count)}."))
            section += [self.section(month, *own) for month, own in months.items()]
            holder += section
        return self.known(holder.children)


def visit_filter(translator: Any, node: word_filter) -> None:
    """Write the form; the theme hides it where scripts are off, since without one it could do nothing."""
    translator.body.append(
        f'<form class="ba-filter ba-words pst-js-only" role="search" aria-label="Choose {node["noun"]}" '
        f'data-noun="{node["noun"]}"><label>Words <input type="search" name="words" autocomplete="off"></label>'
        '<button type="reset">Show all</button><output aria-live="polite"></output></form>\n'
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_node(word_filter, html=(visit_filter, None))
    app.add_node(more_fold, html=(visit_fold, depart_fold))
    app.add_directive("provision-entries", Provisions)
    app.add_directive("event-entries", Events)
