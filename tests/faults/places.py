"""Throw-away copies of the repository, workers in them, and children of a process in which a fault can do no harm."""

import json
import os
import pickle
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TIMED_OUT = "timed out"
FOLDERS = ("book", "data", "jupyter", "notebooks", "requirements", "src", "sweeps", "tests")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "pictures", "browser")


def copy_repository(target: Path) -> Path:
    """Copy the working tree, without what was built, into a folder."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, target / name, ignore=LEFT_OUT)
    for file in ROOT.iterdir():
        if file.is_file() and not file.name.startswith("."):
            shutil.copy2(file, target)
    return target


# --- children


def _read_until(pipe: int, end: float) -> bytes | None:
    parts = []
    while select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None


def in_child(work: Callable[[], Any], seconds: float) -> Any:
    """What a function returns in a forked child that prints nothing, or TIMED_OUT where it takes longer.

    The child has all that this process has imported, and what it changes in memory goes with it. Raises RuntimeError
    where the function fails, or where the child ends without an answer.
    """
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        try:
            answer = (True, work())
        except BaseException:
            answer = (False, traceback.format_exc())
        with os.fdopen(send, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(send)
    try:
        found = _read_until(receive, time.monotonic() + seconds)
    finally:
        os.close(receive)
        for kill in (os.kill, os.killpg):  # it, and what it started
            with suppress(ProcessLookupError):
                kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if found is None:
        return TIMED_OUT
    fine, answer = pickle.loads(found) if found else (False, "a child ended without an answer")
    if not fine:
        raise RuntimeError(answer)
    return answer


# --- workers


class Worker:
    """A process in a copy of the repository: it takes a task a line and gives an answer a line, both as JSON."""

    def __init__(self, place: Path, module: str) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(place / "src"),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTEST_DEBUG_TEMPROOT": str(place.parent),  # else workers clear away each other's folders
        }
        command = [sys.executable, "-m", module]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8", cwd=place / "tests", env=environment
        )

    def ask(self, task: Any) -> Any:
        """The answer to a task. Raises RuntimeError where the worker is gone; it has said why."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker ended at the task {task}")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def work_through(module: str, tasks: Iterable[Any], workers: int) -> Iterator[tuple[Any, Any]]:
    """Tasks with their answers, as they come, from processes that each have a copy of the repository.

    module: what a worker runs (`answer_tasks`), of this package.
    """
    with ExitStack() as stack:
        free: SimpleQueue[Worker] = SimpleQueue()
        for _ in range(workers):
            place = Path(stack.enter_context(TemporaryDirectory(prefix="faults-")))
            worker = Worker(copy_repository(place / "repository"), module)
            stack.callback(worker.close)
            free.put(worker)
        pool = stack.enter_context(ThreadPoolExecutor(workers))

        def one(task: Any) -> Any:
            worker = free.get()
            try:
                return worker.ask(task)
            finally:
                free.put(worker)

        jobs = {pool.submit(one, task): task for task in tasks}
        for job in as_completed(jobs):
            yield jobs[job], job.result()


def answer_tasks(answer: Callable[[Any], Any]) -> None:
    """Answer the tasks of standard input, a line each; what else is printed goes to standard error."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        lines.write(json.dumps(answer(json.loads(line))) + "\n")
        lines.flush()
