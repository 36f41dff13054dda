"""Where a command works, for its messages."""

from analysis.core import paths


def relative(path: object) -> str:
    """A path as messages name it: from the root of the repository."""
    return str(path).removeprefix(f"{paths.ROOT}/")
