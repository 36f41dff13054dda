"""Shared fixtures."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

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
