"""The command `balancing-act`: what it takes, and what it calls.

It may import every package.
"""
