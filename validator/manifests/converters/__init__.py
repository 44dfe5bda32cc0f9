"""Receipts in formats of the ecosystem, one module each; what a format cannot carry is said."""
