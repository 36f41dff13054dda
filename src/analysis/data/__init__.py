"""The tables of `data/`: what they may hold, read as typed frames, and written for others.

It imports core.
"""

from analysis.data.tables import labels, load, row

__all__ = ["labels", "load", "row"]
