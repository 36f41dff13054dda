"""Kernels are quiet, and end with what started them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import alive, descendants, wait_for

from analysis.core.errors import RunError
from analysis.runs.kernels import quiet_kernels
from analysis.runs.notebooks import execute


def run(folder: Path, name: str, *sources: str) -> list[str]:
    """What the cells of a notebook print or return, executed in a kernel."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    file, done = folder / f"{name}.ipynb", folder / "done.ipynb"
    nbformat.write(notebook, file)
    with quiet_kernels() as scratch:
        execute(file, done, scratch)
    cells = json.loads(done.read_text("utf-8"))["cells"]
    return ["".join(o.get("text", o.get("data", {}).get("text/plain", []))) for c in cells for o in c["outputs"]]


def test_no_file_of_the_user_takes_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("mine = 1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    assert run(tmp_path, "one", "'mine' in globals()") == ["False"]
    assert os.environ["IPYTHONDIR"] == str(tmp_path)


def test_a_kernel_that_dies_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"one\.ipynb could not be executed: DeadKernelError"):
        run(tmp_path, "one", "import os; os._exit(3)")


def test_nothing_is_left_when_the_command_is_killed(tmp_path: Path) -> None:
    """Kernels end with the process that started them, even when it cannot tidy up."""
    cell = "import os, pathlib, time; pathlib.Path(os.environ['PID_FILE']).write_text(str(os.getpid())); time.sleep(60)"
    script = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_kernels
if __name__ == "__main__":
    test_kernels.run(Path({str(tmp_path)!r}), "one", {cell!r})
"""
    file = tmp_path / "script.py"
    file.write_text(script, encoding="utf-8")
    pid = tmp_path / "pid"
    environment = os.environ | {"PID_FILE": str(pid)}
    process = subprocess.Popen([sys.executable, str(file)], stderr=subprocess.DEVNULL, env=environment)
    wait_for(lambda: pid.exists() and pid.read_text())
    below = descendants(process.pid)
    assert int(pid.read_text()) in below
    process.kill()
    process.wait()
    wait_for(lambda: not any(map(alive, below)))
