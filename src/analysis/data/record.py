"""The record of the files of data/: size and SHA-256 of each in data/datapackage.json, as Frictionless has them.

The rules say what data may be; the record says what they were when the notebooks were last refreshed. So a change that
breaks no rule and moves no number, such as a day of an event that nothing counts, does not slip in unseen.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.core import paths
from analysis.core.files import write_whole

KEYS = ("bytes", "hash")


def _without_record(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key not in KEYS}


def _recorded(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


def _package(folder: Path) -> dict[str, Any]:
    package: dict[str, Any] = json.loads((folder / paths.DATAPACKAGE.name).read_text(encoding="utf-8"))
    return package


def declaration(folder: Path) -> bytes:
    """Return the data package of a folder without its record: what chapters depend on beside the files."""
    package = _package(folder)
    package["resources"] = [_without_record(resource) for resource in package["resources"]]
    return json.dumps(package, ensure_ascii=False).encode()


def changed_files(folder: Path = paths.DATA) -> Iterator[str]:
    """Yield the files of a folder of data that are missing or not as its data package records them."""
    for resource in _package(folder)["resources"]:
        file = folder / resource["path"]
        present = _recorded(file.read_bytes()) if file.is_file() else {}
        if present != {key: resource[key] for key in KEYS if key in resource}:
            yield str(resource["path"])


def record(folder: Path = paths.DATA) -> list[str]:
    """Record the files of a folder of data as they are; return those that had changed. Raises OSError."""
    changed = list(changed_files(folder))
    if changed:
        package = _package(folder)
        package["resources"] = [
            {**_without_record(resource), **_recorded((folder / resource["path"]).read_bytes())}
            for resource in package["resources"]
        ]
        text = json.dumps(package, ensure_ascii=False, indent=2) + "\n"
        write_whole(folder / paths.DATAPACKAGE.name, text.encode())
    return changed
