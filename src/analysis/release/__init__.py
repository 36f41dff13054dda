"""What goes out with the book: archive, metadata and a look at every link.

It imports core to book.
"""
