"""The pages behind the first of a TIFF: whether the chain of them ends inside the file, and the pixels of the last one, too."""

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from validator.readers.tiff_header import TYPE_SIZES, Form, cut

if TYPE_CHECKING:
    from tifffile import TiffFile

MOST_PAGES = 2_000
"""So many pages are followed; of longer ones the rest is not looked at."""
_LARGEST_DIRECTORY = 4096
_PLACES, _LENGTHS = (273, 324), (279, 325)
_LONGEST_LIST = 1 << 16
_NUMBERS = {3: "H", 4: "I", 16: "Q"}


def judge_further_pages(stream: BinaryIO, size: int) -> None:
    """Follow the pages of a TIFF whose first page is right.

    Parameters
    ----------
    stream
        The file.
    size
        How many bytes it has.

    Raises
    ------
    TruncatedImage
        If a page, or the pixels of the last one, lie behind the end.
    """
    stream.seek(0)
    form = Form.of(stream.read(16))
    if form is None:
        return
    width = struct.calcsize(form.address)
    stream.seek(form.header_size - width)
    (place,) = struct.unpack(form.address, stream.read(width))
    seen: set[int] = set()
    last = b""
    while place and place not in seen and len(seen) < MOST_PAGES:
        seen.add(place)
        block = _directory(stream, form, place, size)
        if not block:
            return
        last, address = block[:-width], block[-width:]
        place = struct.unpack(form.address, address)[0] if len(address) == width else 0
        if place >= size:
            raise cut(size, place + struct.calcsize(form.count))
    if len(seen) > 1:
        _judge_pixels(stream, form, last, size)


def judge_planes_without_pages(tiff: "TiffFile", size: int) -> None:
    """See that all planes are there that ImageJ wrote one behind the other under a single page.

    Raises
    ------
    TruncatedImage
        If some are missing.
    """
    metadata = tiff.imagej_metadata if tiff.is_imagej else None
    planes = metadata.get("images") if metadata else None
    page = tiff.pages.first
    if not isinstance(planes, int) or planes < 2 or not page.is_contiguous or tiff.pages.first.nbytes <= 0:
        return
    if len(tiff.pages) == 1:
        needed = page.dataoffsets[0] + planes * page.nbytes
        if needed > size:
            raise cut(size, needed)


def _directory(stream: BinaryIO, form: Form, place: int, size: int) -> bytes:
    """Entries of a page and the address of the next one; nothing where it makes no sense."""
    stream.seek(place)
    head = stream.read(struct.calcsize(form.count))
    if len(head) < struct.calcsize(form.count):
        raise cut(size, place + struct.calcsize(form.count))
    (entries,) = struct.unpack(form.count, head)
    if entries == 0 or entries > _LARGEST_DIRECTORY:
        return b""
    length = entries * struct.calcsize(form.entry)
    block = stream.read(length + struct.calcsize(form.address))
    if len(block) < length:
        raise cut(size, place + len(head) + length)
    return block.ljust(length + struct.calcsize(form.address), b"\0")


def _judge_pixels(stream: BinaryIO, form: Form, entries: bytes, size: int) -> None:
    lists: dict[int, Sequence[int]] = {}
    whole = len(entries) - len(entries) % struct.calcsize(form.entry)
    for tag, code, count, value in struct.iter_unpack(form.entry, entries[:whole]):
        if tag in _PLACES + _LENGTHS and code in _NUMBERS and count <= _LONGEST_LIST:
            lists[tag] = _numbers(stream, form, code, count, value, size)
    for places, lengths in zip(_PLACES, _LENGTHS, strict=True):
        pairs = zip(lists.get(places, ()), lists.get(lengths, ()), strict=False)
        needed = max((place + length for place, length in pairs), default=0)
        if needed > size:
            raise cut(size, needed)


def _numbers(stream: BinaryIO, form: Form, code: int, count: int, value: bytes, size: int) -> Sequence[int]:
    length = count * TYPE_SIZES[code]
    if length > len(value):
        (place,) = struct.unpack(form.address, value)
        if place + length > size:
            raise cut(size, place + length)
        stream.seek(place)
        value = stream.read(length)
    return struct.unpack(f"{form.address[0]}{count}{_NUMBERS[code]}", value[:length])
