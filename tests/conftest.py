"""Shared fixtures."""

import csv
import shutil
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from analysis import paths

SHARED = paths.ROOT.parent / "shared"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of data/ that a test may break."""
    folder = tmp_path / "data"
    shutil.copytree(paths.DATA, folder)
    return folder


@pytest.fixture
def change(data: Path) -> Callable[..., Path]:
    """Change cells of one row of a table in the copy: change("events", 5, date="2025-02-30"); row 2 is the first."""

    def apply(table: str, row: int, **cells: str) -> Path:
        file = data / f"{table}.csv"
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        for column, value in cells.items():
            rows[row - 1][rows[0].index(column)] = value
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
        return file

    return apply


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The normalised texts beside the repository; tests that read them skip where they are not at hand."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        pytest.skip("needs the corpus beside the repository (../shared/corpus)")
    return folder


# --- processes


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is the case; fail where it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def descendants(pid: int) -> set[int]:
    """The processes below a process."""
    return {child.pid for child in psutil.Process(pid).children(recursive=True)}


def alive(pid: int) -> bool:
    """Whether a process is there and does not merely wait to be collected."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    """Let a server answer while the block runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()
