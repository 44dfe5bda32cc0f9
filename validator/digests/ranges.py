"""Digests of several runs of bytes of files at once; wholly in memory only if whoever asks gives that memory."""

import os
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from awscrt.checksums import crc64nvme

from validator.digests.files import READING, FileChanged, FileState, require_state
from validator.digests.parts import PartDigest
from validator.digests.strands import STRANDS, Kernel, Md5Strands
from validator.models.long_paths import openable

PIECE = 128 * 1024
"""Bytes of each run that are in memory at once: all pieces together stay in the processor's cache."""
_local = threading.local()


@dataclass(slots=True)
class Range:
    """A run of bytes of a file that must be in the expected state."""

    path: str
    state: FileState
    offset: int
    length: int


@dataclass(slots=True)
class _Reading:
    """How far a run has been read, into memory for all of it or (``keeps`` is false) for a piece."""

    range: Range
    descriptor: int
    memory: memoryview
    keeps: bool
    done: int = 0
    checksum: int = 0
    broken: bool = False

    def read_on(self) -> memoryview:
        """The next piece; empty at the end, or when it cannot be read (it is `broken` then)."""
        missing = min(PIECE, self.range.length - self.done)
        at = self.done if self.keeps else 0
        buffer = self.memory[at : at + missing]
        filled = 0
        while filled < missing and not self.broken:
            try:
                count = _read_into(self.descriptor, buffer[filled:], self.range.offset + self.done + filled)
            except OSError:
                count = 0
            filled += count
            self.broken = not count
        piece = buffer[:filled] if not self.broken else buffer[:0]
        self.done += len(piece)
        self.checksum = crc64nvme(piece, self.checksum) if piece else self.checksum
        return piece


def _read_into(descriptor: int, buffer: memoryview, at: int) -> int:
    if hasattr(os, "preadv"):
        count: int = os.preadv(descriptor, [buffer], at)
        return count
    os.lseek(descriptor, at, os.SEEK_SET)  # Windows has no such call
    data = os.read(descriptor, len(buffer))
    buffer[: len(data)] = data
    return len(data)


def digest_ranges(
    kernel: Kernel, ranges: Sequence[Range], kept: Sequence[memoryview] = ()
) -> list[PartDigest | None]:
    """Digests of some runs of bytes, sixteen at most; their MD5s are computed side by side.

    Parameters
    ----------
    kernel
        From `validator.digests.kernel_loading.load_kernel`.
    ranges
        Best of similar lengths.
    kept
        Memory that the bytes of each range are read into, for whoever wants them afterwards; without it they are read into
        memory for a piece of each.

    Returns
    -------
    list
        One for each; ``None`` where a file cannot be read, or is in another state before or afterwards: `digest_range`
        tries again, and says why.
    """
    strands, memory = Md5Strands(kernel), kept or _pieces()
    with ExitStack() as opened:
        readings: list[_Reading | None] = []
        for index, wanted in enumerate(ranges):
            descriptor = _open(wanted, opened)
            readings.append(
                _Reading(wanted, descriptor, memory[index], bool(kept)) if descriptor is not None else None
            )
        while any(pieces := [reading.read_on() if reading else b"" for reading in readings]):
            strands.update(pieces)
        digests = strands.hexdigests()
        return [_digest(reading, md5) for reading, md5 in zip(readings, digests, strict=False)]


def _pieces() -> Sequence[memoryview]:
    """Memory of this thread for a piece of each strand: fresh memory costs as much as a small file."""
    if not hasattr(_local, "pieces"):
        whole = memoryview(bytearray(STRANDS * PIECE))
        _local.pieces = [whole[index * PIECE : (index + 1) * PIECE] for index in range(STRANDS)]
    found: Sequence[memoryview] = _local.pieces
    return found


def _open(wanted: Range, opened: ExitStack) -> int | None:
    with suppress(OSError, FileChanged):
        descriptor = os.open(openable(wanted.path), READING)
        opened.callback(_close, descriptor)
        require_state(wanted.path, wanted.state, descriptor)
        _announce(wanted, descriptor)
        return descriptor
    return None


def _announce(wanted: Range, descriptor: int) -> None:
    """Let the system fetch a run as a whole, and all runs at once.

    Piece by piece from sixteen files would send the heads of a disk to and fro, and wait for a network each time.
    """
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):  # some file systems know no such thing
            os.posix_fadvise(descriptor, wanted.offset, wanted.length, os.POSIX_FADV_WILLNEED)


def _close(descriptor: int) -> None:
    with suppress(OSError):  # nothing was written
        os.close(descriptor)


def _digest(reading: _Reading | None, md5: str) -> PartDigest | None:
    if reading is None or reading.broken:
        return None
    with suppress(OSError, FileChanged):
        require_state(reading.range.path, reading.range.state, reading.descriptor)
        return PartDigest(reading.range.length, md5, reading.checksum)
    return None
