"""How pages become Typst markup, by the functions of book/pdf/template.typ; an unknown node stops the build."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from analysis.book.charts import chart_folder
from analysis.book.entries import around
from analysis.book.pdf.text import breakable, column_widths, marked_text, typst_string
from analysis.core.errors import BuildError

# nodes that are a call around what they hold; a block ends its line
INLINE = {"emphasis": "emph", "title_reference": "emph", "strong": "strong", "literal": "literal"}
INLINE |= {"subscript": "sub", "superscript": "super", "citation": "citation"}
BLOCKS = {"ledger_entry": "ledger-entry", "fold": "small"}
ADMONITIONS = ("note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "error", "seealso")
BLOCKS |= {name: name for name in ("admonition", *ADMONITIONS)}
# lists, whose items are arguments
LISTS = {"bullet_list": ("list", {"tight": "false"}), "enumerated_list": ("enum", {})}
LISTS |= {"definition_list": ("definitions", {})}
THROUGH = ("document", "compound", "container", "glossary", "tbody", "tgroup", "target", "download_reference")
# what only a screen can use, marks of the bibliography, and notes, which stand on the page of their call
LEFT_OUT = {"argument_map", "word_filter", "ledger_filter", "verdict_strip"}
LEFT_OUT |= {"comment", "index", "label", "meta", "footnote", "substitution_definition"}
# the first paragraph of these is their text
HOLDERS = (nodes.admonition, nodes.citation, nodes.entry, nodes.footnote, nodes.list_item)

Arguments = Mapping[str, str | None]
NONE: Arguments = {}

logger = logging.getLogger(__name__)


class Writer:
    """Writes the tree of the whole book; every page is one chapter of level 1."""

    def __init__(self, builder: Any, document: nodes.document) -> None:
        self.builder, self.document = builder, document
        self.page = document["docname"]
        self.level = 0
        self.labels = [self.label(f"%{self.page}")]  # those that the next call takes
        self.after_heading = False
        self.footnotes: dict[tuple[str, str], str] = {}
        self.placed: Counter[str] = Counter()  # charts and tables so far, by page
        self.numbered: Counter[tuple[str, str]] = Counter()  # those with a number, by page and kind

    def write(self, node: nodes.Node) -> str:
        """Return the markup of a node. Raises BuildError where it has no form in the PDF."""
        kind = type(node).__name__
        if kind in LEFT_OUT:
            return ""
        if kind in THROUGH:
            self.keep_labels(node)
            return self.inside(node)
        if kind in INLINE:
            text = self.call(INLINE[kind], node)
        elif kind in BLOCKS:
            text = self.call(BLOCKS[kind], node) + "\n"
        elif kind in LISTS:
            name, named = LISTS[kind]
            text = self.call(name, node, named, (self.item(item) for item in node.children), "") + "\n"
        elif write := getattr(self, f"_write_{kind}", None):
            text = write(node)
        else:
            where = f"{self.page}:{node.line}" if node.line else self.page
            raise BuildError(f"the PDF has no form for a node “{kind}” on page {where}")
        if text and kind not in ("section", "start_of_file"):
            self.after_heading = kind == "title"
        return text

    def inside(self, node: nodes.Node) -> str:
        """Return the markup of what a node holds, without a title, which is an argument of its own."""
        parts: list[str] = []
        for child in node.children:
            if isinstance(child, nodes.paragraph) and isinstance(node, HOLDERS) and not any(parts):
                self.keep_labels(child)
                parts.append(self.inside(child))
            elif not (isinstance(child, nodes.title) and isinstance(node, nodes.Admonition)):
                parts.append(self.write(child))
        return "".join(parts)

    def call(
        self, name: str, node: Any, named: Arguments = NONE, positional: Iterable[str] = (), body: str | None = None
    ) -> str:
        """Return a call with the labels that wait, around a body, or where none is given around what a node holds."""
        opening = self.opening(node)
        if isinstance(node, nodes.Admonition) and (title := title_of(node)):
            named = {**named, "title": self.argument(title)}
        text = self.inside(node) if body is None else body
        return opening + code_call(name, named, positional, text, force=name in ("inline", "par"))

    def argument(self, node: Any) -> str:
        """Return what a node holds as an argument in brackets, after the labels that wait."""
        marks = "".join(f"#mlabel({label})" for label in self.take_labels(node))
        return f"[{marks}{lines(self.inside(node))}]"

    def item(self, node: nodes.Node) -> str:
        """Return an item of a list: its text, or a term and its definition."""
        if isinstance(node, nodes.list_item):
            return self.argument(node)
        return code_call("definition", NONE, map(self.argument, node.children))

    def label(self, name: str) -> str:
        """Return a label as a Typst string: %page#name, or %page for a page."""
        return typst_string(name if name.startswith("%") else f"%{self.page}#{name}")

    def keep_labels(self, node: Any) -> None:
        """Let the next call take the labels of a node."""
        self.labels += map(self.label, node["ids"])

    def take_labels(self, node: Any) -> list[str]:
        """Return the labels of a node and those that wait."""
        labels = [*map(self.label, node["ids"]), *self.labels]
        self.labels = []
        return labels

    def opening(self, node: Any) -> str:
        """Return the beginning of a call in markup, with the labels of a node and those that wait."""
        return "#" + "".join(f"mlabel({label})#" for label in self.take_labels(node))

    def _write_start_of_file(self, node: nodes.Element) -> str:
        """Return a page; its headings count from level 1 wherever the contents list it."""
        outer = self.page, self.level
        self.page, self.level = node["docname"], 0
        self.labels.append(self.label(f"%{self.page}"))
        text = self.inside(node)
        self.page, self.level = outer
        return text

    def _write_section(self, node: nodes.Element) -> str:
        self.level += 1
        self.keep_labels(node)
        text = ("#chapter-break()\n" if self.level == 1 else "") + self.inside(node)
        self.level -= 1
        return text

    def _write_title(self, node: nodes.Element) -> str:
        """Return a heading, numbered where the contents number the page."""
        named = {"level": str(self.level)}
        if self.page not in self.builder.env.toc_secnumbers:
            named["numbering"] = "none"
        if self.level == 1 and (part := self.document["parts"].get(self.page)):
            named["supplement"] = f"[{marked_text(part)}]"
        return self.call("heading", node, named) + "\n"

    def _write_Text(self, node: nodes.Text) -> str:
        text = node.astext()
        if isinstance(node.parent, nodes.caption) and node.parent.index(node) == 1 and text.isspace():
            return ""  # the bold beginning of a caption stands on a line of its own
        in_table = isinstance(around(node, (nodes.entry, nodes.section)), nodes.entry)
        return marked_text(breakable(text) if in_table else text)  # in tables long words may break

    def _write_paragraph(self, node: nodes.Element) -> str:
        return self.call("par", node) + "\n"

    def _write_inline(self, node: nodes.Element) -> str:
        classes = ",".join(map(typst_string, node["classes"]))
        return self.call("inline", node, {"classes": f"({classes})"})

    def _write_abbreviation(self, node: nodes.Element) -> str:
        return marked_text(node.astext())

    def _write_block_quote(self, node: nodes.Element) -> str:
        """Return a quotation, or a box where it opens with the bold word Finding or Limits."""
        opening = next((part for part in node.findall(nodes.Text) if part.strip()), None)
        if opening in ("Finding.", "Limits.") and opening is not None and isinstance(opening.parent, nodes.strong):
            return self.call("box-of", node, NONE, [typst_string(opening.rstrip(".").lower())]) + "\n"
        return self.call("quote", node, {"block": "true"}) + "\n"

    def _write_literal_block(self, node: nodes.Element) -> str:
        language = {"ipython3": "python"}.get(node.get("language", ""), node.get("language", "text"))
        text = typst_string(node.astext().rstrip(), keep_lines=True)
        return self.call("raw", node, {"block": "true", "lang": typst_string(language)}, [text], "") + "\n"

    def _write_transition(self, node: nodes.Element) -> str:
        return "" if "footnotes" in node["classes"] else self.call("horizontalrule", node) + "\n"

    def _write_raw(self, node: nodes.Element) -> str:
        """Return raw Typst; raw HTML of a page that the PDF would lose is a warning (an extension's has no line)."""
        text = node.astext()
        lost = node["format"] == "html" and re.sub(r"<!--.*?-->", "", text, flags=re.S).strip()
        if lost and node.line is not None:
            logger.warning("raw HTML has no form in the PDF: %s", text[:60], location=node)
        return f"{text}\n" if "typst" in node["format"].split() else ""

    def _write_math(self, node: nodes.Element) -> str:
        block = isinstance(node, nodes.math_block)
        named = {"block": str(block).lower(), "alt": typst_string(node.astext().strip())}
        if node.get("number"):
            places = self.builder.env.toc_fignumbers.get(self.page, {}).get("displaymath", {})
            numbers = places.get(node["ids"][0], [node["number"]])  # with the chapter's where numfig is on
            named["number"] = typst_string(".".join(map(str, numbers)))
        return self.call("formula", node, named, [f"$ {node['typst']} $"], "") + ("\n" if block else "")

    _write_math_block = _write_math

    def _place(self, kind: str, titled: bool) -> dict[str, str | None]:
        """Return the id of a chart or a table, and its number in a numbered chapter where it has a title."""
        self.placed[self.page] += 1
        number = None
        if titled and (chapter := self.builder.env.toc_secnumbers.get(self.page, {}).get("")):
            self.numbered[self.page, kind] += 1
            number = typst_string(".".join(map(str, (*chapter, self.numbered[self.page, kind]))))
        return {"id": typst_string(f"{self.page}#{self.placed[self.page]}"), "number": number}

    def _write_table(self, node: nodes.Element) -> str:
        """Return a table with the caption it has, if any, and columns that suit their texts."""
        opening = self.opening(node)  # before the labels within
        caption = title_of(node)
        widths = column_widths([[entry.astext() for entry in row] for row in node.findall(nodes.row)])
        named = {
            **self._place("table", caption is not None),
            "columns": f"({', '.join(widths)},)",
            "caption": self.argument(caption) if caption else None,
        }
        cells: list[str] = []
        for rows in node.findall(lambda part: isinstance(part, nodes.thead | nodes.tbody)):
            written = [self._cell(entry) for row in rows.children for entry in row.children]
            cells += [code_call("table.header", NONE, written)] if isinstance(rows, nodes.thead) else written
        return opening + code_call("book-table", named, cells) + "\n"

    def _cell(self, node: Any) -> str:
        named = {
            name: str(1 + node[more])
            for name, more in (("colspan", "morecols"), ("rowspan", "morerows"))
            if more in node
        }
        for side in ("left", "center", "right"):
            if f"text-{side}" in node["classes"]:
                named["align"] = side
        return code_call("table.cell", named, [], self.inside(node), force=True)

    def _chart(self, node: Any, file: str, alt: str, titled: bool, texts: Arguments) -> str:
        named = {
            **self._place("chart", titled),
            "alt": typst_string(alt),
            "after-heading": "true" if self.after_heading else None,
        }
        return self.call("chart", node, {**named, **texts}, [typst_string(file)], "") + "\n"

    def _write_chart(self, node: nodes.Element) -> str:
        """Return a chart: its title and subtitle above the picture, its source and its name below."""
        picture = f"{node['digest']}.svg"
        self.builder.images[str(chart_folder(self.builder.app) / picture)] = picture
        heading = f"#strong[{marked_text(node['heading'])}]" if node["heading"] else ""
        above = " ".join(filter(None, (heading, marked_text(node["subheading"]))))
        texts = {
            "width": f"{node['width'] * 0.75:g}pt",  # 96 px are 72 pt
            "caption": f"[{above}]" if above else None,
            "legend": f"[{marked_text(node['source'])}]" if node["source"] else None,
            "name": typst_string(node["ids"][0]) if node["ids"] else None,
        }
        return self._chart(node, f"/{picture}", node["alt"] or node["heading"], bool(node["heading"]), texts)

    def _write_figure(self, node: nodes.Element) -> str:
        image = next(node.findall(nodes.image))
        width = image.get("width", "")
        texts = {
            type(part).__name__: self.argument(part) for part in node if isinstance(part, nodes.caption | nodes.legend)
        }
        file = f"/{self.builder.images[image['uri']]}"
        texts |= {"width": width} if width.endswith("pt") else {}
        return self._chart(node, file, image.get("alt") or node.astext(), "caption" in texts, texts)

    def _write_image(self, node: nodes.Element) -> str:
        alt = typst_string(node.get("alt") or Path(node["uri"]).stem)
        return self.call("picture", node, {"alt": alt}, [typst_string(f"/{self.builder.images[node['uri']]}")], "")

    def _write_reference(self, node: nodes.Element) -> str:
        if node.get("internal") or "refid" in node:
            return self.call("internal-link", node, NONE, [self.label(node.get("refuri") or node["refid"])])
        return self.call("link", node, NONE, [typst_string(node["refuri"])])

    def _write_footnote_reference(self, node: nodes.Element) -> str:
        """Return a footnote where it is first called; later calls repeat its mark."""
        key = (self.page, node["refid"])
        if key in self.footnotes:
            return f"#footnote(<{self.footnotes[key]}>)"
        page = around(node, addnodes.start_of_file) or self.document
        note = next(part for part in page.findall(nodes.footnote) if node["refid"] in part["ids"])
        self.footnotes[key] = f"note-{len(self.footnotes) + 1}"
        return f"#footnote[{lines(self.inside(note))}]<{self.footnotes[key]}>"


def title_of(node: Any) -> nodes.Element | None:
    """Return the title of a box or a table, where it has one."""
    return next((part for part in node.children if isinstance(part, nodes.title)), None)


def lines(text: str) -> str:
    """Return markup without space around it, on lines of its own where it has several."""
    text = text.strip()
    return f"\n{text}\n" if "\n" in text else text


def code_call(name: str, named: Arguments, positional: Iterable[str], body: str = "", force: bool = False) -> str:
    """Return a call in Typst code; an argument that is None is left out, and an empty body too unless it is forced."""
    arguments = [f"{key}: {value}" for key, value in named.items() if value is not None]
    listed = ", ".join([*arguments, *positional])
    body = lines(body)
    bracketed = f"[{body}]" if body or force else ""
    return f"{name}({listed}){bracketed}" if listed or not bracketed else f"{name}{bracketed}"
