"""Lines of a block of text, found as numbers: where each begins and ends, and where its last slash is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validator.sources.text_bits import TextBits

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Mask = NDArray[np.bool_]

SPARE = 40
"""Bytes behind a block, so that columns of its last line can be read."""
LONGEST = 1 << 16
"""Bytes of a line; a longer one is unusual."""
_NEW_LINE, _SLASH, _SPACE = b"\n/ "
_LAST = ord("~")


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a block.

    Attributes
    ----------
    data
        The block, and some bytes behind it.
    starts, ends
        Where each line begins, and where its line break is.
    last_slashes
        Where the last slash of each is; the byte before the line where there is none.
    """

    data: Bytes
    starts: Ints
    ends: Ints
    last_slashes: Ints
    _begin: int
    _slashes: TextBits

    def slashes(self, number: int) -> Ints:
        """Where a slash of each line is, the first is 0; the line break where there is none."""
        places = np.append(self._slashes.places() + self._begin, len(self.data))
        wanted = np.searchsorted(places, self.starts) + number
        found: Ints = np.minimum(places[np.minimum(wanted, len(places) - 1)], self.ends)
        return found

    def plain(self) -> Mask:
        """Which lines hold nothing but printable ASCII, are not too long, and do not end with a slash."""
        data, ends = self.data, self.ends
        plain: Mask = (ends - self.starts < LONGEST) & (data[ends - 1] != _SLASH)
        begin = int(self.starts[0])
        block = data[begin : int(ends[-1]) + 1]
        if np.count_nonzero(block < _SPACE) > len(ends) or int(block.max()) > _LAST:  # each line break is one
            strange = ((block < _SPACE) & (block != _NEW_LINE)) | (block > _LAST)
            plain[np.searchsorted(ends, np.flatnonzero(strange) + begin)] = False
        return plain


def padded(block: bytes) -> Bytes:
    """A block of whole lines, the last with its line break, and some bytes behind it."""
    return np.frombuffer(block + bytes(SPARE), np.uint8)


def find_lines(data: Bytes, begin: int, end: int) -> Lines:
    """Find the lines of a part of a block.

    Parameters
    ----------
    data
        The block, see `padded`.
    begin, end
        Where the part is: whole lines.
    """
    part = data[begin:end]
    ends = TextBits(part, _NEW_LINE).places()
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    slashes = TextBits(part, _SLASH)
    last_slashes = slashes.last_before(ends, starts)
    return Lines(data, starts + begin, ends + begin, last_slashes + begin, begin, slashes)


def words_at(data: Bytes, at: Ints) -> Words:
    """Eight bytes from each position on, the first in the lowest bits."""
    words = np.ndarray((len(data) - 7,), "<u8", data.data, strides=(1,))
    found: Words = words[at]
    return found
