"""SHA-256 of whole files, plain and as Quilt cuts it; they cannot be joined from the parts of an upload."""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from awscrt.checksums import crc64nvme

from validator.digests.files import FileChanged, FileState, state_of
from validator.digests.parts import encode_crc64nvme
from validator.models.long_paths import openable

QUILT_CHUNK = 8 * 1024 * 1024
"""Bytes (quilt3, ``data_transfer.CHECKSUM_MULTIPART_THRESHOLD``)."""
QUILT_CHUNKS = 10_000
"""At most so many (S3's own limit of parts); chunks of larger files are doubled until it holds."""


@dataclass(frozen=True, slots=True)
class WholeDigest:
    """Digests of a whole file.

    Attributes
    ----------
    sha256
        64 hex digits.
    sha2_256_chunked
        Base64 of the SHA-256 over the SHA-256s of all chunks, as Quilt packages hold it.
    crc64nvme
        Base64; tells whether these are the bytes that were uploaded.
    """

    sha256: str
    sha2_256_chunked: str
    crc64nvme: str


def quilt_chunk_size(size: int) -> int:
    """Bytes of a chunk of a file of this size.

    Examples
    --------
    >>> quilt_chunk_size(5) == quilt_chunk_size(10_000 * 8 * 1024**2) == 8 * 1024**2
    True
    >>> quilt_chunk_size(10_000 * 8 * 1024**2 + 1) // 1024**2
    16
    """
    chunk = QUILT_CHUNK
    while -(-size // chunk) > QUILT_CHUNKS:
        chunk *= 2
    return chunk


def digest_whole(path: str, expected: FileState) -> WholeDigest:
    """Digest a file in one read.

    Parameters
    ----------
    path
        The file.
    expected
        State in which it must be, before and afterwards.

    Raises
    ------
    FileChanged
        If the file is in another state.
    OSError
        If the system refuses.
    """
    whole, chunks, checksum, missing = hashlib.sha256(), hashlib.sha256(), 0, expected.size
    chunk_size = quilt_chunk_size(expected.size)
    with Path(openable(path)).open("rb", buffering=0) as stream:
        descriptor = stream.fileno()
        if state_of(descriptor) != expected:
            raise FileChanged(path)
        while missing:
            chunk, left = hashlib.sha256(), min(chunk_size, missing)
            while left:
                piece = os.read(descriptor, min(QUILT_CHUNK, left))
                if not piece:
                    raise FileChanged(path)
                left -= len(piece)
                missing -= len(piece)
                chunk.update(piece)
                whole.update(piece)
                checksum = crc64nvme(piece, checksum)
            chunks.update(chunk.digest())
        if state_of(descriptor) != expected:
            raise FileChanged(path)
    chunked = base64.b64encode(chunks.digest()).decode("ascii")
    return WholeDigest(whole.hexdigest(), chunked, encode_crc64nvme(checksum))
