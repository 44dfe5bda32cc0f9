"""Provenance manifests, ``profile_index``: which products there are, by which recipe, with which ETag.

Four forms are in use: a JSON array of objects (the current one), the same below the word ``datasets``, CSV with a
header, and CSV without.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, ConfigDict, Field, ValidationError

from validator.errors import UnreadableFile
from validator.manifests.manifest_text import constant_beyond_json, decode, separator_of
from validator.manifests.receipt import is_receipt
from validator.models.late_model import LateModel

ManifestKind = Literal["provenance-json", "provenance-csv", "receipt", "unknown"]
ProblemKind = Literal["missing", "not-text", "not-number", "twice", "differs"]

LARGEST_MANIFEST = 64 << 20
"""64 MiB; known manifests have a few kB."""
FIELDS = ("subset", "url", "recipe_permalink", "config_permalink", "etag")
_HEAD = 64 << 10
_WRAPPED = re.compile(rb'"datasets"\s*:\s*\[\s*(?!["\s])')
"""The header of a receipt has such a field, too: a list of names, not of objects."""


Count = Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^[0-9]+$")]
"""A number of bytes; CSV has it as text."""


class Product(LateModel):
    """One product; fields that are not named here are kept.

    Attributes
    ----------
    subset
        Which data it holds, ``orf``, ``compound_interpretable``.
    url
        Its https address; older files call the field ``profile_url``.
    recipe_permalink, config_permalink
        By which code, and with which parameters, it was made.
    etag
        As S3 reports it, empty before stamping.
    size
        Bytes.
    part_size
        Bytes of every part but the last of a multipart upload; with it the ETag can be computed again.
    version_id
        Version of the object in a bucket that keeps versions.
    checksum
        CRC64NVME of the whole object, base64 of eight bytes, big-endian.
    sha256
        SHA-256 of the whole object, 64 hex digits.
    """

    model_config = ConfigDict(extra="allow", strict=True)

    subset: str
    url: str = Field(validation_alias=AliasChoices("url", "profile_url"))
    recipe_permalink: str | None = None
    config_permalink: str | None = None
    etag: str | None = None
    size: Count | None = None
    part_size: Count | None = None
    version_id: str | None = None
    checksum: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a field of an entry cannot be used."""

    field: str
    kind: ProblemKind


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One entry of a manifest.

    Attributes
    ----------
    position
        0 is the first.
    line
        Line of a CSV file, 0 in JSON.
    fields
        Everything that it says, as it is written.
    problems
        What cannot be used of it.
    pointer
        Its JSON pointer.
    """

    position: int
    line: int
    fields: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    pointer: str = ""

    def text(self, name: str) -> str | None:
        """Value of a field when it is text, else ``None``; ``url`` also finds ``profile_url``."""
        value = self.fields.get(name)
        if name == "url" and "url" not in self.fields:
            value = self.fields.get("profile_url")
        return value if isinstance(value, str) else None


@dataclass(slots=True)
class ProvenanceManifest:
    """A manifest as it was read.

    Attributes
    ----------
    kind
        ``provenance-json`` or ``provenance-csv``.
    entries
        In the order of the file.
    has_header
        Whether a CSV file names its columns.
    surplus_lines
        Lines of a CSV file that end with a comma too many.
    longer_lines
        Lines of a CSV file that say more than its columns can hold.
    spaced_quotes
        Lines of a CSV file where a space stands before an opening quotation mark.
    wrapped
        Whether the products stand below the word ``datasets``.
    """

    kind: ManifestKind
    entries: list[ManifestEntry]
    has_header: bool = True
    surplus_lines: list[int] = field(default_factory=list)
    longer_lines: list[int] = field(default_factory=list)
    spaced_quotes: list[int] = field(default_factory=list)
    wrapped: bool = False


def recognise(path: Path) -> ManifestKind:
    """Say which kind of manifest a file is, by its beginning.

    Raises
    ------
    OSError
        If the system refuses to read it.
    """
    with path.open("rb") as stream:
        return recognise_content(stream.read(_HEAD))


def recognise_content(head: bytes) -> ManifestKind:
    """Say which kind of manifest begins so."""
    if is_receipt(head[:4]):
        return "receipt"  # Parquet
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        return "provenance-json"
    first = start.splitlines()[0] if start else b""
    if first.startswith(b"{"):
        if is_receipt(first):
            return "receipt"
        return "provenance-json" if _WRAPPED.search(start) else "unknown"
    cells = [cell.strip().strip('"').lower() for cell in first.decode("utf-8", "replace").split(",")]
    named = {"subset", "url", "profile_url"} & set(cells)
    if len(named) > 1 or any(cell.startswith(("https://", "http://", "s3://")) for cell in cells[1:2]):
        return "provenance-csv"
    return "unknown"


def read_provenance(content: bytes) -> ProvenanceManifest:
    """Read a manifest of any of the three forms.

    Parameters
    ----------
    content
        The bytes of the file.

    Raises
    ------
    UnreadableFile
        If it is none of them, or is damaged.
    """
    if len(content) > LARGEST_MANIFEST:
        raise UnreadableFile(
            "It is longer than 64 MiB, which no manifest is", "check that it is the right file"
        )
    if not content.strip():
        raise UnreadableFile("It is empty", 'write at least "[]"')
    kind = recognise_content(content[:_HEAD])
    text = decode(content)
    if kind == "provenance-csv":
        return _read_csv(text)
    if kind != "provenance-json" and not text.lstrip().startswith("{"):
        raise _neither(text)
    return _read_json(text)


def _neither(text: str) -> UnreadableFile:
    separator = separator_of(text, {"subset", "url", "profile_url"})
    if separator:
        return UnreadableFile(
            f"{separator} stand between its columns, not commas",
            "save it with commas, or write [ { ... }, { ... } ], one object for each product",
            "line 1",
        )
    return UnreadableFile(
        "It is neither a JSON list of products nor a CSV table with the columns subset and url",
        "write [ { ... }, { ... } ], one object with subset and url for each product",
        "line 1",
    )


def _read_json(text: str) -> ProvenanceManifest:
    try:
        document = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_refuse_constant)
    except _BeyondJsonError as error:
        line = constant_beyond_json(text)
        raise UnreadableFile(
            f"Line {line} holds {error}, which JSON does not have: many programs cannot read the file",
            "write null, or leave the field out",
            f"line {line}",
        ) from error
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            f"It is not JSON: line {error.lineno}, character {error.colno} does not fit what stands before it",
            "look for a missing comma, quotation mark or bracket there, or one too many",
            f"line {error.lineno}",
        ) from error
    except RecursionError as error:
        raise UnreadableFile(
            "It is not a list of products: its brackets are nested without end",
            "write [ { ... }, { ... } ], one object for each product",
        ) from error
    except ValueError as error:
        raise UnreadableFile(
            "It holds a number with thousands of digits", "write sizes as numbers of bytes"
        ) from error
    wrapped = isinstance(document, _Pairs) and [name for name, _ in document].count("datasets") == 1
    if wrapped:
        document = dict(document)["datasets"]
    if isinstance(document, _Pairs) or not isinstance(document, list):
        raise UnreadableFile(
            "It is JSON, but not a list of products",
            "write [ { ... }, { ... } ], one object for each product",
        )
    above = "/datasets" if wrapped else ""
    for position, item in enumerate(document):
        if not isinstance(item, _Pairs):
            raise UnreadableFile(
                f"Entry {position + 1} of the list is not an object with fields",
                "write one object { ... } for each product",
                f"{above}/{position}",
            )
    entries = [_entry(position, 0, pairs, above) for position, pairs in enumerate(document)]
    return ProvenanceManifest("provenance-json", entries, wrapped=wrapped)


class _Pairs(list[tuple[str, Any]]):
    """Fields of a JSON object in their order; a field may stand there twice."""


class _BeyondJsonError(ValueError):
    """``NaN`` or ``Infinity``, which Python reads and writes and JSON does not have."""


def _refuse_constant(name: str) -> None:
    raise _BeyondJsonError(name)


def _read_csv(text: str) -> ProvenanceManifest:
    manifest = ProvenanceManifest("provenance-csv", [])
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    names: Sequence[str] = ()
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names, manifest.has_header = _columns(cells)
                if manifest.has_header:
                    continue
            _add_row(manifest, names, cells, reader.line_num)
    except csv.Error as error:
        too_long = any(len(line) > csv.field_size_limit() for line in text.splitlines())
        why = "a cell is too long" if too_long else "a quotation mark does not fit"
        raise UnreadableFile(
            f"On line {reader.line_num} {why}", "write it as JSON", f"line {reader.line_num}"
        ) from error
    manifest.spaced_quotes = [
        number for number, line in enumerate(text.splitlines(), start=1) if ', "' in line
    ]
    return manifest


def _columns(first: Sequence[str]) -> tuple[Sequence[str], bool]:
    lowered = [cell.strip().lower() for cell in first]
    if {"subset", "url", "profile_url"} & set(lowered):
        return [
            low if low in (*FIELDS, "profile_url") else cell for low, cell in zip(lowered, first, strict=True)
        ], True
    return ("subset", "url", "etag"), False


def _add_row(manifest: ProvenanceManifest, names: Sequence[str], cells: Sequence[str], line: int) -> None:
    if any(cell.strip() for cell in cells[len(names) :]):
        manifest.longer_lines.append(line)
    elif len(cells) > len(names) or (not manifest.has_header and cells and not cells[-1].strip()):
        manifest.surplus_lines.append(line)
    pairs = [(name, cell) for name, cell in zip(names, cells, strict=False) if cell.strip() or name == "etag"]
    manifest.entries.append(_entry(len(manifest.entries), line, pairs))


def _entry(position: int, line: int, pairs: Iterable[tuple[str, Any]], above: str = "") -> ManifestEntry:
    pairs = list(pairs)
    fields = dict(pairs)
    problems = [
        Problem(name, "twice") for name, times in Counter(name for name, _ in pairs).items() if times > 1
    ]
    if {"url", "profile_url"} <= fields.keys() and fields["url"] != fields["profile_url"]:
        problems.append(Problem("profile_url", "differs"))
    try:
        Product.model_validate(fields)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False, include_input=False):
            name = str(detail["loc"][0])
            if Problem(name, "not-number") in problems:
                continue  # a number may be written in two ways: each says why it is not one
            kind: ProblemKind = "not-number" if name in ("size", "part_size") else "not-text"
            problems.append(Problem(name, "missing" if detail["type"] == "missing" else kind))
    return ManifestEntry(position, line, fields, tuple(problems), f"{above}/{position}")
