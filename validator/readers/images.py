"""Images by their headers: whether a TIFF opens and all bytes of its first page, and of the last, are there.

Nothing is decoded and only a few kB are read, because there are millions of them.
"""

import errno
import logging
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from validator.errors import UnreadableFile
from validator.models.counts import counted
from validator.readers.bounded import BoundedStream
from validator.readers.tiff_header import COPY_AGAIN, TruncatedImage, cut, damaged, judge_header
from validator.readers.tiff_pages import judge_further_pages, judge_planes_without_pages

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

# tifffile's remarks on odd tags are for programmers; without a handler they would go to stderr
logging.getLogger("tifffile").addHandler(logging.NullHandler())
logging.getLogger("tifffile").propagate = False

_UNCOMPRESSED = 1  # TIFF 6.0, tag Compression

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
    """Open a TIFF and see that the pixels of its first and last page, and all pages between, are inside the file.

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
    with opened_tiff(stream, size) as tiff:
        facts = judge_page(tiff.pages.first, size)
        judge_planes_without_pages(tiff, size)
    judge_further_pages(stream, size)
    return facts


@contextmanager
def opened_tiff(stream: BinaryIO, size: int) -> "Iterator[TiffFile]":
    """Open a TIFF, also a hostile one; what goes wrong inside is said as `read_tiff` says it.

    Parameters
    ----------
    stream
        Its bytes, seekable.
    size
        How many there are.

    Raises
    ------
    UnreadableFile, TruncatedImage, OSError
        As `read_tiff`.
    """
    judge_header(stream, size)
    stream.seek(0)
    # libtiff and tifffile allocate what a damaged count asks for; the bounded stream never gives more than there is
    bounded = cast("BinaryIO", BoundedStream(stream, size))
    from tifffile import TiffFile, TiffFileError  # noqa: PLC0415  takes 0.24 s to load

    try:
        with TiffFile(bounded, name="image") as tiff:
            yield tiff
    except UnreadableFile:
        raise
    except (TiffFileError, *_BROKEN) as error:
        raise damaged() from error
    except OSError as error:
        if error.errno in (None, errno.EINVAL):  # a damaged offset asked for a place that no file has
            raise damaged() from error
        raise


def judge_page(page: "TiffPage", size: int) -> ImageFacts:
    """See that the pixels of a page are all inside the file.

    Raises
    ------
    TruncatedImage
        If some are missing.
    UnreadableFile
        If its tags make no sense.
    """
    offsets, counts = page.dataoffsets, page.databytecounts
    shape = tuple(int(length) for length in page.shape)
    if not shape or 0 in shape or page.dtype is None:
        raise damaged()
    if not offsets or len(offsets) != len(counts):
        raise damaged()
    needed = max(offset + count for offset, count in zip(offsets, counts, strict=True))
    if needed > size:
        raise cut(size, needed)
    if page.compression == _UNCOMPRESSED and page.bitspersample % 8 == 0 and sum(counts) < page.nbytes:
        raise TruncatedImage(
            f"It holds {counted(sum(counts), 'byte')} of pixels, but an image of {_times(shape)} pixels of type {page.dtype.name} "
            f"has {page.nbytes:,}",
            COPY_AGAIN,
        )
    return ImageFacts(shape, page.dtype.name)


def _times(shape: Sequence[int]) -> str:
    return " x ".join(f"{length:,}" for length in shape)
