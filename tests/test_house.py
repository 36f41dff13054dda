"""The package as its next maintainer finds it: small modules, no circle among them, nothing that only tests use."""

import ast
import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from analysis.core import paths

LINES = 500
MODULES = 20  # of a package, beside its __init__
# the list on the page on architecture: each imports only from those before it
PACKAGES = re.findall(r"(?m)^- \*\*`(\w+)`\*\*: ", (paths.BOOK / "architecture.md").read_text(encoding="utf-8"))
# what every notebook imports stands behind what it hands on
ORDER = (*PACKAGES[: PACKAGES.index("book")], "chapter", *PACKAGES[PACKAGES.index("book") :])
FILES = sorted(paths.CODE.rglob("*.py"))
Trees = dict[str, ast.Module]
Named = tuple[str, str]  # a module and a name in it, or "" for the module itself


@pytest.fixture(scope="module")
def package() -> Trees:
    """The modules of the package, by name: measures.agreement, and measures for what the package says itself."""
    return {module_name(file): ast.parse(file.read_text(encoding="utf-8")) for file in FILES}


def module_name(file: Path) -> str:
    """The name of a module within the package; empty for the package itself."""
    return ".".join(file.relative_to(paths.CODE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def imported(tree: ast.AST, modules: Collection[str]) -> dict[str, Named]:
    """What code imports from the package, at its top or within a function, by the name under which it knows it.

    modules: the names of all modules, which tell `from analysis.core import paths` from a name in analysis.core.
    """
    found: dict[str, Named] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "analysis":
            package = str(node.module).removeprefix("analysis").removeprefix(".")
            for alias in node.names:
                module = f"{package}.{alias.name}".removeprefix(".")
                found[alias.asname or alias.name] = (module, "") if module in modules else (package, alias.name)
    return found


def place_of(node: ast.expr, known: Mapping[str, Named], modules: Collection[str]) -> Named | None:
    """The module, and the name in it, that `measures.provisions.tagged` stands for; None where it is of no module."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    before = place_of(node.value, known, modules) if isinstance(node, ast.Attribute) else None
    if before is None or before[1] or not isinstance(node, ast.Attribute):
        return None
    inner = f"{before[0]}.{node.attr}"
    return (inner, "") if inner in modules else (before[0], node.attr)


def named_in(tree: ast.Module, modules: Collection[str], own: str = "") -> set[Named]:
    """What code names of the package: what it imports, what it takes from modules, and names of its own module.

    What a package hands on (`__all__`) is named where others take it from there.
    """
    known = imported(tree, modules)
    found = set() if "__all__" in defined(tree) else {*known.values()}
    found |= {(module, "") for module, _ in known.values()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (place := place_of(node, known, modules)):
            found |= {place, (place[0], "")}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found |= {(own, node.id), known.get(node.id, ("", ""))}
        elif isinstance(node, ast.Constant) and str(node.value).startswith("analysis."):
            module = str(node.value).removeprefix("analysis.")  # an extension that calls in another
            found |= {(module, ""), (module, "setup")}
        elif isinstance(node, ast.Constant) and str(node.value).isidentifier() and "__all__" not in defined(tree):
            found.add((own, node.value))  # a type hint that stands before what it names
            if f"{own}.{node.value}" in modules:  # a part of an extension
                found |= {(f"{own}.{node.value}", ""), (f"{own}.{node.value}", "setup")}
    return found


def handed_on(package: Trees) -> dict[Named, Named]:
    """What packages hand on: the name that others take, and the place it comes from."""
    faces = {module: tree for module, tree in package.items() if "__all__" in defined(tree)}
    return {
        (module, name): place
        for module, tree in faces.items()
        for name, place in imported(tree, package).items()
        if place[1] and repr(name) in ast.unparse(tree)
    }


def imports(package: Trees) -> dict[str, set[str]]:
    """The modules that each module imports."""
    return {
        own: {module for module, _ in imported(tree, package).values()} & package.keys() - {own}
        for own, tree in package.items()
    }


def in_circles(imported: Mapping[str, set[str]]) -> list[str]:
    """The modules that are left when those that import nothing that is left are taken away, again and again."""
    left = dict(imported)
    while free := {module for module, others in left.items() if not others & left.keys()}:
        left = {module: others for module, others in left.items() if module not in free}
    return sorted(left)


def registered(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether a decorator files something under a name in quotation marks, by which tables call it: a check."""
    calls = [decorator for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
    return any(isinstance(argument, ast.Constant | ast.Starred) for call in calls for argument in call.args)


def defined(tree: ast.Module) -> Iterator[str]:
    """The names that a module gives at its top to functions, classes and constants."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if not registered(node):
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
    return {*named, *((module, "") for module, _ in named), ("", "__version__")}


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
        used |= named_in(tree, package, module)
    for file in (*paths.NOTEBOOKS.rglob("*.ipynb"), *(paths.ROOT / "benchmarks").glob("*.py")):
        used |= named_in(ast.parse(code_of(file)), package)
    faces = handed_on(package)
    used |= {faces[name] for name in used & faces.keys()}
    packages = {"", "__main__", *(module.rpartition(".")[0] for module in package)}
    names = [(module, name) for module, tree in package.items() for name in ("", *defined(tree))]
    unnamed = [(module, name) for module, name in names if (module, name) not in used and name != "__all__"]
    idle = [f"{module}.{name}" for module, name in sorted(faces.keys() - used)]
    return [f"{module}.{name}" for module, name in unnamed if name or module not in packages] + idle


def too_large(code: Path) -> list[str]:
    """Modules of more lines, and packages of more modules, than one look takes in."""
    long = [f.name for f in code.rglob("*.py") if len(f.read_text(encoding="utf-8").splitlines()) > LINES]
    return long + [folder.name for folder in code.rglob("*") if len(list(folder.glob("*.py"))) > MODULES + 1]


def test_modules_and_packages_are_seen_at_one_look(tmp_path: Path) -> None:
    assert too_large(paths.CODE) == []
    (tmp_path / "wide").mkdir()
    for number in range(MODULES + 2):
        (tmp_path / "wide" / f"m{number}.py").touch()
    (tmp_path / "long.py").write_text("x = 1\n" * (LINES + 1))
    assert too_large(tmp_path) == ["long.py", "wide"]


def upwards(package: Trees) -> list[str]:
    """The imports that go from a package to one that stands after it, and the packages that stand nowhere."""
    order = ["", *ORDER, "__main__"]
    found = []
    for module, others in imports(package).items():
        for other in others:
            here, there = module.partition(".")[0], other.partition(".")[0]
            if here and there and order.index(there) > order.index(here):
                found.append(f"{module} imports {other}")
    return sorted(found)


def test_a_package_imports_only_from_those_before_it(package: Trees) -> None:
    assert {module.partition(".")[0] for module in package} == {"", "__main__", *ORDER}
    assert upwards(package) == []
    assert upwards({**package, "measures.x": ast.parse("from analysis.claims import ledger")}) == [
        "measures.x imports claims.ledger"
    ]


def test_a_package_says_what_it_is_and_what_it_may_import(package: Trees) -> None:
    for name in {module.rpartition(".")[0] for module in package} - {""}:
        about = (ast.get_docstring(package[name]) or "").splitlines()
        assert len(about) == 3, name
        assert re.match(r"It (may )?imports? ", about[2]), name


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
