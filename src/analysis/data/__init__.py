"""The tables of `data/`: what they may hold, read as typed frames, and written for others.

It imports core.
"""
