"""Read YAML of a bounded size. Every fault is a yaml.YAMLError; one of syntax names its line and column."""

from pathlib import Path
from typing import Any

import yaml

LARGEST = 1_000_000  # characters of a file


def compose(text: str) -> yaml.Node | None:
    """Return the nodes of a text, which know their lines; None for an empty one. Raises yaml.YAMLError."""
    node: yaml.Node | None = yaml.compose(text, yaml.SafeLoader)
    return node


def parse(text: str) -> Any:
    """Return the value of a text. Raises yaml.YAMLError, also for a number or a day that there cannot be."""
    if len(text) > LARGEST:
        raise yaml.YAMLError(f"{len(text):,} characters; allowed: {LARGEST:,}")
    try:
        return yaml.safe_load(text)
    except (ValueError, OverflowError, RecursionError) as error:
        raise yaml.YAMLError(f"a value cannot be read ({error})") from None


def read(file: Path) -> Any:
    """Return the value of a file. Raises OSError, UnicodeDecodeError and yaml.YAMLError."""
    return parse(file.read_text(encoding="utf-8"))
