"""Names of files in one text, looked at side by side as numbers."""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Mask = NDArray[np.bool_]

SPARE = 8
"""Bytes behind a text, so that words can be read up to its end."""
_WORD = 8
_MASKS = np.array([(1 << (8 * length)) - 1 for length in range(_WORD + 1)], np.uint64)
_PART = 8192
_STRIPE = 128
"""Bytes of each name that are looked at together."""
_SHORT = 1 << 16
_FEW = 64
"""Parts that are not worth to be copied together."""
_SEEDS = np.array([0x243F6A8885A308D3, 0x13198A2E03707344], np.uint64)
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
"""Digits of pi, and odd numbers whose bits are evenly spread; the digest of a listing depends on them."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose bits are evenly spread."""
_LOWER_CASE = np.uint64(0x2020202020202020)
"""What letters in lower case have and others lack."""
_LINE_BREAK = ord("\n")
_NO_SEPARATOR = b"\x1f"


class NameColumn:
    """Names in one text.

    Parameters
    ----------
    data
        UTF-8, with `SPARE` bytes behind the last name.
    starts, lengths
        Where each name begins, and how many bytes it has.

    Attributes
    ----------
    data, starts, lengths
        As they were given.
    """

    def __init__(self, data: Bytes, starts: Ints, lengths: Ints) -> None:
        self.data = data
        self.starts = starts
        self.lengths = lengths

    @classmethod
    def of(cls, names: Collection[str]) -> "NameColumn":
        """Names of a list, one after the other."""
        text = "".join(names)
        if text.isascii():
            encoded, lengths = text.encode(), np.fromiter(map(len, names), np.int64, len(names))
        else:
            some = [name.encode("utf-8", "surrogatepass") for name in names]
            encoded, lengths = b"".join(some), np.fromiter(map(len, some), np.int64, len(some))
        return cls(np.frombuffer(encoded + bytes(SPARE), np.uint8), np.cumsum(lengths) - lengths, lengths)

    def text(self) -> bytes:
        """All the text."""
        return self.data[: len(self.data) - SPARE].tobytes()

    def edges(self) -> tuple[Bytes, Bytes]:
        """First and last byte of each name; names are not empty."""
        return self.data[self.starts], self.data[self.starts + self.lengths - 1]

    def holding(self, unwanted: Mask) -> Ints:
        """Indices of names that hold a byte for which this table of 256 says so, each once; a line break is none."""
        found = np.flatnonzero(marked(self.text(), unwanted))
        rows = np.searchsorted(self.starts, found, side="right") - 1
        inside = (rows >= 0) & (found < self.starts[rows] + self.lengths[rows])  # not in a gap between names
        return np.unique(rows[inside])

    def numbers(self) -> Words:
        """A number for each name, equal for those that are equal (and for others only by an extreme chance)."""
        numbers: Words = self._mixed(1)[0]
        return numbers

    def folded(self) -> Words:
        """A number for each name, equal for those that are equal without regard to the case of ASCII letters.

        Other characters may count as equal, too, so that those with equal numbers must be compared.
        """
        numbers: Words = self._mixed(0, fold=True)[0]
        return numbers

    def _mixed(self, lanes: int, *, fold: bool = False) -> Words:
        found = np.empty((lanes + fold, len(self.starts)), np.uint64)
        for part in self._parts():
            found[:, part] = _mixed(self.data, self.starts[part], self.lengths[part], lanes, fold=fold)
        return found

    def sums(self, *numbers: Ints | Words) -> tuple[Words, Words, Words, Words]:
        """The number of each name (see `numbers`, `folded`), and two more from it and some numbers that belong to it."""
        found = np.empty((4, len(self.starts)), np.uint64)
        for part in self._parts():
            mixed = _mixed(self.data, self.starts[part], self.lengths[part], 2, fold=True)
            found[0, part], found[1, part] = mixed[0], mixed[2]
            mixed = mixed[:2]
            spare = np.empty_like(mixed)
            for more in (self.lengths, *numbers):
                _mix(mixed, more[part].view(np.uint64), spare)
            found[2:, part] = mixed
        return found[0], found[1], found[2], found[3]

    def _parts(self) -> Iterator[slice]:
        """Some thousand names at a time: what is worked out for these stays near the processor."""
        for begin in range(0, len(self.starts), _PART):
            yield slice(begin, begin + _PART)


class LineColumn(NameColumn):
    """Names in ASCII, one a line, in the order in which they stand in the text; lines between them may be no part of it."""

    @classmethod
    def of_lines(cls, lines: bytes, lengths: Ints) -> "LineColumn":
        """Names of which each ends with a line break that is no part of it, and `SPARE` bytes behind them."""
        return cls(np.frombuffer(lines, np.uint8), _begins(lengths + 1), lengths)

    def some(self, rows: Ints) -> list[str]:
        """A few names."""
        return texts_at(self.data, self.starts[rows], self.lengths[rows])

    def only(self, kept: Mask | Ints) -> "LineColumn":
        """Some of the names; the text remains as it is."""
        return LineColumn(self.data, self.starts[kept], self.lengths[kept])

    def series(self) -> "pl.Series":
        """The names as a polars column; read as a file of one cell a line, which is faster by far than splitting."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

        text = self.text()
        if len(text) > len(self.lengths) + int(self.lengths.sum()):
            text = lines_at(self.data, self.starts, self.lengths + 1)
        if _NO_SEPARATOR not in text and len(self.lengths):
            lines = pl.read_csv(
                text,
                has_header=False,
                new_columns=["name"],
                separator=_NO_SEPARATOR.decode(),
                quote_char=None,
                infer_schema=False,
            )
            if len(lines) == len(self.lengths):
                return lines.get_column("name").fill_null("")
        return pl.Series("name", text.decode("ascii").split("\n")[:-1], pl.String)


def marked(text: bytes, table: Mask) -> Mask:
    """For which bytes of a text this table of 256 says so."""
    return np.frombuffer(text.translate(table.astype(np.uint8).tobytes()), bool)


def lines_at(data: Bytes, starts: Ints, lengths: Ints) -> bytes:
    """Parts of a text, one after the other.

    Parameters
    ----------
    data
        The text.
    starts, lengths
        Where each part begins, and how many bytes it has.
    """
    return _copied(data, starts, lengths).tobytes()


def _copied(data: Bytes, starts: Ints, lengths: Ints) -> Bytes:
    longest = int(lengths.max(initial=0))
    order = np.argsort(lengths.astype(np.uint16) if longest < _SHORT else lengths, kind="stable")
    ordered, begins = lengths[order], _begins(lengths)
    found = np.empty(int(lengths.sum()), np.uint8)
    edges = np.flatnonzero(np.diff(ordered, prepend=-1, append=-1)).tolist()
    for begin, end in pairwise(edges):  # those of one length are copied as a whole
        length, rows = int(ordered[begin]), order[begin:end]
        if length:
            _windows(found, length)[begins[rows]] = _windows(data, length)[starts[rows]]
    return found


def texts_at(data: Bytes, starts: Ints, lengths: Ints) -> list[str]:
    """The same parts, each a text of its own; ASCII without line breaks, and something follows the last of them."""
    if len(starts) < _FEW:
        whole = data.data
        bounds = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
        return [str(whole[begin:end], "ascii") for begin, end in bounds]
    lines = _copied(data, starts, lengths + 1)
    lines[np.cumsum(lengths + 1) - 1] = _LINE_BREAK
    return lines.tobytes().decode("ascii").split("\n")[:-1]


def _windows(data: Bytes, length: int) -> NDArray[np.void]:
    """Every stretch of this length, each as one thing."""
    return np.ndarray((len(data) - length + 1,), f"V{length}", data.data, strides=(1,))


def shared_beginnings(column: NameColumn) -> Ints:
    """How many bytes each name has in common with the one before it."""
    starts, lengths = column.starts, column.lengths
    shared = np.zeros_like(lengths)
    shared[1:] = np.minimum(lengths[1:], lengths[:-1])
    rows, at = np.flatnonzero(shared), 0
    while len(rows):
        words = _stripe(column.data, starts[rows] + at, _STRIPE)
        words ^= _stripe(column.data, starts[rows - 1] + at, _STRIPE)
        number = (words != 0).argmax(axis=1)
        word = words[np.arange(len(rows)), number]
        differ = word != 0
        lowest = word[differ] & (~word[differ] + np.uint64(1))
        bits = (lowest.astype(np.float64).view(np.int64) >> 52) - 1023  # the exponent of a power of two
        here = rows[differ]
        shared[here] = np.minimum(shared[here], at + _WORD * number[differ] + (bits >> 3))
        at += _STRIPE
        rows = rows[~differ & (shared[rows] > at)]
    return shared


def apart(places: Ints) -> Words:
    """A number for each of these that keeps numbers of names in different places apart."""
    return places.view(np.uint64) * _SPREAD


def grouped_rows(numbers: Words) -> tuple[Ints, Ints]:
    """Rows of equal numbers side by side, each lot in its order; and where each lot begins among these."""
    # Numbers are sorted many times as fast as rows: these stand in the lowest bits, and what these bits were is looked at then.
    low = np.uint64((1 << len(numbers).bit_length()) - 1)
    ordered = np.sort((numbers & ~low) | np.arange(len(numbers), dtype=np.uint64))
    rows = (ordered & low).view(np.int64)
    edges = _edges(numbers[rows])
    if not np.array_equal(edges, _edges(ordered | low)):
        rows = np.argsort(numbers, kind="stable")
        edges = _edges(numbers[rows])
    return rows, np.flatnonzero(edges)


def _edges(ordered: Words) -> Mask:
    return np.concatenate([np.ones(min(1, len(ordered)), bool), ordered[1:] != ordered[:-1]])


def distinct(numbers: Words) -> tuple[Ints, Ints, Ints]:
    """Each number once: where it stands first, how many there are, and for each number which of these it is."""
    rows, begins = grouped_rows(numbers)
    counts = np.diff(np.append(begins, len(rows)))
    which = np.empty(len(rows), np.int64)
    which[rows] = np.repeat(np.arange(len(begins)), counts)
    return rows[begins], counts, which


def lots_in_order(counts: Ints, order: Ints) -> Ints:
    """Rows of lots that stand side by side, and hold so many each, in another order of the lots."""
    some = counts[order]
    shifts = (np.cumsum(counts) - counts)[order] - (np.cumsum(some) - some)
    return np.repeat(shifts, some) + np.arange(int(some.sum()))


def joined(column: Sequence[Ints]) -> Ints:
    """Parts of a column, one after the other."""
    return column[0] if len(column) == 1 else np.concatenate(column)


def _begins(lengths: Ints) -> Ints:
    begins: Ints = np.cumsum(lengths) - lengths
    return begins


def _mixed(data: Bytes, starts: Ints, lengths: Ints, lanes: int, *, fold: bool) -> Words:
    """So many numbers of each name, and one more in which the case of letters does not count."""
    # Sorted by their lengths, those that still have a word at some distance from their begin stand together.
    longest = int(lengths.max(initial=0))
    order = np.argsort(lengths.astype(np.uint16) if longest < _SHORT else lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    firsts = np.searchsorted(lengths, np.arange(0, longest, _WORD), "right").tolist()
    ends = np.searchsorted(lengths, np.arange(_WORD, longest + _WORD, _WORD)).tolist()
    mixed = np.repeat(np.append(_SEEDS[:lanes], _SEEDS[:fold])[:, None], len(starts), axis=1)
    spare = np.empty_like(mixed)
    for begin in range(0, longest, _STRIPE):
        width = min(_STRIPE, -(-(longest - begin) // _WORD) * _WORD)
        first = firsts[begin // _WORD]
        words = _stripe(data, starts[first:] + begin, width)
        for number in range(width // _WORD):
            at = begin // _WORD + number
            here, end = firsts[at], ends[at]
            word = words[here - first :, number].copy()
            if end > here:
                word[: end - here] &= _MASKS[lengths[here:end] - at * _WORD]
            _mix(mixed[:lanes, here:], word, spare[:lanes, here:])
            if fold:
                _mix(mixed[lanes:, here:], word | _LOWER_CASE, spare[lanes:, here:])
    found = np.empty_like(mixed)
    found[:, order] = mixed
    return found


def _stripe(data: Bytes, starts: Ints, width: int) -> Words:
    """So many bytes from each place on, as words; what lies behind the end of the text is of no interest."""
    if int(starts.max()) + width > len(data):
        base = int(starts.min())
        data, starts = np.concatenate([data[base:], np.zeros(width, np.uint8)]), starts - base
    words: Words = _windows(data, width)[starts].view("<u8").reshape(-1, width // _WORD)
    return words


def _mix(mixed: Words, word: Words, spare: Words) -> None:
    """Let a number have a part in some numbers of each lane."""
    np.bitwise_xor(mixed, word, out=mixed)
    np.multiply(mixed, _FACTORS[: len(mixed), None], out=mixed)
    np.right_shift(mixed, np.uint64(29), out=spare)
    np.bitwise_xor(mixed, spare, out=mixed)
