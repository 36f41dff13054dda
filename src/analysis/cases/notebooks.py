"""Chapters of a case made from the shared notebooks: cells left out by tag, the first cell replaced, parameters set.

A cell tagged `article` makes sense for the article alone, one tagged `coded` needs codings, one tagged `approaches` a
strategy with approaches. Everything here is a function of notebooks as JSON.
"""

import ast
import copy
import json
import posixpath
import re
from collections.abc import Collection, Mapping
from typing import Any

Notebook = dict[str, Any]
NONE_LEFT = "# this chapter has no parameters"
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s:]+)(#[^)\s]*)?\)")


def source_of(cell: Mapping[str, Any]) -> str:
    """The text of a cell."""
    return "".join(cell["source"])


def _tags(cell: Mapping[str, Any]) -> set[str]:
    return set(cell["metadata"].get("tags", ()))


def _is_code(cell: Mapping[str, Any]) -> bool:
    return str(cell["cell_type"]) == "code"


def names_used(source: str) -> set[str]:
    """Every name that code mentions."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def set_parameters(source: str, values: Mapping[str, Any], used: Collection[str]) -> str:
    """The cell of parameters with other values; parameters that no other cell uses are left out."""
    lines = []
    for line, node in zip(source.splitlines(), ast.parse(source).body, strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.value is None:
            lines.append(line)
        elif node.target.id in used:
            name, meaning = node.target.id, line.partition("  # ")[2]
            default = ast.literal_eval(node.value)
            value = values.get(name, default)
            value = float(value) if isinstance(default, float) else value
            shown = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
            lines.append(f"{name}: {ast.unparse(node.annotation)} = {shown}  # {meaning}")
    return "\n".join(lines) or NONE_LEFT


def make_notebook(notebook: Notebook, head: str, left_out: Collection[str], values: Mapping[str, Any]) -> Notebook:
    """A chapter of a case from a shared notebook.

    head replaces the first cell, cells with a tag of left_out are left out, values are those of parameters by name.
    Outputs are dropped.
    """
    made = copy.deepcopy(notebook)
    cells = [cell for cell in made["cells"] if not _tags(cell) & set(left_out)]
    code = "\n".join(source_of(cell) for cell in cells if _is_code(cell) and "parameters" not in _tags(cell))
    used = names_used(code)
    for number, cell in enumerate(cells):
        if number == 0:
            cell["source"] = head.strip().splitlines(keepends=True)
        elif "parameters" in _tags(cell):
            cell["source"] = set_parameters(source_of(cell), values, used).splitlines(keepends=True)
        if _is_code(cell):
            cell["outputs"], cell["execution_count"] = [], None
        cell["id"] = f"cell-{number:02d}"
    made["cells"] = cells
    return made


def unlinked(notebook: Notebook, known: Collection[str]) -> Notebook:
    """A notebook whose links to pages that the book lacks are plain words; known: the paths of its pages."""

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("notebooks", match[2]))
        return match[0] if target in known else match[1]

    made = copy.deepcopy(notebook)
    for cell in made["cells"]:
        if not _is_code(cell):
            cell["source"] = LINK.sub(link, source_of(cell)).splitlines(keepends=True)
    return made
