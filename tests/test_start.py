"""The start notebook: the chapters in order with their questions, and a status line that tells what is missing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from analysis.cli import command as cli
from analysis.core import paths
from analysis.core.errors import RunError
from analysis.data.faults import Fault
from analysis.runs import start
from analysis.runs.notebooks import chapter_files


@pytest.fixture
def notebooks(tmp_path: Path) -> list[Path]:
    """Copies of two chapters."""
    return [Path(shutil.copy(file, tmp_path)) for file in chapter_files()[:2]]


def test_the_chapters_are_those_of_the_book_in_its_order() -> None:
    toc = re.findall(r"file: notebooks/(\d\d-\S+)", paths.TOC.read_text(encoding="utf-8"))
    assert toc == [file.stem for file in chapter_files()]


def test_contents_link_every_chapter_and_give_its_question(notebooks: list[Path]) -> None:
    assert start.contents(notebooks).markdown.splitlines()[1] == (
        "2. [The statement](02-statement.ipynb): What does the joint statement of 7 February 2025 commit the two "
        "states to, and which of it does the article report?"
    )
    assert len(start.contents().markdown.splitlines()) == len(chapter_files())
    assert "{" not in start.contents().markdown  # a role of the book means nothing to JupyterLab


def test_a_chapter_without_a_question_is_refused(notebooks: list[Path]) -> None:
    text = notebooks[0].read_text(encoding="utf-8")
    notebooks[0].write_text(text.replace("**Question.**", "**Ask.**", 1), encoding="utf-8")
    with pytest.raises(RunError, match=r"01-timeline\.ipynb does not open with its title and its question"):
        start.contents(notebooks)


def test_the_status_is_complete_here() -> None:
    line = start.status().markdown
    assert line.startswith("**Complete:** balancing-act ")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("__version__", "9.9.9", r"is installed, the code is 9\.9\.9"),
        ("missing_packages", lambda: ["altair", "scipy"], "not installed: altair, scipy"),
        ("check", lambda: [Fault("events.csv", 5, "date", "“x”", "allowed: a day")], "1 faults.*events.csv, row 5"),
    ],
)
def test_the_status_tells_what_is_wrong(name: str, value: object, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, name, value)
    line = start.status().markdown
    assert line.startswith("**Not complete:**")
    assert re.search(told, line)


def test_the_status_tells_which_chapter_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "chapter_files", lambda: [file for file in chapter_files() if "02" not in file.name])
    assert start.faults() == ["not in notebooks/: 02-statement.ipynb"]


def test_missing_packages_are_those_without_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    assert start.missing_packages() == []
    wanted = ["numpy<2.5,>=2", "no-such-package >=1", "no-such-extra; extra == 'book'"]
    monkeypatch.setattr(start, "requires", lambda _: wanted)
    assert start.missing_packages() == ["no-such-package"]


@pytest.mark.parametrize("command", start.NEEDS)
def test_the_commands_that_want_more_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = command.split()
    assert cli.main([*(word for word in words if not word.startswith("--")), "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in words)


def test_refresh_keeps_the_outputs_of_a_run(tmp_path: Path) -> None:
    copy = Path(shutil.copy(paths.START, tmp_path))
    assert not start.refresh(copy)  # the committed outputs are up to date
    committed = copy.read_bytes()
    told = json.loads(committed)
    told["cells"][1]["outputs"] = []
    copy.write_text(json.dumps(told), encoding="utf-8")
    assert start.refresh(copy)
    assert copy.read_bytes() == committed
    assert list(tmp_path.iterdir()) == [copy]
