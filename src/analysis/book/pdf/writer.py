"""How the pages of the book become Typst markup: what the builder's own translator leaves out or sets differently.

The markup calls functions of book/pdf/template.typ. A node that no method knows stops the build: nothing of a page may
be missing from the PDF without notice.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util import logging
from sphinxcontrib_typstbuilder._writer import (
    BlockMarkupFunction,
    MarkupArg,
    Table,  # type: ignore[import-untyped]
    TypstTranslator,
    escape_raw_str,
    escape_str,
)

from analysis.book.charts import chart_folder
from analysis.book.pdf.text import breakable, column_widths, marked_text
from analysis.core.errors import BuildError

logger = logging.getLogger(__name__)


class BookTranslator(TypstTranslator):  # type: ignore[misc]
    """Writes the tree of the whole book; every page is one chapter of level 1."""

    def __init__(self, document: nodes.document, builder: Any) -> None:
        super().__init__(document, builder)
        self.sectionlevel = 0
        self.pending_labels: list[str] = []
        self.footnotes: dict[tuple[str, str], str] = {}
        self.placed: Counter[str] = Counter()  # charts and tables so far, by page
        self.numbered: Counter[tuple[str, str]] = Counter()  # those with a number, by page and kind

    def unknown_visit(self, node: nodes.Node) -> None:
        """Stop at a node that has no form in the PDF."""
        where = f"{self.curr_files[-1]}:{node.line}" if node.line else self.curr_files[-1]
        raise BuildError(f"the PDF has no form for a node “{type(node).__name__}” on page {where}")

    def visit_start_of_file(self, node: nodes.Element) -> None:
        """Begin a page; its headings count from level 1 wherever the contents list it."""
        super().visit_start_of_file(node)
        node["outer-level"], self.sectionlevel = self.sectionlevel, 0

    def depart_start_of_file(self, node: nodes.Element) -> None:
        """End a page."""
        super().depart_start_of_file(node)
        self.sectionlevel = node["outer-level"]

    def visit_section(self, node: nodes.Element) -> None:
        """Begin a section."""
        self.sectionlevel += 1
        if self.sectionlevel == 1:
            self.curr_element().body.append("#chapter-break()\n")
        self.add_pending_labels(node["ids"])

    def depart_section(self, _node: nodes.Element) -> None:
        """End a section."""
        self.sectionlevel -= 1

    def visit_title(self, node: nodes.Element) -> None:
        """Begin a heading, numbered where the contents number the page; other titles are the builder's."""
        self.this_is_the_title = False
        if not isinstance(node.parent, nodes.section):
            super().visit_title(node)
            return
        page = self.curr_files[-1]
        parameters: dict[str, str | None] = {"level": str(self.sectionlevel)}
        if page not in self.builder.env.toc_secnumbers:
            parameters["numbering"] = "none"
        if self.sectionlevel == 1 and (part := self.document["parts"].get(page)):
            parameters["supplement"] = f"[{marked_text(part)}]"
        self.append_block_fun(node, name="heading", named_params=parameters)

    # text

    def visit_Text(self, node: nodes.Text) -> None:
        """Write text; in tables long words may break."""
        text = node.astext()
        if isinstance(node.parent, nodes.caption) and node.parent.index(node) == 1 and text.isspace():
            return  # the bold beginning of a caption stands on a line of its own
        cell: nodes.Node | None = node.parent
        while cell is not None and not isinstance(cell, nodes.entry | nodes.section):
            cell = cell.parent
        self.curr_element().body.append(marked_text(breakable(text) if isinstance(cell, nodes.entry) else text))

    def visit_definition_list(self, node: nodes.Element) -> None:
        """Begin a list of terms."""
        self.append_block_fun(node, name="definitions")

    def visit_definition_list_item(self, node: nodes.Element) -> None:
        """Begin a term and its definition."""
        self.append_block_code_fun(node, name="definition")

    def visit_block_quote(self, node: nodes.Element) -> None:
        """Begin a quotation, or a box where it opens with the bold word Finding or Limits."""
        opening = next((part for part in node.findall(nodes.Text) if part.strip()), None)
        if opening in ("Finding.", "Limits.") and opening is not None and isinstance(opening.parent, nodes.strong):
            self.append_block_fun(node, name="box-of", positional_params=[escape_str(opening.rstrip(".").lower())])
        else:
            super().visit_block_quote(node)

    def visit_ledger_entry(self, node: nodes.Element) -> None:
        """Begin a claim or an omission, a place to which other pages can lead."""
        self.append_block_fun(node, name="ledger-entry")

    def depart_ledger_entry(self, _node: nodes.Element) -> None:
        """End a claim or an omission."""
        self.absorb_fun_in_body()

    def visit_fold(self, node: nodes.Element) -> None:
        """Begin what HTML shows folded; on paper it stands open, in small type."""
        self.append_block_fun(node, name="small")

    def depart_fold(self, _node: nodes.Element) -> None:
        """End what HTML shows folded."""
        self.absorb_fun_in_body()

    def visit_ledger_filter(self, node: nodes.Element) -> None:
        """Leave out what only a screen can use: filters, and counts that the text gives as well."""
        raise nodes.SkipNode

    visit_verdict_strip = visit_ledger_filter

    def visit_raw(self, node: nodes.Element) -> None:
        """Pass raw Typst on; raw HTML of a page that the PDF would lose is a warning (an extension's has no line)."""
        if (
            node["format"] == "html"
            and node.line is not None
            and re.sub(r"<!--.*?-->", "", node.astext(), flags=re.S).strip()
        ):
            logger.warning("raw HTML has no form in the PDF: %s", node.astext()[:60], location=node)
        super().visit_raw(node)

    def _formula(self, node: nodes.Element, block: bool) -> None:
        labels = [*self.label_refs(node["ids"]), *self.pending_labels]
        self.pending_labels = []
        parameters = {"block": str(block).lower(), "alt": escape_str(node.astext().strip())}
        if node.get("number"):
            places = self.builder.env.toc_fignumbers.get(self.curr_files[-1], {}).get("displaymath", {})
            numbers = places.get(node["ids"][0], [node["number"]])  # with the chapter's where numfig is on
            parameters["number"] = escape_str(".".join(map(str, numbers)))
        call = BlockMarkupFunction(
            name="formula", named_params=parameters, positional_params=[f"$ {node['typst']} $"], labels=labels
        ).to_text()
        self.curr_element().body.append(call if block else call.rstrip("\n"))
        raise nodes.SkipNode

    def visit_math(self, node: nodes.Element) -> None:
        """Write a formula in a line."""
        self._formula(node, block=False)

    def visit_math_block(self, node: nodes.Element) -> None:
        """Write a formula on its own; only one with a label has a number."""
        self._formula(node, block=True)

    # tables, charts and pictures

    def _place(self, kind: str, titled: bool) -> dict[str, str | None]:
        """The id of a chart or a table, and its number in a numbered chapter where it has a title."""
        page = self.curr_files[-1]
        self.placed[page] += 1
        number = None
        if titled and (chapter := self.builder.env.toc_secnumbers.get(page, {}).get("")):
            self.numbered[page, kind] += 1
            number = escape_str(".".join(map(str, (*chapter, self.numbered[page, kind]))))
        return {"id": escape_str(f"{page}#{self.placed[page]}"), "number": number}

    def visit_table(self, node: nodes.Element) -> None:
        """Begin a table."""
        table = BookTable(node)
        table.place = self._place("table", isinstance(node[0], nodes.title))
        table.labels = self.label_refs(node["ids"]) + self.pending_labels
        self.pending_labels = []
        self.append_el(table)

    def _chart(self, node: nodes.Element, file: str, alt: str, width: str | None, titled: bool) -> None:
        """Begin a chart."""
        before = self.curr_element().body[-1:]
        after_heading = any(re.match(r"#(mlabel\(.*?\)#)*heading\(", text) for text in before)
        parameters = {
            **self._place("chart", titled),
            "alt": escape_str(alt),
            "width": width,
            "after-heading": "true" if after_heading else None,
        }
        self.append_block_fun(node, name="chart", named_params=parameters, positional_params=[escape_raw_str(file)])

    def visit_chart(self, node: nodes.Element) -> None:
        """Write a chart: its title and subtitle above the picture, its source and its name below."""
        picture = f"{node['digest']}.svg"
        self.builder.images[str(chart_folder(self.builder.app) / picture)] = picture
        width = f"{node['width'] * 0.75:g}pt"  # 96 px are 72 pt
        self._chart(node, f"/{picture}", node["alt"] or node["heading"], width, bool(node["heading"]))
        parameters = self.curr_element().named_params
        heading = f"#strong[{marked_text(node['heading'])}]" if node["heading"] else ""
        texts = (heading, *map(marked_text, (node["subheading"], node["caption"])))
        if any(texts):
            parameters["caption"] = f"[{' '.join(filter(None, texts))}]"
        if node["source"]:
            parameters["legend"] = f"[{marked_text(node['source'])}]"
        if node["ids"]:
            parameters["name"] = escape_str(node["ids"][0])
        self.absorb_fun_in_body()
        raise nodes.SkipNode

    def visit_figure(self, node: nodes.Element) -> None:
        """Begin another picture with a caption."""
        image = next(node.findall(nodes.image))
        width = image.get("width", "")
        alt = image.get("alt") or node.astext()
        titled = next(node.findall(nodes.caption), None) is not None
        file = f"/{self.builder.images[image['uri']]}"
        self._chart(node, file, alt, width if width.endswith("pt") else None, titled)

    def visit_image(self, node: nodes.Element) -> None:
        """Write a picture outside of a figure, never wider than the text."""
        if not isinstance(node.parent, nodes.figure):
            self.append_inline_fun(
                node,
                name="picture",
                named_params={"alt": escape_str(node.get("alt") or Path(node["uri"]).stem)},
                positional_params=[escape_raw_str("/" + self.builder.images[node["uri"]])],
            )
            self.absorb_fun_in_body()
        raise nodes.SkipNode

    def visit_legend(self, node: nodes.Element) -> None:
        """Begin what stands below a figure."""
        self.append_markup_arg(node)

    def depart_legend(self, _node: nodes.Element) -> None:
        """End what stands below a figure."""
        legend = self.pop_el()
        self.curr_element().named_params["legend"] = legend

    def visit_literal_block(self, node: nodes.Element) -> None:
        """Write a block of code or output, without empty lines at its end."""
        node.children = [nodes.Text(node.astext().rstrip())]
        node["language"] = {"ipython3": "python"}.get(node.get("language", ""), node.get("language", "text"))
        super().visit_literal_block(node)

    # notes and references

    def visit_footnote_reference(self, node: nodes.Element) -> None:
        """Write a footnote where it is first called; later calls repeat its mark."""
        key = (self.curr_files[-1], node["refid"])
        if key in self.footnotes:
            self.curr_element().body.append(f"#footnote(<{self.footnotes[key]}>)")
            raise nodes.SkipNode
        page: nodes.Node = node
        while page.parent is not None and type(page).__name__ != "start_of_file":
            page = page.parent
        note = next(found for found in page.findall(nodes.footnote) if node["refid"] in found["ids"])
        self.footnotes[key] = f"note-{len(self.footnotes) + 1}"
        self.append_el(MarkupArg())
        for child in note:
            if not isinstance(child, nodes.label):
                child.walkabout(self)
        text = self.pop_el()
        self.curr_element().body.append(f"#footnote{text}<{self.footnotes[key]}>")
        raise nodes.SkipNode

    def visit_transition(self, node: nodes.Element) -> None:
        """Write a rule, but not the one before a list of footnotes."""
        if "footnotes" in node["classes"]:
            raise nodes.SkipNode
        super().visit_transition(node)

    def visit_footnote(self, node: nodes.Element) -> None:
        """Leave out the list of notes (each stands on the page of its call) and the marks of bibliography entries."""
        raise nodes.SkipNode

    visit_label = visit_meta = visit_footnote

    def visit_download_reference(self, node: nodes.Element) -> None:
        """Write only the text of a link to a file of the HTML book."""


# --- tables


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
