"""Append-only, checksummed records that survive a kill at any byte."""
