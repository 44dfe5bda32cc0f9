"""Large listings in text, read in columns: blocks of lines at once, and the few unusual lines one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np

from validator.models.listing import UNKNOWN_SIZE
from validator.sources.aws_columns import KEY, usual_lines

if TYPE_CHECKING:
    import polars as pl

BLOCK = 8 * 1024 * 1024
"""Bytes read at once: some 50,000 keys."""
_USUAL = r"^(?:[!-.0-~][ -.0-~]*/)*[!-.0-~][ -.0-~]*$"
"""Keys that need no second look: printable ASCII, and no folder marker."""
_NO_SEPARATOR = b"\x1f"
_BEFORE_KEY = r"^(?:s3://[^/]+/)?(?:\./)?/?"


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """Some lines of a listing.

    Attributes
    ----------
    files
        Columns ``folder`` (ends with ``/``, or is empty), ``name``, ``size`` and ``time`` (nanoseconds).
    unusual
        Lines that must be read one by one, with their indices.
    lines
        How many lines these are.
    """

    files: "pl.DataFrame"
    unusual: list[tuple[int, str]]
    lines: int


def blocks_of(stream: BinaryIO, size: int = BLOCK) -> Iterator[bytes]:
    """Whole lines of a text, as many as fit; every line but the last of all ends with its line break.

    Parameters
    ----------
    stream
        Read to its end.
    size
        Bytes.
    """
    rest = b""
    while data := stream.read(size):
        end = data.rfind(b"\n") + 1
        if end == 0:
            rest += data
            continue
        yield b"".join((rest, memoryview(data)[:end]))
        rest = data[end:]
    if rest:
        yield rest


def read_block(sort: Literal["aws-ls", "keys"], block: bytes) -> ReadBlock:
    """Read lines in columns.

    Parameters
    ----------
    sort
        What the listing is.
    block
        Whole lines.
    """
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    if not block.endswith(b"\n"):
        block += b"\n"
    return _read_aws(block) if sort == "aws-ls" else _read_keys(block)


def _read_aws(block: bytes) -> ReadBlock:
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    found = usual_lines(block)
    usual, unusual = block, []
    if not found.usual.all():
        rows = np.flatnonzero(~found.usual).tolist()
        whole = block.split(b"\n")
        unusual = [(row, whole[row].decode("utf-8", "surrogateescape")) for row in rows]
        usual = b"".join(whole[row] + b"\n" for row in np.flatnonzero(found.usual).tolist())
    if not usual:
        schema = {"name": pl.String, "size": pl.Int64, "time": pl.Int64, "folder": pl.String}
        return ReadBlock(pl.DataFrame(schema=schema), unusual, len(found.usual))
    begin, slash = found.starts + KEY, found.slashes + 1
    lines = _lines(usual, len(begin)).select(
        pl.col("line").cast(pl.Binary),
        begin=pl.Series(np.full(len(begin), KEY)),
        length=pl.Series(slash - begin),
        name=pl.Series(slash - found.starts),
        rest=pl.Series(found.ends - slash),
    )
    files = lines.select(
        pl.col("line").bin.slice(pl.col("name"), pl.col("rest")).cast(pl.String).alias("name"),
        size=pl.Series(found.sizes),
        time=pl.Series(found.times),
        folder=pl.col("line").bin.slice(pl.col("begin"), pl.col("length")).cast(pl.String),
    )
    return ReadBlock(files, unusual, len(found.usual))


def _read_keys(block: bytes) -> ReadBlock:
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    if block.isascii():
        lines = _lines(block, block.count(b"\n"))
    else:
        whole = block.decode("utf-8", "surrogateescape").split("\n")
        lines = pl.DataFrame({"line": [line if line.isascii() else "" for line in whole]})
    lines = lines.with_row_index("row")
    key = pl.col("line").str.replace(_BEFORE_KEY, "")
    found = lines.with_columns(line=key).filter(pl.col("line").str.contains(_USUAL))
    unusual = _unusual(lines, found, block)
    name = pl.col("line").str.extract(r"([^/]*)$", 1)
    files = found.select("line", name=name).select(
        "name",
        size=pl.lit(UNKNOWN_SIZE, pl.Int64),
        time=pl.lit(0, pl.Int64),
        folder=pl.col("line").str.head(pl.col("line").str.len_bytes() - pl.col("name").str.len_bytes()),
    )
    return ReadBlock(files, unusual, block.count(b"\n"))


def _lines(block: bytes, number: int) -> "pl.DataFrame":
    """So many lines of a text; faster by far than splitting it, where no line holds the character that ends a cell."""
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
        if len(lines) == number:
            return lines.with_columns(pl.col("line").fill_null(""))
    return pl.Series("line", [block.decode("ascii")]).str.split("\n").explode().to_frame().head(number)


def _unusual(lines: "pl.DataFrame", found: "pl.DataFrame", block: bytes) -> list[tuple[int, str]]:
    if len(found) == len(lines):
        return []
    rows = lines.join(found, on="row", how="anti").get_column("row").to_list()
    if not rows:
        return []
    whole = block.split(b"\n")
    if rows[-1] == len(whole) - 1 and not whole[-1]:
        rows.pop()  # what stands behind the last line break is no line
    return [(row, whole[row].decode("utf-8", "surrogateescape")) for row in rows]
