"""The package as the page on its architecture shows it: layers of modules, and what each module is about.

Everything is read from the code and its docstrings, without importing a module.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from analysis import paths
from analysis.errors import ParameterError
from analysis.faults import nearest
from analysis.text import table_in_markdown


@dataclass(frozen=True)
class Layer:
    """Modules that serve one purpose; they import from their own layer and those before it."""

    name: str
    purpose: str
    modules: tuple[str, ...]


@cache
def trees() -> dict[str, ast.Module]:
    """The code of every module, by its name."""
    return {file.stem: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(paths.CODE.glob("*.py"))}


def about(module: str) -> str:
    """What a module is about: the first line of its docstring."""
    return (ast.get_docstring(trees()[module]) or "").partition("\n")[0]


@cache
def names() -> set[str]:
    """Every module, function, class and method of the package: ledger, ledger.verdict_of, results.Results.add."""
    found = set(trees())
    for module, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(f"{module}.{node.name}")
            if isinstance(node, ast.ClassDef):
                methods = [part.name for part in node.body if isinstance(part, ast.FunctionDef)]
                found |= {f"{module}.{node.name}.{method}" for method in methods}
    return found


def read_layers(lines: Iterable[str]) -> list[Layer]:
    """The layers that lines describe, such as `Ground: places and errors. | paths errors files text workers cli_*`.

    Raises ParameterError where a line is malformed or names no module, and where a module is in no layer, or in two.
    """
    known, found, placed = sorted(trees()), [], dict[str, str]()
    for line in filter(None, map(str.strip, lines)):
        head, bar, patterns = line.partition(" | ")
        name, colon, purpose = head.partition(": ")
        if not (bar and colon):
            raise ParameterError(f"“{line}” is no layer; allowed: name: purpose | modules")
        own: list[str] = []
        for pattern in patterns.split():
            modules = [module for module in known if fnmatchcase(module, pattern)]
            if not modules:
                raise ParameterError(f"{name}: the package has no module “{pattern}”{nearest(pattern, known)}")
            own += modules
        if twice := [module for module in own if module in placed or own.count(module) > 1]:
            raise ParameterError(f"{name}: {twice[0]} is in a layer already ({placed.get(twice[0], name)})")
        placed |= dict.fromkeys(own, name)
        found.append(Layer(name, purpose, tuple(own)))
    if left := [module for module in known if module not in placed]:
        raise ParameterError(f"in no layer: {', '.join(left)}")
    return found


def layers_markdown(layers: Iterable[Layer]) -> str:
    """The layers as a numbered list, as Markdown."""
    return "\n".join(f"{number}. **{layer.name}.** {layer.purpose}" for number, layer in enumerate(layers, 1)) + "\n"


def modules_markdown(layers: Iterable[Layer]) -> str:
    """A table of all modules, as Markdown: layer, module, what it is about."""
    every = ((layer.name, module, about(module)) for layer in layers for module in layer.modules)
    rows = [(layer, f"`{module}`", about.replace("|", "\\|")) for layer, module, about in every]
    return table_in_markdown(("layer", "module", "about"), rows) + "\n"
