"""Executable edition of Z. Guo's article on Japan between the United States and China."""

__version__ = "0.7.0"
