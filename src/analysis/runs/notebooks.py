"""Execute all notebooks once, in parallel, and keep a manifest of what was executed from what.

The executed notebooks in build/run serve the HTML book, the PDF and, copied back, the committed baseline. A notebook
whose cells, parameters, code, lock and Python are unchanged, and the files of the data that it read, is not executed
again.
"""

import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from analysis.charts import vega
from analysis.core import paths
from analysis.core.errors import ParameterError, ProjectError, RunError
from analysis.core.files import locked, new_folder, write_errors, write_whole
from analysis.data.faults import require_none
from analysis.runs.inputs import cells_hash, changed_inputs, inputs, versions
from analysis.runs.kernels import manager_class, quiet_kernels
from analysis.runs.results import read_results, recorded_files

NOTEBOOK_FOLDER, MANIFEST, RESULTS = "notebooks", "manifest.json", "results.json"
README_FIGURE = ("08-balance.ipynb", "fig-balance-map")


@dataclass(frozen=True)
class Run:
    """What `run_notebooks` did: names executed, names taken from the run before, and the folder with everything."""

    executed: tuple[str, ...]
    unchanged: tuple[str, ...]
    folder: Path

    @property
    def notebooks(self) -> Path:
        """Return the folder with the executed notebooks."""
        return self.folder / NOTEBOOK_FOLDER


def chapter_files(folder: Path = paths.NOTEBOOKS) -> list[Path]:
    """Return the chapters in a folder, in order. Raise RunError where there is none."""
    files = sorted(folder.glob("[0-9][0-9]-*.ipynb"))
    if not files:
        raise RunError(f"no notebook like 01-timeline.ipynb in {folder.name}/")
    return files


def notebook_files(folder: Path = paths.NOTEBOOKS) -> list[Path]:
    """Return the chapters in a folder, then the notebooks of its folder cases. Raise RunError where no chapter is."""
    return [*chapter_files(folder), *sorted(folder.glob("cases/*.ipynb"))]


def name_of(notebook: Path, folder: Path) -> str:
    """Return the name of a notebook in a folder: 01-timeline, or cases/compare-a-pair."""
    return notebook.relative_to(folder).with_suffix("").as_posix()


# --- what has to be executed


def _reasons(name: str, cells: str, folder: Path, manifest: Mapping[str, Any], common: Mapping[str, Any]) -> list[str]:
    entry = manifest["notebooks"].get(name)
    if entry is None:
        return ["it has not been executed yet"]
    reasons = ["its cells changed"] if entry.get("cells") != cells else []
    if not (folder / NOTEBOOK_FOLDER / f"{name}.ipynb").exists():
        reasons.append("its executed notebook is gone")
    return reasons + changed_inputs(manifest["inputs"], common, entry.get("files"))


def explain(source: Path = paths.NOTEBOOKS, folder: Path = paths.RUN) -> dict[str, list[str]]:
    """Return why `run_notebooks` would execute each notebook, by name; without a reason it would not."""
    manifest, common = _manifest(folder), inputs()
    files = {name_of(file, source): file for file in notebook_files(source)}
    return {name: _reasons(name, cells_hash(file), folder, manifest, common) for name, file in files.items()}


# --- execution


def strip(notebook: Any) -> Any:
    """Remove from an executed notebook (nbformat node) what differs from run to run: times, paths, versions."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if tags and "hide-input" in tags:
            cell.metadata["jupyter"] = {"source_hidden": True}  # the same for JupyterLab
        cell["id"] = f"cell-{number:02d}"
    return notebook


def without_colours(log: str) -> str:
    """Return a log without the escape sequences that colour a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", log)


def execute(source: Path, target: Path, scratch: Path, parameters: Mapping[str, Any] | None = None) -> float:
    """Execute one notebook with papermill, write it stripped, return the seconds it took.

    scratch is the folder that `kernels.quiet_kernels` gives. Raises ParameterError where the notebook refuses its
    parameters, and RunError with the cell where it failed in another way.
    """
    import nbformat
    import papermill
    from jupyter_core.utils import ensure_event_loop
    from papermill.exceptions import PapermillExecutionError

    started = time.perf_counter()
    try:
        notebook = papermill.execute_notebook(
            source,
            None,
            parameters=dict(parameters or {}),
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            kernel_manager_class=manager_class(scratch / target.stem),
            extra_arguments=["--IPKernelApp.log_level=50"],  # a kernel that is shut down reports an error
        )
    except PapermillExecutionError as error:
        if error.ename == ParameterError.__name__:
            raise ParameterError(error.evalue) from None
        trace = without_colours("\n".join(error.traceback))
        raise RunError(
            f"{source.name}, cell {error.cell_index + 1} (In [{error.exec_count}]) failed with "
            f"{error.ename}: {error.evalue}\n\n{trace}"
        ) from None
    except Exception as error:
        raise RunError(f"{source.name} could not be executed: {type(error).__name__}: {error}") from error
    finally:
        ensure_event_loop().close()  # each thread has a loop of its own, which nobody else closes
    text: str = nbformat.writes(strip(notebook))  # type: ignore[no-untyped-call]
    target.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    return time.perf_counter() - started


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run; one without notebooks where there is none, or none that can be read."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return manifest
    except (OSError, ValueError):
        return {"inputs": {}, "notebooks": {}}


def write_json(path: Path, content: Any) -> None:
    """Write JSON for people and for comparing: indented, keys in order."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def run_notebooks(source: Path = paths.NOTEBOOKS, folder: Path = paths.RUN) -> Run:
    """Check the data, execute every notebook that changed, and leave notebooks, results and manifest in a folder.

    Raises DataError with all faults of the data before any kernel starts, and RunError naming notebook and cell where
    one fails, or where the folder cannot be written or another process works beside it. In every case the folder keeps
    what the last good run left.
    """
    from analysis.validation.check import check

    files = {name_of(file, source): file for file in notebook_files(source)}
    require_none(check())
    busy = f"{folder.parent}: another run or build is at work here; wait for it, or end it"
    with write_errors(folder, "the run", "the last good run is untouched"), locked(folder.parent, busy):
        return _run_changed(files, folder)


def _run_changed(files: Mapping[str, Path], folder: Path) -> Run:
    common, cells, manifest = inputs(), {name: cells_hash(file) for name, file in files.items()}, _manifest(folder)
    entries = manifest["notebooks"]
    todo = [name for name in files if _reasons(name, cells[name], folder, manifest, common)]
    kept = tuple(name for name in files if name not in todo)
    if not todo and files.keys() == entries.keys() and (folder / RESULTS).exists():
        return Run((), kept, folder)

    with new_folder(folder) as work:
        executed = {name: work / NOTEBOOK_FOLDER / f"{name}.ipynb" for name in files}
        for parent in {file.parent for file in executed.values()}:
            parent.mkdir(parents=True, exist_ok=True)
        for name in kept:
            shutil.copy2(folder / NOTEBOOK_FOLDER / f"{name}.ipynb", executed[name])
        seconds = _execute_all({files[name]: executed[name] for name in todo})
        results = read_results(list(executed.values()))
        for name in todo:
            entries[name] = {"cells": cells[name], "files": recorded_files(executed[name]), "parameters": {}}
            entries[name]["seconds"] = round(seconds[files[name]], 2)
        write_json(work / RESULTS, results)
        entries = {name: entries[name] for name in files}
        manifest = {"inputs": common, "notebooks": entries, "results": results, "versions": versions()}
        write_json(work / MANIFEST, manifest)
    return Run(tuple(todo), kept, folder)


def _execute_all(targets: Mapping[Path, Path]) -> dict[Path, float]:
    """Execute notebooks in parallel, each to its target; return the seconds of each. Raises RunError for failures."""
    seconds: dict[Path, float] = {}
    failures: list[str] = []
    with quiet_kernels() as scratch, ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 1)) as pool:
        longest_first = sorted(targets, key=lambda source: -source.stat().st_size)
        jobs = {pool.submit(execute, source, targets[source], scratch): source for source in longest_first}
        bar = tqdm(as_completed(jobs), total=len(jobs), desc="notebooks", unit="", disable=None)
        for job in bar:
            bar.set_postfix_str(jobs[job].stem)
            try:
                seconds[jobs[job]] = job.result()
            except ProjectError as error:
                failures.append(str(error))
    if failures:
        raise RunError("\n\n".join(sorted(failures)))
    return seconds


def picture(notebook: Path, name: str) -> str:
    """Return the SVG picture of a named figure in an executed notebook. Raises RunError where there is none."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for data in (output.get("data", {}) for cell in cells for output in cell.get("outputs", ())):
        if "image/svg+xml" in data and data[vega.MIME_TYPE]["usermeta"]["figure"]["name"] == name:
            return "".join(data["image/svg+xml"])
    raise RunError(f"{notebook.name} has no figure {name}")


def update_committed(
    run: Run, target: Path = paths.NOTEBOOKS, readme_picture: Path = paths.README_PICTURE
) -> list[str]:
    """Copy the executed notebooks over the committed ones, and the picture of the README from them.

    Return the names of the notebooks that changed.
    """
    changed = []
    for file in notebook_files(run.notebooks):
        name = name_of(file, run.notebooks)
        committed = target / f"{name}.ipynb"
        if not committed.exists() or committed.read_bytes() != file.read_bytes():
            write_whole(committed, file.read_bytes())
            changed.append(name)
    write_whole(readme_picture, (picture(run.notebooks / README_FIGURE[0], README_FIGURE[1]) + "\n").encode())
    return changed
