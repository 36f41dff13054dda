"""The benchmark tables: what they may hold, the model of growth, and what the page says of them."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.book import speed, speed_charts, speed_page
from analysis.core import paths
from analysis.core.errors import DataError
from analysis.signals.exports import count_file

CELL = "book/peers.csv, row 3, column seconds"
SIZES = (10, 100, 1000, 10_000, 100_000)


def peers(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Rows of job, way and seconds; the seconds of here are those of the job's first row."""
    here = {job: seconds for job, way, seconds in reversed(rows) if way == "here"}
    return pd.DataFrame(
        [
            {"job": job, "way": way, "seconds": seconds, "least": seconds * 0.9, "most": seconds * 1.1}
            | {"times": seconds / here[job], "peak_mb": 100, "runs": 3, "part": "", "machine": "a machine"}
            | {"versions": "x 1.0"}
            for job, way, seconds in rows
        ]
    )


def growth(costs: Sequence[float], of: str = "events", way: str = "here") -> pd.DataFrame:
    frame = pd.DataFrame({"of": of, "way": way, "size": SIZES[: len(costs)], "seconds": costs, "least": costs})
    return frame.assign(most=costs, peak_mb=100.0, runs=1, machine="a machine")


# --- the tables


@pytest.mark.parametrize("name", list(speed.COLUMNS))
def test_the_committed_tables_can_be_read(name: str) -> None:
    table = speed.read_benchmark(paths.BOOK / f"{name}.csv")
    assert (table["least"] <= table["seconds"]).all()
    assert (table["seconds"] <= table["most"]).all()
    assert table["machine"].nunique() == 1


def test_every_job_beside_a_peer_is_done_here_too() -> None:
    table = speed.read_benchmark(paths.BOOK / "peers.csv")
    here = set(table.loc[table["way"] == speed.HERE, "job"])
    assert set(table["job"]) == here
    assert {"papermill", "nbclient", "jupyter-book", "scikit-learn", "krippendorff", "pandas"} <= {
        re.split("[, ]", way)[0] for way in speed.peers_of(table)["way"]
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("times", "time"), "book/peers.csv has no times; `make bench` writes it again"),
        (lambda text: text.splitlines()[0] + "\n", "book/peers.csv has no rows; `make bench` writes it again"),
        (lambda text: text.replace("2.0", "-2"), f"{CELL}: “-2”; allowed: numbers above 0"),
        (lambda text: text.replace("2.0", "two"), f"{CELL}: “two”; allowed: numbers above 0"),
    ],
)  # fmt: skip
def test_a_broken_table_is_refused(tmp_path: Path, change: object, message: str) -> None:
    file = tmp_path / "peers.csv"
    table = peers(("a", "here", 1.0), ("a", "plain", 2.0)).assign(times=[1, 3])
    file.write_text(change(table.to_csv(index=False)), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(DataError, match=re.escape(message)):
        speed.read_benchmark(file)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^book/growth\.csv is missing; `make bench` writes it$"):
        speed.read_benchmark(tmp_path / "growth.csv")


# --- the model


@pytest.mark.parametrize(("fixed", "unit", "power"), [(0.5, 2e-4, 1.0), (0, 3e-8, 2.0), (2, 1e-3, 0.75)])
def test_the_model_finds_the_law_that_made_the_costs(fixed: float, unit: float, power: float) -> None:
    model = speed.fit_growth(SIZES, [fixed + unit * n**power for n in SIZES])
    assert model.power == power
    assert (model.fixed, model.unit) == (pytest.approx(fixed, abs=1e-9), pytest.approx(unit))
    assert model.error < 1e-6
    assert model.at(1e6) == pytest.approx(fixed + unit * 1e6**power)


def test_a_cost_that_does_not_grow_has_no_growing_part() -> None:
    model = speed.fit_growth(SIZES, [7.0] * 5)
    assert (model.fixed, model.unit) == (pytest.approx(7), pytest.approx(0, abs=1e-12))
    assert model.at(1e9) == pytest.approx(7)


def test_the_model_says_how_far_it_is_off() -> None:
    costs = [1 + 1e-3 * n for n in SIZES]
    costs[2] *= 1.2
    model = speed.fit_growth(SIZES, costs)
    assert 0.05 < model.error < 0.2
    assert model.error == pytest.approx(max(abs(model.at(n) / c - 1) for n, c in zip(SIZES, costs, strict=True)))


@settings(max_examples=30)
@given(st.lists(st.floats(0.01, 1e4), min_size=3, max_size=5))
def test_no_prediction_falls_below_the_fixed_part(costs: list[float]) -> None:
    model = speed.fit_growth(SIZES[: len(costs)], costs)
    assert model.fixed >= 0
    assert model.unit >= 0
    values = [model.at(n) for n in np.geomspace(1, 1e7, 20)]
    assert values == sorted(values)


def test_models_are_told_for_ten_times_the_largest_size() -> None:
    table = pd.concat([growth([1, 2, 11]), growth([3, 3, 3], way="pandas")])
    models = speed.growth_models(table).set_index(["way", "cost"])
    assert list(models.index) == [
        ("here", "seconds"),
        ("here", "peak_mb"),
        ("pandas", "seconds"),
        ("pandas", "peak_mb"),
    ]
    row = models.loc[("here", "seconds")]
    assert (row["largest"], row["measured"], row["beyond"]) == (1000, 11, 10_000)
    assert row["predicted"] == pytest.approx(row["model"].at(10_000))


# --- words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.0123, "0.012 s"), (0.352, "0.35 s"), (9.96, "10 s"), (119, "120 s")),
        *((120, "2 min"), (252, "4.2 min"), (5400, "90 min"), (9000, "2.5 h")),
    ],
)
def test_seconds_in_words(seconds: float, words: str) -> None:
    assert speed.duration(seconds) == words


def test_memory_in_words() -> None:
    assert [speed.memory(mb) for mb in (85.2, 350, 1024, 4300)] == ["85 MB", "350 MB", "1 GB", "4.2 GB"]


def test_models_in_words() -> None:
    assert speed.formula(speed.Growth(0.5, 2e-3, 1, 0), "seconds", 1e4) == "0.5 s + 0.2 s · (n / 100)"
    assert speed.formula(speed.Growth(100, 4e-6, 1.5, 0), "peak_mb", 1e6) == "100 MB + 0.13 MB · (n / 1,000)^1.5"
    assert speed.formula(speed.Growth(100, 1e-9, 1.5, 0), "peak_mb", 1e6) == "100 MB, whatever the size"


# --- the page


def test_the_title_says_who_takes_longer_and_who_does_not() -> None:
    slower = speed_charts.peers_figure(peers(("a", "here", 1.0), ("a", "plain", 2.0), ("a", "loop", 31.0)))
    assert (
        slower.chart.to_dict()["title"]["text"] == "Every plain way takes longer than this book: 2 to 31 times as long"
    )
    assert "a: plain 2; a: loop 31." in slower.alt
    mixed = speed_charts.peers_figure(peers(("a", "here", 1.0), ("a", "plain", 2.0), ("a", "quick", 0.5)))
    assert mixed.chart.to_dict()["title"]["text"] == (
        "1 of 2 plain ways take longer than this book, 2 to 2 times as long; one is as quick or quicker"
    )


def test_variants_of_here_are_no_peers() -> None:
    table = peers(("a", "here", 1.0), ("a", "here, on Dask", 2.0), ("a", "plain", 3.0))
    assert list(speed.peers_of(table)["way"]) == ["plain"]


def test_the_chart_of_growth_draws_points_and_lines_beyond_them() -> None:
    figure = speed_charts.growth_figure(growth([1.0, 2.0, 11.0]))
    spec = figure.chart.to_dict()
    assert spec["title"]["text"] == "On this machine 1,000 events take 11 s"
    lines, points = sorted(spec["datasets"].values(), key=lambda rows: "beyond" not in rows[0])
    assert {row["beyond"] for row in lines} == {False, True}
    assert max(row["size"] for row in lines) == pytest.approx(10_000)
    assert [row["value"] for row in points if row["cost"] == "seconds"] == [1.0, 2.0, 11.0]
    assert "events, here: time grows with the power" in figure.alt


def test_the_tables_of_the_page_show_text_as_text() -> None:
    table = peers(("a|b", "here", 1.0), ("a|b", "<b>plain</b>", 2.0))
    lines = speed_page.peers_table(table).splitlines()
    assert len(lines) == 4
    assert r"a\|b" in lines[2]
    assert r"\<b\>plain" in lines[3]
    assert "Measured on a machine, with x 1.0." in speed_page.machine_line(table)
    assert len(speed_page.models_table(growth([1.0, 2.0, 11.0])).splitlines()) == 4


# --- the benchmarks themselves


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import a script of benchmarks/."""
    monkeypatch.syspath_prepend(str(paths.ROOT / "benchmarks"))
    return importlib.import_module


def test_the_committed_table_is_the_one_that_the_benchmark_makes(benchmark: Callable[[str], ModuleType]) -> None:
    script = benchmark("peers")
    table = speed.read_benchmark(paths.BOOK / "peers.csv")
    assert set(table["way"]) == {name for name, _, _ in script.WAYS.values()}
    assert not script.missed(table)


def test_a_missed_bar_is_named(benchmark: Callable[[str], ModuleType]) -> None:
    script = benchmark("peers")
    quick, slow = script.Timing(1.0, 100.0), script.Timing(1.5, 200.0)
    jobs = {job for job, _ in script.BARS} | set(script.LIMITS)
    found = {(job, way, ""): [quick, slow, slow] for job in jobs for way in (speed.HERE, script.PAPERMILL)}
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
    assert (report.format, report.lines, report.bad) == ("GDELT 2.0", 3000, 0)
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
