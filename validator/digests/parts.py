"""ETag and CRC64NVME of bytes, parts and whole objects.

The ETag of a single PUT is the MD5 of the bytes; that of a multipart upload is the MD5 of the joined binary
MD5s of the parts, then ``-`` and their number (Amazon S3 user guide, *Checking object integrity*). It depends
on the part size. CRC64NVME does not: the values of parts join into that of the whole.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from awscrt.checksums import combine_crc64nvme, crc64nvme

_ETAG = re.compile(r"([0-9a-f]{32})(?:-([1-9][0-9]{0,4}))?")


@dataclass(frozen=True, slots=True)
class PartDigest:
    """Digests of one run of bytes.

    Attributes
    ----------
    size
        Bytes.
    md5
        32 hex digits.
    crc64nvme
        Unsigned 64-bit number.
    """

    size: int
    md5: str
    crc64nvme: int


@dataclass(frozen=True, slots=True)
class ObjectDigest:
    """Digests of an object as S3 would report them.

    Attributes
    ----------
    size
        Bytes.
    etag
        Without quotes.
    part_size
        Bytes of every part but the last; ``None`` for a single PUT.
    parts
        Number of parts; 1 for a single PUT.
    crc64nvme
        Base64 of eight bytes, big-endian, as S3 writes it.
    """

    size: int
    etag: str
    part_size: int | None
    parts: int
    crc64nvme: str


def digest_bytes(data: bytes | memoryview) -> PartDigest:
    """MD5 and CRC64NVME of one run of bytes."""
    return PartDigest(len(data), hashlib.md5(data, usedforsecurity=False).hexdigest(), crc64nvme(data))


def digest_pieces(pieces: Iterable[bytes]) -> PartDigest:
    """MD5 and CRC64NVME of bytes that come in pieces."""
    md5, checksum, size = hashlib.md5(usedforsecurity=False), 0, 0
    for piece in pieces:
        md5.update(piece)
        checksum = crc64nvme(piece, checksum)
        size += len(piece)
    return PartDigest(size, md5.hexdigest(), checksum)


def join_parts(parts: Sequence[PartDigest], part_size: int | None) -> ObjectDigest:
    """Digests of the whole from those of its parts.

    Parameters
    ----------
    parts
        In the order of their numbers; at least one.
    part_size
        Bytes of every part but the last; ``None`` when the object was sent with a single PUT.
    """
    checksum, size = parts[0].crc64nvme, parts[0].size
    for part in parts[1:]:
        checksum = combine_crc64nvme(checksum, part.crc64nvme, part.size)
        size += part.size
    etag = parts[0].md5 if part_size is None else multipart_etag(part.md5 for part in parts)
    return ObjectDigest(size, etag, part_size, len(parts), encode_crc64nvme(checksum))


def multipart_etag(md5s: Iterable[str]) -> str:
    """ETag of a multipart upload from the MD5s (hex) of its parts, in their order."""
    digests = [bytes.fromhex(md5) for md5 in md5s]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def encode_crc64nvme(value: int) -> str:
    """Base64 of the eight bytes, big-endian, as in the header ``x-amz-checksum-crc64nvme``."""
    return base64.b64encode(value.to_bytes(8, "big")).decode("ascii")


def decode_crc64nvme(text: str) -> int:
    """Number of a CRC64NVME as S3 writes it.

    >>> decode_crc64nvme(encode_crc64nvme(12345))
    12345
    """
    return int.from_bytes(base64.b64decode(text), "big")


def parts_of_etag(etag: str) -> int | None:
    """How many parts an ETag speaks of: 0 for a single PUT, ``None`` when it is not built from MD5s."""
    match = _ETAG.fullmatch(etag.strip('"').lower())
    if match is None:
        return None
    return int(match[2]) if match[2] else 0
