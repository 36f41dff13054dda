"""What a reader does with the built HTML book."""
