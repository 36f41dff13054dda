"""The article's claims: evidence, checks, verdicts and the argument that they carry.

It imports core to signals.
"""
