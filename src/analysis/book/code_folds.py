"""The folded code of a chapter in HTML: one fold an output, and in that of a chart also the function that draws it."""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from altair import TopLevelMixin
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from analysis import charts
from analysis.book.charts import chart
from analysis.core import paths


def drawing_functions(source: str) -> list[Callable[..., Any]]:
    """Return the functions of `analysis.charts` that return a chart and that the code of a cell calls, each once."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    parts = [part for part in calls if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "charts"]
    parts.sort(key=lambda part: (part.lineno, part.col_offset))
    functions = [getattr(charts, name) for name in dict.fromkeys(part.attr for part in parts)]
    return [function for function in functions if inspect.signature(function).return_annotation is TopLevelMixin]


def function_code(function: Callable[..., Any]) -> list[nodes.Node]:
    """Return where a function stands, and its source."""
    source = inspect.getsource(function)
    file = Path(inspect.getfile(function)).relative_to(paths.ROOT)
    place = f" ({file}, line {inspect.getsourcelines(function)[1]})"
    return [
        nodes.paragraph("", "", nodes.literal("", f"charts.{function.__name__}"), nodes.Text(place)),
        nodes.literal_block(source, source, language="python"),
    ]


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
        for parent in dict.fromkeys(cell.parent for cell in self.document.findall(_is_code_cell)):
            self._gather(parent)
        cell: Any
        for cell in self.document.findall(_is_code_cell):
            code = _part(cell, "cell_code_source")
            if code is not None and cell.get("hide_mode") and next(cell.findall(chart), None) is not None:
                for function in drawing_functions(code.astext()):
                    code += function_code(function)

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


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_post_transform(GatherCode)
