"""Roles and directives of the pages, from named results to the data dictionary, and what the theme needs."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd
from docutils import nodes
from docutils.parsers.rst.roles import CustomRole, generic_custom_role
from docutils.utils.smartquotes import smartchars
from latex2mathml.converter import convert
from pybtex.plugin import register_plugin
from pybtex.style import template
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.plain import Style as PlainStyle
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from analysis.book import tables
from analysis.book.entries import evidence_of, folded, parsed
from analysis.book.html import Context, add_directive, add_node, on_finish, render, staged
from analysis.claims import ledger
from analysis.claims.evidence import Evidence
from analysis.core.errors import ParameterError
from analysis.core.wording import day, in_markdown, listing, table_in_markdown
from analysis.data import export
from analysis.data.faults import close_matches, row_of
from analysis.data.schema import TableSchema, read_schema
from analysis.data.tables import load
from analysis.runs import exercises
from analysis.runs.notebooks import RESULTS

FONTS = ("Inter-Regular.woff2", "Inter-SemiBold.woff2")

logger = logging.getLogger(__name__)


class TextRole(SphinxRole):
    """A role that gives the text of a name, such as {result}`chapter.name`: of a noun, from texts by group and name."""

    def __init__(self, noun: str, read: Callable[[Any], Mapping[str, Mapping[str, str]]]) -> None:
        super().__init__()
        self.noun, self.read = noun, read

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text as a plain text node, the same for HTML and PDF; the warning gives the nearest names."""
        groups = self.read(self.env)
        texts = {f"{group}.{name}": text for group, named in groups.items() for name, text in named.items()}
        if self.text in texts:
            return [nodes.Text(texts[self.text])], []
        near = close_matches(self.text, list(texts))
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        logger.warning("unknown %s “%s”%s", self.noun, self.text, hint, location=self.get_location())
        return [nodes.problematic(self.rawtext, self.text)], []


def result_texts(env: Any) -> dict[str, dict[str, str]]:
    """Return the texts of the named results, by chapter and name."""
    results = json.loads(staged(env, RESULTS).read_text(encoding="utf-8"))
    return {chapter: {name: entry["text"] for name, entry in named.items()} for chapter, named in results.items()}


class BibliographyStyle(PlainStyle):  # type: ignore[misc]
    """Entries by author, with titles as they stand, full dates, and notes as sentences."""

    def format_title(self, e: Any, which_field: str, as_sentence: bool = True) -> Any:
        """Return the title; unlike other styles this one leaves names in capitals."""
        return template.sentence[template.field(which_field)] if as_sentence else template.field(which_field)

    def get_misc_template(self, e: Any) -> Any:
        """Return web pages and all that has no form of its own."""
        day = template.first_of[template.optional_field("date"), template.optional_field("year")]
        house = template.first_of[template.optional_field("organization"), template.optional_field("institution")]
        return toplevel[
            template.optional[template.sentence[self.format_names("author")]],
            self.format_title(e, "title"),
            template.sentence[house, day],
            template.sentence(capfirst=True)[template.optional_field("note")],
            self.format_web_refs(e),
        ]

    get_techreport_template = get_misc_template


def drop_icon_script(_app: Sphinx, folder: Path) -> None:
    """Take the theme's script of icons, 1.5 MB, out of a finished book: its style sheet draws the same icons."""
    for file in folder.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"<script[^>]*/fontawesome\.js[^>]*></script>\n?", "", text), encoding="utf-8")
    for file in (folder / "_static" / "scripts").glob("fontawesome.js*"):
        file.unlink()


def settle_early(_app: Sphinx, _page: str, _template: str, context: Context, _tree: nodes.document | None) -> None:
    """Settle light or dark, and ask for the fonts, before the first line is drawn; the theme does both later."""
    files = [context["pathto"](f"_static/fonts/{name}", 1) for name in FONTS]
    context["metatags"] = context.get("metatags", "") + render("early", files=files)


def completeness_markdown(rows: pd.DataFrame) -> str:
    """Return what a table holds of the world as a list in Markdown, from its rows of the table completeness."""
    lines = []
    for row in rows.to_dict("records"):
        if row["status"] == "own":
            continue
        days = "" if pd.isna(row["first"]) else f" from {day(row['first'])} to {day(row['last'])}"
        what = f"{row['column']} {listing(row['values'])}" if row["column"] else "all rows"
        pairs = f", {listing(row['dyads'])}" if row["dyads"] else ""
        recall = "" if pd.isna(row["of"]) else f" Recall: {row['found']} of {row['of']} ({row['benchmark']})."
        note = f" {row['note']}" if row["note"] else ""
        word = "**Complete**" if row["status"] == "complete" else "*A selection*"
        lines.append(f"- {word}{days}: {in_markdown(what + pairs)}.{in_markdown(recall + note)}")
    return "\n".join(lines)


def dictionary_markdown(table: TableSchema, holds: str = "") -> str:
    """Return the section of the data dictionary on one table: its meaning, keys and columns, as Markdown.

    holds: what it holds of the world (`completeness_markdown`).
    """
    references = {key.field: f"; a {key.target} of {key.table}" for key in table.foreign_keys}
    rows = []
    for field in table.fields:
        allowed = (field.allowed + references.get(field.name, "")).replace("|", "\\|")
        name = f"`{field.name}`" + (" (key)" if field.name in table.primary_key else "")
        rows.append((name, field.description, allowed + ("" if field.required else "; may be empty")))
    columns = table_in_markdown(("column", "meaning", "allowed"), rows)
    files = f"```{{data-files}} {table.name}\n```\n" if table.file.endswith(".csv") else ""
    holds = f"{holds}\n\n" if holds else ""
    return f"## {table.title}\n\n`data/{table.file}`. {table.description}\n\n{holds}{columns}\n\n{files}"


class data_files(nodes.General, nodes.Element):
    """The downloads of a table: attribute table, its name in the data package."""


def data_table(table: TableSchema, folder: Path, notes: export.About) -> export.DataTable:
    """Return a CSV file of the data package as a table to write, its columns in the order of the file."""
    texts = pd.read_csv(folder / table.file, dtype=str, keep_default_na=False)
    names = list(map(str, texts))
    known = {field.name: field for field in table.fields}
    fields = [known[name] for name in names]
    cell_of = {"integer": export.number_cell, "number": export.number_cell, "date": export.day_cell}
    makers = [cell_of.get(field.type, export.text_cell) for field in fields]
    rows = [[make(text) for make, text in zip(makers, row, strict=True)] for row in texts.to_numpy()]
    columns = [f"{field.description} Allowed: {field.allowed}." for field in fields]
    return export.DataTable(names, columns, rows, notes)


def file_values(builder: Any, node: data_files) -> dict[str, Any]:
    """Write the data of a table, described by the data package; return what the links to them say."""
    page, folder = builder.current_docname, Path(builder.srcdir, "data")
    table = read_schema(folder / "datapackage.json")[node["table"]]
    source = f"data/{table.file}, described in data/datapackage.json"
    notes = tables.about(builder.app, page, node.parent["ids"][0], table.title, table.description, source)
    if table.licence:
        cite = notes.cite.replace("Data under CC BY 4.0.", f"This table under {table.licence.partition(',')[0]}.")
        notes = replace(notes, licence=table.licence, cite=cite)
    data = data_table(table, folder, notes)
    lead = f"The table, {len(data.rows)} {'row' if len(data.rows) == 1 else 'rows'}"
    return tables.write_files(builder.app, page, f"data-{table.name}", data, lead)


def table_downloads(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the downloads of a table of the data package, for HTML alone."""
    return [addnodes.only("", data_files(table=directive.arguments[0]), expr="html")]


def data_dictionary(directive: SphinxDirective) -> list[nodes.Node]:
    """Return a section for each table of data/datapackage.json."""
    file = staged(directive.env, "data", "datapackage.json")
    described = [table for form in ("csv", "parquet") for table in read_schema(file, form).values()]
    declared = load("completeness", file.parent)
    holds = {str(name): completeness_markdown(rows) for name, rows in declared.groupby("table")}
    sections = [dictionary_markdown(table, holds.get(table.name, "")) for table in described]
    return parsed(directive, "\n".join(sections), titles=True)


def protocol_markdown(coders: pd.DataFrame, texts: pd.DataFrame, titles: Mapping[str, str]) -> str:
    """Return who coded as a list in Markdown: an item for each table and round, from the tables coders and coded_texts.

    titles: those of the tables. Coders of whom the same is on record stand together.
    """
    lines = []
    for (table, number), of_round in coders.groupby(["table", "round"], observed=True, sort=False):
        lines.append(f"- **{titles[str(table)]}, round {number}**")
        given = texts[(texts["table"] == table) & (texts["round"] == number)]
        for what, rows in given.astype(str).groupby(["given", "first_unit", "last_unit"], sort=False):
            beside = listing([f"`{name}`" for name in rows["document_id"] if name])
            units = f"{what[1]} to {what[2]}" + (f", beside {beside}" if beside else "")
            lines.append(f"  - *Units:* {units}; given: {in_markdown(str(what[0]))}.")
        about = [name for name in coders if name not in ("table", "round", "coder")]
        for _, same in of_round.groupby(about, observed=True, sort=False):
            row = {str(name): in_markdown(str(cell)) for name, cell in same.iloc[0].items()}
            who = f"{'Coders' if len(same) > 1 else 'Coder'} {listing(list(same['coder']))}"
            lines += [
                f"  - *{who}:* {row['kind']}; family: {row['family']}; version: {row['version']}.",
                f"  - *Instructed by:* {row['instructions']}. *Saw:* {row['saw']}. *Blind to:* {row['blind_to']}.",
                f"  - *On record by* {day(same['recorded'].iloc[0])}. "
                f"*Not recorded:* {row['not_recorded'] or 'nothing else'}. {row['remarks']}".rstrip(),
            ]
    return "\n".join(lines)


def coding_protocol(directive: SphinxDirective) -> list[nodes.Node]:
    """Return who coded, from the tables coders and coded_texts."""
    file = staged(directive.env, "data", "datapackage.json")
    titles = {name: table.title for name, table in read_schema(file).items()}
    coders, texts = (load(name, file.parent) for name in ("coders", "coded_texts"))
    return parsed(directive, protocol_markdown(coders, texts, titles))


def answer_texts(env: Any) -> dict[str, dict[str, str]]:
    """Return the texts of the results of the runs of the exercises, by exercise and name."""
    return exercises.read_answers(staged(env, "book", "exercises.json"))


def exercise_command(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the command that does an exercise, as a block of code."""
    known = exercises.read(staged(directive.env, "book", "exercises.yml"))
    [name] = directive.arguments
    if name not in known:
        raise directive.error(f"there is no exercise “{name}”; known: {', '.join(known)}")
    command = known[name].command
    return [nodes.literal_block(command, command, language="sh")]


def solution(directive: SphinxDirective) -> list[nodes.Node]:
    """Return a fold of what stands in the block; in the PDF it stands open."""
    return [folded("Solution", *parsed(directive, "\n".join(directive.content)))]


def visit_formula(translator: Any, node: nodes.Element) -> None:
    """Write a formula; one that stands alone in a box that scrolls where it is too wide."""
    alone = isinstance(node, nodes.math_block)
    formula = convert(node.astext(), display="block" if alone else "inline")
    box = '<div class="ba-scroll ba-math" tabindex="0" role="group" aria-label="Formula">{}</div>\n'
    translator.body.append(box.format(formula) if alone else formula)
    raise nodes.SkipNode


def claim_values(evidence: Evidence, claim_id: str) -> dict[str, Any]:
    """Return what stands of a claim at the places of its way. Raise ParameterError where no check decides it."""
    evidence.rows("claims", "claim_id", [claim_id])
    claims, checked = evidence.table("claims"), ledger.outcomes(evidence, [claim_id])
    if checked.empty:
        raise ParameterError(f"{claim_id} is judged, and no check decides it")
    [claim] = claims[claims["claim_id"] == claim_id].itertuples()
    decisive = ledger.decisive(checked).iloc[0]
    rows = evidence.table("checks")
    here = (rows["entry_id"] == claim_id) & (rows["check_no"] == decisive["check_no"])
    return {
        "id": claim_id,
        "claim": claim.claim,
        "claim_row": row_of(claim.Index),
        "check": decisive["check"],
        "arguments": decisive["arguments"],
        "check_row": row_of(rows.index[here][0]),
        "part": decisive["part"],
        "expected": decisive["expected"],
        "found": decisive["found"],
        "verdict": ledger.verdict_of(checked),
    }


def way_of_claim(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the text in the block with what stands of a claim for $verdict, $check and the others."""
    try:
        values = claim_values(evidence_of(directive.env), directive.arguments[0])
        return parsed(directive, Template("\n".join(directive.content)).substitute(values))
    except (ParameterError, KeyError) as error:
        raise directive.error(f"{directive.arguments[0]}: {error}") from None


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    add_node(app, data_files, "table-files", file_values)
    add_directive(app, "data-files", table_downloads, arguments=1)
    add_directive(app, "data-dictionary", data_dictionary)
    add_directive(app, "coding-protocol", coding_protocol)
    app.add_role("exercise", TextRole("result of an exercise", answer_texts))
    add_directive(app, "exercise-command", exercise_command, arguments=1)
    add_directive(app, "solution", solution, content=True)
    app.add_html_math_renderer("mathml", (visit_formula, None), (visit_formula, None))
    add_directive(app, "way-of-claim", way_of_claim, arguments=1, content=True)
    for name in ("citation_line", "book_day"):
        app.add_config_value(name, "", "html", str)
    for name in ("book_subtitle", "book_code"):
        app.add_config_value(name, "", "env", str)
    app.add_role("result", TextRole("result", result_texts))
    for language in ("ja", "zh"):  # of a name, for its glyphs and for screen readers; it becomes the attribute lang
        options = {"class": [f"language-{language}"]}
        role = CustomRole(language, generic_custom_role, options)  # type: ignore[arg-type]
        app.add_role(language, role)
    smartchars.quotes.setdefault("zh", "“”‘’")  # whole paragraphs are in Chinese, and docutils knows no marks for it
    register_plugin("pybtex.style.formatting", "book", BibliographyStyle, force=True)
    app.connect("html-page-context", settle_early)
    on_finish(app, drop_icon_script)
