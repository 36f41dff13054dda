"""The data dictionary of the book, made from the schema."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from analysis.schema import Table, read_schema

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def dictionary_markdown(table: Table) -> str:
    """The section of the data dictionary on one table: its meaning, keys and columns, as Markdown."""
    references = {key.field: f"; a {key.target} of {key.table}" for key in table.foreign_keys}
    rows = []
    for field in table.fields:
        allowed = (field.allowed + references.get(field.name, "")).replace("|", "\\|")
        name = f"`{field.name}`" + (" (key)" if field.name in table.primary_key else "")
        rows.append(f"| {name} | {field.description} | {allowed}{'' if field.required else '; may be empty'} |")
    head = [f"## {table.title}", "", f"`data/{table.file}`. {table.description}", ""]
    return "\n".join([*head, "| column | meaning | allowed |", "|---|---|---|", *rows, ""])


class DataDictionary(SphinxDirective):
    """```{data-dictionary} becomes a section for each table of data/datapackage.json."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The parsed sections."""
        file = Path(self.env.srcdir, "data", "datapackage.json")
        self.env.note_dependency(str(file))
        tables = [table for form in ("csv", "parquet") for table in read_schema(file, form).values()]
        text = "\n".join(dictionary_markdown(table) for table in tables)
        node = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), str(file)), self.content_offset, node, match_titles=True)
        return node.children


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("data-dictionary", DataDictionary)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
