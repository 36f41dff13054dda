"""The PDF: the pages as Typst markup, and its setting.

It imports what book may.
"""

from analysis.book.pdf.builder import setup

__all__ = ["setup"]
