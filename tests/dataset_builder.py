"""Builds small datasets on disk from fixtures: the clean one of ``fixtures/base.yaml``, and cases that differ from it.

Texts that begin with @ are generated contents:

============================ ======================================================================
``@tiff``                    a small 16-bit TIFF with one page, other pixels under every name
``@tiff-zero``               the same with all pixels 0
``@tiff-truncated``          the first two thirds of one
``@npy``                     an illumination function, float32
``@png``                     a picture of one pixel
``@sqlite:A B-``             an SQLite database with the tables A and B; one whose name ends with - has no row
``@sqlite-truncated``        the first half of one
``@parquet:text``            a CSV table as Parquet
``@parquet-truncated:text``  the first half of one
``@gzip-truncated:text``     the first half of the text, compressed
``@bytes:N``                 N bytes
``@gzip:text``               the text, compressed
``@latin1:text``             the text in Latin-1
``@same:path``               the bytes that another file of the case has
``@link:target``             a symbolic link
``@fifo``                    a named pipe
============================ ======================================================================

``\\xNN`` in a path stands for that byte (names that are not UTF-8).
"""

import gzip
import io
import os
import re
import sqlite3
import struct
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import tifffile
import yaml

FIXTURES = Path(__file__).parents[1] / "fixtures"


class CannotBuild(Exception):
    """This system cannot hold such a file; the test is skipped."""


@dataclass(frozen=True)
class Case:
    """How a dataset differs from the clean one; the fields are those of a fixture's YAML."""

    name: str = ""
    add: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    replace: Mapping[str, list[list[str]]] = field(default_factory=dict)
    everywhere: tuple[tuple[str, str], ...] = ()
    base: bool = True
    root: str = ""
    dataset: str | None = None
    policy: str = "contribution"
    scope: str | None = None
    troubles: tuple[Mapping[str, str], ...] = ()
    findings: int | None = None
    key: str | None = None
    says: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @classmethod
    def read(cls, spec: Mapping[str, Any]) -> "Case":
        known = dict(spec)
        for name in ("remove", "also", "says", "troubles"):
            known[name] = tuple(known.get(name, ()))
        known["everywhere"] = tuple((old, new) for old, new in known.get("everywhere", ()))
        return cls(**known)


@cache
def base_files() -> tuple[str, str, Mapping[str, str]]:
    """Project, source and files (path below the source, content) of the clean dataset."""
    document = yaml.safe_load((FIXTURES / "base.yaml").read_text(encoding="utf-8"))
    return document["project"], document["source"], document["files"]


def build(folder: Path, case: Case | None = None) -> Path:
    """Write a dataset below a folder, and return the path of its source folder (or of the case's root)."""
    case = case or Case()
    project, source, files = base_files()
    home = f"{project}/{source}"
    for old, new in case.everywhere:
        home = home.replace(old, new)
    contents = _changed(dict(files) if case.base else {}, case)
    raw: dict[str, bytes] = {}
    for path, content in contents.items():
        _write(folder / home, path, content, raw)
    root = folder / (case.root or home)
    root.mkdir(parents=True, exist_ok=True)
    return root


def _changed(files: dict[str, str], case: Case) -> dict[str, str]:
    for unwanted in case.remove:
        gone = [path for path in files if path == unwanted or path.startswith(f"{unwanted}/")]
        assert gone, f"there is no {unwanted} to remove"
        for path in gone:
            del files[path]
    for old, new in case.rename.items():
        moved = {path: new + path[len(old) :] for path in files if path == old or path.startswith(f"{old}/")}
        assert moved, f"there is no {old} to rename"
        files = {moved.get(path, path): content for path, content in files.items()}
    for path, edits in case.replace.items():
        for old, new in edits:
            assert old in files[path], f"{path} does not hold {old!r}"
            files[path] = files[path].replace(old, new)
    for old, new in case.everywhere:
        files = {path.replace(old, new): content.replace(old, new) for path, content in files.items()}
    return {**files, **case.add}


def _write(home: Path, path: str, content: str, raw: dict[str, bytes]) -> None:
    target = Path(os.fsdecode(os.fsencode(home) + b"/" + _path_bytes(path)))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("@link:"):
            target.symlink_to(content.removeprefix("@link:"))
        elif content == "@fifo":
            os.mkfifo(target)
        else:
            data = (
                raw[content.removeprefix("@same:")]
                if content.startswith("@same:")
                else generate(path, content)
            )
            raw[path] = data
            with target.open("xb") as stream:
                stream.write(data)
    except (AttributeError, NotImplementedError, OSError) as error:
        raise CannotBuild(f"{path}: {error}") from error


def _path_bytes(path: str) -> bytes:
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), path.encode())


def generate(path: str, content: str) -> bytes:
    """Bytes of a file."""
    if not content.startswith("@"):
        return content.encode()
    sort, _, rest = content[1:].partition(":")
    if sort == "bytes":
        return bytes(index % 251 for index in range(int(rest)))
    if sort == "gzip":
        return gzip.compress(rest.encode(), mtime=0)
    if sort == "gzip-truncated":
        return _half(gzip.compress(rest.encode(), mtime=0))
    if sort.startswith("parquet"):
        stream = io.BytesIO()
        pl.read_csv(rest.encode(), infer_schema=False).write_parquet(stream)
        return _half(stream.getvalue()) if sort.endswith("truncated") else stream.getvalue()
    if sort.startswith("sqlite"):
        whole = _sqlite(rest or "Image Cells")
        return _half(whole) if sort.endswith("truncated") else whole
    if sort == "latin1":
        return rest.encode("latin-1")
    return _GENERATED[sort](path)


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


@cache
def _sqlite(tables: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        for name in tables.split():
            database.execute(f'create table "{name.removesuffix("-")}" (ImageNumber integer, Value real)')
            if not name.endswith("-"):
                database.executemany(f'insert into "{name}" values (?, ?)', [(n, n / 3) for n in range(500)])
        database.commit()
        return database.serialize()


@cache
def _tiff(path: str) -> bytes:
    rng = np.random.default_rng(zlib.crc32(path.encode()))
    return _tiff_of(rng.integers(100, 4000, (16, 16), dtype=np.uint16))


def _tiff_of(pixels: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, photometric="minisblack")
    return stream.getvalue()


def _truncated_tiff(path: str) -> bytes:
    whole = _tiff(path)
    return whole[: len(whole) * 2 // 3]


@cache
def _zero_tiff(_path: str) -> bytes:
    return _tiff_of(np.zeros((16, 16), dtype=np.uint16))


@cache
def _npy(path: str) -> bytes:
    stream = io.BytesIO()
    rng = np.random.default_rng(zlib.crc32(path.encode()))
    np.save(stream, 1 + rng.random((16, 16), dtype=np.float32))
    return stream.getvalue()


@cache
def _png(_path: str) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


_GENERATED = {
    "tiff": _tiff,
    "tiff-zero": _zero_tiff,
    "tiff-truncated": _truncated_tiff,
    "npy": _npy,
    "png": _png,
}
