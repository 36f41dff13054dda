"""The data dictionary of the book, made from the schema, and in HTML the tables to take away."""

import ast
import csv
from pathlib import Path
from string import Template
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from latex2mathml.converter import convert
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from analysis.book import tables
from analysis.book.entries import EntriesDirective, folded
from analysis.book.roles import named_text, staged
from analysis.claims import ledger
from analysis.claims.evidence import Evidence
from analysis.core import paths
from analysis.core.errors import ParameterError
from analysis.core.wording import table_in_markdown
from analysis.data import export
from analysis.data.export import Cell, DataTable
from analysis.data.faults import row_of
from analysis.data.schema import Field, TableSchema, read_schema
from analysis.runs import exercises


def parsed(directive: SphinxDirective, markdown: str, titles: bool = False) -> list[nodes.Node]:
    """Return the nodes of a piece of Markdown, which may have headings, where a directive stands."""
    holder = nodes.Element()
    lines = StringList(markdown.splitlines(), directive.get_source_info()[0])
    directive.state.nested_parse(lines, directive.content_offset, holder, match_titles=titles)
    return holder.children


def dictionary_markdown(table: TableSchema) -> str:
    """Return the section of the data dictionary on one table: its meaning, keys and columns, as Markdown."""
    references = {key.field: f"; a {key.target} of {key.table}" for key in table.foreign_keys}
    rows = []
    for field in table.fields:
        allowed = (field.allowed + references.get(field.name, "")).replace("|", "\\|")
        name = f"`{field.name}`" + (" (key)" if field.name in table.primary_key else "")
        rows.append((name, field.description, allowed + ("" if field.required else "; may be empty")))
    columns = table_in_markdown(("column", "meaning", "allowed"), rows)
    files = f"```{{data-files}} {table.name}\n```\n" if table.file.endswith(".csv") else ""
    return f"## {table.title}\n\n`data/{table.file}`. {table.description}\n\n{columns}\n\n{files}"


class data_files(nodes.General, nodes.Element):
    """The downloads of a table: attribute table, its name in the data package."""


def _cell(field: Field, text: str) -> Cell:
    if field.type in ("integer", "number"):
        return export.number_cell(text)
    return export.day_cell(text) if field.type == "date" else export.text_cell(text)


def read_data(table: TableSchema, folder: Path) -> tuple[list[Field], list[list[Cell]]]:
    """Return the columns of a CSV file of the data package in the order of the file, and its rows."""
    with (folder / table.file).open(encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream)
    known = {field.name: field for field in table.fields}
    fields = [known[name] for name in names]
    return fields, [[_cell(field, text) for field, text in zip(fields, row, strict=True)] for row in rows]


def visit_data_files(translator: Any, node: data_files) -> None:
    """Write the data of a table, described by the data package, and the links to them."""
    builder = translator.builder
    page, folder = builder.current_docname, Path(builder.srcdir, "data")
    table = read_schema(folder / "datapackage.json")[node["table"]]
    fields, rows = read_data(table, folder)
    source = f"data/{table.file}, described in data/datapackage.json"
    notes = tables.about(builder.app, page, node.parent["ids"][0], table.title, table.description, source)
    columns = [f"{field.description} Allowed: {field.allowed}." for field in fields]
    data = DataTable([field.name for field in fields], columns, rows, notes)
    lead = f"The table, {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    translator.body.append(tables.write_files(builder.app, page, f"data-{table.name}", data, lead))
    raise nodes.SkipNode


class DataFiles(SphinxDirective):
    """```{data-files} NAME becomes the downloads of a table of the data package, in HTML."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Return the downloads, for HTML alone."""
        return [addnodes.only("", data_files(table=self.arguments[0]), expr="html")]


class DataDictionary(SphinxDirective):
    """```{data-dictionary} becomes a section for each table of data/datapackage.json."""

    def run(self) -> list[nodes.Node]:
        """Return the parsed sections."""
        file = staged(self.env, "data", "datapackage.json")
        described = [table for form in ("csv", "parquet") for table in read_schema(file, form).values()]
        return parsed(self, "\n".join(map(dictionary_markdown, described)), titles=True)


# --- teaching


class ExerciseRole(SphinxRole):
    """{exercise}`name.result` gives the text of a result of the run of an exercise; an unknown one is a warning."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text as a plain text node."""
        file = staged(self.env, "book", "exercises.json")
        answers = exercises.read_answers(file)
        texts = {f"{name}.{result}": text for name, results in answers.items() for result, text in results.items()}
        return named_text(self, texts, "result of an exercise")


class ExerciseCommand(SphinxDirective):
    """```{exercise-command} name becomes the command that does an exercise."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Return the block of code."""
        file = staged(self.env, "book", "exercises.yml")
        known = exercises.read(file)
        [name] = self.arguments
        if name not in known:
            raise self.error(f"there is no exercise “{name}”; known: {', '.join(known)}")
        command = known[name].command
        return [nodes.literal_block(command, command, language="sh")]


class Solution(SphinxDirective):
    """```{solution} folds what stands in it; in the PDF it stands open."""

    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """Return the fold."""
        return [folded("Solution", *parsed(self, "\n".join(self.content)))]


# --- formulas


def visit_math(translator: Any, node: nodes.math) -> None:
    """Write a formula that stands in a line."""
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_displaymath(translator: Any, node: nodes.math_block) -> None:
    """Write a formula that stands alone, in a box that scrolls where it is too wide."""
    formula = convert(node.astext(), display="block")
    translator.body.append(
        f'<div class="ba-scroll ba-math" tabindex="0" role="group" aria-label="Formula">{formula}</div>\n'
    )
    raise nodes.SkipNode


# --- the architecture


# each imports only from those before it
PACKAGES = (
    "core",
    "data",
    "texts",
    "measures",
    "signals",
    "claims",
    "charts",
    "validation",
    "runs",
    "book",
    "release",
    "cli",
)


class Packages(SphinxDirective):
    """```{packages} becomes the list of the packages, each with the first line of its docstring."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        lines = []
        for name in PACKAGES:
            source = (paths.CODE / name / "__init__.py").read_text(encoding="utf-8")
            about = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
            lines.append(f"- **`{name}`**: {about}")
        return parsed(self, "\n".join(lines))


def claim_values(evidence: Evidence, claim_id: str) -> dict[str, Any]:
    """Return what stands of a claim at the places of its way: its row, the decisive check, its outcome, the verdict.

    Raise ParameterError where there is no such claim, or none that checks decide.
    """
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


class WayOfClaim(EntriesDirective):
    """```{way-of-claim} C32 becomes its own text with what stands of the claim for $verdict, $check and the others."""

    has_content: ClassVar[bool] = True
    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Return the parsed text."""
        try:
            values = claim_values(self.evidence(), self.arguments[0])
            return parsed(self, Template("\n".join(self.content)).substitute(values))
        except (ParameterError, KeyError) as error:
            raise self.error(f"{self.arguments[0]}: {error}") from None


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_node(data_files, html=(visit_data_files, None))
    app.add_directive("data-files", DataFiles)
    app.add_directive("data-dictionary", DataDictionary)
    app.add_role("exercise", ExerciseRole())
    app.add_directive("exercise-command", ExerciseCommand)
    app.add_directive("solution", Solution)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    app.add_directive("packages", Packages)
    app.add_directive("way-of-claim", WayOfClaim)
