"""One execution: in parallel, once, with failures named, and the last good run kept."""

import json
import sys
from pathlib import Path

import nbformat
import pytest

from analysis.core import paths
from analysis.core.errors import DataError, RunError
from analysis.core.files import locked
from analysis.data.faults import Fault
from analysis.runs import notebooks as run
from analysis.runs.notebooks import Run, execute, notebook_files, run_notebooks, update_committed
from analysis.runs.results import FILES_MIME_TYPE, MIME_TYPE
from analysis.validation import check


def write(folder: Path, name: str, *sources: str) -> Path:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    file = folder / f"{name}.ipynb"
    file.write_text(nbformat.writes(notebook), encoding="utf-8")
    return file


def record(value: int, *tables: str) -> str:
    """The source of a cell from which the executor of these tests takes the result and the files read."""
    return json.dumps({"value": value, "files": ["datapackage.json", *(f"{table}.csv" for table in tables)]})


def execute_without_kernel(source: Path, target: Path, _: Path) -> float:
    """Write a notebook as `execute` does, with the outputs that its last cell describes."""
    notebook = nbformat.read(source, 4)
    if notebook.cells[-1].source.startswith("{"):
        told = json.loads(notebook.cells[-1].source)
        results = {source.stem: {"answer": {"value": told["value"], "text": str(told["value"])}}}
        data = {MIME_TYPE: results, FILES_MIME_TYPE: told["files"]}
        notebook.cells[-1].outputs = [nbformat.v4.new_output("display_data", data)]
    target.write_text(nbformat.writes(notebook), encoding="utf-8")
    return 0.1


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two notebooks, which an executor without kernels executes."""
    monkeypatch.setattr(run, "execute", execute_without_kernel)
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write(folder, "01-one", "x: int = 1  # a number", record(1, "events"))
    write(folder, "02-two", record(2, "topics"))
    return folder


def go(notebooks: Path) -> Run:
    return run_notebooks(notebooks, notebooks.parent / "run")


def test_all_are_executed_once_and_then_only_what_changed(notebooks: Path) -> None:
    first = go(notebooks)
    assert first.executed == ("01-one", "02-two")
    results = json.loads((first.folder / "results.json").read_text("utf-8"))
    assert results == {"01-one": {"answer": {"value": 1, "text": "1"}}, "02-two": {"answer": {"value": 2, "text": "2"}}}
    manifest = json.loads((first.folder / "manifest.json").read_text("utf-8"))
    assert set(manifest["notebooks"]["01-one"]) == {"cells", "files", "parameters", "seconds"}
    assert manifest["notebooks"]["01-one"]["files"] == ["datapackage.json", "events.csv"]
    assert manifest["inputs"]["data"]["events.csv"]
    assert manifest["versions"]["papermill"]
    before = (first.notebooks / "01-one.ipynb").read_bytes()

    (notebooks / "01-one.ipynb").touch()
    assert go(notebooks).executed == ()

    write(notebooks, "02-two", record(3, "topics"))
    second = go(notebooks)
    assert (second.executed, second.unchanged) == (("02-two",), ("01-one",))
    assert (second.notebooks / "01-one.ipynb").read_bytes() == before

    (notebooks / "02-two.ipynb").unlink()
    third = go(notebooks)
    assert third.executed == ()
    assert [file.stem for file in notebook_files(third.notebooks)] == ["01-one"]


def test_explain_says_what_changed(notebooks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = notebooks.parent / "run"
    never = ["it has not been executed yet"]
    assert run.explain(notebooks, folder) == {"01-one": never, "02-two": never}
    go(notebooks)
    assert run.explain(notebooks, folder) == {"01-one": [], "02-two": []}

    write(notebooks, "01-one", "x: int = 1  # another number", record(1, "events"))
    assert run.explain(notebooks, folder) == {"01-one": ["its cells changed"], "02-two": []}
    (folder / "notebooks" / "02-two.ipynb").unlink()
    assert run.explain(notebooks, folder)["02-two"] == ["its executed notebook is gone"]
    assert go(notebooks).executed == ("01-one", "02-two")

    now = run.inputs()
    now["data"] = now["data"] | {"events.csv": "0", "topics.csv": "1", "new.csv": "2"}
    del now["code"]["core/wording.py"]
    now["lock"] = {"uv.lock": "3"}
    monkeypatch.setattr(run, "inputs", lambda: now | {"python": "3.99.0"})
    found = run.explain(notebooks, folder)
    for name, table in (("01-one", "events"), ("02-two", "topics")):
        assert found[name][:3] == [
            "src/analysis/core/wording.py is gone",
            f"data/{table}.csv changed",
            "uv.lock changed",
        ]
        assert found[name][3].startswith("Python is 3.99.0, was 3.")


def test_recording_the_files_of_the_data_makes_no_chapter_run_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "DATA", data)
    before = run.inputs()
    package = json.loads((data / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        resource |= {"bytes": 0, "hash": "sha256:0"}
    (data / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    assert run.inputs() == before
    package["resources"][0]["schema"]["fields"][0]["constraints"]["pattern"] = "S[0-9]"
    (data / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    assert run.changed_inputs(before, run.inputs()) == ["data/datapackage.json changed"]


def test_a_failing_cell_is_named_and_the_last_good_run_stays(notebooks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = go(notebooks)
    kept = (good.folder / "results.json").read_bytes()
    write(notebooks, "02-two", "1 + 1", "raise ValueError('no such thing')")
    monkeypatch.setattr(run, "execute", execute)
    with pytest.raises(
        RunError, match=r"02-two\.ipynb, cell 2 \(In \[2\]\) failed with ValueError: no such thing"
    ) as caught:
        go(notebooks)
    assert "\x1b" not in str(caught.value)
    assert (good.folder / "results.json").read_bytes() == kept
    assert sorted(path.name for path in notebooks.parent.iterdir()) == [".lock", "notebooks", "run"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such lock")
def test_a_second_run_at_once_is_refused_and_the_first_goes_on(notebooks: Path) -> None:
    build = notebooks.parent / "build"
    with (
        locked(build, "busy"),
        pytest.raises(RunError, match=r"build: another run or build is at work here; wait for it, or end it"),
    ):
        run_notebooks(notebooks, build / "run")
    assert run_notebooks(notebooks, build / "run").executed == ("01-one", "02-two")


def test_a_full_disk_is_one_message_and_the_last_good_run_stays(notebooks: Path) -> None:
    """Files cannot grow beyond a limit, as where a disk is full: the executed notebook cannot be written."""
    resource = pytest.importorskip("resource", reason="Windows has no limit for files")
    folder = notebooks.parent / "build" / "run"
    run_notebooks(notebooks, folder)
    good = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    write(notebooks, "01-one", "long " * 1000, record(1, "events"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(RunError, match=r"run: the run cannot be written \(File too large\); the last good run is"):
            run_notebooks(notebooks, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == good
    assert sorted(path.name for path in folder.parent.iterdir()) == [".lock", "run"]


def test_a_notebook_that_records_nothing_is_refused(notebooks: Path) -> None:
    write(notebooks, "03-three", "1 + 1")
    with pytest.raises(RunError, match=r"03-three\.ipynb records no named results"):
        go(notebooks)


def test_a_broken_notebook_file(notebooks: Path) -> None:
    (notebooks / "03-three.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"03-three\.ipynb is not a readable notebook"):
        go(notebooks)


def test_a_folder_without_notebooks(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no notebook like 01-timeline\.ipynb"):
        go(tmp_path)


def test_faulty_data_stop_the_run_before_any_kernel(notebooks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Fault("events.csv", 5, "date", "“never”", "a day")
    monkeypatch.setattr(check, "check", lambda: [fault, fault])
    monkeypatch.setattr(run, "execute", lambda *_: pytest.fail("a kernel was started"))
    with pytest.raises(DataError, match=r"events\.csv, row 5, column date: “never”; a day\n"):
        go(notebooks)


def test_only_what_reads_a_changed_table_is_executed_again(notebooks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(notebooks)
    common = run.inputs()
    changed = {**common, "data": {**common["data"], "events.csv": "changed", "claims.csv": "changed too"}}
    monkeypatch.setattr(run, "inputs", lambda: changed)
    assert go(notebooks).executed == ("01-one",)
    monkeypatch.setattr(run, "inputs", lambda: {**changed, "code": {**common["code"], "core/wording.py": "changed"}})
    assert go(notebooks).executed == ("01-one", "02-two")


def test_what_a_chapter_reads_is_what_its_kernel_opens(tmp_path: Path) -> None:
    """The files of data/ that a chapter names are those that a process opens, seen from outside of the loaders."""
    opened = """
import sys, pathlib, json
import pyarrow.parquet
from analysis.core import paths
seen = set()
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, pathlib.Path)):
        file = pathlib.Path(arguments[0])
        if paths.DATA in file.parents:
            seen.add(file.name)
sys.addaudithook(note)
read_table = pyarrow.parquet.read_table
def watched(file, *a, **k):
    seen.add(pathlib.Path(file).name)
    return read_table(file, *a, **k)
pyarrow.parquet.read_table = watched
"""
    for name in ("01-timeline", "03-strategy"):
        notebook = nbformat.read(paths.NOTEBOOKS / f"{name}.ipynb", 4)
        before, shown = notebook.cells[-1].source[: -len("chapter")], notebook.cells[-1].source[-len("chapter") :]
        told = f"{before}chapter.record(seen=' '.join(sorted(seen)))\n{shown}"  # the last line shows the named results
        notebook.cells = [nbformat.v4.new_code_cell(opened), *notebook.cells[:-1], nbformat.v4.new_code_cell(told)]
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    done = run_notebooks(tmp_path, tmp_path / "run")
    results = json.loads((done.folder / "results.json").read_text("utf-8"))
    entries = json.loads((done.folder / "manifest.json").read_text("utf-8"))["notebooks"]
    for name, entry in entries.items():
        assert results[name]["seen"]["value"].split() == entry["files"]
    assert "events.csv" in entries["01-timeline"]["files"]
    assert "strategy_sections.csv" not in entries["01-timeline"]["files"]
    text = (done.notebooks / "01-timeline.ipynb").read_text("utf-8")  # carries nothing of the machine
    assert "papermill" not in text
    assert str(tmp_path) not in text
    assert json.loads(text)["metadata"]["language_info"] == {"name": "python"}


def test_outputs_are_copied_back_with_the_picture(tmp_path: Path) -> None:
    executed = Run((), (), tmp_path)
    executed.notebooks.mkdir()
    for file in notebook_files():
        executed_file = executed.notebooks / file.relative_to(paths.NOTEBOOKS)
        executed_file.parent.mkdir(parents=True, exist_ok=True)
        executed_file.write_bytes(file.read_bytes())
    target = tmp_path / "committed"
    (target / "cases").mkdir(parents=True)
    assert update_committed(executed, target, tmp_path / "picture.svg") == [
        file.relative_to(paths.NOTEBOOKS).with_suffix("").as_posix() for file in notebook_files()
    ]
    assert update_committed(executed, target, tmp_path / "picture.svg") == []
    assert (tmp_path / "picture.svg").read_bytes() == paths.README_PICTURE.read_bytes()
