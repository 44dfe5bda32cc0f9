"""Opens a listing, whatever it is written in, and recognises its sort by what is in it."""

import codecs
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, TextIO

from validator.errors import NothingChecked, UnreadableFile, UsageError
from validator.models.addresses import STANDARD_INPUT
from validator.models.formats import own_file
from validator.models.listing import SourceFacts, Trouble
from validator.sources.folder_listing import reason
from validator.sources.inventory import MANIFEST, inventory_facts, is_manifest, read_inventory
from validator.sources.keys import KeyFolders
from validator.sources.listed import LargeText, ListedSource
from validator.sources.listing_forms import is_document, is_inventory_row
from validator.sources.listing_text import read_aws_ls, read_keys, sort_of_lines

ListingSort = Literal["aws-ls", "inventory", "keys"]
SORTS: tuple[ListingSort, ...] = ("aws-ls", "inventory", "keys")

LARGE = 24 * 1024 * 1024
"""Bytes of a text that is read in columns: some 150,000 keys."""
PACKING = 10
"""How much smaller gzip makes a listing."""
_HEAD = 1 << 16
_GZIP = b"\x1f\x8b"
_FACTS = {
    "aws-ls": SourceFacts("aws-ls", ("contents",)),
    "keys": SourceFacts("keys", ("contents", "sizes", "times")),
}
_READERS = {"aws-ls": read_aws_ls, "keys": read_keys}
_MEND = "Give a folder, s3://bucket/prefix, or a listing: what aws s3 ls --recursive prints (or aws s3api list-objects-v2, s5cmd ls, rclone lsl, mc ls, gsutil ls -l), the manifest.json of an S3 Inventory, a list of keys, one a line and nothing beside them."


class _Rejoined(io.RawIOBase):
    """A stream whose beginning has been read already."""

    def __init__(self, head: bytes, rest: BinaryIO | gzip.GzipFile) -> None:
        super().__init__()
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed wants any buffer
        if not self._head:
            if isinstance(self._rest, io.BufferedIOBase):  # without another copy of megabytes
                return self._rest.readinto(buffer)
            data = self._rest.read(len(buffer))
            buffer[: len(data)] = data
            return len(data)
        amount = min(len(buffer), len(self._head))
        buffer[:amount] = self._head[:amount]
        self._head = self._head[amount:]
        return amount


def listing_source(
    place: str, sort: ListingSort | None = None, *, prefix: str | None = None, dataset: str | None = None
) -> ListedSource:
    """The source for a listing in a file, in a folder (an S3 Inventory) or on standard input.

    Parameters
    ----------
    place
        Path, or ``-`` for standard input.
    sort
        What it is; recognised by its content when it is not said.
    prefix, dataset
        See `ListedSource`.

    Raises
    ------
    UsageError
        If it cannot be opened or is no listing.
    NothingChecked
        If it is empty.
    UnreadableFile
        If it is damaged.
    """
    if place == STANDARD_INPUT:
        return _listing_on_input(sort, prefix, dataset)
    path = Path(place)
    if os.path.isdir(path):  # noqa: PTH112  a folder without permission is no error here
        path /= MANIFEST
    with _opened(path, place) as stream:
        packed = stream.peek(2).startswith(_GZIP) if isinstance(stream, io.BufferedReader) else False
        head, _ = _unpacked(stream)
        size = os.fstat(stream.fileno()).st_size
    found = sort or _recognise(head, place)
    if found == "inventory":
        return ListedSource(
            place,
            inventory_facts(path),
            lambda folders: read_inventory(path, folders),
            prefix=prefix,
            dataset=dataset,
        )

    def read(folders: KeyFolders) -> list[Trouble]:
        with _opened(path, place) as stream:
            return _READERS[found](_lines(*_unpacked(stream)), folders, place)

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        with _opened(path, place) as stream:
            yield _unpacked(stream)[1]

    unpacked = size * PACKING if packed else size
    large = None
    if unpacked >= LARGE and not _is_read_whole(head):
        large = LargeText(found, opened, None if packed else path, unpacked)
    return ListedSource(place, _FACTS[found], read, prefix=prefix, dataset=dataset, large=large)


def _listing_on_input(sort: ListingSort | None, prefix: str | None, dataset: str | None) -> ListedSource:
    name = "standard input"
    if sys.stdin is None:
        raise UsageError("Standard input is closed.", "Send a listing there, or name its file.")
    with _in_words(name):
        head, stream = _unpacked(sys.stdin.buffer)
    found = sort or _recognise(head, name)
    if found == "inventory":
        raise UsageError(
            "An S3 Inventory cannot come from standard input.",
            "Name its manifest.json, with the data files beside it.",
        )

    with _in_words(name):
        first = stream.read(LARGE)
    whole = io.BufferedReader(_Rejoined(first, stream), _HEAD)

    def read(folders: KeyFolders) -> list[Trouble]:
        with _in_words(name):
            return _READERS[found](_lines(head, whole), folders, name)

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        with _in_words(name):
            yield whole

    large = LargeText(found, opened) if len(first) >= LARGE and not _is_read_whole(head) else None
    return ListedSource(name, _FACTS[found], read, prefix=prefix, dataset=dataset, large=large)


def is_inventory(folder: Path) -> bool:
    """Whether a folder holds an S3 Inventory, not a dataset."""
    path = folder / MANIFEST
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            return is_manifest(stream.read(_HEAD))
    except OSError:
        return False


def _recognise(head: bytes, name: str) -> ListingSort:
    """Find the sort of a listing by its beginning."""
    if not head.strip():
        raise NothingChecked(f"Nothing was checked: {name} is empty.", "Make the listing again.")
    if is_manifest(head):
        return "inventory"
    if (own := own_file(head)) is not None:
        raise UsageError(f"{name} is {own.what}, neither a dataset's folder nor a listing.", own.mend(name))
    lines = list(_lines(head, io.BytesIO(head)))
    if is_document("".join(lines)):
        return "aws-ls"
    if len(head) >= _HEAD:
        lines.pop()  # cut
    if lines and is_inventory_row(lines[0].rstrip("\r\n")):
        raise UsageError(
            f"{name} is a data file of an S3 Inventory, and does not say what its columns are.",
            f"Name the {MANIFEST} of the inventory, which does; it lies in a folder with the date of the inventory.",
        )
    sort = sort_of_lines(lines) if b"\0" not in head or _has_wide_letters(head) else None
    if sort is None:
        raise UsageError(f"{name} is neither a dataset's folder nor a listing.", _MEND)
    return sort


def _unpacked(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """The beginning of a stream, and all of it, the beginning included."""
    head = stream.read(_HEAD)
    whole = io.BufferedReader(_Rejoined(head, stream), _HEAD)
    if not head.startswith(_GZIP):
        return head, whole
    inner = gzip.GzipFile(fileobj=whole)
    head = inner.read(_HEAD)
    return head, io.BufferedReader(_Rejoined(head, inner), _HEAD)


def _lines(head: bytes, stream: BinaryIO) -> TextIO:
    wide = _has_wide_letters(head)
    encoding = "utf-16" if wide else "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    return io.TextIOWrapper(stream, encoding, errors="replace" if wide else "surrogateescape", newline="\n")


def _is_read_whole(head: bytes) -> bool:
    """Whether a listing cannot be read in blocks of lines."""
    return _has_wide_letters(head) or is_document(head.decode("utf-8", "replace"))


def _has_wide_letters(head: bytes) -> bool:
    """Whether it is UTF-16, as redirections of Windows PowerShell write it."""
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


@contextmanager
def _opened(path: Path, name: str) -> Iterator[BinaryIO]:
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        what = (
            f"There is no {MANIFEST} in the folder {name}."
            if path.name == MANIFEST
            else f"There is no file {name}."
        )
        raise UsageError(what, "Check the path.") from None
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {reason(error)}.", "Ask its owner for access.") from None
    with stream, _in_words(name):
        yield stream


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFile(
            f"The listing {name} is cut off or damaged.", "Copy or make it again."
        ) from error
    except OSError as error:
        raise UnreadableFile(
            f"The listing {name} cannot be read to its end: {reason(error)}.", "Copy or make it again."
        ) from error
