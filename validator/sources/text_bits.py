"""Where a byte stands in a text: every byte becomes a bit, and 64 of these are looked at together."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

_ONE = np.uint64(1)
_BELOW = np.array([(1 << (56 + bit)) - 1 for bit in range(8)], np.uint64)
"""Bits of a word below the one that stands there in its last byte."""
_MANTISSA, _BIAS = 52, 1023
"""Of a double."""


class TextBits:
    """One bit for each byte of a text: whether it is the wanted one.

    Parameters
    ----------
    text
        Not empty.
    byte
        The wanted one.
    """

    def __init__(self, text: NDArray[np.uint8], byte: int) -> None:
        packed = np.packbits(text == byte, bitorder="little")
        self._words = np.zeros(len(packed) // 8 + 2, "<u8")
        # A word of nothing comes first, so that one can look back from everywhere.
        self._words.view(np.uint8)[8 : 8 + len(packed)] = packed

    def places(self) -> Ints:
        """Where the byte stands."""
        at = np.flatnonzero(self._words)
        bits = self._words[at]
        found = []
        while len(at):
            lowest = bits & (~bits + _ONE)
            found.append((at - 1) * 64 + _highest(lowest))
            bits ^= lowest
            more = bits != 0
            at, bits = at[more], bits[more]
        return found[0] if len(found) == 1 else np.sort(np.concatenate([np.empty(0, np.int64), *found]))

    def last_before(self, ends: Ints, starts: Ints) -> Ints:
        """Where the byte stands for the last time in each of some stretches; the byte before them where it does not."""
        last = starts - 1
        words = np.ndarray((8 * len(self._words) - 7,), "<u8", self._words.data, strides=(1,))
        rows, at = np.arange(len(ends)), ends
        while len(rows):
            first = at >> 3
            window = words[first + 1] & _BELOW[at & 7]
            # 56 bytes of the text or more; only the highest of bits side by side is left, so that a double is exact enough.
            seen = np.maximum(8 * (first - 7) + _highest(window & ~(window >> _ONE)), last[rows])
            at = 8 * (first - 7)
            missing = (window == 0) & (at > starts[rows])
            last[rows] = np.where(window == 0, last[rows], seen)
            rows, at = rows[missing], at[missing]
        return last


def _highest(words: Words) -> Ints:
    """The highest bit of each word; of 0 something below."""
    return (words.astype(np.float64).view(np.int64) >> _MANTISSA) - _BIAS
