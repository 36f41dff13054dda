"""Files and folders that are never half written, and that one process at a time may write; YAML."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from analysis.core.errors import RunError

LOCK = ".lock"


@contextmanager
def write_errors(place: Path | str, what: str, consolation: str) -> Iterator[None]:
    """Raise RunError for an OSError of the block: what cannot be written, where, why, and what holds nevertheless."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{place}: {what} cannot be written ({error.strerror or error}); {consolation}") from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file; one of that name is replaced only when all of the new one is there. Raises OSError."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)


@contextmanager
def locked(folder: Path, busy: str) -> Iterator[None]:
    """Keep other processes out of a folder, made where it is missing, while the block runs.

    The lock goes with the process, however it ends; Windows has none. Raises RunError with the message busy where
    another process holds it, and OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(busy) from None
        yield


def _aside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.old")


def replace_folder(new: Path, old: Path) -> None:
    """Put a finished folder in the place of an old one; the old one goes only when the new one stands ready."""
    shutil.rmtree(_aside(old), ignore_errors=True)
    if old.exists():
        old.rename(_aside(old))
    new.rename(old)
    shutil.rmtree(_aside(old), ignore_errors=True)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield a folder to fill; it takes the place of target where the block ends without an error, else it is removed.

    What a killed process left beside the target goes first; where it was killed between the two steps of replacing
    it, the target comes back. Only one process at a time may do this (`locked`). Raises OSError.
    """
    if not target.exists() and _aside(target).exists():
        _aside(target).rename(target)
    for leftover in target.parent.glob(f"{target.name}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with scratch_folder(target.parent, f"{target.name}.") as work:
        yield work
        replace_folder(work, target)


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Yield a folder to fill; it goes when the block ends, unless it is renamed by then. Raises OSError."""
    parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    work.chmod(0o755)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def parse_yaml(text: str) -> Any:
    """Return the value of a text. Raises yaml.YAMLError, also for a number or a day that there cannot be."""
    try:
        return yaml.safe_load(text)
    except (ValueError, OverflowError, RecursionError) as error:
        raise yaml.YAMLError(f"a value cannot be read ({error})") from None


def read_yaml(file: Path) -> Any:
    """Return the value of a file. Raises OSError, UnicodeDecodeError and yaml.YAMLError."""
    return parse_yaml(file.read_text(encoding="utf-8"))
