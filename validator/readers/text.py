"""Bytes of a text file: unpacked, recognised when they are no text, and decoded."""

import gzip
import io
import zlib
from typing import BinaryIO

from validator.errors import UnreadableFile
from validator.readers.signatures import GZIP, HEAD_SIZE, foreign_format

LARGEST_TEXT = 1 << 30
"""1 GiB; the tables of a plate have a few MB. More than this is not read into memory."""

_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def read_content(stream: BinaryIO) -> tuple[bytes, bool]:
    """Read a whole text file, gzip or not (its bytes decide, not its name).

    Returns
    -------
    content, compressed
        The unpacked bytes, never empty, and whether they were gzip.

    Raises
    ------
    UnreadableFile
        If it is empty, too large, damaged, or something that is no text.
    OSError
        If the system refuses to read it.
    """
    content = _limited(stream)
    compressed = content.startswith(GZIP)
    if compressed:
        content = _unpack(content)
    if not content:
        raise UnreadableFile("It is empty", "write it again or remove it", "byte 0")
    if compressed and content.startswith(GZIP):
        raise UnreadableFile("It is compressed twice with gzip", "unpack it once (gunzip)", "byte 0")
    foreign = foreign_format(content[:HEAD_SIZE])
    if foreign:
        raise UnreadableFile(
            f"It is {foreign}, not text", "put the real file in its place, as plain text or gzip", "byte 0"
        )
    return content, compressed


def decode(content: bytes) -> tuple[str, str, int]:
    """Turn bytes into text.

    UTF-8 first; otherwise Windows-1252 (what Excel writes in Western Europe and America), and Latin-1 for
    the few bytes that Windows-1252 does not know, so that every byte has a character.

    Returns
    -------
    text, encoding, line
        The text, the name of the encoding, and the first line that is not UTF-8 (0 when all is).

    Raises
    ------
    UnreadableFile
        If it is UTF-16, or holds a zero byte, which no text has.
    """
    if content.startswith(_UTF16_BOMS):
        raise UnreadableFile(
            "It is written in UTF-16 (Excel calls this Unicode Text), which pipelines cannot read",
            "save it as UTF-8",
            "byte 0",
        )
    zero = content.find(b"\x00")
    if zero >= 0:
        line = _line_at(content, zero)
        raise UnreadableFile(
            f"It holds zero bytes from line {line} on, which no text has: it is damaged or not text",
            "copy it again from where it was made",
            f"line {line}",
        )
    if content.startswith(_BOM):
        content, encoding = content[len(_BOM) :], "UTF-8 with BOM"
    else:
        encoding = "UTF-8"
    try:
        return content.decode("utf-8"), encoding, 0
    except UnicodeDecodeError as error:
        line = _line_at(content, error.start)
    try:
        return content.decode("cp1252"), "Windows-1252", line
    except UnicodeDecodeError:
        return content.decode("latin-1"), "Latin-1", line


def _line_at(content: bytes, position: int) -> int:
    before = content[:position]
    return 1 + before.count(b"\n") + before.replace(b"\r\n", b"").count(b"\r")


def _limited(stream: BinaryIO | gzip.GzipFile) -> bytes:
    content = stream.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise UnreadableFile(
            "It is longer than 1 GiB, which no table of a plate or batch is",
            "split it, or check that it is what its name says",
        )
    return content


def _unpack(content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            return _limited(packed)
    except EOFError as error:
        raise UnreadableFile(
            "It is a gzip file that is cut off: its end is missing", "copy it again from where it was made"
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFile(
            "It is a gzip file that is damaged and cannot be unpacked", "copy it again from where it was made"
        ) from error
