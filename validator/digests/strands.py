"""MD5s of several runs of bytes side by side, several times as fast as one after the other.

The work is done by `validator.digests.md5_kernel`; see `validator.digests.kernel_loading` for where it comes from.
"""

import ctypes
import hashlib
import struct
from collections.abc import Callable, Sequence
from typing import TypeGuard

STRANDS = 16
BLOCK = 64
START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
"""A, B, C and D at first: RFC 1321, section 3.3."""

Bytes = bytes | bytearray | memoryview
Words = ctypes.Array[ctypes.c_uint32]
"""A of each strand, then B, C and D."""
_Words = ctypes.c_uint32 * (4 * STRANDS)
_AT_FIRST = struct.pack(f"={4 * STRANDS}I", *(word for word in START for _ in range(STRANDS)))
_Pointers = ctypes.c_char_p * STRANDS
_Numbers = ctypes.c_size_t * STRANDS
Kernel = Callable[[Sequence[int], int, int, Words], None]
"""Takes addresses of sixteen strands, the number of the first block, how many blocks, and the state, which it changes."""
AT_LEAST_FULL = 0.3
"""Of the strands, by bytes: with fewer, hashlib is faster."""


def worthwhile(lengths: Sequence[int]) -> bool:
    """Whether runs of so many bytes (sixteen at most) are digested faster side by side."""
    return (
        sum(lengths) >= AT_LEAST_FULL * STRANDS * max(lengths, default=0) and max(lengths, default=0) >= BLOCK
    )


def md5s(kernel: Kernel | None, runs: Sequence[Bytes]) -> list[str]:
    """MD5 of each run of bytes, 32 hex digits.

    Parameters
    ----------
    kernel
        From `validator.digests.kernel_loading.load_kernel`.
    runs
        Of any lengths; those of similar length share the strands.
    """
    if kernel is not None and len(runs) == STRANDS and _are_alike(runs):
        return _md5s_of_alike(kernel, runs)
    found = [""] * len(runs)
    by_length = sorted(range(len(runs)), key=lambda index: len(runs[index]))
    for start in range(0, len(by_length), STRANDS):
        chosen = by_length[start : start + STRANDS]
        group = [runs[index] for index in chosen]
        if kernel is not None and worthwhile([len(run) for run in group]):
            digests = md5_side_by_side(kernel, group)
        else:
            digests = [_md5(run) for run in group]
        for index, digest in zip(chosen, digests, strict=True):
            found[index] = digest
    return found


def _are_alike(runs: Sequence[Bytes]) -> TypeGuard[Sequence[bytes]]:
    length = len(runs[0])
    return length >= BLOCK and all(type(run) is bytes and len(run) == length for run in runs)


def _md5s_of_alike(kernel: Kernel, runs: Sequence[bytes]) -> list[str]:
    """The same of sixteen objects of bytes of one length: small files of a plate, above all."""
    size, state = len(runs[0]), _Words.from_buffer_copy(_AT_FIRST)
    blocks = size // BLOCK
    kernel(_addresses(runs), 0, blocks, state)
    if size % BLOCK:
        ends = [_padded(run[blocks * BLOCK :], size) for run in runs]
    else:
        ends = [_padded(b"", size)] * STRANDS
    kernel(_addresses(ends), 0, len(ends[0]) // BLOCK, state)
    return _hexdigests(state)


def _addresses(runs: Sequence[bytes]) -> list[int]:
    """Where sixteen objects of bytes lie, as long as somebody holds them."""
    return _Numbers.from_buffer(_Pointers(*runs))[:]


def _hexdigests(state: Words) -> list[str]:
    words = state[:]
    return [struct.pack("<4I", *words[strand::STRANDS]).hex() for strand in range(STRANDS)]


def _md5(run: Bytes) -> str:
    return hashlib.md5(run, usedforsecurity=False).hexdigest()


def md5_side_by_side(kernel: Kernel, runs: Sequence[Bytes]) -> list[str]:
    """MD5 of each run of bytes, sixteen runs at most, all of them by the kernel."""
    strands = Md5Strands(kernel)
    strands.update(runs)
    return strands.hexdigests()[: len(runs)]


class Md5Strands:
    """Sixteen MD5s that grow side by side, as hashlib's do one by one.

    Parameters
    ----------
    kernel
        From `validator.digests.kernel_loading.load_kernel`.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._state = _Words.from_buffer_copy(_AT_FIRST)
        self._sizes = [0] * STRANDS
        self._tails = [b""] * STRANDS

    def update(self, pieces: Sequence[Bytes]) -> None:
        """Take in the next piece of each strand.

        Parameters
        ----------
        pieces
            Sixteen at most, not read-only views; empty for a strand that has ended. Only the last piece of a strand may end within a block of 64
            bytes.
        """
        if any(piece and tail for piece, tail in zip(pieces, self._tails, strict=False)):
            raise ValueError("a strand had ended within a block")
        blocks = [len(piece) // BLOCK for piece in pieces]
        for strand, piece in enumerate(pieces):
            if piece:
                self._sizes[strand] += len(piece)
                self._tails[strand] = bytes(memoryview(piece)[blocks[strand] * BLOCK :])
        self._advance(pieces, blocks)

    def _advance(self, pieces: Sequence[Bytes], blocks: Sequence[int]) -> None:
        addresses = [_address(piece) for piece in pieces]
        done = 0
        for upto in sorted({count for count in blocks if count}):
            still = [strand for strand, count in enumerate(blocks) if count >= upto]
            ended = [strand for strand in range(STRANDS) if strand not in set(still)]
            # Those that have ended go on with the bytes of another, and forget it.
            sources = [addresses[still[0]]] * STRANDS
            for strand in still:
                sources[strand] = addresses[strand]
            kept = [(at, self._state[at]) for strand in ended for at in _places(strand)]
            self._kernel(sources, done, upto - done, self._state)
            for at, word in kept:
                self._state[at] = word
            done = upto

    def hexdigests(self) -> list[str]:
        """MD5 of each strand, 32 hex digits; nothing may be taken in afterwards."""
        ends = [_padded(tail, size) for tail, size in zip(self._tails, self._sizes, strict=True)]
        self._advance(ends, [len(end) // BLOCK for end in ends])
        return _hexdigests(self._state)


def _places(strand: int) -> range:
    """Where A, B, C and D of a strand stand in the state."""
    return range(strand, 4 * STRANDS, STRANDS)


def _address(piece: Bytes) -> int:
    """Where bytes lie in memory, as long as somebody holds them."""
    if isinstance(piece, bytes):
        return ctypes.cast(ctypes.c_char_p(piece), ctypes.c_void_p).value or 0
    return ctypes.addressof(ctypes.c_char.from_buffer(piece)) if len(piece) else 0


def _padded(tail: bytes, size: int) -> bytes:
    """The last block or two of a strand (RFC 1321, sections 3.1 and 3.2)."""
    zeros = -(len(tail) + 1 + 8) % BLOCK
    return tail + b"\x80" + bytes(zeros) + (size * 8 & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little")
