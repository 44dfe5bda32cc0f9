"""Receipts in Parquet: a column for each field, one for each entity; header and end record in the file's metadata.

Both directions stream: a receipt of two million objects needs the memory of one row group.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validator.errors import UnreadableFile
from validator.manifests.parquet_reader import metadata_of, rows_of
from validator.models.receipt import ReceiptEnd, ReceiptHeader, ReceiptObject

if TYPE_CHECKING:
    from polars import DataType, Schema

HEADER_NAME = "cpgate.header"
END_NAME = "cpgate.end"
ENTITY_PREFIX = "place."
ROWS = 50_000
"""Rows of a row group: some 20 MB of records."""
_NUMBERS = ("size", "part_size", "parts")
_TIMES = ("mtime", "uploaded_at")


def lines_to_parquet(
    lines: Path, path: Path, entity_names: Sequence[str], header: ReceiptHeader, end: ReceiptEnd
) -> None:
    """Write a receipt in JSON lines as Parquet.

    Parameters
    ----------
    lines
        The receipt in JSON lines.
    path
        The new file.
    entity_names
        Every entity that an object has; each becomes a column ``place.<name>``.
    header, end
        Its outer records.
    """
    import polars as pl  # noqa: PLC0415  heavy

    entities = pl.col("entities").struct
    columns: list[pl.Expr] = []
    for name in ReceiptObject.model_fields:
        if name == "entities":
            columns += [entities.field(entity).alias(f"{ENTITY_PREFIX}{entity}") for entity in entity_names]
        elif name in _TIMES:
            columns.append(pl.col(name).str.to_datetime("%+", time_unit="us", time_zone="UTC"))
        elif name != "record":
            columns.append(pl.col(name))
    pl.scan_ndjson(lines, schema=_schema(entity_names)).filter(pl.col("record") == "object").select(
        columns
    ).sink_parquet(
        path,
        row_group_size=ROWS,
        metadata={HEADER_NAME: header.model_dump_json(), END_NAME: end.model_dump_json()},
    )


def _schema(entity_names: Sequence[str]) -> "Schema":
    import polars as pl  # noqa: PLC0415  heavy

    types: dict[str, DataType] = {}
    for name in ReceiptObject.model_fields:
        if name == "entities":
            types[name] = pl.Struct([pl.Field(entity, pl.String()) for entity in entity_names])
        else:
            types[name] = pl.Int64() if name in _NUMBERS else pl.String()
    return pl.Schema(types)


def outer_lines(path: Path) -> tuple[bytes, bytes]:
    """Header and end record of a receipt in Parquet, as lines.

    Raises
    ------
    UnreadableFile
        If it is damaged, or Parquet of another kind.
    """
    metadata = metadata_of(path)
    if HEADER_NAME not in metadata or END_NAME not in metadata:
        raise UnreadableFile("it is a Parquet file, but no receipt", "name a receipt")
    return metadata[HEADER_NAME].encode() + b"\n", metadata[END_NAME].encode() + b"\n"


def objects_of_parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Fields of every object, row by row.

    Raises
    ------
    UnreadableFile
        If it is damaged.
    """
    for row in rows_of(path, ROWS):
        fields = {name: value for name, value in row.items() if not name.startswith(ENTITY_PREFIX)}
        fields["entities"] = {
            name.removeprefix(ENTITY_PREFIX): value
            for name, value in row.items()
            if name.startswith(ENTITY_PREFIX) and value is not None
        }
        yield fields
