"""One execution: in parallel, once, with failures named, and the last good run kept."""

import json
from pathlib import Path

import nbformat
import pytest

from analysis import paths, rules, run
from analysis.errors import DataError, RunError
from analysis.run import Run, notebook_files, run_notebooks, update_committed
from analysis.tables import Fault

RECORD = "from analysis.results import Results\nresults = Results({chapter!r})\nresults.add('answer', {value})\nresults"


def write(folder: Path, name: str, *sources: str) -> Path:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    file = folder / f"{name}.ipynb"
    file.write_text(nbformat.writes(notebook), encoding="utf-8")
    return file


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write(folder, "01-one", "x: int = 1  # a number", RECORD.format(chapter="01-one", value="x"))
    write(folder, "02-two", RECORD.format(chapter="02-two", value="2"))
    return folder


def go(notebooks: Path) -> Run:
    return run_notebooks(notebooks, notebooks.parent / "run", progress=False)


def test_all_are_executed_once_and_then_only_what_changed(notebooks: Path) -> None:
    first = go(notebooks)
    assert first.executed == ("01-one", "02-two")
    results = json.loads((first.folder / "results.json").read_text("utf-8"))
    assert results == {"01-one": {"answer": {"value": 1, "text": "1"}}, "02-two": {"answer": {"value": 2, "text": "2"}}}
    manifest = json.loads((first.folder / "manifest.json").read_text("utf-8"))
    assert set(manifest["notebooks"]["01-one"]) == {"cells", "parameters", "seconds"}
    assert manifest["inputs"]["data"]["events.csv"]
    assert manifest["versions"]["papermill"]
    before = (first.notebooks / "01-one.ipynb").read_bytes()

    (notebooks / "01-one.ipynb").touch()
    assert go(notebooks).executed == ()

    write(notebooks, "02-two", RECORD.format(chapter="02-two", value="3"))
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

    write(notebooks, "01-one", "x: int = 1  # another number", RECORD.format(chapter="01-one", value="x"))
    assert run.explain(notebooks, folder) == {"01-one": ["its cells changed"], "02-two": []}
    (folder / "notebooks" / "02-two.ipynb").unlink()
    assert run.explain(notebooks, folder)["02-two"] == ["its executed notebook is gone"]
    assert go(notebooks).executed == ("01-one", "02-two")

    now = run.inputs()
    now["data"] = now["data"] | {"events.csv": "0", "new.csv": "1"}
    del now["code"]["text.py"]
    now["lock"] = {"uv.lock": "2"}
    monkeypatch.setattr(run, "inputs", lambda: now | {"python": "3.99.0"})
    reasons = run.explain(notebooks, folder)["01-one"]
    assert reasons[:4] == [
        "src/analysis/text.py is gone",
        "data/events.csv changed",
        "data/new.csv is new",
        "uv.lock changed",
    ]
    assert reasons[4].startswith("Python is 3.99.0, was 3.")


def test_executed_notebooks_carry_nothing_of_the_machine(notebooks: Path) -> None:
    text = (go(notebooks).notebooks / "01-one.ipynb").read_text("utf-8")
    assert "papermill" not in text
    assert str(notebooks) not in text
    assert json.loads(text)["metadata"]["language_info"] == {"name": "python"}


def test_a_failing_cell_is_named_and_the_last_good_run_stays(notebooks: Path) -> None:
    good = go(notebooks)
    kept = (good.folder / "results.json").read_bytes()
    write(notebooks, "02-two", "1 + 1", "raise ValueError('no such thing')")
    with pytest.raises(
        RunError, match=r"02-two\.ipynb, cell 2 \(In \[2\]\) failed with ValueError: no such thing"
    ) as caught:
        go(notebooks)
    assert "\x1b" not in str(caught.value)
    assert (good.folder / "results.json").read_bytes() == kept
    assert sorted(path.name for path in notebooks.parent.iterdir()) == ["notebooks", "run"]


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
    monkeypatch.setattr(rules, "check", lambda: [fault, fault])
    monkeypatch.setattr(run, "execute", lambda *_: pytest.fail("a kernel was started"))
    with pytest.raises(DataError, match=r"events\.csv, row 5, column date: “never”; a day\n"):
        go(notebooks)


def test_changed_data_or_code_executes_again(notebooks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(notebooks)
    common = run.inputs()
    monkeypatch.setattr(run, "inputs", lambda: {**common, "data": {**common["data"], "events.csv": "changed"}})
    assert go(notebooks).executed == ("01-one", "02-two")


def test_outputs_are_copied_back_with_the_picture(tmp_path: Path) -> None:
    executed = Run((), (), tmp_path)
    executed.notebooks.mkdir()
    for file in notebook_files():
        (executed.notebooks / file.name).write_bytes(file.read_bytes())
    target = tmp_path / "committed"
    target.mkdir()
    assert update_committed(executed, target, tmp_path / "picture.svg") == [file.stem for file in notebook_files()]
    assert update_committed(executed, target, tmp_path / "picture.svg") == []
    assert (tmp_path / "picture.svg").read_bytes() == paths.README_PICTURE.read_bytes()
