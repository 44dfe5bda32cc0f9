"""ETag, CRC64NVME and (where asked for) SHA-256 of bytes, parts and whole objects.

The ETag of a single PUT is the MD5 of the bytes; that of a multipart upload is the MD5 of the joined binary
MD5s of the parts, then ``-`` and their number (Amazon S3 user guide, *Checking object integrity*). It depends
on the part size, and so does the SHA-256 that S3 keeps of such an object (that of the joined SHA-256s). CRC64NVME
does not: the values of parts join into that of the whole.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from awscrt.checksums import combine_crc64nvme, crc64nvme

_ETAG = re.compile(r"([0-9a-f]{32})(?:-([1-9][0-9]{0,4}))?")


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take four times as long: CONTRIBUTING.md
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
    sha256
        Base64; empty unless asked for.
    stored_as
        ETag of the part in the store where that is not its MD5 (encrypted with KMS); empty everywhere else.
    """

    size: int
    md5: str
    crc64nvme: int
    sha256: str = ""
    stored_as: str = ""

    @property
    def etag(self) -> str:
        """By which the store knows the part."""
        return self.stored_as or self.md5


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take four times as long: CONTRIBUTING.md
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
    sha256
        As S3 writes it: base64 for a single PUT, else of the joined SHA-256s of the parts, then ``-`` and their
        number; empty unless asked for.
    stored_as
        ETag in the store where that is no MD5 (encrypted with KMS): a checksum has shown what it stands for. Empty
        everywhere else.
    """

    size: int
    etag: str
    part_size: int | None
    parts: int
    crc64nvme: str
    sha256: str = ""
    stored_as: str = ""

    @property
    def etag_there(self) -> str:
        """By which the store knows the object."""
        return self.stored_as or self.etag

    def is_stored_as(self, etag: str) -> bool:
        """Whether an object of the same size with this ETag has these bytes."""
        return etag in (self.etag, self.stored_as)


def digest_bytes(data: bytes | memoryview, *, sha256: bool = False) -> PartDigest:
    """MD5 and CRC64NVME of one run of bytes, and its SHA-256 if asked for."""
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    more = encode_sha256(hashlib.sha256(data).digest()) if sha256 else ""
    return PartDigest(len(data), md5, crc64nvme(data), more)


def digest_with_md5(data: bytes | memoryview, md5: str) -> PartDigest:
    """Digests of one run of bytes whose MD5 (32 hex digits) is known already."""
    return PartDigest(len(data), md5, crc64nvme(data))


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
    if part_size is None and len(parts) == 1:
        [part] = parts
        return ObjectDigest(part.size, part.md5, None, 1, encode_crc64nvme(part.crc64nvme), part.sha256)
    checksum, size = parts[0].crc64nvme, parts[0].size
    for part in parts[1:]:
        checksum = combine_crc64nvme(checksum, part.crc64nvme, part.size)
        size += part.size
    etag = parts[0].md5 if part_size is None else multipart_etag(part.md5 for part in parts)
    sha256 = parts[0].sha256
    if part_size is not None and sha256:
        sha256 = multipart_sha256([part.sha256 for part in parts])
    return ObjectDigest(size, etag, part_size, len(parts), encode_crc64nvme(checksum), sha256)


def multipart_etag(md5s: Iterable[str]) -> str:
    """ETag of a multipart upload from the MD5s (hex) of its parts, in their order."""
    digests = [bytes.fromhex(md5) for md5 in md5s]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def multipart_sha256(sha256s: Sequence[str]) -> str:
    """SHA-256 of a multipart upload as S3 keeps it, from those of its parts; empty if one is missing."""
    if not all(sha256s):
        return ""
    joined = hashlib.sha256(b"".join(base64.b64decode(sha256) for sha256 in sha256s))
    return f"{encode_sha256(joined.digest())}-{len(sha256s)}"


def encode_sha256(digest: bytes) -> str:
    """Base64, as in the header ``x-amz-checksum-sha256``."""
    return base64.b64encode(digest).decode("ascii")


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
