"""Shared fixtures."""

import csv
import json
import re
import shutil
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

from analysis.core import paths
from analysis.runs.notebooks import notebook_files
from analysis.runs.results import read_results

SHARED = paths.ROOT.parent / "shared"


# --- which process runs a test


@cache
def shares(module: str) -> bool:
    """Whether the tests of a module share something that is made once."""
    return 'fixture(scope="' in (paths.ROOT / module).read_text(encoding="utf-8")


class ByWhatTheyShare(LoadScopeScheduling):
    """One process runs all tests of a module that share what takes long to make; any other test goes anywhere."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if shares(module) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """How `--dist loadscope` deals out the tests; the marks of xdist_group say nothing since pytest 9.2."""
    return ByWhatTheyShare(config, log) if config.getvalue("dist") == "loadscope" else None


# --- data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of data/ that a test may break."""
    folder = tmp_path / "data"
    shutil.copytree(paths.DATA, folder)
    return folder


@pytest.fixture
def change(data: Path) -> Callable[..., Path]:
    """Change cells of one row of a table in the copy: change("events", 5, date="2025-02-30"); row 2 is the first."""

    def apply(table: str, row: int, /, **cells: str) -> Path:
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
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The normalised texts beside the repository; tests that read them skip where they are not at hand."""
    folders = [SHARED / name for name in ("corpus/texts", "corpus-more/texts", "corpus-more/partial")]
    if not all(map(Path.is_dir, folders)):
        pytest.skip("needs the corpus beside the repository (../shared/corpus and ../shared/corpus-more)")
    texts = tmp_path_factory.mktemp("corpus") / "texts"
    texts.mkdir()
    for file in (file for folder in folders for file in folder.glob("*.txt")):
        (texts / file.name).symlink_to(file)
    return texts.parent


# --- books


def stage_book(
    folder: Path,
    pages: Sequence[str],
    index: str,
    notebooks: Mapping[str, str],
    changelog: str = "## [0.1.0] - 2026-11-23\n",
) -> Path:
    """A small book on the real tables: some of the real pages, an index and notebooks of its own.

    Links to pages that it lacks become words. Returns the folder.
    """
    (folder / "notebooks").mkdir(parents=True)
    shutil.copy(paths.CONFIG, folder)
    shutil.copytree(paths.DATA, folder / "data")
    shutil.copytree(paths.BOOK / "_static", folder / "book" / "_static")
    known = {*(f"{name}.md" for name in pages), *(f"../notebooks/{name}.ipynb" for name in notebooks)}

    def kept(link: re.Match[str]) -> str:
        return link[0] if link[2] in known else link[1]

    texts = {name: (paths.BOOK / f"{name}.md").read_text("utf-8") for name in pages}
    texts = {name: re.sub(r"\[([^\]]+)\]\(([\w./-]+\.(?:md|ipynb))[^)]*\)", kept, text) for name, text in texts.items()}
    for name, text in {**texts, "index": index}.items():
        (folder / "book" / f"{name}.md").write_text(text, encoding="utf-8")
    for name, text in notebooks.items():
        (folder / "notebooks" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    listed = ", ".join(
        f"{{file: {file}}}" for file in (*(f"notebooks/{n}" for n in notebooks), *(f"book/{n}" for n in pages))
    )
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters: [{listed}]\n")
    (folder / "results.json").write_text(json.dumps(read_results(notebook_files(paths.NOTEBOOKS))))
    (folder / "CHANGELOG.md").write_text(changelog)
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
