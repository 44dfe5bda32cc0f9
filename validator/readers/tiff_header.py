"""The header and the first directory of a TIFF, read by hand.

tifffile opens some files whose end is missing without a word; this says how many bytes they lack.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from validator.errors import UnreadableFile
from validator.models.counts import counted
from validator.readers.signatures import HEAD_SIZE, foreign_format

COPY_AGAIN = "copy it again from the microscope or the archive"
_LARGEST_DIRECTORY = 4096
"""Entries of a page's directory; real ones have about 20, more is damage that would only cost time."""
# Description, offsets and lengths of strips, of tiles
_NEEDED_TAGS = frozenset({270, 273, 279, 324, 325})
# Bytes of a value of each type (TIFF 6.0 section 2, BigTIFF)
TYPE_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}


class TruncatedImage(UnreadableFile):
    """An image whose end is missing."""


def judge_header(stream: BinaryIO, size: int) -> None:
    """See that the first directory of a TIFF is inside the file, and what its entries and the next page need.

    Parameters
    ----------
    stream
        The file, at its first byte.
    size
        How many bytes it has.

    Raises
    ------
    TruncatedImage
        If its end is missing; most writers put the directory last, so that a cut file has lost it.
    UnreadableFile
        If it is no TIFF or its header is damaged.
    """
    head = stream.read(HEAD_SIZE)
    form = Form.of(head)
    if form is None:
        raise _no_tiff(head, size)
    (directory,) = struct.unpack_from(form.address, head, form.header_size - struct.calcsize(form.address))
    count_size = struct.calcsize(form.count)
    if directory + count_size > size:
        raise cut(size, directory + count_size)
    if directory < form.header_size:
        raise damaged()
    stream.seek(directory)
    (entries,) = struct.unpack(form.count, _exactly(stream, count_size, size))
    if entries == 0 or entries > _LARGEST_DIRECTORY:
        raise damaged()
    block = entries * struct.calcsize(form.entry)
    end = directory + count_size + block
    if end > size:
        raise cut(size, end)
    _judge_entries(form, _exactly(stream, block, size), size)
    _judge_next(form, stream, end, size)


def _judge_entries(form: "Form", block: bytes, size: int) -> None:
    """See that the values which say what and where the pixels are lie inside the file."""
    inline = struct.calcsize(form.address)
    for tag, code, count, field in struct.iter_unpack(form.entry, block):
        length = count * TYPE_SIZES.get(code, 0)
        if tag in _NEEDED_TAGS and length > inline:
            (offset,) = struct.unpack(form.address, field)
            if offset + length > size:
                raise cut(size, offset + length)


def _judge_next(form: "Form", stream: BinaryIO, end: int, size: int) -> None:
    """See that the next page, if the first names one, can begin inside the file."""
    width = struct.calcsize(form.address)
    stream.seek(end)
    address = stream.read(width)
    if len(address) < width:
        return  # some writers leave the address of the next page away when there is none
    (following,) = struct.unpack(form.address, address)
    if following >= size:
        raise cut(size, following + struct.calcsize(form.count))


def _exactly(stream: BinaryIO, length: int, size: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:  # it shrank while it was read
        raise cut(size, size + 1)
    return content


def _no_tiff(head: bytes, size: int) -> UnreadableFile:
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return cut(size, len(head) + 1)
    foreign = foreign_format(head)
    if foreign:
        return UnreadableFile(f"It is {foreign}, not a TIFF image", COPY_AGAIN, "byte 0")
    return UnreadableFile("It is not a TIFF image: it does not begin like one", COPY_AGAIN, "byte 0")


@dataclass(frozen=True, slots=True)
class Form:
    """How numbers are written (TIFF 6.0 section 2; the BigTIFF proposal), as codes of the struct module.

    Attributes
    ----------
    header_size
        Bytes before the first directory can begin; the last of them are its address.
    address, count, entry
        An offset, the number of entries of a directory, and an entry: tag, type, count, value or offset.
    """

    header_size: int
    address: str
    count: str
    entry: str

    @classmethod
    def of(cls, head: bytes) -> "Form | None":
        """Form of the TIFF that begins so; ``None`` when this is no TIFF or only its first bytes."""
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 8:
            return None
        (version,) = struct.unpack_from(order + "H", head, 2)
        if version == 42:
            return cls(8, order + "I", order + "H", order + "HHI4s")
        if version == 43 and len(head) >= 16:
            return cls(16, order + "Q", order + "Q", order + "HHQ8s")
        return None


def cut(size: int, needed: int) -> TruncatedImage:
    """Error of a file that needs more bytes than it has."""
    if needed > 1 << 60:
        return TruncatedImage(f"It ends at byte {size:,}, but its contents point far beyond that", COPY_AGAIN)
    return TruncatedImage(
        f"It is cut off: it has {counted(size, 'byte')} and should have at least {needed:,}", COPY_AGAIN
    )


def damaged() -> UnreadableFile:
    """Error of a file that is a TIFF, but with nonsense in it."""
    return UnreadableFile("It begins like a TIFF image, but what follows is damaged", COPY_AGAIN)
