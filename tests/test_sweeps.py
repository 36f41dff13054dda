"""Sweeps: read and refused with the line, computed anywhere with the same numbers, and nothing lost on the way."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from conftest import alive, descendants, wait_for

from analysis.charts.sweep import sweep_figure
from analysis.core import paths
from analysis.core.errors import ParameterError, RunError
from analysis.core.files import locked
from analysis.runs import kernels, rerun, workers
from analysis.runs import sweep as sweep_run
from analysis.runs.kernels import quiet_kernels
from analysis.runs.notebooks import execute
from analysis.runs.results import read_results
from analysis.runs.sweep import Sweep, read_sweep, run_sweep

LIGHT = """
chapter: "01"
result: events
grid:
  start: [2021-01-01, 2023-01-01, 2024-01-01]
  end: [2022-12-31, 2025-02-28, 2025-12-31]
"""


def write(folder: Path, text: str, name: str = "light.yml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def light(tmp_path: Path) -> Sweep:
    return read_sweep(write(tmp_path, LIGHT))


def go(sweep: Sweep, folder: Path, count: int = 1, scheduler: str | None = None) -> sweep_run.Done:
    with workers.open_pool(count, scheduler) as pool:
        return run_sweep(sweep, pool, folder)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> sweep_run.Done:
    """The light sweep, computed once in this process, for tests that only read what it left."""
    folder = tmp_path_factory.mktemp("light")
    return go(read_sweep(write(folder, LIGHT)), folder)


@pytest.fixture
def computed(tmp_path: Path, done: sweep_run.Done) -> Path:
    """The folder of runs with a copy of that sweep, for tests that go on with it."""
    shutil.copytree(done.folder, tmp_path / done.folder.name)
    return tmp_path


# --- reading


@pytest.mark.parametrize("file", sorted((paths.ROOT / "sweeps").glob("*.yml")), ids=lambda file: file.stem)
def test_the_examples_can_be_read(file: Path) -> None:
    found = read_sweep(file)
    assert len(found.cases) >= 10
    assert all(list(case) == list(found.cases[0]) for case in found.cases)


def test_a_grid_gives_every_combination_in_order(light: Sweep) -> None:
    assert list(light.cases[0]) == ["start", "end"]
    assert [tuple(case.values()) for case in light.cases[:4]] == [
        ("2021-01-01", "2022-12-31"),
        ("2021-01-01", "2025-02-28"),
        ("2021-01-01", "2025-12-31"),
        ("2023-01-01", "2022-12-31"),
    ]
    assert len(light.cases) == 9


def test_ranges_and_single_values(tmp_path: Path) -> None:
    text = """
chapter: 04-alignment
result: coverage
grid:
  seed: {from: 1, to: 7, step: 3}
  bar: {from: 0.1, to: 0.4, step: 0.1}
  curve: false
"""
    found = read_sweep(write(tmp_path, text))
    assert sorted({case["seed"] for case in found.cases}) == [1, 4, 7]
    assert sorted({case["bar"] for case in found.cases}) == [0.1, 0.2, 0.3, 0.4]
    assert {case["curve"] for case in found.cases} == {False}
    days = LIGHT.replace("[2021-01-01, 2023-01-01, 2024-01-01]", "{from: 2021-01-01, to: 2021-01-20, step: 7}")
    assert list(dict.fromkeys(case["start"] for case in read_sweep(write(tmp_path, days)).cases)) == [
        "2021-01-01",
        "2021-01-08",
        "2021-01-15",
    ]


def test_a_sample_of_a_large_grid_is_drawn_with_its_seed(tmp_path: Path) -> None:
    text = """
chapter: 04
result: coverage
grid:
  seed: {from: 1, to: 300}
  draws: {from: 100, to: 1099}
sample: 50
seed: %s
"""
    one, again, other = (read_sweep(write(tmp_path, text % seed)).cases for seed in (1, 1, 2))
    assert len(one) == 50
    assert one == again != other
    assert len({tuple(case.items()) for case in one}) == 50
    with pytest.raises(ParameterError, match=r"light.yml: the grid has 3,000,000 combinations; allowed: 1,000,000"):
        read_sweep(write(tmp_path, text.replace("to: 300}", "to: 3000}") % 1))


GRID = "chapter: '04'\nresult: coverage\ngrid:\n  "
REFUSED = {
    "": r"light.yml: a sweep must give values to names; known: chapter, result, grid",
    "chapter: 04\ngrid: {": r"light.yml cannot be read: .*line \d",
    "- a": r"a sweep must give values to names; known: chapter",
    "chapter: 04\nresult: coverage\ngird:\n": r"light.yml: a sweep has no “gird” \(nearest: grid\)",
    "chapter: 04\nchapter: 05": r"cannot be read: a name stands there twice .*line 1",
    "chapter: 04": r"result is missing; a sweep needs chapter, result, grid",
    "chapter: 04\nresult: coverage": r"grid is missing",
    "chapter: 04-alinment\nresult: coverage\ngrid: {}": r"there is no chapter “04-alinment” \(nearest: 04-",
    "chapter: 04\nresult: converage\ngrid: {seed: 1}": r"04-alignment has no number “converage” .*: coverage",
    "chapter: 04\nresult: reading\ngrid: {seed: 1}": r"has no number “reading”",
    "chapter: 04\nresult: [coverage]\ngrid: {seed: 1}": r"parameter result must be a single value",
    "chapter: 04\nresult: coverage\ngrid: {}": r"the grid must give values to names",
    GRID + "treshold: [1]": r"light.yml: the grid has no “treshold” \(nearest: threshold\)",
    GRID + "threshold: [1, two]": r"light.yml: parameter threshold: 'two'; allowed: a whole number",
    GRID + "threshold: [1, 1]": r"parameter threshold: a list needs values, and each of them once",
    GRID + "threshold: []": r"parameter threshold: a list needs values",
    GRID + "threshold: [[1]]": r"parameter threshold must be a single value",
    GRID + "mask: [yes]": r"light.yml: parameter mask: 'yes'; allowed: True or False",
    GRID + "mask: {from: false, to: true}": r"the range of mask needs from and to, both numbers or both days",
    GRID + "seed: {from: 1}": r"the range of seed needs from and to",
    GRID + "seed: {from: 5, to: 1}": r"the range of seed is empty or too long; allowed: 1 to 1,000,000 values",
    GRID + "seed: {from: 1, to: 5, step: 0}": r"the range of seed is empty or too long",
    GRID + "bar: {from: 0, to: inf}": r"light.yml: parameter bar: 'inf'; allowed: a number",
    GRID + "statement: {from: 2021-01-01, to: soon}": r"parameter statement: ",
    GRID + "seed: {from: 1, to: 5}\nsample: 0": r"parameter sample: '0'; allowed: a whole number from 1 to 1,000,000",
    "[" * 5000: r"light.yml cannot be read",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[-30:])
def test_a_bad_file_is_refused_with_what_is_allowed(tmp_path: Path, text: str) -> None:
    with pytest.raises(ParameterError, match=REFUSED[text]):
        read_sweep(write(tmp_path, text))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"no\.yml cannot be read: .*No such file"):
        read_sweep(tmp_path / "no.yml")
    with pytest.raises(ParameterError, match=r"cannot be read"):
        read_sweep(tmp_path)
    (tmp_path / "latin.yml").write_bytes(b"chapter: \xff")
    with pytest.raises(ParameterError, match=r"latin.yml cannot be read"):
        read_sweep(tmp_path / "latin.yml")


# --- the same numbers everywhere


def test_without_a_kernel_the_results_are_those_of_a_kernel(tmp_path: Path) -> None:
    notebook = rerun.find_notebook("04")
    values = {"curve": False, "threshold": 3, "unit": "paragraph", "draws": 100, "matched_draws": 5}
    executed = tmp_path / notebook.name
    with quiet_kernels() as scratch:
        execute(notebook, executed, scratch, values)
    assert kernels.compute(notebook, values) == read_results([executed])[notebook.stem]


@pytest.mark.parametrize("chapter", ["02", "07"])
def test_without_a_kernel_the_default_results_are_the_committed_ones(chapter: str) -> None:
    notebook = rerun.find_notebook(chapter)
    assert kernels.compute(notebook, {}) == read_results([notebook])[notebook.stem]


def test_in_this_process_in_processes_and_on_dask_the_table_is_the_same(
    tmp_path: Path, light: Sweep, done: sweep_run.Done
) -> None:
    beside, dask = go(light, tmp_path / "beside", 2), go(light, tmp_path / "dask", 2, "local")
    tables = {(one.folder / "results.parquet").read_bytes() for one in (done, beside, dask)}
    pictures = {(one.folder / "chart.svg").read_bytes() for one in (done, beside, dask)}
    assert len(tables) == len(pictures) == 1
    table = pd.read_parquet(dask.folder / "results.parquet")
    assert list(table["case"]) == list(range(1, 10))
    kernel = read_results([rerun.find_notebook("01")])["01-timeline"]
    assert set(kernel) == {name.removeprefix("result.") for name in table if name.startswith("result.")}


def test_a_case_that_fails_is_listed_and_the_rest_kept(light: Sweep, done: sweep_run.Done, computed: Path) -> None:
    refused = [case for case in light.cases if case["end"] < case["start"]]
    assert done.failed[["start", "end"]].to_dict("records") == refused
    assert done.failed["error"].str.contains("lies before start").all()
    table = pd.read_parquet(done.folder / "results.parquet")
    assert (table["error"] != "").sum() == len(refused) == table["result.events"].isna().sum()
    lines = sweep_run.report(done, "runs/sweep-light")
    assert lines[0] == "9 cases, 0 of them from before, 2 failed"
    assert lines[1].startswith("  failed: -p start=2023-01-01 -p end=2022-12-31: parameter end")
    again = go(light, computed)
    assert (again.before, len(again.failed)) == (9 - len(refused), len(refused))


def test_an_error_of_the_code_is_kept_with_its_cell(tmp_path: Path) -> None:

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("x = 1"), nbformat.v4.new_code_cell("{}['y']")]
    nbformat.write(notebook, tmp_path / "01-broken.ipynb")
    with pytest.raises(RunError, match=r"cell 2 failed with KeyError: 'y'"):
        kernels.compute(tmp_path / "01-broken.ipynb", {})
    notebook.cells = notebook.cells[:1]
    nbformat.write(notebook, tmp_path / "02-silent.ipynb")
    with pytest.raises(RunError, match=r"02-silent.ipynb records no named results"):
        kernels.compute(tmp_path / "02-silent.ipynb", {})


# --- interrupted, killed, full, twice


LONG = LIGHT.replace("[2021-01-01, 2023-01-01, 2024-01-01]", "{from: 2021-01-01, to: 2021-01-08}").replace(
    "[2022-12-31, 2025-02-28, 2025-12-31]", "[2025-02-28, 2025-12-31]"
)
ENOUGH = 5  # cases that are kept before a sweep is stopped
RUN = f"""
import signal, sys, time
from pathlib import Path
from analysis.cli import command as cli
from analysis.core import paths
from analysis.runs import kernels
compute, runs = kernels.compute, Path(sys.argv[2])
def compute_or_wait(notebook, values):  # in a worker: it waits to be stopped, which else might come too late
    while (runs / "sweep-long" / "cases.jsonl").read_bytes().count(b"\\n") >= {ENOUGH}:
        time.sleep(0.02)
    return compute(notebook, values)
kernels.compute = compute_or_wait
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that run in the background ignore it
    paths.RUNS = runs
    sys.exit(cli.main(["sweep", sys.argv[1], "--workers", "2"]))
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The table of the long sweep, computed in one go in this process."""
    folder = tmp_path_factory.mktemp("whole")
    return (go(read_sweep(write(folder, LONG, "long.yml")), folder).folder / "results.parquet").read_bytes()


def lines_in(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_sweep_goes_on_where_it_was_stopped(tmp_path: Path, whole: bytes, how: signal.Signals) -> None:
    file, script = write(tmp_path, LONG, "long.yml"), write(tmp_path, RUN, "script.py")
    cases = tmp_path / "sweep-long" / "cases.jsonl"
    command = [sys.executable, str(script), str(file), str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: lines_in(cases) >= ENOUGH)
    below = descendants(process.pid)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert how == signal.SIGKILL or "Traceback" not in said
    assert below
    wait_for(lambda: not any(map(alive, below)))
    kept = lines_in(cases)
    assert ENOUGH <= kept < 16
    assert not (cases.parent / "results.parquet").exists()

    with cases.open("a") as half:  # the line that a crash cut short
        half.write('{"key": "abc", "val')
    sweep = read_sweep(file)
    done = go(sweep, tmp_path)
    assert done.before >= kept - 1
    assert (done.folder / "results.parquet").read_bytes() == whole


def after_cases(monkeypatch: pytest.MonkeyPatch, count: int, act: Callable[[], None]) -> None:
    """Let something happen as soon as so many cases of a sweep of this process are computed."""
    line, left = sweep_run._line, iter(range(count))

    def line_and_act(key: str, outcome: sweep_run.Outcome) -> str:
        if next(left, None) is None:
            monkeypatch.setattr(sweep_run, "_line", line)
            act()
        return line(key, outcome)

    monkeypatch.setattr(sweep_run, "_line", line_and_act)


def test_a_worker_process_that_dies_is_named_and_what_was_done_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import multiprocessing

    sweep = read_sweep(write(tmp_path, LONG, "long.yml"))
    after_cases(monkeypatch, 3, lambda: multiprocessing.active_children()[0].kill())
    with pytest.raises(RunError, match=r"a worker died after \d+ of 16 cases .*; the same command goes on"):
        go(sweep, tmp_path, 2)
    assert go(sweep, tmp_path).before >= 3


def test_a_dask_worker_that_is_killed_loses_nothing(
    tmp_path: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = read_sweep(write(tmp_path, LONG, "long.yml"))
    script = """
import sys
from pathlib import Path
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        print(cluster.scheduler_address, *(worker.pid for worker in cluster.workers.values()), flush=True)
        sys.stdin.read()
"""
    command = [sys.executable, str(write(tmp_path, script, "cluster.py"))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as cluster:
        assert cluster.stdout is not None
        address, *pids = cluster.stdout.readline().split()
        after_cases(monkeypatch, ENOUGH, lambda: os.kill(int(pids[0]), signal.SIGKILL))
        try:
            done = go(sweep, tmp_path, scheduler=address)
        finally:
            cluster.communicate("")
    assert (len(done.table), len(done.failed)) == (16, 0)
    assert (done.folder / "results.parquet").read_bytes() == whole


def test_another_state_of_the_project_on_a_worker_is_refused(
    tmp_path: Path, light: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: Iterator[str] = iter(["mine", *["other"] * 100])
    monkeypatch.setattr(sweep_run, "state", lambda _: next(states))
    with pytest.raises(RunError, match=r"a worker has another state of the project"):
        go(light, tmp_path)


def test_changed_data_computes_the_cases_again(computed: Path, light: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    assert go(light, computed).before == 7
    monkeypatch.setattr(sweep_run, "state", lambda _: "changed")
    assert go(light, computed).before == 0


def test_a_full_disk_is_one_message_and_what_was_done_is_kept(
    tmp_path: Path, light: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    after_cases(monkeypatch, 3, fill)
    with pytest.raises(RunError, match=r"sweep-light: the sweep cannot be written \(No space left on device\)"):
        go(light, tmp_path)
    assert go(light, tmp_path).before == 3


def test_a_folder_that_cannot_be_written(tmp_path: Path, light: Sweep) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(RunError, match=r"the sweep cannot be written"):
        go(light, tmp_path / "runs")


def test_two_sweeps_at_once_in_one_folder(tmp_path: Path, light: Sweep) -> None:
    (tmp_path / "sweep-light").mkdir()
    with (
        locked(tmp_path / "sweep-light", "busy"),
        pytest.raises(RunError, match=r"this sweep is running already"),
    ):
        go(light, tmp_path)
    assert len(go(light, tmp_path).table) == 9


# --- workers


def open_and_close(count: int, scheduler: str | None = None) -> None:
    with workers.open_pool(count, scheduler):
        pass


def test_bad_workers_and_schedulers(monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (0, 1001):
        with pytest.raises(ParameterError, match=rf"--workers: {count}; allowed: 1 to 1000"):
            open_and_close(count)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RunError, match=r"Dask is not installed: pip install 'balancing-act\[scale\]'"):
        open_and_close(1, "local")


def test_a_scheduler_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.5)
    with pytest.raises(RunError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        open_and_close(1, "tcp://127.0.0.1:9")


# --- the table and the chart


def test_columns_have_one_type() -> None:
    cases = [
        {"n": 1, "share": 0.5, "on": True},
        {"n": 2, "share": 1.0, "on": False},
        {"n": 3, "share": 0.0, "on": True},
    ]
    outcomes: list[dict[str, Any]] = [
        {"values": {"a": 1, "b": 1, "c": "x", "d": True}},
        {"values": {"a": 2, "b": 0.5, "c": 3, "d": None}},
        {"error": "refused"},
    ]
    table = sweep_run.result_table(cases, outcomes)
    assert {name: str(kind) for name, kind in table.dtypes.items()} == {
        "case": "Int64",
        "n": "Int64",
        "share": "Float64",
        "on": "boolean",
        "error": "string",
        "result.a": "Int64",
        "result.b": "Float64",
        "result.c": "string",
        "result.d": "boolean",
    }
    assert list(table["error"]) == ["", "", "refused"]


TITLE = "events runs from 1 to 9; the default run has {:.4g}"


def test_the_chart_says_what_the_table_holds(light: Sweep, tmp_path: Path) -> None:
    outcomes: list[dict[str, Any]] = [{"values": {"events": number}} for number in (5, 3, 8, 1, 9, 7, 2, 4)]
    outcomes = [outcome | {"seconds": 1} for outcome in [*outcomes, {"error": "refused"}]]
    table = sweep_run.result_table(light.cases, outcomes)
    figure = sweep_figure(table, "events", ["start", "end"], light.default, "01-timeline")
    assert figure.specification()["title"]["text"] == TITLE.format(light.default)
    assert "Curve of eight cases: events from 1 to 9, in the middle 4.5" in figure.alt
    assert "One case without a value." in figure.alt
    assert "start 2021-01-01 5, 2023-01-01 7 and 2024-01-01 3" in figure.alt
    sweep_run.gather(light, outcomes, tmp_path)
    assert (tmp_path / "chart.svg").exists()
    refused = sweep_run.gather(light, outcomes[-1:] * len(light.cases), tmp_path)
    lines = sweep_run.report(sweep_run.Done(tmp_path, 0, refused), "here")
    assert lines[0] == "9 cases, 0 of them from before, 9 failed"
    assert lines[-1] == "here/ holds results.parquet and provenance.json"
