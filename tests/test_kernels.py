"""Warm kernels: copies of one process that share nothing, and give what a kernel of its own gives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import alive, descendants, wait_for

from analysis.core.errors import RunError
from analysis.runs import kernels, rerun
from analysis.runs.kernels import quiet_kernels
from analysis.runs.notebooks import execute

warm_only = pytest.mark.skipif(not kernels.WARM, reason="kernels are warm on Linux alone")


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


@warm_only
def test_a_kernel_is_a_copy_that_leaves_no_trace(tmp_path: Path) -> None:
    touch = "builtins.trace = 1; t.trace = 1; os.environ['TRACE'] = '1'"
    look = "[hasattr(builtins, 'trace'), hasattr(t, 'trace'), os.environ.get('TRACE')]"
    bring = "import builtins, os, analysis.core.wording as t"
    assert run(tmp_path, "one", bring, touch, look) == ["[True, True, '1']"]
    assert run(tmp_path, "two", bring, look) == ["[False, False, None]"]
    parents = {run(tmp_path, name, "import os; os.getppid()")[0] for name in ("one", "two")}
    assert len(parents) == 1
    assert parents != {str(os.getpid())}


@warm_only
def test_nothing_of_the_data_is_read_before_a_notebook_asks(tmp_path: Path) -> None:
    assert run(tmp_path, "one", "from analysis.data.tables import files_read; files_read()") == ["[]"]


def test_a_cold_kernel_gives_the_same_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = rerun.find_notebook("01")
    for warm in (kernels.WARM, False):
        monkeypatch.setattr(kernels, "WARM", warm)
        with quiet_kernels() as scratch:
            execute(notebook, tmp_path / f"{warm}.ipynb", scratch)
    assert (tmp_path / f"{kernels.WARM}.ipynb").read_bytes() == (tmp_path / "False.ipynb").read_bytes()
    assert notebook.read_bytes() == (tmp_path / "False.ipynb").read_bytes()


def test_a_kernel_that_dies_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"one\.ipynb could not be executed: DeadKernelError"):
        run(tmp_path, "one", "import os; os._exit(3)")


@warm_only
def test_nothing_is_left_when_the_command_is_killed(tmp_path: Path) -> None:
    """Kernels and the warm process end with the process that started them, even when it cannot tidy up."""
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
