"""The provisions of the statement and the events as entries of the book, with what belongs to each, both ways.

An entry names its claims, events and chapters by their ids, which `analysis.book.links` makes links.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from docutils import nodes
from sphinx.application import Sphinx

from analysis.book import html
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
    titled_section,
    visit_fold,
)
from analysis.book.links import mentions
from analysis.claims import records
from analysis.core import wording
from analysis.data.schema import read_schema
from analysis.data.tables import labels, load


class word_filter(entry_filter):
    """The field that chooses entries by their words: attribute noun, what they are."""


class more_fold(fold):
    """A fold that only a screen shows: the PDF would grow by pages that nobody reads through."""


def _head(entry_id: str, kind: str, facts: list[str]) -> nodes.paragraph:
    line = nodes.inline("", " · ".join(facts), classes=["ba-facts"])
    label: list[str | nodes.Node] = [nodes.strong("", kind, classes=["ba-kind"]), " "] if kind else []
    return paragraph(own_link(entry_id), " ", *label, line, css="ba-claim-head")


def _line(label: str, *parts: str | nodes.Node) -> list[str | nodes.Node]:
    return [strong(f"{label}: "), *parts]


def facts(lines: list[list[str | nodes.Node]]) -> nodes.paragraph:
    """Return lines in one paragraph: HTML sets each on a line of its own, the PDF one after another."""
    parts: list[str | nodes.Node] = []
    for line in lines:
        inline = nodes.inline("", "", *paragraph(*line).children, classes=["ba-line"])
        parts += [inline, ". "]
    return paragraph(*parts[:-1], css="ba-lines")


def more(summary: str, lines: list[list[str | nodes.Node]]) -> more_fold:
    """Return a list under a summary, on screen only."""
    node = more_fold("", items(lines))
    node["summary"] = summary
    return node


def provision_entry(record: Mapping[str, Any], chapters: list[str | nodes.Node]) -> ledger_entry:
    """Return the entry of a provision. Takes an item of `records.provisions`."""
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
    """Return the entry of an event. Takes an item of `records.events`."""
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


def joined(parts_of_items: list[list[str | nodes.Node]]) -> list[str | nodes.Node]:
    """Return items in one line, with semicolons between them."""
    return [part for item in parts_of_items for part in ("; ", *item)][1:]


class _Records(EntriesDirective):
    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the staged book; unlike evidence they know no last day."""
        folder = self.data()
        return {name: load(name, folder) for name in read_schema(folder / "datapackage.json")}

    def chapters(self) -> dict[str, dict[str, list[str]]]:
        """Return where the chapters of the staged book show each entry."""
        places: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for file in sorted(Path(self.env.srcdir, "notebooks").glob("*.ipynb")):
            self.env.note_dependency(str(file))
            for entry_id, where in mentions(json.loads(file.read_text(encoding="utf-8"))).items():
                places[entry_id][file.stem] = where
        return places

    def chapter_parts(self, chapters: Mapping[str, list[str]]) -> list[str | nodes.Node]:
        """Return the chapters of an entry as links that resolve when the book is written."""
        parts: list[str | nodes.Node] = []
        for chapter, where in records.chapter_words(chapters):
            number = chapter.partition("-")[0].lstrip("0") or chapter
            [chapter_link], _ = self.state.inline_text(f"[{number}](/notebooks/{chapter}.ipynb)", self.lineno)
            parts += [", " if parts else "", chapter_link, f" ({where})"]
        return parts

    def section(self, title: str, *children: nodes.Node) -> nodes.section:
        """Return a section with an address of its own."""
        return titled_section(self, title, *children, ids=[f"of-{slug(title)}"])


class Provisions(_Records):
    """```{provision-entries} becomes the filter, then a section for each part of the statement with its provisions."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        provisions, places = records.provisions(self.tables()), self.chapters()
        holder = nodes.Element("", word_filter("", noun="provisions"))
        for part, title in labels("provisions", "pillar", Path(self.env.srcdir, "data")).items():
            entries = [
                provision_entry(record, self.chapter_parts(places[record["id"]]))
                for record in provisions
                if record["part"] == part
            ]
            holder += self.section(title, *entries)
        return self.known(holder.children)


class Events(_Records):
    """```{event-entries} becomes the filter, then a section for each year and in it for each month with its events."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        tables, places = self.tables(), self.chapters()
        states = tables["states"]
        names = dict(zip(states["state"], states["name"], strict=True))
        holder = nodes.Element("", word_filter("", noun="events"))
        years: dict[str, dict[str, list[nodes.Node]]] = defaultdict(lambda: defaultdict(list))
        for record in records.events(tables, names):
            entry = event_entry(record, self.chapter_parts(places[record["id"]]))
            years[record["month"].rpartition(" ")[2]][record["month"]].append(entry)
        for year, months in years.items():
            count = wording.plural(sum(map(len, months.values())), "event")
            section = self.section(year, paragraph(f"{wording.capital(count)}."))
            section += [self.section(month, *entries) for month, entries in months.items()]
            holder += section
        return self.known(holder.children)


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    html.add_node(app, word_filter, "word-filter", lambda _builder, node: {"noun": node["noun"]})
    app.add_node(more_fold, html=(visit_fold, depart_fold))
    app.add_directive("provision-entries", Provisions)
    app.add_directive("event-entries", Events)
