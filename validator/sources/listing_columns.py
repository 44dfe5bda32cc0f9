"""Large listings in text, read in columns: blocks of lines at once, and the few unusual lines one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from validator.models.listing import UNKNOWN_SIZE
from validator.sources.aws_columns import usual_lines
from validator.sources.key_columns import usual_keys
from validator.sources.lines import Bytes, Ints, Mask, find_lines, padded

PART = 1 << 20
"""Bytes of a block that are looked at together."""


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """Some lines of a listing.

    Attributes
    ----------
    data
        Their text, and some bytes behind it.
    keys, names, ends
        Where the key of each file begins, where its name does, and where the line break behind it is.
    sizes, times
        Of each file; the time in nanoseconds since 1970.
    unusual
        Lines that must be read one by one, with their indices.
    lines
        How many lines these are.
    """

    data: Bytes
    keys: Ints
    names: Ints
    ends: Ints
    sizes: Ints
    times: Ints
    unusual: list[tuple[int, str]]
    lines: int

    def folders(self) -> set[str]:
        """Keys of the folders."""
        text = self.data.data
        bounds = zip(self.keys.tolist(), self.names.tolist(), strict=True)
        return {str(text[begin:end], "ascii") for begin, end in bounds}


def read_block(sort: Literal["aws-ls", "keys"], block: bytes) -> ReadBlock:
    """Read lines in columns.

    Parameters
    ----------
    sort
        What the listing is.
    block
        Whole lines.
    """
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    if not block.endswith(b"\n"):
        block += b"\n"
    data = padded(block)
    parts = [_read_part(sort, data, begin, end) for begin, end in _parts(block)]
    usual, starts, *columns = (np.concatenate(some) for some in zip(*parts, strict=True))
    unusual: list[tuple[int, str]] = []
    if not usual.all():
        rows = np.flatnonzero(~usual)
        bounds = zip(rows.tolist(), starts[rows].tolist(), columns[2][rows].tolist(), strict=True)
        unusual = [(row, block[begin:end].decode("utf-8", "surrogateescape")) for row, begin, end in bounds]
        columns = [column[usual] for column in columns]
    keys, names, ends, sizes, times = columns
    return ReadBlock(data, keys, names, ends, sizes, times, unusual, len(usual))


def _parts(block: bytes) -> Iterator[tuple[int, int]]:
    """Whole lines of a block, so many that all that is made of them stays near the processor."""
    begin = 0
    while begin < len(block):
        end = block.rfind(b"\n", begin, begin + PART) + 1 or block.index(b"\n", begin) + 1
        yield begin, end
        begin = end


def _read_part(
    sort: Literal["aws-ls", "keys"], data: Bytes, begin: int, end: int
) -> tuple[Mask, Ints, Ints, Ints, Ints, Ints, Ints]:
    """Which lines are usual, where each begins, and the columns of `ReadBlock`."""
    lines = find_lines(data, begin, end)
    if sort == "aws-ls":
        keys, usual, sizes, times = usual_lines(lines)
    else:
        keys, usual = usual_keys(lines)
        sizes, times = np.full(len(keys), UNKNOWN_SIZE, np.int64), np.zeros(len(keys), np.int64)
    usual &= lines.plain()
    names = np.maximum(lines.last_slashes + 1, keys)
    return usual, lines.starts, keys, names, lines.ends, sizes, times
