"""A papermill engine without a kernel: it runs the cells of a notebook in this process and keeps the named results.

A kernel takes seconds to start, to load the packages and to draw the charts. A sweep needs numbers alone, so its cases
run here, one after another in a process that is warm. papermill sets the parameters as it does everywhere else.
"""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import nbformat
from nbformat import NotebookNode
from papermill import engines, execute_notebook
from papermill.exceptions import PapermillWarning

from analysis.core.errors import ProjectError, RunError
from analysis.runs.results import MIME_TYPE, Results, outputs

ENGINE = "in-process"
_one_at_a_time = Lock()  # papermill changes the state of the process while it runs


def _last_value(source: str, name: str, names: dict[str, Any]) -> Any:
    """Run the source of a cell and return the value of its last line, None where that is no expression."""
    body = ast.parse(source, name).body
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr):
        exec(compile(source, name, "exec"), names)
        return None
    exec(compile(ast.Module(body[:-1], []), name, "exec"), names)
    return eval(compile(ast.Expression(last.value), name, "eval"), names)


class InProcessEngine(engines.Engine):  # type: ignore[misc]
    """Runs the code cells in order, in one namespace; what they show is dropped, but for the named results."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        """Raises what a cell raises where it is an error of this project, and else RunError with the cell."""
        names: dict[str, Any] = {"__name__": "__main__"}
        for number, cell in enumerate(nb_man.nb.cells, 1):
            if cell.cell_type != "code":
                continue
            try:
                value = _last_value(cell.source, f"cell {number}", names)
            except ProjectError:
                raise
            except Exception as error:
                raise RunError(f"cell {number} failed with {type(error).__name__}: {error}") from error
            if isinstance(value, Results):
                bundle = {MIME_TYPE: value._repr_mimebundle_()[MIME_TYPE]}
                cell.outputs = [nbformat.v4.new_output("display_data", bundle)]  # type: ignore[no-untyped-call]


engines.papermill_engines.register(ENGINE, InProcessEngine)


@cache
def _without_outputs(notebook: Path) -> NotebookNode:
    """A notebook whose outputs, which may weigh megabytes, are left out."""
    node: NotebookNode = nbformat.read(notebook, 4)  # type: ignore[no-untyped-call]
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return node


def compute(notebook: Path, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The named results of a notebook with these values of its parameters: by name, {"value": ..., "text": ...}.

    Raises an error of this project as the notebook does, such as ParameterError, and RunError where a cell fails in
    another way or no results are recorded.
    """
    import warnings

    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore", PapermillWarning)
        node = execute_notebook(
            _without_outputs(notebook),
            None,
            parameters=dict(values),
            engine_name=ENGINE,
            kernel_name="python3",
            progress_bar=False,
        )
    [entries] = outputs(notebook.name, node.cells)[-1].values()
    return dict(entries)
