"""Paths, errors, files and wording: the ground floor.

It imports no other package of the project.
"""
