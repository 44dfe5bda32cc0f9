"""Digests of stretches of files, so that several readers share a large file.

Hashing and reading let other threads run: two threads on two cores hash twice as fast as one.
"""

import hashlib
import os
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from awscrt.checksums import crc64nvme

from validator.digests.files import FileChanged, FileState, state_of
from validator.digests.parts import ObjectDigest, PartDigest, encode_sha256, join_parts
from validator.models.claim import SHA256_OF_PARTS

BUFFER_BYTES = 256 << 10
"""Small enough to stay in a core's own cache between the digests that read it: 5% faster than 8 MiB."""
STRETCH_BYTES = 64 << 20
"""What one reader takes of a large file at once, in whole parts."""
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some parts of a file, or all of it.

    Attributes
    ----------
    offset, length
        In bytes.
    part_size
        Bytes of a part; ``None`` when all is one.
    """

    offset: int
    length: int
    part_size: int | None


@dataclass(frozen=True, slots=True)
class StretchDigest:
    """Digests of a stretch.

    Attributes
    ----------
    parts
        Of each part in its order.
    hashes
        Of the stretch as a whole, by algorithm.
    """

    parts: tuple[PartDigest, ...]
    hashes: Mapping[str, bytes]


def cut_file(size: int, part_size: int | None) -> Iterator[Stretch]:
    """Cut a file into stretches of whole parts; a file without parts cannot be cut.

    Examples
    --------
    >>> [stretch.length >> 20 for stretch in cut_file(150 << 20, 8 << 20)]
    [64, 64, 22]
    """
    if part_size is None or size <= part_size:
        yield Stretch(0, size, part_size)
        return
    step = max(1, STRETCH_BYTES // part_size) * part_size
    for offset in range(0, size, step):
        yield Stretch(offset, min(step, size - offset), part_size)


def digest_stretch(
    path: str, expected: FileState, stretch: Stretch, algorithms: Collection[str] = ()
) -> StretchDigest:
    """Read a stretch of a file once.

    Parameters
    ----------
    path
        The file.
    expected
        State in which it must be, before and afterwards.
    stretch
        What to read of it.
    algorithms
        Names of ``hashlib``, computed over the stretch as a whole; and `SHA256_OF_PARTS`, over each part.

    Raises
    ------
    FileChanged
        If the file is in another state.
    OSError
        If the system refuses.
    """
    named = set(algorithms) - {"md5", SHA256_OF_PARTS}
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in named}
    whole = hashlib.md5(usedforsecurity=False) if "md5" in algorithms and stretch.part_size else None
    buffer = _buffer()
    parts: list[PartDigest] = []
    with Path(path).open("rb", buffering=0) as stream:
        if state_of(stream.fileno()) != expected:
            raise FileChanged(path)
        stream.seek(stretch.offset)
        for length in part_lengths(stretch):
            md5, checksum, missing = hashlib.md5(usedforsecurity=False), 0, length
            own = hashlib.sha256() if SHA256_OF_PARTS in algorithms else None
            while missing and (count := stream.readinto(buffer[: min(BUFFER_BYTES, missing)])):
                piece = buffer[:count]
                md5.update(piece)
                checksum = crc64nvme(piece, checksum)
                for other in hashes.values():
                    other.update(piece)
                if whole is not None:
                    whole.update(piece)
                if own is not None:
                    own.update(piece)
                missing -= count
            sha256 = encode_sha256(own.digest()) if own is not None else ""
            parts.append(PartDigest(length - missing, md5.hexdigest(), checksum, sha256))
        if sum(part.size for part in parts) != stretch.length or state_of(stream.fileno()) != expected:
            raise FileChanged(path)
    digests = {name: found.digest() for name, found in hashes.items()}
    if "md5" in algorithms:
        digests["md5"] = whole.digest() if whole is not None else bytes.fromhex(parts[0].md5)
    return StretchDigest(tuple(parts), digests)


def join_stretches(digests: Collection[StretchDigest], part_size: int | None) -> ObjectDigest:
    """Digests of the whole file from those of its stretches, in their order."""
    return join_parts([part for digest in digests for part in digest.parts], part_size)


def file_state(path: str) -> FileState:
    """State of a file by its path.

    Raises
    ------
    OSError
        If the system refuses.
    """
    status = os.stat(path)  # noqa: PTH116  called for every file of millions
    return FileState(status.st_size, status.st_mtime_ns)


def part_lengths(stretch: Stretch) -> Iterator[int]:
    """Bytes of each part of a stretch."""
    if stretch.part_size is None:
        yield stretch.length
        return
    for start in range(
        0, max(1, stretch.length), stretch.part_size
    ):  # an empty object may have one empty part
        yield min(stretch.part_size, stretch.length - start)


def _buffer() -> memoryview:
    """A buffer of this thread: allocating one for every file costs more than hashing a small one."""
    if not hasattr(_local, "buffer"):
        _local.buffer = memoryview(bytearray(BUFFER_BYTES))
    found: memoryview = _local.buffer
    return found
