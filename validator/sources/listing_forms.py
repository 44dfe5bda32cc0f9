"""Lines with keys and sizes as other programs than ``aws s3 ls`` print them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_ADDRESS = r"(?:(?:s3|gs)://[^/]+/)?"
_POWERS = {"": 0, "B": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_STORAGE = "[A-Z][A-Z_]+"
_SIZE = r"(?P<size>\d+(?:\.\d+)?) ?(?P<unit>[KMGTP]?)i?B?"


@dataclass(frozen=True, slots=True)
class _Form:
    """How a program prints an object: its name, and groups ``day``, ``minute``, ``second``, ``size``, ``unit``, ``key``."""

    program: str
    pattern: re.Pattern[str]


_FORMS = (
    _Form(  # 2024/03/05 10:12:41  STANDARD  d41d8cd98f00b204e9800998ecf8427e  1234567  key, two columns only when asked for
        "s5cmd ls",
        re.compile(
            rf"(?P<day>\d{{4}}/\d\d/\d\d) (?P<minute>\d\d:\d\d):(?P<second>\d\d) +(?:{_STORAGE} +)?(?:[0-9a-f]{{32}}(?:-\d+)? +)?"
            rf"{_SIZE} +{_ADDRESS}(?P<key>.+)"
        ),
    ),
    _Form(  # [2024-03-05 10:12:41 UTC] 1.2MiB STANDARD key
        "mc ls",
        re.compile(
            r"\[(?P<day>\d{4}-\d\d-\d\d) (?P<minute>\d\d:\d\d):(?P<second>\d\d) [A-Z]{3,5}\] +"
            rf"{_SIZE} (?:{_STORAGE} )?(?P<key>.+)"
        ),
    ),
    _Form(  # 1234567 2024-03-05 10:12:41.000000000 key
        "rclone lsl",
        re.compile(
            r" *(?P<size>\d+) (?P<day>\d{4}-\d\d-\d\d) (?P<minute>\d\d:\d\d):(?P<second>\d\d)\.\d+ (?P<key>.+)"
        ),
    ),
    _Form(  # 1234567  2024-03-05T10:12:41Z  gs://bucket/key#1709633561  metageneration=1
        "gsutil ls -l",
        re.compile(
            r" *(?P<size>\d+)  (?P<day>\d{4}-\d\d-\d\d)T(?P<minute>\d\d:\d\d):(?P<second>\d\d)Z  "
            r"(?:s3|gs)://[^/]+/(?P<key>.+?)(?:#\d+  metageneration=\d+)?"
        ),
    ),
    _Form(
        "rclone ls", re.compile(r"(?=.{9} ) *(?P<size>\d+) (?P<key>[^ ].*/.*)")
    ),  # nine columns, a space, the key
    _Form("find", re.compile(r"(?P<size>\d+) \./(?P<key>.+)")),  # -printf '%s %p\n'
    _Form(  # aws s3api list-objects-v2 --query 'Contents[].[Key,Size]' --output text
        "aws s3api", re.compile(r"(?P<key>[^\t]*/[^\t]*)\t(?P<size>\d+)(?:\t[^\t]*)*")
    ),
)
_TOTALS = re.compile(r"TOTAL: \d+ objects?, .*")
"""What ``gsutil ls -l`` prints at the end."""
_FOLDERS = re.compile(r" +DIR +.+|\[[^\]]+\] +0B [^ ].*/")
"""How s5cmd and mc name folders."""
_DOCUMENT = re.compile(r'\s*(?:\[\s*\{|\{\s*\n|\{\s*"(?:Contents|Versions)")')
_KEY_FIELD, _SIZE_FIELD = re.compile(r'"(?:Key|Path)"\s*:'), re.compile(r'"Size"\s*:')
_INVENTORY_ROW = re.compile(r'"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]","[^"]+"(?:,"[^"]*")*')
_LAST_RESORT = "1970-01-01 00:00"

Columns = tuple[str, str, int, str]
"""Minute (``2024-03-05 10:12``), second, size and key, as a line of ``aws s3 ls`` has them."""


def columns_of(line: str) -> Columns | None:
    """What a line of another program says of an object; ``None`` when it is none of these.

    Examples
    --------
    >>> columns_of("2024/03/05 10:12:41          1234567  cpg0051-heart/broad/README.md")
    ('2024-03-05 10:12', '41', 1234567, 'cpg0051-heart/broad/README.md')
    """
    if line.startswith("{"):
        return _of_json_line(line)
    for form in _FORMS:
        match = form.pattern.fullmatch(line)
        if match is not None:
            found = match.groupdict()
            day = found.get("day")
            minute = f"{day.replace('/', '-')} {found['minute']}" if day else _LAST_RESORT
            size = int(float(found["size"]) * 1024 ** _POWERS[found.get("unit") or ""])
            return minute, found.get("second") or "00", size, found["key"]
    return None


def program_of(line: str) -> str:
    """Which program prints such lines, or an empty text."""
    if line.startswith("{") and _of_json_line(line) is not None:
        return "s5cmd --json ls"
    return next((form.program for form in _FORMS if form.pattern.fullmatch(line)), "")


def is_total(line: str) -> bool:
    """Whether a line counts what stands above it, and names no object."""
    return _TOTALS.fullmatch(line) is not None


def is_folder(line: str) -> bool:
    """Whether a line names a folder that was not looked into."""
    return _FOLDERS.fullmatch(line) is not None


def is_document(beginning: str) -> bool:
    """Whether a text begins like a JSON document with objects over many lines."""
    fields = _KEY_FIELD.search(beginning) is not None and _SIZE_FIELD.search(beginning) is not None
    return fields and _DOCUMENT.match(beginning) is not None


def is_inventory_row(line: str) -> bool:
    """Whether a line is one of a data file of an S3 Inventory, whose columns only its manifest tells."""
    return _INVENTORY_ROW.fullmatch(line) is not None


def objects_of(document: object) -> Iterator[Columns]:
    """Objects of a document as ``aws s3api list-objects-v2`` or ``rclone lsjson`` prints it.

    Raises
    ------
    ValueError
        If it is another document.
    """
    rows = document
    if isinstance(document, dict):
        rows = next((document[name] for name in ("Contents", "Versions") if name in document), None)
    if not isinstance(rows, list) or not rows:
        raise ValueError("no objects")
    for row in rows:
        if not isinstance(row, dict):
            raise ValueError("no object")  # noqa: TRY004  the document is wrong, not the call
        if row.get("IsDir") is True or row.get("IsLatest") is False:
            continue
        columns = _of_fields(row)
        if columns is None:
            raise ValueError("no key and size")
        yield columns


def _of_json_line(line: str) -> Columns | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return _of_fields(row) if isinstance(row, dict) else None


def _of_fields(row: Mapping[str, object]) -> Columns | None:
    key = _first(row, "Key", "Path", "key")
    size = _first(row, "Size", "size")
    if not isinstance(key, str) or not isinstance(size, int) or size < 0:
        return None
    minute, second = _time_of(str(_first(row, "LastModified", "ModTime", "last_modified", "lastModified")))
    return minute, second, size, re.sub(f"^{_ADDRESS}", "", key)


def _first(row: Mapping[str, object], *names: str) -> object:
    return next((row[name] for name in names if name in row), None)


def _time_of(text: str) -> tuple[str, str]:
    try:
        time = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return _LAST_RESORT, "00"
    return time.strftime("%Y-%m-%d %H:%M"), time.strftime("%S")
