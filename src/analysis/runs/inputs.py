"""What the outputs of a notebook depend on: its cells, code, data, lock and Python; as hashes, and what changed."""

import hashlib
import json
import platform
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.core import paths
from analysis.data.record import declaration
from analysis.runs.results import read_cells

# what can change a result; an edit of a page, of the PDF or of a command executes no notebook again
COMPUTING = (
    "__init__.py",
    "chapter.py",
    *(f"{package}/**/*.py" for package in ("core", "data", "texts", "measures", "signals", "claims", "charts")),
    "runs/parameters.py",
    "runs/results.py",
)
PLACES = {"code": "src/analysis/", "data": "data/", "lock": ""}  # of the inputs
REPORTED_PACKAGES = ("altair", "jupyterlab", "nbval", "numpy", "pandas", "papermill", "vl-convert-python")


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


def file_hashes(folder: Path, *patterns: str) -> dict[str, str]:
    """Return the SHA-256 of the files of a folder that match a pattern, by their path there."""
    files = sorted(file for pattern in patterns for file in folder.glob(pattern) if file.is_file())
    return {file.relative_to(folder).as_posix(): _digest(file.read_bytes()) for file in files}


def computing_code(code: Path = paths.CODE) -> dict[str, str]:
    """Return the hashes of the modules that a notebook can reach, by their path in the package."""
    return file_hashes(code, *COMPUTING)


def inputs() -> dict[str, Any]:
    """Return everything but the notebook itself that its outputs depend on: code, data, lock and Python."""
    return {
        "code": computing_code(),
        "data": file_hashes(paths.DATA, "*")
        | file_hashes(paths.FEATURES, "*")
        | file_hashes(paths.DATA, "cases/*/*")
        | {paths.DATAPACKAGE.name: _digest(declaration(paths.DATA))},
        "lock": file_hashes(paths.ROOT, "uv.lock"),
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Return the version of this package and of those that shape the results, by name."""
    return {name: version(name) for name in ("balancing-act", *REPORTED_PACKAGES)}


def cells_hash(notebook: Path) -> str:
    """Return the hash of a notebook's cells, without outputs."""
    return _digest(json.dumps(read_cells(notebook)).encode())


def changed_inputs(
    before: Mapping[str, Any], now: Mapping[str, Any], files: Collection[str] | None = None
) -> list[str]:
    """Return what differs between the inputs of two runs: files by name, and the version of Python.

    files: the files of the data that matter (default: all).
    """
    differences = []
    for group, place in PLACES.items():
        hashes_before, hashes_now = before.get(group, {}), now[group]
        changed = sorted(name for name, _ in hashes_before.items() ^ hashes_now.items())
        for name in dict.fromkeys(changed):
            if group != "data" or files is None or name in files:
                change = "is new" if name not in hashes_before else "is gone" if name not in hashes_now else "changed"
                differences.append(f"{place}{name} {change}")
    if before.get("python") != now["python"]:
        differences.append(f"Python is {now['python']}, was {before.get('python', 'unknown')}")
    return differences
