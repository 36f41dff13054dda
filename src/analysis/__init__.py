"""Executable edition of Z. Guo's article on Japan between the United States and China."""

from analysis.core.lazy import import_late

__version__ = "0.9.1"

import_late()
