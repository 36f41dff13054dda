"""What a change touches: a notebook is executed again where what computes changed, and only there."""

import ast
import shutil
from pathlib import Path

import pytest
from test_house import code_of, module_name

from analysis.core import paths
from analysis.runs import inputs

COMPUTING = ["core/wording.py", "data/tables.py", "texts/segment.py", "measures/agreement.py", "signals/events.py"]
COMPUTING += ["claims/ledger.py", "charts/theme.py", "runs/results.py", "runs/parameters.py", "__init__.py"]
PRINTING = ["book/charts.py", "book/pdf/writer.py", "release/archive.py", "cli/runs.py", "validation/check.py"]
PRINTING += ["runs/notebooks.py", "runs/rerun.py", "__main__.py"]


def reasons(code: Path, file: str) -> list[str]:
    """Why a notebook would be executed again after a change of a file of the code."""
    before = inputs.inputs() | {"code": inputs.computing_code(code)}
    (code / file).write_text((code / file).read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    return inputs.changed_inputs(before, inputs.inputs() | {"code": inputs.computing_code(code)})


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A copy of the package."""
    shutil.copytree(paths.CODE, tmp_path / "analysis", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "analysis"


@pytest.mark.parametrize("file", COMPUTING)
def test_a_change_of_what_computes_executes_notebooks_again(code: Path, file: str) -> None:
    assert reasons(code, file) == [f"src/analysis/{file} changed"]


@pytest.mark.parametrize("file", PRINTING)
def test_a_change_of_a_page_of_the_pdf_or_of_a_command_executes_none(code: Path, file: str) -> None:
    assert reasons(code, file) == []


def reached(source: str) -> set[str]:
    """The modules of the package, by file, that code imports, and those that these import."""
    files = {module_name(file): file for file in paths.CODE.rglob("*.py")}
    waiting, seen = [source], set[str]()
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop())):
            if not isinstance(node, ast.ImportFrom) or str(node.module).partition(".")[0] != "analysis":
                continue
            package = str(node.module).removeprefix("analysis").removeprefix(".")
            parts = package.split(".") if package else []
            named = {".".join(parts[:length]) for length in range(len(parts) + 1)}
            named |= {f"{package}.{alias.name}".removeprefix(".") for alias in node.names}
            for name in named & files.keys() - seen:
                seen.add(name)
                waiting.append(files[name].read_text(encoding="utf-8"))
    return {files[name].relative_to(paths.CODE).as_posix() for name in seen}


def test_what_computes_is_all_that_a_notebook_can_reach() -> None:
    code = "\n".join(code_of(file) for file in paths.NOTEBOOKS.glob("[0-9]*.ipynb"))
    assert {"data/tables.py", "measures/agreement.py"} < reached(code)
    unwatched = reached(code) - inputs.computing_code().keys()
    assert unwatched <= {"runs/__init__.py"}  # its docstring
    assert "book/build.py" in reached("from analysis.book import build") - inputs.computing_code().keys()
