"""The PDF: the pages as Typst markup, and its setting.

It imports what book may.
"""
