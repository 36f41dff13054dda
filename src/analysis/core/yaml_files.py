"""Read YAML that may come from anybody: no aliases, few levels, bounded size, and every fault a yaml.YAMLError.

A file of a few hundred bytes whose aliases repeat one another stands for gigabytes as soon as it is shown or walked
through. Nothing here needs aliases, so they are refused.
"""

from pathlib import Path
from typing import Any

import yaml

LARGEST = 1_000_000  # bytes of a file
DEEPEST = 20  # levels


class _Loader(yaml.SafeLoader):
    """The safe loader of PyYAML, which makes no objects, without aliases and with few levels."""

    depth = 0

    def _place(self) -> Any:
        return self.peek_event().start_mark  # type: ignore[no-untyped-call]

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise _refused("aliases (*name) are not allowed", self._place())
        self.depth += 1
        if self.depth > DEEPEST:
            raise _refused(f"more than {DEEPEST} levels", self._place())
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _refused(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, problem, mark)


def _within(text: str) -> str:
    if len(text) > LARGEST:
        raise _refused(f"{len(text):,} characters; allowed: {LARGEST:,}", None)
    return text


def compose(text: str) -> yaml.Node | None:
    """The nodes of a text, which know their lines; None for an empty one. Raises yaml.YAMLError."""
    node: yaml.Node | None = yaml.compose(_within(text), _Loader)
    return node


def parse(text: str) -> Any:
    """The value of a text. Raises yaml.YAMLError, also for a number or a day that there cannot be."""
    try:
        return yaml.load(_within(text), _Loader)
    except (ValueError, OverflowError, RecursionError) as error:
        raise yaml.YAMLError(f"a value cannot be read ({error})") from None


def read(file: Path) -> Any:
    """The value of a file. Raises OSError, UnicodeDecodeError and yaml.YAMLError."""
    if file.stat().st_size > LARGEST:
        raise _refused(f"{file.stat().st_size:,} bytes; allowed: {LARGEST:,}", None)
    return parse(file.read_text(encoding="utf-8"))
