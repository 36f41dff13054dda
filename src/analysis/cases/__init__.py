"""Another statement beside another strategy, with the same code.

It imports core to runs.
"""
