"""Time work in processes of their own, with the memory that it takes; what the other benchmarks share.

A benchmark is a script that, called with `--one NAME`, does one piece of work, and prints for each job in it the
seconds and the peak of memory (`Timing`) as JSON on its last line.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

HERE = "here"  # the way of this project, beside which the others stand
LEAST, SHARE = 0.05, 0.05  # seconds between two looks at the memory, and the share of the time that they may take


@dataclass(frozen=True)
class Timing:
    """The seconds that work took, and the most memory that this process and its children held meanwhile (MB)."""

    seconds: float
    peak_mb: float


def _held_mb() -> float:
    """The memory of this process and all its children in MB; pages that they share count once (PSS on Linux)."""
    held = 0
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):
            memory = process.memory_full_info()
            held += getattr(memory, "pss", memory.uss)
    return held / 2**20


def timed(work: Callable[[], object]) -> Timing:
    """Do the work, and return what it took."""
    over, seen = threading.Event(), [_held_mb()]

    def watch() -> None:
        pause = LEAST
        while not over.wait(pause):
            began = time.perf_counter()
            seen.append(_held_mb())
            pause = max(LEAST, (time.perf_counter() - began) / SHARE)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.perf_counter()
    try:
        work()
    finally:
        took = time.perf_counter() - started
        over.set()
        watcher.join()
    return Timing(took, max(*seen, _held_mb()))


def scaled(timing: Timing, times: float) -> Timing:
    """The timing of the whole, projected from that of a part."""
    return Timing(timing.seconds * times, timing.peak_mb)


def answer(timings: Mapping[str, Timing]) -> None:
    """Print the timings of the jobs for the process that asked for them."""
    print(json.dumps({job: asdict(timing) for job, timing in timings.items()}))


def ask(script: Path, name: str) -> dict[str, Timing]:
    """The timings of the jobs that a script does under a name, in a process of its own. Ends the run where it fails."""
    done = subprocess.run(
        [sys.executable, script, "--one", name], capture_output=True, encoding="utf-8", errors="replace"
    )
    if done.returncode:
        sys.exit(f"{script.name}, {name}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return {job: Timing(**timing) for job, timing in json.loads(done.stdout.splitlines()[-1]).items()}


def rounded(value: float, digits: int = 3) -> float:
    """A number with so many significant digits."""
    return float(f"{value:.{digits}g}")


def summary(timings: Sequence[Timing]) -> dict[str, float]:
    """Median, least and most of the seconds, the peak of memory over all runs, and how many these are."""
    seconds = [timing.seconds for timing in timings]
    return {
        "seconds": rounded(statistics.median(seconds)),
        "least": rounded(min(seconds)),
        "most": rounded(max(seconds)),
        "peak_mb": round(max(timing.peak_mb for timing in timings)),
        "runs": len(timings),
    }


def machine() -> str:
    """The machine in words."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors, {memory:.0f} GB of memory, "
        f"Python {platform.python_version()}"
    )


def versions(packages: Sequence[str]) -> str:
    """Packages with their versions in words."""
    return ", ".join(f"{name} {version(name)}" for name in packages)
