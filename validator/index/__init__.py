"""The index: every folder with its place and what is remarkable in it, on disk when there are many files."""
