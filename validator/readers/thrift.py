"""The compact protocol of Thrift, as far as the footer of a Parquet file uses it (thrift-compact-protocol.md)."""

from collections.abc import Iterator

# Types of the compact protocol of Thrift
_STOP, TRUE, _FALSE, _BYTE, _DOUBLE, BINARY, LIST, _SET, _MAP, STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12
_NUMBERS = frozenset({4, 5, 6})
_SIMPLE = _NUMBERS | {TRUE, _FALSE, _BYTE, _DOUBLE, BINARY}  # a truth value is in the type itself


class Thrift:
    """Reads the compact protocol of Thrift, as far as a footer uses it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def varint(self) -> int:
        """A whole number, seven bits a byte.

        Raises
        ------
        IndexError, ValueError
            If it goes on beyond the end, or beyond 64 bits; so does whatever is read with it.
        """
        value = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ValueError(shift)

    def zigzag(self) -> int:
        """A whole number with a sign."""
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def binary(self) -> bytes:
        """Bytes behind their number."""
        length = self.varint()
        if length > len(self._data) - self._at:
            raise IndexError(length)
        self._at += length
        return self._data[self._at - length : self._at]

    def fields(self) -> Iterator[tuple[int, int]]:
        """Number and type of every field of a structure; its value must be read or skipped before the next."""
        number = 0
        while (byte := self._next()) != _STOP:
            step, sort = byte >> 4, byte & 0x0F
            number = number + step if step else self.zigzag()
            yield number, sort

    def list_length(self) -> int:
        """How many elements follow; which type they have is known to who asks."""
        return self._list()[0]

    def skip(self, sort: int) -> None:
        """Pass over a value."""
        if sort in _SIMPLE:
            self._skip_simple(sort)
        elif sort in (LIST, _SET):
            length, element = self._list()
            for _ in range(length):
                self._skip_element(element)
        elif sort == _MAP:
            self._skip_map()
        elif sort == STRUCT:
            for _, inner in self.fields():
                self.skip(inner)
        else:
            raise ValueError(sort)

    def _skip_simple(self, sort: int) -> None:
        if sort in _NUMBERS:
            self.varint()
        elif sort == _BYTE:
            self._next()
        elif sort == _DOUBLE:
            self._at += 8
        elif sort == BINARY:
            self.binary()

    def _skip_map(self) -> None:
        length = self.varint()
        sorts = self._next() if length else 0
        for _ in range(length):
            self._skip_element(sorts >> 4)
            self._skip_element(sorts & 0x0F)

    def _skip_element(self, sort: int) -> None:
        if sort in (TRUE, _FALSE):  # in a list a truth value is a byte of its own
            self._next()
        else:
            self.skip(sort)

    def _list(self) -> tuple[int, int]:
        byte = self._next()
        length = byte >> 4
        if length == 15:
            length = self.varint()
        if length > len(self._data) - self._at:
            raise IndexError(length)
        return length, byte & 0x0F

    def _next(self) -> int:
        byte = self._data[self._at]
        self._at += 1
        return byte
