"""Checksums and ETags in tables and JSON documents: one row for each file, columns known by their names.

Read are CSV (commas, semicolons, tabs), what ``hashdeep`` and PowerShell's ``Get-FileHash | Export-Csv`` write, what ``aws s3api
list-objects-v2`` answers, ``datapackage.json``, and lists of objects in JSON such as those of DVC.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from validator.errors import UnreadableFile
from validator.manifests.checksum_list import decode_checksum
from validator.models.claim import Claim

NAMES = ("key", "path", "relpath", "file_path", "filepath", "filename", "file_name", "file", "object", "name")
SIZES = ("size", "bytes", "size_bytes", "file_size", "length")
ETAG = "etag"
DIGESTS = (
    *("md5", "md5sum", "md5_hash", "sha1", "sha1sum", "sha256", "sha256sum", "sha384", "sha512", "crc64nvme"),
    *("checksumcrc64nvme", "hash", "checksum", "digest"),
)
_LISTS = ("Contents", "resources", "files")
"""Under these names documents keep their objects."""
_ETAG = re.compile(r"[0-9a-f]{32}(-[1-9][0-9]{0,4})?")
_ALGORITHM = re.compile(r"md5|sha1|sha256|sha384|sha512|crc64nvme")
_DRIVE = re.compile(r"[A-Za-z]:\\|\\\\")
_HASHDEEP = "%%%%"

Row = Mapping[str, object]


def is_checksum_table(head: bytes) -> bool:
    """Whether a file that begins so has rows with the name of a file and a checksum or ETag."""
    text = head.decode("utf-8-sig", "replace")
    if text.lstrip().startswith(("{", "[")):
        return _document_begins(text)
    header = _header(text.splitlines())
    return header is not None and _is_about_files(header[1])


def read_checksum_table(path: Path) -> Iterator[Claim]:
    """Every row as a claim.

    Raises
    ------
    UnreadableFile
        If the document is damaged, or a row states what is no checksum.
    OSError
        If the system refuses to read it.
    """
    text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    rows = _of_document(path, text) if text.lstrip().startswith(("{", "[")) else _of_table(text)
    for place, row in rows:
        yield _claim(path, place, row)


def _document_begins(text: str) -> bool:
    fields = {_plain(name) for name in re.findall(r'"([A-Za-z0-9_ ]{1,40})"\s*:', text)}
    lists = text.lstrip().startswith("[") or any(f'"{name}"' in text for name in _LISTS)
    return lists and _is_about_files(fields) and not fields & {"url", "profile_url", "subset", "format"}


def _is_about_files(columns: Sequence[str] | set[str]) -> bool:
    there = set(columns)
    return bool(there.intersection(NAMES)) and bool(there.intersection((ETAG, *DIGESTS)))


def _header(lines: Sequence[str]) -> tuple[int, list[str], str] | None:
    """Number of the line with the names of columns, these names, and what separates them."""
    for number, line in enumerate(lines):
        told = line.removeprefix(_HASHDEEP).strip()
        if not told or line.startswith(("#", f"{_HASHDEEP} HASHDEEP")):
            continue
        separator = max(",;\t", key=told.count)
        return number, [_plain(name) for name in next(csv.reader([told], delimiter=separator), [])], separator
    return None


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _of_table(text: str) -> Iterator[tuple[str, Row]]:
    lines = text.splitlines(keepends=True)
    header = _header(lines)
    if header is None:
        return
    number, columns, separator = header
    reader = csv.reader(io.StringIO("".join(lines[number + 1 :]), newline=""), delimiter=separator)
    for cells in reader:
        if cells and any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
            yield f"line {number + 1 + reader.line_num}", dict(zip(columns, cells, strict=False))


def _of_document(path: Path, text: str) -> Iterator[tuple[str, Row]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UnreadableFile(
            f"{path} is JSON that is damaged or cut off", "write or copy it again"
        ) from error
    if isinstance(document, dict):
        document = next((document[name] for name in _LISTS if name in document), None)
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise UnreadableFile(
            f"{path} is JSON without a list of files", "name a receipt or a list of checksums"
        )
    for number, row in enumerate(document):
        yield f"entry {number + 1}", {_plain(name): value for name, value in row.items()}


def _claim(path: Path, place: str, row: Row) -> Claim:
    name = next((str(row[column]) for column in NAMES if row.get(column)), "")
    if not name:
        raise _unreadable(path, place, "it names no file")
    if _DRIVE.match(name) or ("\\" in name and "/" not in name):
        name = name.replace("\\", "/")
    etag = str(row.get(ETAG) or "").strip().strip('"').lower()
    if etag and not _ETAG.fullmatch(etag):
        raise _unreadable(path, place, f"{etag} is no ETag of S3")
    checksums: dict[str, bytes] = {}
    for column in DIGESTS:
        value = str(row.get(column) or "").strip()
        if not value:
            continue
        decoded = decode_checksum(value.rpartition(":")[2])
        stated = _ALGORITHM.search(column)
        if decoded is None or (stated is not None and stated[0] != decoded[0]):
            raise _unreadable(path, place, f"{value} is no checksum {column if stated else 'that is known'}")
        checksums[decoded[0]] = decoded[1]
    size = next((str(row[column]) for column in SIZES if row.get(column) is not None), "")
    return Claim(
        name.removeprefix("./"),
        size=int(size) if size.strip().isdecimal() else None,
        etag=etag or None,
        checksums=checksums,
        problem="" if etag or checksums else "the list states neither an ETag nor a checksum of it",
    )


def _unreadable(path: Path, place: str, what: str) -> UnreadableFile:
    return UnreadableFile(f"{path}, {place}: {what}", "correct it, or make the list again", place)
