"""The book: one Sphinx extension for the pages, and the build of HTML and PDF.

It imports core to runs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PARTS = (
    "charts", "entries", "directives", "records", "links", "reading",
    "pages", "cite", "tables", "safety", "pdf",
)  # fmt: skip


def setup(app: "Sphinx") -> dict[str, Any]:
    """Register every part of the book with Sphinx; of equal priority goes first what stands first here."""
    for part in PARTS:
        import_module(f"{__name__}.{part}").setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
