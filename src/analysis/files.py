"""Files that are never half written."""

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file; one of that name is replaced only when all of the new one is there. Raises OSError."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
