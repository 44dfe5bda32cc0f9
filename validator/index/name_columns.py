"""Names of files in one text, looked at side by side as numbers."""

from collections.abc import Collection, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
_WORD = 8
_MASKS = np.array([(1 << (8 * length)) - 1 for length in range(_WORD + 1)], np.uint64)
_PART = 8192
_SEEDS = np.array([0x243F6A8885A308D3, 0x13198A2E03707344], np.uint64)
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
"""Digits of pi, and odd numbers whose bits are evenly spread; the digest of a listing depends on them."""


class NameColumn:
    """Names that follow each other in one text.

    Parameters
    ----------
    text
        All of them in UTF-8, nothing between them.
    lengths
        Bytes of each.

    Attributes
    ----------
    starts, lengths
        Where each name begins, and how long it is.
    """

    def __init__(self, text: bytes, lengths: Ints) -> None:
        self._text = text
        self.lengths = lengths
        self.starts: Ints = np.cumsum(lengths) - lengths

    @classmethod
    def of(cls, names: Collection[str]) -> "NameColumn":
        """Names of a list."""
        text = "".join(names)
        if text.isascii():
            return cls(text.encode(), np.fromiter(map(len, names), np.int64, len(names)))
        encoded = [name.encode("utf-8", "surrogatepass") for name in names]
        return cls(b"".join(encoded), np.fromiter(map(len, encoded), np.int64, len(encoded)))

    @cached_property
    def data(self) -> Bytes:
        """Return the text as bytes, with some more behind it, so that words can be read up to its end."""
        return np.frombuffer(self._text + bytes(_WORD), np.uint8)

    def edges(self) -> tuple[Bytes, Bytes]:
        """First and last byte of each name; names are not empty."""
        return self.data[self.starts], self.data[self.starts + self.lengths - 1]

    def holding(self, unwanted: Bytes) -> Ints:
        """Indices of names that hold a byte for which this table of 256 says 1, each once."""
        found = np.flatnonzero(unwanted[self.data[: len(self._text)]])
        return np.unique(np.searchsorted(self.starts, found, side="right") - 1)

    def folded(self) -> Words:
        """A number for each name, equal for those that are equal without regard to the case of ASCII letters."""
        data = np.frombuffer(self._text.lower() + bytes(_WORD), np.uint8)
        return np.concatenate(
            [_mixed(data, *part, 1)[0] for part in self._parts()] or [np.empty(0, np.uint64)]
        )

    def sums(self, *numbers: Ints | Words) -> tuple[Words, Words]:
        """Two numbers for each name, from the name and some numbers that belong to it."""
        lanes = np.empty((2, len(self.starts)), np.uint64)
        begin = 0
        for starts, lengths in self._parts():
            end = begin + len(starts)
            mixed = _mixed(self.data, starts, lengths, 2)
            _mix(mixed, lengths.view(np.uint64))
            for more in numbers:
                _mix(mixed, more[begin:end].view(np.uint64))
            lanes[:, begin:end] = mixed
            begin = end
        return lanes[0], lanes[1]

    def _parts(self) -> Iterator[tuple[Ints, Ints]]:
        """Some thousand names at a time: what is worked out for these stays near the processor."""
        for begin in range(0, len(self.starts), _PART):
            yield self.starts[begin : begin + _PART], self.lengths[begin : begin + _PART]


def _mixed(data: Bytes, starts: Ints, lengths: Ints, lanes: int) -> Words:
    mixed = np.repeat(_SEEDS[:lanes, None], len(starts), axis=1)
    words = np.ndarray((len(data) - _WORD + 1,), "<u8", data.data, strides=(1,))
    longest, shortest = int(lengths.max(initial=0)), int(lengths.min(initial=0))
    for at in range(0, longest, _WORD):
        if at + _WORD <= shortest:
            _mix(mixed, words[starts + at])
            continue
        some = np.flatnonzero(lengths > at)
        word = words[starts[some] + at] & _MASKS[np.minimum(lengths[some] - at, _WORD)]
        if len(some) == len(starts):
            _mix(mixed, word)
            continue
        part = mixed[:, some]
        _mix(part, word)
        mixed[:, some] = part
    return mixed


def _mix(mixed: Words, word: Words) -> None:
    """Let a number have a part in some numbers of each lane."""
    np.bitwise_xor(mixed, word, out=mixed)
    np.multiply(mixed, _FACTORS[: len(mixed), None], out=mixed)
    np.bitwise_xor(mixed, mixed >> np.uint64(29), out=mixed)
