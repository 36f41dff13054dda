"""The checks that decide claims, one module for what they ask about.

It imports what claims may.
"""
