"""Images by their headers: whether a TIFF opens and all bytes of its first page are there.

Nothing is decoded and only a few kB are read, because there are millions of them.
"""

import errno
import logging
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from validator.errors import UnreadableFile
from validator.readers.bounded import BoundedStream
from validator.readers.signatures import HEAD_SIZE, foreign_format

if TYPE_CHECKING:
    from tifffile import TiffPage

# tifffile's remarks on odd tags are for programmers; without a handler they would go to stderr
logging.getLogger("tifffile").addHandler(logging.NullHandler())
logging.getLogger("tifffile").propagate = False

_COPY_AGAIN = "copy it again from the microscope or the archive"
_UNCOMPRESSED = 1  # TIFF 6.0, tag Compression
_LARGEST_DIRECTORY = 4096
"""Entries of a page's directory; real ones have about 20, more is damage that would only cost time."""

# tifffile reads what it can and lets the errors of broken bytes through as they come.
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


class TruncatedImage(UnreadableFile):
    """An image whose end is missing."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the first page of a TIFF says.

    Attributes
    ----------
    shape
        Rows, columns and, of colour images, samples.
    dtype
        Type of a pixel as NumPy names it, ``uint16``.
    """

    shape: tuple[int, ...]
    dtype: str


def read_tiff(stream: BinaryIO, size: int) -> ImageFacts:
    """Open a TIFF and see that the pixels of its first page are all inside the file.

    Parameters
    ----------
    stream
        Its bytes, seekable.
    size
        How many there are.

    Raises
    ------
    TruncatedImage
        If its end is missing.
    UnreadableFile
        If it is not a TIFF or is damaged.
    OSError
        If the system refuses to read it.
    """
    _judge_header(stream, size)
    stream.seek(0)
    # libtiff and tifffile allocate what a damaged count asks for; the bounded stream never gives more than there is
    bounded = BoundedStream(stream, size)
    from tifffile import TiffFile, TiffFileError  # noqa: PLC0415  takes 0.24 s to load

    try:
        with TiffFile(bounded, name="image") as tiff:
            page = tiff.pages.first
            return _judge_page(page, size)
    except UnreadableFile:
        raise
    except (TiffFileError, *_BROKEN) as error:
        raise _damaged() from error
    except OSError as error:
        if error.errno in (None, errno.EINVAL):  # a damaged offset asked for a place that no file has
            raise _damaged() from error
        raise


def _judge_header(stream: BinaryIO, size: int) -> None:
    """Find the directory of the first page by hand: a file that was cut mostly lost it, as it comes last."""
    head = stream.read(HEAD_SIZE)
    form = _form(head)
    if form is None:
        foreign = foreign_format(head)
        if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
            raise _cut(size, len(head) + 1)
        if not foreign:
            raise UnreadableFile("It is not a TIFF image: it does not begin like one", _COPY_AGAIN, "byte 0")
        raise UnreadableFile(f"It is {foreign}, not a TIFF image", _COPY_AGAIN, "byte 0")
    offset_at, offset_code, count_code, entry_size = form
    (directory,) = struct.unpack_from(offset_code, head, offset_at)
    count_size = struct.calcsize(count_code)
    if directory + count_size > size:
        raise _cut(size, directory + count_size)
    if directory < offset_at:
        raise _damaged()
    stream.seek(directory)
    counted = stream.read(count_size)
    if len(counted) < count_size:
        raise _cut(size, directory + count_size)
    (entries,) = struct.unpack(count_code, counted)
    if entries == 0 or entries > _LARGEST_DIRECTORY:
        raise _damaged()
    end = directory + count_size + entries * entry_size
    if end > size:
        raise _cut(size, end)


def _form(head: bytes) -> tuple[int, str, str, int] | None:
    """Where and how the first page's directory is given; ``None`` when this is no TIFF or only its first bytes.

    Offset of its address, layout of the address, layout of the number of entries, bytes of an entry (TIFF
    6.0 section 2 and the BigTIFF proposal).
    """
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    (version,) = struct.unpack_from(order + "H", head, 2)
    if version == 42:
        return 4, order + "I", order + "H", 12
    if version == 43 and len(head) >= 16:
        return 8, order + "Q", order + "Q", 20
    return None


def _judge_page(page: "TiffPage", size: int) -> ImageFacts:
    offsets, counts = page.dataoffsets, page.databytecounts
    shape = tuple(int(length) for length in page.shape)
    if not shape or 0 in shape or page.dtype is None:
        raise _damaged()
    if not offsets or len(offsets) != len(counts):
        raise _damaged()
    needed = max(offset + count for offset, count in zip(offsets, counts, strict=True))
    if needed > size:
        raise _cut(size, needed)
    if page.compression == _UNCOMPRESSED and page.bitspersample % 8 == 0 and sum(counts) < page.nbytes:
        raise TruncatedImage(
            f"It holds {sum(counts):,} bytes of pixels, but an image of {_times(shape)} pixels of type {page.dtype.name} "
            f"has {page.nbytes:,}",
            _COPY_AGAIN,
        )
    return ImageFacts(shape, page.dtype.name)


def _times(shape: Sequence[int]) -> str:
    return " x ".join(f"{length:,}" for length in shape)


def _cut(size: int, needed: int) -> TruncatedImage:
    if needed > 1 << 60:
        return TruncatedImage(
            f"It ends at byte {size:,}, but its contents point far beyond that", _COPY_AGAIN
        )
    return TruncatedImage(
        f"It is cut off: it has {size:,} bytes and should have at least {needed:,}", _COPY_AGAIN
    )


def _damaged() -> UnreadableFile:
    return UnreadableFile("It begins like a TIFF image, but what follows is damaged", _COPY_AGAIN)


def size_of(stream: BinaryIO) -> int:
    """Bytes of an open file."""
    return stream.seek(0, os.SEEK_END)
