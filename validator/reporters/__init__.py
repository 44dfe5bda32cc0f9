"""Reports as text and as records; they print and never judge."""
