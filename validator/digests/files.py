"""Digests of files on disk, caught out when a file changes while it is read."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from awscrt.checksums import crc64nvme

from validator.digests.parts import ObjectDigest, PartDigest, digest_bytes, encode_sha256, join_parts
from validator.digests.shaky import tried_again
from validator.errors import UnreadableFile
from validator.models.long_paths import openable

READ_BYTES = 8 * 1024 * 1024
READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take four times as long: CONTRIBUTING.md
class FileState:
    """What tells one state of a file from another: bytes and modification time (nanoseconds).

    Of an object in a bucket a number that stands for its ETag takes the place of the time.
    """

    size: int
    mtime_ns: int


class FileChanged(UnreadableFile):
    """The file is not the one that was listed, or changed while it was read."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} changed after it was listed",
            "wait until nothing writes to it any more, then run the same command again",
        )


def state_of(descriptor: int) -> FileState:
    """State of an open file."""
    status = os.fstat(descriptor)
    return FileState(status.st_size, status.st_mtime_ns)


@tried_again
def read_range(path: str, expected: FileState, offset: int, length: int) -> bytes:
    """Read bytes of a file that must be in the expected state before and afterwards.

    Raises
    ------
    FileChanged
        If it is in another state.
    OSError
        If the system refuses.
    """
    descriptor = os.open(openable(path), READING)
    try:
        require_state(path, expected, descriptor)
        if offset:
            os.lseek(descriptor, offset, os.SEEK_SET)
        data = _read_exactly(descriptor, length)
        if len(data) != length:
            raise FileChanged(path)
        require_state(path, expected, descriptor)
    finally:
        os.close(descriptor)
    return data


@tried_again
def digest_range(
    path: str, expected: FileState, offset: int, length: int, *, sha256: bool = False
) -> PartDigest:
    """Digests of a run of bytes of a file that must be in the expected state before and afterwards.

    Never more than 8 MiB of it are in memory.

    Raises
    ------
    FileChanged
        If it is in another state.
    OSError
        If the system refuses.
    """
    with Path(openable(path)).open("rb", buffering=0) as stream:
        require_state(path, expected, stream.fileno())
        stream.seek(offset)
        part = _digest_stream(stream.fileno(), length, sha256=sha256)
        require_state(path, expected, stream.fileno())
    if part.size != length:
        raise FileChanged(path)
    return part


def require_state(path: str, expected: FileState, descriptor: int) -> None:
    """Make sure that an open file is in the expected state.

    Raises
    ------
    FileChanged
        If it is not.
    """
    status = os.fstat(descriptor)
    if status.st_size != expected.size or status.st_mtime_ns != expected.mtime_ns:
        raise FileChanged(path)


def _read_exactly(descriptor: int, length: int) -> bytes:
    first = os.read(descriptor, length)
    if len(first) == length or not first:
        return first
    pieces, missing = [first], length - len(first)
    while missing and (piece := os.read(descriptor, missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


@tried_again
def digest_file(
    path: str, expected: FileState, part_size: int | None, *, sha256: bool = False
) -> ObjectDigest:
    """ETag and CRC64NVME that S3 would report for a file, in one read.

    Parameters
    ----------
    path
        The file.
    expected
        State in which it must be, before and afterwards.
    part_size
        Bytes of a part; ``None`` for a single PUT.
    sha256
        Whether its SHA-256 is wanted, too.

    Raises
    ------
    FileChanged
        If the file is in another state.
    OSError
        If the system refuses.
    """
    with Path(openable(path)).open("rb", buffering=0) as stream:
        if state_of(stream.fileno()) != expected:
            raise FileChanged(path)
        if part_size is None:
            parts = [_digest_stream(stream.fileno(), expected.size, sha256=sha256)]
        else:
            starts = range(0, max(1, expected.size), part_size)  # an empty object may have one empty part
            parts = [
                _digest_stream(stream.fileno(), min(part_size, expected.size - start), sha256=sha256)
                for start in starts
            ]
        if sum(part.size for part in parts) != expected.size or state_of(stream.fileno()) != expected:
            raise FileChanged(path)
    return join_parts(parts, part_size)


def _digest_stream(descriptor: int, length: int, *, sha256: bool) -> PartDigest:
    md5, checksum, missing = hashlib.md5(usedforsecurity=False), 0, length
    other = hashlib.sha256() if sha256 else None
    while missing and (piece := os.read(descriptor, min(READ_BYTES, missing))):
        md5.update(piece)
        checksum = crc64nvme(piece, checksum)
        if other is not None:
            other.update(piece)
        missing -= len(piece)
    more = encode_sha256(other.digest()) if other is not None else ""
    return PartDigest(length - missing, md5.hexdigest(), checksum, more)


def digest_data(data: bytes) -> ObjectDigest:
    """Digests of an object sent with a single PUT."""
    return join_parts([digest_bytes(data)], None)
