"""What the PDF needs apart from its builder: formulas, widths of columns, texts in Typst, changes of the tree."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt
import pypandoc
from docutils import nodes

from analysis.core.errors import BuildError

HIDDEN = ("input", "input+output", "all")
LINE = 104  # letters of table text that a line of the page holds, about
PADDING = 2.2  # letters that the space between columns takes
SIGNS = (("ijlI.,:;’'|!", 0.5), (" ftr()[]“”/1", 0.65), ("-sczJ", 0.9), ("0123456789", 1.15), ("mwMW%", 1.6))
WIDTHS = {sign: width for signs, width in reversed(SIGNS) for sign in signs}
NARROW_PADDING = 1.6  # the same in a table of many columns
HEAD = 12.0  # letters of a head that get a line even if the texts below are shorter
LONG_WORD = 17.0  # longer words may break
SEPARATOR = "SEPARATORSEPARATOR"

Numbers = npt.NDArray[np.float64]


def typst_formulas(formulas: Sequence[str]) -> list[str]:
    """Return formulas in LaTeX as Typst formulas without dollar signs. Raises BuildError where one cannot be read."""
    if not formulas:
        return []
    marked = [text if text.startswith("\\begin{") else f"\\({text}\\)" for text in formulas]
    try:
        converted = pypandoc.convert_text(
            f"\n\n{SEPARATOR}\n\n".join(marked),
            "typst",
            "latex",
            extra_args=["--wrap=none", "--fail-if-warnings", "--sandbox"],
        )
    except RuntimeError as error:
        raise BuildError(f"a formula cannot be set in the PDF: {error}") from error
    return [text.strip().removeprefix("$").removesuffix("$").strip() for text in converted.split(SEPARATOR)]


def _length(text: str) -> float:
    """Return the length of a text set in Inter in letters of middle width: Chinese and Japanese ones count double."""
    return sum(
        2.0 if unicodedata.east_asian_width(sign) in "WF" else WIDTHS.get(sign, 1.2 if sign.isupper() else 1.0)
        for sign in text
    )


def column_widths(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return Typst widths of the columns of a table of texts (its head first).

    A table that fits on the line keeps its natural widths. In a wider one each column gets what its longest word needs,
    and the rest is dealt out so that the table has as few lines as possible.
    """
    line = LINE if len(rows[0]) <= 5 else LINE * 1.08  # tables of many columns are set smaller
    columns = list(zip(*rows, strict=True))
    padding = PADDING if len(rows[0]) <= 7 else NARROW_PADDING
    line -= padding * len(columns)
    lengths = np.array([[_length(cell) for cell in column] for column in columns])
    if lengths.max(axis=1).sum() <= line:
        return ["auto"] * len(columns)
    words = [max((_length(word) for cell in column for word in cell.split()), default=1.0) for column in columns]
    # a head may take two lines
    widths = np.array(
        [max(3.0, min(word, LONG_WORD), min(0.6 * head, HEAD)) for word, head in zip(words, lengths[:, 0], strict=True)]
    )
    if widths.sum() < line:
        widths = _widened(widths, lengths, line)
    return [f"{width + padding:.1f}fr" for width in widths]


def _widened(widths: Numbers, lengths: Numbers, line: float) -> Numbers:
    """Return widths of columns with the rest of the line given, by steps, to the column that saves most lines.

    widths: what each column needs at least; lengths: of the texts, a row for each column.
    """
    widths, longest = widths.copy(), lengths.max(axis=1)
    while (spare := line - widths.sum()) >= 1:
        lines = np.ceil(lengths / widths[:, None])
        best, chosen, width = 0.0, -1, 0.0
        for column in range(len(widths)):
            others = np.delete(lines, column, axis=0).max(axis=0, initial=1.0)
            now = np.maximum(others, lines[column]).sum()
            for step in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0):
                step = min(step, spare)
                saved = now - np.maximum(others, np.ceil(lengths[column] / (widths[column] + step))).sum()
                if saved / step > best:
                    best, chosen, width = saved / step, column, step
        if chosen < 0:  # no step saves a line: the rest goes to those whose texts are longer than a line
            wish = np.maximum(0.0, longest - widths)
            return np.asarray(widths + spare * (wish / wish.sum() if wish.sum() else 1.0 / len(widths)))
        widths[chosen] += width
    return widths


def breakable(text: str) -> str:
    """Return a text with places to break in words too long for a column, after punctuation as in addresses."""
    return re.sub(r"\S{17,}", lambda word: re.sub(r"(?<=[/_.=&?:,-])(?=\w)", "\u200b", word[0]), text)


def typst_string(text: str, keep_lines: bool = False) -> str:
    """Return a text as a Typst string, in one line unless its lines are kept."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    for sign, escape in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(sign, escape if keep_lines else " ")
    return f'"{text}"'


def marked_text(text: str) -> str:
    """Return a text as Typst strings; Chinese that Japanese encodings lack is marked, to get its own glyphs."""
    marked = []
    for part in filter(None, re.split(r"([\u3400-\u9fff]+)", text)):
        chinese = re.match("[\u3400-\u9fff]", part) and b"?" in part.encode("cp932", "replace")
        marked.append(f'#text(lang: "zh", {typst_string(part)})' if chinese else f"#{typst_string(part)}")
    return "".join(marked)


def prepare(document: Any) -> None:
    """Change the tree of the whole book where the PDF wants another form.

    Code of hidden inputs and cells that only record results go; an emphasised paragraph before a table becomes its
    caption; several terms of one definition become one; formulas get their Typst form as the attribute `typst`.
    """
    for cell in [node for node in document.findall(nodes.container) if node.get("nb_element") == "cell_code"]:
        raws = list(cell.findall(nodes.raw))
        if raws and all(raw["format"] == "none" for raw in raws):
            cell.parent.remove(cell)
        elif cell.get("hide_mode") in HIDDEN and cell[0].get("nb_element") == "cell_code_source":
            del cell[0]
    for table in list(document.findall(nodes.table)):
        place = table.parent.index(table)
        before = table.parent[place - 1] if place else None
        if isinstance(before, nodes.paragraph) and [type(part) for part in before] == [nodes.emphasis]:
            table.insert(0, nodes.title("", "", *before[0].children))
            before.parent.remove(before)
    for item in document.findall(nodes.definition_list_item):
        first, *others = [term for term in item if isinstance(term, nodes.term)]
        for term in others:
            first.extend([nodes.Text(", "), *term.children])
            first["ids"] += term["ids"]
            item.remove(term)
    formulas: list[nodes.Element] = list(document.findall(nodes.math)) + list(document.findall(nodes.math_block))
    for node, converted in zip(formulas, typst_formulas([node.astext().strip() for node in formulas]), strict=True):
        node["typst"] = converted


def readable_address(address: str) -> str:
    """Return an address with letters outside of ASCII in place of their percent signs, where these are UTF-8."""

    def letters(codes: re.Match[str]) -> str:
        try:
            text = unquote(codes[0], errors="strict")
        except UnicodeDecodeError:
            return codes[0]
        return "".join(sign if sign.isprintable() else quote(sign) for sign in text)

    return re.sub(r"(?:%[89A-Fa-f][0-9A-Fa-f])+", letters, address)


def show_addresses(document: nodes.document) -> None:
    """Show links whose text is their address with the address as people read it."""
    for link in document.findall(nodes.reference):
        address = link.get("refuri", "")
        if "%" in address and link.astext() == address:
            link.children = []
            link += nodes.Text(readable_address(address))
