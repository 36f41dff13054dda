"""The benchmarks: the committed tables and page, the bars, and that the ways count the same."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from analysis.core import paths
from analysis.signals.exports import count_file

BENCHMARKS = paths.ROOT / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import a script of benchmarks/."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_the_committed_table_is_the_one_that_the_benchmark_makes(benchmark: Callable[[str], ModuleType]) -> None:
    script = benchmark("peers")
    table = pd.read_csv(script.OUTPUT)
    assert set(table["way"]) == {name for name, _, _ in script.WAYS.values()}
    assert not script.missed(table)


def test_the_committed_page_shows_the_committed_tables(benchmark: Callable[[str], ModuleType]) -> None:
    assert (BENCHMARKS / "README.md").read_text(encoding="utf-8") == benchmark("report").report()


def test_a_missed_bar_is_named(benchmark: Callable[[str], ModuleType]) -> None:
    script = benchmark("peers")
    quick, slow = script.Timing(1.0, 100.0), script.Timing(1.5, 200.0)
    jobs = {job for job, _ in script.BARS} | set(script.LIMITS)
    found = {(job, way, ""): [quick, slow, slow] for job in jobs for way in (script.HERE, script.PAPERMILL)}
    table = script.table_of(found)
    assert (table["seconds"] == 1.5).all()
    assert (table["least"] == 1.0).all()
    assert (table["times"] == 1.0).all()
    assert (table["peak_mb"] == 200).all()
    assert script.missed(table) == [
        "all chapters, nothing changed: 1.5 s, at most 1.0 s",
        "the start of the command: 1.5 s, at most 0.4 s",
        "all chapters, executed: papermill, one by one takes 1.0 times as long, at least 2.0",
        f"{script.CASES}: papermill, one by one takes 1.0 times as long, at least 10.0",
    ]


def test_pandas_counts_the_made_events_as_this_book_does(
    tmp_path: Path, benchmark: Callable[[str], ModuleType]
) -> None:
    script = benchmark("gdelt")
    script.write_events(tmp_path / "events.csv", 3000)
    counts, report = count_file(tmp_path / "events.csv")
    assert (report.format, report.lines, report.malformed) == ("GDELT 2.0", 3000, [])
    assert report.kept > 50
    for at_once in (None, 700):
        pd.testing.assert_frame_equal(script.count_with_pandas(tmp_path / "events.csv", at_once), counts)


def test_memory_and_time_of_work_are_seen() -> None:
    code = (
        "import json, sys, time; sys.path.insert(0, 'benchmarks'); import measuring, numpy; "
        "rest = measuring.timed(lambda: time.sleep(0.3)); "
        "work = measuring.timed(lambda: (numpy.ones(50_000_000), time.sleep(2))); "  # 400 MB
        "print(json.dumps([rest.seconds, work.peak_mb - rest.peak_mb]))"  # it looks seldom where looking takes long
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    seconds, more_mb = json.loads(done.stdout)
    assert 0.3 <= seconds < 5
    assert 300 < more_mb < 500
