"""The book: one Sphinx extension for the pages, and the build of HTML and PDF.

It imports core to runs.
"""

from typing import Any

from sphinx.application import Sphinx

from analysis.core import paths

PARTS = (
    "roles",
    "math",
    "charts",
    "code_folds",
    "gallery",
    "directives",
    "audit",
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
OF_THE_ARTICLE = ("directives", "audit", "ledger", "records")  # they read tables that only the article has


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part of the book with Sphinx, those of the article where its claims are in the data."""
    article = (paths.DATA / "claims.csv").exists()
    for part in PARTS:
        if article or part not in OF_THE_ARTICLE:
            app.setup_extension(f"{__name__}.{part}")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
