"""S3 Inventory: ``manifest.json`` and the data files that it names (CSV.gz, Parquet or ORC).

The form is that of the Amazon S3 User Guide, *Amazon S3 Inventory*: *Inventory lists* and *Locating your inventory
list*. Keys are URL-encoded in CSV and plain in the others; old versions and delete markers are rows of their own.
"""

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote_plus

from pydantic import ConfigDict, Field, ValidationError

from validator.errors import UnreadableFile, UsageError
from validator.models.late_model import LateModel
from validator.models.listing import UNKNOWN_SIZE, SourceFacts, Trouble, Unknown
from validator.sources.folder_listing import reason
from validator.sources.keys import KeyFolders

MANIFEST = "manifest.json"
_ROWS_AT_ONCE = 200_000
_SIGNS = (b'"fileSchema"', b'"fileFormat"')
_COLUMN = re.compile(r"(?:required|optional)\s+\w+\s+(\w+)")
"""A column in the schema of a Parquet file as the manifest writes it."""
_ORC_COLUMN = re.compile(r"(\w+):\w+")
"""A column in that of an ORC file, ``struct<bucket:string,key:string>``."""
_AGAIN = "Copy the inventory again, with the folder data/ that belongs to it."


class _DataFile(LateModel):
    model_config = ConfigDict(extra="ignore")

    key: str
    md5: str = Field("", alias="MD5checksum")


class _Manifest(LateModel):
    model_config = ConfigDict(extra="ignore")

    file_format: str = Field(alias="fileFormat")
    file_schema: str = Field(alias="fileSchema")
    files: list[_DataFile]


class InventoryHome(Protocol):
    """Where the files of an inventory lie.

    Attributes
    ----------
    name
        What the manifest is called in texts.
    """

    name: str

    def manifest(self) -> bytes:
        """The manifest; ``OSError`` when it cannot be read."""

    def data_file(self, key: str) -> AbstractContextManager[Path]:
        """A data file of the manifest, by its key there, while it is needed."""


class InventoryFolder:
    """An inventory on disk.

    Parameters
    ----------
    path
        Its manifest.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = str(path)

    def manifest(self) -> bytes:
        """The manifest; ``OSError`` when it cannot be read."""
        return self._path.read_bytes()

    def data_file(self, key: str) -> AbstractContextManager[Path]:
        """Beside the manifest, in ``data/`` beside it or one folder above, or where its key says."""
        return nullcontext(_find(self._path, key))


class InventoryRow(NamedTuple):
    """One row of the inventory; texts as CSV has them, or the values of Parquet and ORC."""

    key: str
    size: str | int | None
    modified: str | int | None
    latest: str | bool | None
    deleted: str | bool | None


_NAMES = {
    "key": "key",
    "size": "size",
    "lastmodifieddate": "modified",
    "islatest": "latest",
    "isdeletemarker": "deleted",
}
"""Columns that are read, by their names without underscores in lower case."""


def is_manifest(head: bytes) -> bool:
    """Whether a file that begins so is the manifest of an inventory."""
    return head.lstrip().startswith(b"{") and all(sign in head for sign in _SIGNS)


def inventory_facts(path: Path) -> SourceFacts:
    """What an inventory on disk tells, see `facts_of`."""
    return facts_of(InventoryFolder(path))


def read_inventory(path: Path, folders: KeyFolders) -> list[Trouble]:
    """Enter every current object of an inventory on disk, see `read_objects`."""
    return read_objects(InventoryFolder(path), folders)


def facts_of(home: InventoryHome) -> SourceFacts:
    """What an inventory tells: its maker chose the columns.

    Raises
    ------
    UnreadableFile
        If it is no manifest.
    """
    fields = {_field(name) for name in _columns(_read_manifest(home), home.name)}
    unknown: list[Unknown] = ["contents"]
    if "size" not in fields:
        unknown.append("sizes")
    if "modified" not in fields:
        unknown.append("times")
    return SourceFacts("inventory", tuple(unknown))


def read_objects(home: InventoryHome, folders: KeyFolders) -> list[Trouble]:
    """Enter every current object of an inventory.

    Parameters
    ----------
    home
        Where it lies.
    folders
        Where the keys go.

    Raises
    ------
    UnreadableFile
        If the manifest or one of its data files is missing, damaged or of another form.
    """
    manifest = _read_manifest(home)
    columns = _columns(manifest, home.name)
    rows_of = _READERS[manifest.file_format.upper()]
    for part in manifest.files:
        with home.data_file(part.key) as file:
            _check_digest(file, part.md5)
            for row in rows_of(file, columns):
                if row.latest in (False, "false") or row.deleted in (True, "true"):
                    continue
                folders.add(row.key, _bytes(row.size, file), _nanoseconds(row.modified))
    return []


def _read_manifest(home: InventoryHome) -> _Manifest:
    try:
        return _Manifest.model_validate_json(home.manifest())
    except OSError as error:
        raise UnreadableFile(
            f"The inventory's manifest {home.name} cannot be read: {reason(error)}.", _AGAIN
        ) from error
    except ValidationError as error:
        raise UnreadableFile(
            f"{home.name} is not the manifest of an S3 Inventory.", "Name the manifest.json that S3 wrote."
        ) from error


def _columns(manifest: _Manifest, name: str) -> list[str]:
    """Names of the columns in their order, as the fields of a row where they are read."""
    form = manifest.file_format.upper()
    if form == "CSV":
        names = [column.strip() for column in manifest.file_schema.split(",")]
    elif form == "PARQUET":
        names = _COLUMN.findall(manifest.file_schema)
    elif form == "ORC":
        names = _ORC_COLUMN.findall(manifest.file_schema)
    else:
        raise UnreadableFile(
            f"The inventory {name} has the format {manifest.file_format}, which is not read.",
            "Let S3 write it as CSV, Parquet or ORC.",
        )
    if not any(_field(column) == "key" for column in names):
        raise UnreadableFile(
            f"The inventory {name} has no column of keys.", "Name the manifest.json that S3 wrote."
        )
    return names


def _field(column: str) -> str:
    return _NAMES.get(column.lower().replace("_", ""), "")


def _find(manifest: Path, key: str) -> Path:
    """Where a data file lies: beside the manifest, in ``data/`` beside it, or where its key says."""
    segments = [segment for segment in key.split("/") if segment not in ("", ".", "..")]
    name = segments[-1] if segments else ""
    home = manifest.parent
    places = [home / name, home / "data" / name, home.parent / "data" / name]
    places += [above.joinpath(*segments) for above in manifest.absolute().parents]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise UnreadableFile(
            f"The inventory {manifest} is not whole: its data file {name} is missing.", _AGAIN
        )
    return found


def _check_digest(file: Path, md5: str) -> None:
    if not md5:
        return
    try:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise UnreadableFile(
            f"The inventory's data file {file} cannot be read: {reason(error)}.", _AGAIN
        ) from error
    if digest != md5.lower():
        raise UnreadableFile(
            f"The inventory's data file {file} is not the one that its manifest names.", _AGAIN
        )


def _csv_rows(file: Path, columns: Sequence[str]) -> Iterator[InventoryRow]:
    positions = {_field(name): position for position, name in enumerate(columns)}
    positions.pop("", None)
    try:
        with gzip.open(file) as packed, io.TextIOWrapper(packed, "utf-8", newline="") as lines:
            for number, values in enumerate(csv.reader(lines), start=1):
                if not values:
                    continue
                if len(values) < len(columns):
                    raise UnreadableFile(
                        f"Row {number:,} of {file} has too few columns.", _AGAIN, f"line {number}"
                    )
                found = {name: values[position] for name, position in positions.items()}
                row = InventoryRow(**{**_EMPTY, **found})
                yield row._replace(key=unquote_plus(row.key)) if "%" in row.key or "+" in row.key else row
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(f"The inventory's data file {file} is cut off or damaged.", _AGAIN) from error


_EMPTY: dict[str, Any] = dict.fromkeys(InventoryRow._fields)


def _parquet_rows(file: Path, columns: Sequence[str]) -> Iterator[InventoryRow]:
    import polars as pl  # noqa: PLC0415  0.2 s that other sources do not pay

    wanted = {_field(name): name for name in columns if _field(name)}
    try:
        frame = pl.scan_parquet(file)
        begin = 0
        while True:
            some = frame.select(wanted.values()).slice(begin, _ROWS_AT_ONCE).collect()
            if not some.height:
                return
            begin += some.height
            yield from _rows_of({name: _plain(some[column]) for name, column in wanted.items()}, some.height)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise UnreadableFile(
            f"The inventory's data file {file} is damaged or of another form.", _AGAIN
        ) from error


def _orc_rows(file: Path, columns: Sequence[str]) -> Iterator[InventoryRow]:
    try:
        import pyarrow as pa  # noqa: PLC0415  large, and not always installed
        from pyarrow import orc  # noqa: PLC0415  see above
    except ImportError as error:
        raise UsageError(
            "The inventory is in ORC, which is read with pyarrow, and that is not installed here.",
            'Install it, pip install "cpgate[orc]", or let S3 write the inventory as CSV or Parquet.',
        ) from error
    wanted = {_field(name): name for name in columns if _field(name)}
    try:
        content = orc.ORCFile(str(file))
        for number in range(content.nstripes):
            stripe = content.read_stripe(number, columns=list(wanted.values()))
            found = {name: stripe.column(column) for name, column in wanted.items()}
            if "modified" in found and pa.types.is_timestamp(found["modified"].type):
                found["modified"] = found["modified"].cast(pa.timestamp("ns")).cast(pa.int64())
            yield from _rows_of({name: values.to_pylist() for name, values in found.items()}, stripe.num_rows)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise UnreadableFile(
            f"The inventory's data file {file} is damaged or of another form.", _AGAIN
        ) from error


_READERS: dict[str, Callable[[Path, Sequence[str]], Iterator[InventoryRow]]] = {
    "CSV": _csv_rows,
    "PARQUET": _parquet_rows,
    "ORC": _orc_rows,
}


def _plain(column: Any) -> list[Any]:
    """Values of a column; moments as nanoseconds since 1970."""
    if column.dtype.is_temporal():
        column = column.dt.epoch("ns")
    values: list[Any] = column.to_list()
    return values


def _rows_of(columns: dict[str, list[Any]], height: int) -> Iterable[InventoryRow]:
    nothing: list[Any] = [None] * height
    return map(InventoryRow, *(columns.get(name, nothing) for name in InventoryRow._fields))


def _bytes(size: str | int | None, file: Path) -> int:
    if size is None or size == "":
        return UNKNOWN_SIZE
    try:
        return max(0, int(size))
    except ValueError:
        raise UnreadableFile(
            f"The inventory's data file {file} gives a size that is no number.", _AGAIN
        ) from None


def _nanoseconds(moment: str | int | None) -> int:
    if not moment:
        return 0
    if isinstance(moment, int):
        return moment
    try:
        return round(datetime.fromisoformat(moment).timestamp()) * 1_000_000_000
    except ValueError:
        return 0
