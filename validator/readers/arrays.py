"""Illumination functions: the header of a NumPy file, read without NumPy and without trusting it."""

import re
from dataclasses import dataclass
from math import prod
from typing import BinaryIO

from validator.errors import UnreadableFile
from validator.readers.signatures import HEAD_SIZE, foreign_format

_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 10_000  # numpy.lib.format reads no longer header either, for safety
_COPY_AGAIN = "make it again with the illumination pipeline, or copy it again"

# The header is a dictionary as Python prints it (NEP 1); Python 2 wrote the lengths as 1080L.
_DESCR = re.compile(r"'descr'\s*:\s*'([<>|=]?)([a-zA-Z?])(\d*)'")
_SHAPE = re.compile(r"'shape'\s*:\s*\(((?:\s*\d{1,18}L?\s*,?)*)\)")
_KINDS = {"f": "float", "i": "int", "u": "uint", "b": "bool", "?": "bool", "c": "complex"}


@dataclass(frozen=True, slots=True)
class ArrayFacts:
    """What a NumPy file holds.

    Attributes
    ----------
    shape
        Lengths of its axes.
    dtype
        ``float64``, ``uint16``, ...; ``other`` for tables, texts and Python objects.
    missing
        Bytes that should follow and do not.
    """

    shape: tuple[int, ...]
    dtype: str
    missing: int


def read_array_header(stream: BinaryIO, size: int) -> ArrayFacts:
    """Read the header of a ``.npy`` file and compare it with the size of the file.

    Parameters
    ----------
    stream
        Its bytes, from the first.
    size
        How many there are.

    Raises
    ------
    UnreadableFile
        If it is not a NumPy file or its header is damaged or cut.
    OSError
        If the system refuses to read it.
    """
    head = stream.read(12)
    if not head.startswith(_MAGIC):
        foreign = foreign_format(head + stream.read(HEAD_SIZE))
        what = f"It is {foreign}, not a NumPy array" if foreign else "It is not a NumPy array (.npy)"
        raise UnreadableFile(what, _COPY_AGAIN, "byte 0")
    if len(head) < 12 or head[6] not in (1, 2, 3):
        raise UnreadableFile("Its header is cut off or damaged", _COPY_AGAIN, "byte 6")
    width = 2 if head[6] == 1 else 4
    length = int.from_bytes(head[8 : 8 + width], "little")
    begin = 8 + width
    if length > _LONGEST_HEADER:
        raise UnreadableFile("Its header is damaged: it says to be longer than any", _COPY_AGAIN, "byte 8")
    text = (head[begin:] + stream.read(max(0, length - (12 - begin))))[:length]
    if len(text) < length:
        raise UnreadableFile("It is cut off within its header", _COPY_AGAIN, f"byte {size}")
    return _facts(text.decode("latin-1"), size - begin - length)


def _facts(header: str, present: int) -> ArrayFacts:
    shape_found = _SHAPE.search(header)
    if shape_found is None or "'descr'" not in header:
        raise UnreadableFile("Its header is damaged", _COPY_AGAIN, "byte 10")
    shape = tuple(int(part.strip().rstrip("L")) for part in shape_found[1].split(",") if part.strip())
    descr = _DESCR.search(header)
    if descr is None or descr[2] not in _KINDS or not descr[3]:
        return ArrayFacts(shape, "other", 0)
    itemsize = int(descr[3][:4])
    dtype = "bool" if _KINDS[descr[2]] == "bool" else f"{_KINDS[descr[2]]}{8 * itemsize}"
    return ArrayFacts(shape, dtype, max(0, prod(shape) * itemsize - present))
