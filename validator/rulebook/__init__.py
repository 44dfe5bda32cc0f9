"""The rulebook (``schemas/``): found, read, and turned into answers about names and places."""
