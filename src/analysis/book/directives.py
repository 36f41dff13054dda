"""The data dictionary of the book, made from the schema, and in HTML the tables to take away."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from analysis.book import table_nodes
from analysis.core.wording import table_in_markdown
from analysis.data import export
from analysis.data.export import Cell, DataTable
from analysis.data.schema import Field, Table, read_schema

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def dictionary_markdown(table: Table) -> str:
    """The section of the data dictionary on one table: its meaning, keys and columns, as Markdown."""
    references = {key.field: f"; a {key.target} of {key.table}" for key in table.foreign_keys}
    rows = []
    for field in table.fields:
        allowed = (field.allowed + references.get(field.name, "")).replace("|", "\\|")
        name = f"`{field.name}`" + (" (key)" if field.name in table.primary_key else "")
        rows.append((name, field.description, allowed + ("" if field.required else "; may be empty")))
    columns = table_in_markdown(("column", "meaning", "allowed"), rows)
    return f"## {table.title}\n\n`data/{table.file}`. {table.description}\n\n{columns}\n"


def _files_markdown(table: Table) -> str:
    return f"```{{data-files}} {table.name}\n```\n" if table.file.endswith(".csv") else ""


class data_files(nodes.General, nodes.Element):
    """The downloads of a table: attribute table, its name in the data package."""


def _cell(field: Field, text: str) -> Cell:
    if field.type in ("integer", "number"):
        return export.number_cell(text)
    return export.day_cell(text) if field.type == "date" else export.text_cell(text)


def read_data(table: Table, folder: Path) -> tuple[list[Field], list[list[Cell]]]:
    """The columns of a CSV file of the data package in the order of the file, and its rows."""
    with (folder / table.file).open(encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream)
    known = {field.name: field for field in table.fields}
    fields = [known[name] for name in names]
    return fields, [[_cell(field, text) for field, text in zip(fields, row, strict=True)] for row in rows]


def visit_data_files(translator: Any, node: data_files) -> None:
    """Write the data of a table, described by the data package, and the links to them."""
    builder = translator.builder
    folder = Path(builder.srcdir, "data")
    table = read_schema(folder / "datapackage.json")[node["table"]]
    fields, rows = read_data(table, folder)
    said = table_nodes.about(
        builder.app,
        builder.current_docname,
        node.parent["ids"][0],
        table.title,
        table.description,
        f"data/{table.file}, described in data/datapackage.json",
    )
    columns = [f"{field.description} Allowed: {field.allowed}." for field in fields]
    made = DataTable([field.name for field in fields], columns, rows, said)
    lead = f"The table, {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    links = table_nodes.write_files(builder.app, builder.current_docname, f"data-{table.name}", made, lead)
    translator.body.append(f"{links}\n")
    raise nodes.SkipNode


class DataFiles(SphinxDirective):
    """```{data-files} NAME becomes the downloads of a table of the data package, in HTML."""

    has_content: ClassVar[bool] = False
    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """The downloads, for HTML alone."""
        return [addnodes.only("", data_files(table=self.arguments[0]), expr="html")]


class DataDictionary(SphinxDirective):
    """```{data-dictionary} becomes a section for each table of data/datapackage.json."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The parsed sections."""
        file = Path(self.env.srcdir, "data", "datapackage.json")
        self.env.note_dependency(str(file))
        tables = [table for form in ("csv", "parquet") for table in read_schema(file, form).values()]
        text = "\n".join(f"{dictionary_markdown(table)}\n{_files_markdown(table)}" for table in tables)
        node = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), str(file)), self.content_offset, node, match_titles=True)
        return node.children


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(data_files, html=(visit_data_files, None))
    app.add_directive("data-files", DataFiles)
    app.add_directive("data-dictionary", DataDictionary)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
