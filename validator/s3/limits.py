"""Limits of S3, from the Amazon S3 user guide (*Multipart upload limits*), and the part sizes chosen from them."""

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
TIB = 1024 * GIB

MIN_PART_SIZE = 5 * MIB
MAX_PART_SIZE = 5 * GIB
MAX_PARTS = 10_000
MAX_OBJECT_SIZE = MAX_PARTS * MAX_PART_SIZE
MAX_KEY_BYTES = 1024
PART_SIZE_STEP = 8 * MIB

DEFAULT_PART_SIZE = 8 * MIB
"""What `aws s3 sync` uses too, so that files sent by either have the same ETags."""


def part_size_for(size: int, wanted: int = DEFAULT_PART_SIZE) -> int | None:
    """Choose the part size of a file.

    Parameters
    ----------
    size
        Bytes of the file.
    wanted
        Part size that is used unless the file would need more than 10,000 parts.

    Returns
    -------
    int or None
        Bytes of a part, a multiple of 8 MiB when it had to grow; ``None`` for a file that one PUT carries.
    """
    if size <= wanted:
        return None
    smallest = -(-size // MAX_PARTS)
    if smallest <= wanted:
        return wanted
    return -(-smallest // PART_SIZE_STEP) * PART_SIZE_STEP


def part_count(size: int, part_size: int | None) -> int:
    """Return the number of parts of a file; 1 for a single PUT."""
    return 1 if part_size is None else max(1, -(-size // part_size))


def part_range(size: int, part_size: int, number: int) -> tuple[int, int]:
    """Offset and length of part ``number`` (1 is the first) in bytes."""
    offset = (number - 1) * part_size
    return offset, min(part_size, size - offset)
