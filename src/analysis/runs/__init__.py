"""Notebooks executed: all of them, one with other parameters, or one over many.

It imports core to validation.
"""
