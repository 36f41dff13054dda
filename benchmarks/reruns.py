"""Running and rerunning beside plain papermill: `python benchmarks/reruns.py`; about five minutes.

Four ratios in one run, each with the bar that it must clear: all chapters from nothing, a run where nothing changed, a
sweep of 200 cases, the start of the command; then what a thousand cases cost wherever they are computed.
Prints a table with the machine and the versions, writes it for the book, and exits with 1 where a bar is missed.
"""

import csv
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from analysis import paths, sweep_run, sweeps, workers
from analysis.run import notebook_files, run_notebooks

OUTPUT = paths.BOOK / "reruns.csv"
BIN = Path(sys.executable).parent
LOOPED = 10  # cases that the shell loop computes; it is linear in their number
SWEEP = """
chapter: "01"
result: events
grid:
  start: {from: 2021-01-01, to: 2021-04-10}
  end: [2025-02-28, 2025-12-31]
"""
REPEATS = 5


def seconds(work: Callable[[], object]) -> float:
    """The seconds that a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def command(*words: str | Path) -> float:
    """The seconds that a command takes."""
    return seconds(lambda: subprocess.run(words, check=True, capture_output=True, cwd=paths.ROOT))


def papermill(notebook: Path, target: Path, *words: str) -> float:
    """The seconds of plain papermill for one notebook."""
    return command(BIN / "papermill", "--no-progress-bar", notebook, target, *words)


def main() -> int:
    """Measure, print, and return 1 where a bar is missed."""
    rows: list[tuple[str, float, float, str, bool]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = seconds(lambda: run_notebooks(folder=folder / "run", progress=False))
        plain = sum(papermill(file, folder / file.name) for file in notebook_files())
        rows.append(("all chapters from nothing", plain, ours, f"{plain / ours:.1f} times", plain >= 2 * ours))

        command(BIN / "balancing-act", "run")
        again = min(command(BIN / "balancing-act", "run") for _ in range(REPEATS))
        rows.append(("nothing changed", float("nan"), again, "under 1 s", again < 1))
        start = min(command(BIN / "balancing-act", "--version") for _ in range(REPEATS))
        rows.append(("start of the command", float("nan"), start, "under 0.4 s", start < 0.4))

        (folder / "light.yml").write_text(SWEEP, encoding="utf-8")
        light = sweeps.read_sweep(folder / "light.yml")
        file = light.notebook
        looped = [
            papermill(file, folder / "case.ipynb", *(word for item in case.items() for word in ("-p", *map(str, item))))
            for case in light.cases[:LOOPED]
        ]
        loop = sum(looped) / LOOPED * len(light.cases)
        places = {
            "in one process": (1, None),
            f"in {workers.default_workers()} processes": (workers.default_workers(), None),
            f"on Dask, {workers.default_workers()} workers": (workers.default_workers(), workers.LOCAL),
        }
        for place, (count, scheduler) in places.items():

            def sweep(count: int = count, scheduler: str | None = scheduler, place: str = place) -> None:
                with workers.open_pool(count, scheduler) as pool:
                    sweep_run.run_sweep(light, pool, folder / place, progress=False)

            took = seconds(sweep)
            cost = took / len(light.cases) * 1000
            rows.append(
                (f"sweep of 200 light cases, {place}", loop, took, f"{loop / took:.0f} times", loop >= 10 * took)
            )
            rows.append((f"a thousand light cases, {place}", float("nan"), cost, "", True))
    machine = (
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, "
        f"papermill {version('papermill')}; the loop is measured on {LOOPED} cases"
    )
    with OUTPUT.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["Job", "papermill, s", "here, s", "Ratio or bar"])
        for what, plain, ours, ratio, _ in rows:
            writer.writerow([what, "" if plain != plain else f"{plain:.1f}", f"{ours:.2f}", ratio])
        writer.writerow([f"Measured on {machine}", "", "", ""])
    print(machine)
    print(f"{'':<54} {'papermill, s':>12} {'here, s':>8}")
    for what, plain, ours, ratio, held in rows:
        beside = "" if plain != plain else f"{plain:.1f}"
        print(f"{what:<54} {beside:>12} {ours:>8.2f}  {ratio}{'' if held else '  MISSED'}")
    return 0 if all(row[-1] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
