"""The record of the files of data/: size and SHA-256 of each in data/datapackage.json, as Frictionless has them.

The rules say what data may be; the record says what they were when the notebooks were last refreshed. So a change that
breaks no rule and moves no number, such as a day of an event that nothing counts, does not slip in unseen.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.core import paths
from analysis.core.files import write_whole

KEYS = ("bytes", "hash")


def _record_of(file: Path) -> dict[str, Any]:
    content = file.read_bytes() if file.is_file() else None
    return (
        {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"} if content is not None else {}
    )


def _package(folder: Path) -> dict[str, Any]:
    package: dict[str, Any] = json.loads((folder / paths.DATAPACKAGE.name).read_text(encoding="utf-8"))
    return package


def declaration(folder: Path) -> bytes:
    """Return the data package of a folder without its record: what chapters depend on beside the files."""
    package = _package(folder)
    for resource in package["resources"]:
        for key in KEYS:
            resource.pop(key, None)
    return json.dumps(package, ensure_ascii=False).encode()


def changed_files(folder: Path = paths.DATA) -> Iterator[str]:
    """Yield the files of a folder of data that are missing or not as its data package records them."""
    for resource in _package(folder)["resources"]:
        if _record_of(folder / resource["path"]) != {key: resource[key] for key in KEYS if key in resource}:
            yield str(resource["path"])


def record(folder: Path = paths.DATA) -> list[str]:
    """Record the files of a folder of data as they are; return those that had changed. Raises OSError."""
    changed = list(changed_files(folder))
    if changed:
        package = _package(folder)
        for resource in package["resources"]:
            resource |= _record_of(folder / resource["path"])
        text = json.dumps(package, ensure_ascii=False, indent=2) + "\n"
        write_whole(folder / paths.DATAPACKAGE.name, text.encode())
    return changed
