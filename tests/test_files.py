"""Files and folders that are never half written, and that one process at a time may write."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.core.errors import RunError
from analysis.core.files import (
    locked,
    new_folder,
    replace_folder,
    scratch_folder,
    write_errors,
    write_whole,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such lock")


def contents(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_whole(file, b"one")
    (tmp_path / "a.txt.partial").mkdir()
    message = r"^a\.txt: the note cannot be written \(Is a directory\); the old one stays$"
    with pytest.raises(RunError, match=message), write_errors("a.txt", "the note", "the old one stays"):
        write_whole(file, b"two")
    assert file.read_bytes() == b"one"


def test_a_new_folder_takes_the_place_of_the_old_one_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "run"
    for word in ("one", "two"):
        with new_folder(target) as work:
            (work / word).write_text(word)
        assert contents(tmp_path) == {f"run/{word}": word}
    with pytest.raises(IsADirectoryError), new_folder(target) as work:
        work.write_text("three")
    assert contents(tmp_path) == {"run/two": "two"}
    assert target.stat().st_mode & 0o777 == 0o755


def test_what_a_killed_process_left_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "run"
    with new_folder(target) as work:
        (work / "good").write_text("good")

    def killed(new: Path, old: Path) -> None:
        """The first step of replacing a folder, and no more."""
        old.rename(old.with_name("run.old"))
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("analysis.core.files.replace_folder", killed)
        with pytest.raises(SystemExit), new_folder(target):
            pass
    (tmp_path / "run.half").mkdir()
    assert not target.exists()
    with pytest.raises(KeyError), new_folder(target):
        raise KeyError
    assert contents(tmp_path) == {"run/good": "good"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_folder_aside_does_not_hinder(tmp_path: Path) -> None:
    for name in ("new", "old", "old.old"):
        (tmp_path / name).mkdir()
    replace_folder(tmp_path / "new", tmp_path / "old")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


HOLD = """
import sys, time
from pathlib import Path
from analysis.core.files import locked

with {call}:
    print("held", flush=True)
    time.sleep(60)
"""


def hold(call: str) -> subprocess.Popen[str]:
    """A process that holds something and says so."""
    process = subprocess.Popen([sys.executable, "-c", HOLD.format(call=call)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@posix
def test_one_process_at_a_time_and_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    process = hold(f"locked(Path({str(tmp_path / 'build')!r}), 'busy')")
    try:
        with pytest.raises(RunError, match=r"^build is in use$"), locked(tmp_path / "build", "build is in use"):
            pass
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with locked(tmp_path / "build", "build is in use"):
        pass


def test_a_scratch_folder_goes_unless_it_has_another_name(tmp_path: Path) -> None:
    with scratch_folder(tmp_path, ".run-") as work:
        (work / "a").write_text("a")
        work.rename(tmp_path / "kept")
    with scratch_folder(tmp_path, ".run-") as work:
        (work / "a").write_text("a")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert contents(tmp_path / "kept") == {"a": "a"}


@posix
def test_a_process_killed_at_any_moment_leaves_one_good_folder(tmp_path: Path) -> None:
    """A process replaces a folder over and over; it is killed ten times, and a whole folder is always there."""
    script = (
        "from pathlib import Path\nfrom analysis.core.files import new_folder\nimport itertools\n"
        f"target = Path({str(tmp_path / 'out')!r})\n"
        "for n in itertools.count():\n"
        "    with new_folder(target) as work:\n"
        "        for name in 'ab': (work / name).write_text(str(n))\n"
        "    if n == 0: print('held', flush=True)\n"
    )
    for turn in range(10):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        time.sleep(0.003 * turn)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        with pytest.raises(KeyError), new_folder(tmp_path / "out"):
            raise KeyError
        found = contents(tmp_path / "out")
        assert found.keys() == {"a", "b"}
        assert found["a"] == found["b"]
        assert [path.name for path in tmp_path.iterdir()] == ["out"]
