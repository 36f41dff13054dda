"""How a table of the book becomes Typst markup."""

from docutils import nodes
from sphinxcontrib_typstbuilder._writer import BlockMarkupFunction, Table  # type: ignore[import-untyped]

from analysis.book.pdf.text import column_widths


class BookTable(Table):  # type: ignore[misc]
    """A table with the caption it has, if any, and columns that suit their texts."""

    def __init__(self, node: nodes.Element) -> None:
        super().__init__(node)
        rows = [[entry.astext() for entry in row] for row in node.findall(nodes.row)]
        self.widths = column_widths(rows)
        self.place: dict[str, str | None] = {}  # id and number, where it has one

    def to_text(self) -> str:
        """The call that draws the table."""
        call = BlockMarkupFunction(
            name="book-table",
            named_params={
                **self.place,
                "columns": f"({', '.join(self.widths)},)",
                "caption": self.named_params.get("caption"),
            },
            positional_params=self.cells,
            labels=self.labels,
        )
        return str(call.to_text())
