"""Large listings in text, read in columns: blocks of lines at once, and the few unusual lines one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from validator.models.listing import UNKNOWN_SIZE

if TYPE_CHECKING:
    import polars as pl

BLOCK = 8 * 1024 * 1024
"""Bytes read at once: some 50,000 keys."""
_USUAL: Mapping[str, str] = {
    "aws-ls": r"^(?:19[7-9]\d|20\d\d)-\d\d-\d\d \d\d:\d\d:\d\d [ \d]{9}\d [!-~](?:[ -~]*[ -.0-~])?$",
    "keys": r"^(?:[!-.0-~][ -~]*/)*[!-.0-~][ -.0-~]*$",
}
"""Lines that need no second look: printable ASCII, and a key that is no folder marker."""
_NO_SEPARATOR = b"\x1f"
_BEFORE_KEY = r"^(?:s3://[^/]+/)?(?:\./)?/?"
_DATE, _SIZE, _KEY = 19, 20, 31
"""Where the date and time end, where the size begins, where the key begins in a line of ``aws s3 ls``."""


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """Some lines of a listing.

    Attributes
    ----------
    files
        Columns ``folder`` (ends with ``/``, or is empty), ``name``, ``size`` and ``time`` (nanoseconds).
    unusual
        Lines that must be read one by one, with their numbers.
    """

    files: "pl.DataFrame"
    unusual: list[tuple[int, str]]


def blocks_of(stream: BinaryIO, size: int = BLOCK) -> Iterator[tuple[int, bytes]]:
    """Whole lines of a text, as many as fit, with the number of the first.

    Parameters
    ----------
    stream
        Read to its end.
    size
        Bytes.
    """
    number, rest = 1, b""
    while data := stream.read(size):
        end = data.rfind(b"\n") + 1
        if end == 0:
            rest += data
            continue
        block, rest = rest + data[:end], data[end:]
        yield number, block
        number += block.count(b"\n")
    if rest:
        yield number, rest


def read_block(sort: Literal["aws-ls", "keys"], number: int, block: bytes) -> ReadBlock:
    """Read lines in columns.

    Parameters
    ----------
    sort
        What the listing is.
    number
        Number of the first line.
    block
        Whole lines.
    """
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    if block.isascii():
        lines = _lines(block)
    else:
        whole = block.decode("utf-8", "surrogateescape").split("\n")
        lines = pl.DataFrame({"line": [line if line.isascii() else "" for line in whole]})
    lines = lines.with_row_index("row")
    if b"\r" in block:
        lines = lines.with_columns(pl.col("line").str.strip_suffix("\r"))
    usual = pl.col("line").str.contains(_USUAL[sort])
    if sort == "aws-ls":
        found = lines.filter(usual).select(
            "row",
            time=pl.col("line")
            .str.head(_DATE)
            .str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="ns", strict=False),
            size=pl.col("line")
            .str.slice(_SIZE, _KEY - _SIZE - 1)
            .str.strip_chars_start(" ")
            .cast(pl.Int64, strict=False),
            key=pl.col("line").str.slice(_KEY),
        )
        found = found.with_columns(time=pl.col("time").cast(pl.Int64)).drop_nulls()
    else:
        key = pl.col("line").str.replace(_BEFORE_KEY, "")
        found = lines.with_columns(line=key).filter(usual)
        found = found.select(
            "row", time=pl.lit(0, pl.Int64), size=pl.lit(UNKNOWN_SIZE, pl.Int64), key=pl.col("line")
        )
    unusual = _unusual(lines, found, number, block)
    name = pl.col("key").str.extract(r"([^/]*)$", 1)
    files = found.select("key", "size", "time", name=name).select(
        "name",
        "size",
        "time",
        folder=pl.col("key").str.head(pl.col("key").str.len_bytes() - pl.col("name").str.len_bytes()),
    )
    return ReadBlock(files, unusual)


def _lines(block: bytes) -> "pl.DataFrame":
    """Lines of a text; faster by far than splitting it, where no line holds the character that ends a cell."""
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    if _NO_SEPARATOR not in block:
        lines = pl.read_csv(
            block,
            has_header=False,
            new_columns=["line"],
            separator=_NO_SEPARATOR.decode(),
            quote_char=None,
            infer_schema=False,
        )
        if len(lines) == block.count(b"\n") + (not block.endswith(b"\n")):
            return lines.with_columns(pl.col("line").fill_null(""))
    return pl.Series("line", [block.decode("ascii")]).str.split("\n").explode().to_frame()


def _unusual(
    lines: "pl.DataFrame", found: "pl.DataFrame", number: int, block: bytes
) -> list[tuple[int, str]]:
    if len(found) == len(lines):
        return []
    rows = lines.join(found, on="row", how="anti").get_column("row").to_list()
    if not rows:
        return []
    whole = block.split(b"\n")
    if rows[-1] == len(whole) - 1 and not whole[-1]:
        rows.pop()  # what stands behind the last line break is no line
    return [(number + row, whole[row].decode("utf-8", "surrogateescape")) for row in rows]
