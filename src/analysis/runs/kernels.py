"""Where the cells of a notebook run: in a quiet kernel that talks through files, or without one, in this process.

A kernel takes seconds to start, to import the packages and to draw the charts. Sweeps and exercises need the named
results alone: `compute` runs the cells in this process, one notebook after another.
"""

import ast
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.core.errors import ProjectError, RunError
from analysis.runs.results import MIME_TYPE, Results, read_cells

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager


@contextmanager
def quiet_kernels() -> Iterator[Path]:
    """Make a scratch folder for kernels: their profile, without a user's start-up files, and their sockets."""
    before = os.environ.get("IPYTHONDIR")
    with tempfile.TemporaryDirectory(prefix="balancing-act-") as folder:
        os.environ["IPYTHONDIR"] = folder
        try:
            yield Path(folder)
        finally:
            del os.environ["IPYTHONDIR"]
            if before is not None:
                os.environ["IPYTHONDIR"] = before


def manager_class(sockets: Path) -> "type[AsyncKernelManager]":
    """Return the class of kernel managers for one notebook; sockets is the beginning of the names of its sockets.

    Parallel kernels on TCP now and then take each other's port.
    """
    from jupyter_client.manager import AsyncKernelManager

    class RunKernelManager(AsyncKernelManager):
        """Talks to the kernel through files where the system allows it."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            if os.name == "posix":
                self.transport, self.ip = "ipc", str(sockets)

    return RunKernelManager


def run_cell(source: str, name: str, variables: dict[str, Any]) -> Any:
    """Run the source of a cell and return the value of its last line, None where that is no expression."""
    body = ast.parse(source, name).body
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr):
        exec(compile(source, name, "exec"), variables)
        return None
    exec(compile(ast.Module(body[:-1], []), name, "exec"), variables)
    return eval(compile(ast.Expression(last.value), name, "eval"), variables)


def compute(notebook: Path, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the named results of a notebook with these values of its parameters, as a kernel would give them.

    They come by name, each as {"value": ..., "text": ...}. Raises an error of this project as the notebook does, such
    as ParameterError, and RunError where a cell fails in another way or no results are recorded.
    """
    variables: dict[str, Any] = {"__name__": "__main__"}
    results = None
    for number, (kind, source, tags) in enumerate(read_cells(notebook), 1):
        if kind != "code":
            continue
        try:
            value = run_cell(source, f"cell {number}", variables)
        except ProjectError:
            raise
        except Exception as error:
            raise RunError(f"cell {number} failed with {type(error).__name__}: {error}") from error
        if "parameters" in tags:
            variables.update(values)
        if isinstance(value, Results):
            results = value
    if results is None:
        raise RunError(f"{notebook.name} records no named results; its last cell must show the Results object")
    [entries] = results._repr_mimebundle_()[MIME_TYPE].values()
    return dict(entries)
