"""What goes out with the book: the archive and its metadata.

It imports core to book.
"""
