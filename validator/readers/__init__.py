"""Bytes into tables, images and documents; errors name the place in the file."""
