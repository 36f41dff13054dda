"""The book: one Sphinx extension for the pages, and the build of HTML and PDF.

It imports core to runs.
"""

from typing import Any

from sphinx.application import Sphinx

PARTS = (
    "roles",
    "math",
    "charts",
    "code_folds",
    "gallery",
    "directives",
    "ledger",
    "records",
    "exercises",
    "links",
    "opening",
    "hover",
    "pages",
    "search",
    "sides",
    "terms",
    "rerun_button",
    "archived",
    "citations",
    "social",
    "table_nodes",
    "architecture",
    "safety",
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part of the book with Sphinx."""
    for part in PARTS:
        app.setup_extension(f"{__name__}.{part}")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
