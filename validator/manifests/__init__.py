"""Receipts of uploads and provenance manifests: read, write, digest."""
