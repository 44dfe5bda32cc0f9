"""Lists of checksums: what ``md5sum``, ``sha256sum``, their BSD cousins and listings of ETags write.

Five forms of a line are read::

    d41d8cd98f00b204e9800998ecf8427e  images/a.tiff         md5sum, sha256sum, rclone hashsum (also base64)
    d41d8cd98f00b204e9800998ecf8427e *images/a.tiff         the same, of a file read as binary
    MD5 (images/a.tiff) = d41d8cd98f00b204e9800998ecf8427e  BSD, and md5sum --tag
    6d88b172421afa20635e2e44d7291930-6  images/a.tiff       an ETag, as `cpgate etag` writes it
    images/a.tiff<TAB>[123<TAB>]"6d88...-6"                 aws s3api list-objects-v2 --output text
"""

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path

from validator.errors import UnreadableFile
from validator.models.claim import Claim

LONGEST_LINE = 64 << 10
"""Bytes; a key has 1,024 at most."""
_HEX_DIGITS = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
_BASE64_BYTES = {8: "crc64nvme", 16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
_PLAIN = re.compile(r"(?P<escaped>\\?)(?P<digest>[0-9A-Za-z+/=-]{12,128})(?:[ ][ *]|\t)(?P<name>.+)")
_BSD = re.compile(
    r"(?P<escaped>\\?)(?P<algorithm>MD5|SHA1|SHA256|SHA384|SHA512|CRC64NVME) \((?P<name>.+)\) = (?P<digest>\S+)"
)
_TABBED = re.compile(
    r"(?P<name>[^\t]+)\t(?:(?P<size>\d+)\t)?\"?(?P<etag>[0-9a-f]{32}(?:-[1-9][0-9]{0,4})?)\"?"
)
_ETAG = re.compile(r"[0-9a-f]{32}-[1-9][0-9]{0,4}")
_ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


def is_checksum_list(head: bytes) -> bool:
    """Whether a file that begins so is a list of checksums: its first line that says something is one."""
    for line in head.decode("utf-8-sig", "replace").splitlines():
        if line.strip() and not line.startswith("#"):
            return _claim(line) is not None
    return False


def read_checksum_list(path: Path) -> Iterator[Claim]:
    """Every line of a list as a claim; empty lines and those that begin with ``#`` are left out.

    Raises
    ------
    UnreadableFile
        If a line is none of the known forms: a list that is read in part would prove less than it seems to.
    OSError
        If the system refuses to read it.
    """
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(LONGEST_LINE):
            number += 1
            text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape").rstrip("\r\n")
            if not text.strip() or text.startswith("#"):
                continue
            claim = _claim(text)
            if claim is None:
                raise UnreadableFile(
                    f"{path}, line {number}: this is not a line of a checksum list",
                    "write a checksum, two spaces and a file name, as md5sum and sha256sum do",
                    f"line {number}",
                )
            yield claim


def _claim(line: str) -> Claim | None:
    claim = _parse(line)
    return claim if claim is not None and claim.name else None


def _parse(line: str) -> Claim | None:
    bsd = _BSD.fullmatch(line)
    if bsd is not None:
        checksum = decode_checksum(bsd["digest"])
        name = _name(bsd["name"], escaped=bool(bsd["escaped"]))
        if checksum is None or checksum[0] != bsd["algorithm"].lower():
            return None
        return Claim(name, checksums={checksum[0]: checksum[1]})
    plain = _PLAIN.fullmatch(line)
    if plain is not None:
        name = _name(plain["name"], escaped=bool(plain["escaped"]))
        if _ETAG.fullmatch(plain["digest"].lower()):
            return Claim(name, etag=plain["digest"].lower())
        checksum = decode_checksum(plain["digest"])
        if checksum is not None:
            return Claim(name, checksums={checksum[0]: checksum[1]})
    tabbed = _TABBED.fullmatch(line)
    if tabbed is not None:
        size = int(tabbed["size"]) if tabbed["size"] else None
        return Claim(_name(tabbed["name"], escaped=False), size=size, etag=tabbed["etag"])
    return None


def decode_checksum(digest: str) -> tuple[str, bytes] | None:
    """Algorithm (told by the length) and bytes of a checksum in hex or base64; ``None`` when it is neither.

    Examples
    --------
    >>> decode_checksum("Gek2Qtb0bRU=")[0], decode_checksum("d41d8cd98f00b204e9800998ecf8427e")[0]
    ('crc64nvme', 'md5')
    """
    algorithm = _HEX_DIGITS.get(len(digest))
    if algorithm is not None and re.fullmatch("[0-9a-fA-F]+", digest):
        return algorithm, bytes.fromhex(digest)
    try:
        value = base64.b64decode(digest, validate=True)
    except (binascii.Error, ValueError):
        return None
    algorithm = _BASE64_BYTES.get(len(value))
    return (algorithm, value) if algorithm is not None else None


def _name(name: str, *, escaped: bool) -> str:
    if (
        escaped
    ):  # GNU: a backslash before the line says that backslashes and line ends in the name are escaped
        name = re.sub(r"\\[\\nr]", lambda match: _ESCAPES[match[0]], name)
    return name.removeprefix("./")
