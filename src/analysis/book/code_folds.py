"""The folded code of a chapter in HTML: one fold an output, and in that of a chart also the function that draws it."""

import importlib
import inspect
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from analysis.book.charts import chart
from analysis.core import paths

DRAWN_BY = re.compile(r"\b(charts)\.([a-z]\w*)\(")


def function_source(module: str, name: str) -> tuple[str, str]:
    """Where a function of this package stands, and its source; raises AttributeError where there is none."""
    function = getattr(importlib.import_module(f"analysis.{module}"), name)
    file = inspect.getsourcefile(function) or ""
    _, line = inspect.getsourcelines(function)
    return f"{file.removeprefix(f'{paths.ROOT}/')}, line {line}", inspect.getsource(function)


def drawing_functions(source: str) -> list[tuple[str, str]]:
    """The functions of modules charts… that return a chart and that the code of a cell calls, in order, each once."""
    found = dict.fromkeys(DRAWN_BY.findall(source))
    return [(module, name) for module, name in found if "TopLevelMixin" in _returns(module, name)]


def _returns(module: str, name: str) -> str:
    function = getattr(importlib.import_module(f"analysis.{module}"), name)
    return str(inspect.signature(function).return_annotation)


def _part(cell: nodes.Node, kind: str) -> nodes.Element | None:
    return next((n for n in cell.children if isinstance(n, nodes.Element) and n.get("nb_element") == kind), None)


def _is_code_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _shows_nothing(cell: Any) -> bool:
    output = _part(cell, "cell_code_output")
    shown = (nodes.image, nodes.literal_block, nodes.paragraph, nodes.table, nodes.raw, chart)
    return output is None or not any(
        node.astext() or isinstance(node, nodes.image | chart)
        for node in output.findall(lambda n: isinstance(n, shown))
    )


class GatherCode(SphinxPostTransform):
    """Code of folded cells that show nothing goes into the fold of the next cell; charts get their function's code."""

    default_priority = 198  # before myst-nb folds the code
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Change the cells of a page."""
        for parent in {id(n.parent): n.parent for n in self.document.findall(_is_code_cell)}.values():
            self._gather(parent)
        cell: Any
        for cell in self.document.findall(_is_code_cell):
            code = _part(cell, "cell_code_source")
            if code is not None and cell.get("hide_mode") and next(cell.findall(chart), None) is not None:
                code += self._functions(code.astext())

    def _gather(self, parent: Any) -> None:
        waiting: list[Any] = []
        for cell in [node for node in parent.children if _is_code_cell(node)]:
            code = _part(cell, "cell_code_source")
            if code is None or cell.get("hide_mode") != "input":
                waiting = []
            elif _shows_nothing(cell):
                waiting.append(cell)
            else:
                for before in waiting:
                    code[:0] = _part(before, "cell_code_source").children  # type: ignore[union-attr]
                    parent.remove(before)
                waiting = []

    @staticmethod
    def _functions(source: str) -> list[nodes.Node]:
        parts: list[nodes.Node] = []
        for module, name in drawing_functions(source):
            place, text = function_source(module, name)
            parts.append(nodes.paragraph("", "", nodes.literal("", f"{module}.{name}"), nodes.Text(f" ({place})")))
            parts.append(nodes.literal_block(text, text, language="python"))
        return parts


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_post_transform(GatherCode)
