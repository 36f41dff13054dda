"""The package as its next maintainer finds it: small modules, no circle among them, nothing that only tests use."""

import ast
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from analysis import paths

LINES = 300
FILES = sorted((paths.ROOT / "src" / "analysis").glob("*.py"))
Trees = dict[str, ast.Module]
Named = tuple[str, str]  # a module and a name in it, or "" for the module itself


@pytest.fixture(scope="module")
def package() -> Trees:
    """The modules of the package, by name."""
    return {file.stem: ast.parse(file.read_text(encoding="utf-8")) for file in FILES}


def imported(tree: ast.AST) -> dict[str, Named]:
    """What code imports from the package, at its top or within a function, by the name under which it knows it."""
    found: dict[str, Named] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "analysis":
            found |= {alias.asname or alias.name: (alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("analysis."):
            module = str(node.module).removeprefix("analysis.")
            found |= {alias.asname or alias.name: (module, alias.name) for alias in node.names}
    return found


def named_in(tree: ast.AST, own: str = "") -> set[Named]:
    """What code names of the package: what it imports, what it takes from modules, and names of its own module."""
    known = imported(tree)
    found = {*known.values(), *((module, "") for module, _ in known.values())}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add((known.get(node.value.id, ("", ""))[0], node.attr))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add((own, node.id))
        elif isinstance(node, ast.Constant) and str(node.value).startswith("analysis."):
            module = str(node.value).removeprefix("analysis.")  # an extension that calls in another
            found |= {(module, ""), (module, "setup")}
        elif isinstance(node, ast.Constant) and str(node.value).isidentifier():
            found.add((own, node.value))  # a type hint that stands before what it names
    return found


def imports(package: Trees) -> dict[str, set[str]]:
    """The modules that each module imports."""
    return {own: {module for module, _ in imported(tree).values()} & package.keys() for own, tree in package.items()}


def in_circles(imported: Mapping[str, set[str]]) -> list[str]:
    """The modules that are left when those that import nothing that is left are taken away, again and again."""
    left = dict(imported)
    while free := {module for module, others in left.items() if not others & left.keys()}:
        left = {module: others for module, others in left.items() if module not in free}
    return sorted(left)


def defined(tree: ast.Module) -> Iterator[str]:
    """The names that a module gives at its top to functions, classes and constants."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def entrances() -> set[Named]:
    """What others call: the command, entry points, and extensions of Sphinx."""
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = [*project["scripts"].values(), *(p for group in project["entry-points"].values() for p in group.values())]
    extensions = yaml.safe_load(paths.CONFIG.read_text(encoding="utf-8"))["sphinx"]["extra_extensions"]
    points += [f"{name}:setup" for name in extensions]
    named = [tuple(point.removeprefix("analysis.").split(":")) for point in points]
    return {*named, *((module, "") for module, _ in named), ("__init__", ""), ("__init__", "__version__")}


def code_of(file: Path) -> str:
    """The code of a Python file or of a notebook."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")


def unused(package: Trees) -> list[str]:
    """Modules that nobody imports and top-level names that nobody names, where tests are nobody."""
    used = entrances()
    for module, tree in package.items():
        used |= named_in(tree, module)
    for file in (*paths.NOTEBOOKS.glob("*.ipynb"), *(paths.ROOT / "benchmarks").glob("*.py")):
        used |= named_in(ast.parse(code_of(file)))
    names = [(module, name) for module, tree in package.items() for name in ("", *defined(tree))]
    return [f"{module}.{name}" for module, name in names if module != "__main__" and (module, name) not in used]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_module_is_small(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LINES


def test_no_modules_import_each_other_in_a_circle(package: Trees) -> None:
    assert in_circles(imports(package)) == []
    code = {"a": "from analysis import b", "b": "def f():\n    from analysis.c import x", "c": "import csv"}
    assert in_circles(imports({name: ast.parse(text) for name, text in code.items()})) == []
    code["c"] = "def f():\n    from analysis.a import y"
    assert in_circles(imports({name: ast.parse(text) for name, text in code.items()})) == ["a", "b", "c"]


def test_nothing_is_there_for_tests_alone(package: Trees) -> None:
    assert unused(package) == []
    alone = ast.parse("LEFT = 1\nUSED = 2\ndef left(): return USED\nclass Left: pass")
    assert unused({**package, "alone": alone}) == ["alone.", "alone.LEFT", "alone.left", "alone.Left"]


def test_docstrings_and_types_are_asked_for_everywhere_in_the_package() -> None:
    tools = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    rules, places = tools["ruff"]["lint"], tools["ruff"]["lint"]["per-file-ignores"]
    assert {"D", "ANN"} <= set(rules["select"])
    assert {"D102", "D103", "ANN001", "ANN201"}.isdisjoint(rules["ignore"])
    assert not [place for place in places if not place.startswith(("tests/", "notebooks/"))]
    assert (tools["mypy"]["strict"], tools["mypy"]["files"]) == (True, ["src"])
    assert not [file.name for file in FILES if "# ruff: noqa" in file.read_text(encoding="utf-8")]
