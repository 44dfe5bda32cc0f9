"""Writes what lies in a folder as listings of every sort, and into a bucket."""

import csv
import gzip
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus

import polars as pl

SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass"
PARQUET_SCHEMA = (
    "message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); optional binary version_id "
    "(UTF8); optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; optional int64 "
    "last_modified_date (TIMESTAMP(MILLIS,true)); optional binary e_tag (UTF8); }"
)
ORC_SCHEMA = (
    "struct<bucket:string,key:string,version_id:string,is_latest:boolean,is_delete_marker:boolean,size:bigint,"
    "last_modified_date:timestamp,e_tag:string,storage_class:string>"
)


def objects_of(root: Path) -> list[tuple[str, Path]]:
    """Key and path of every file; the root is the parent of the project's folder."""
    return sorted((path.relative_to(root).as_posix(), path) for path in root.rglob("*") if path.is_file())


def aws_ls(objects, *, moment="2024-03-05 10:12:41") -> str:
    """As `aws s3 ls --recursive` prints it."""
    return "".join(f"{moment} {path.stat().st_size:>10} {key}\n" for key, path in objects)


def key_list(objects) -> str:
    return "".join(f"{key}\n" for key, _ in objects)


def csv_inventory(folder: Path, objects) -> Path:
    """A manifest with two data files; a marker of a deletion and an old version are rows too."""
    rows = [
        ["bucket", quote_plus(key, safe="/"), "v2", "true", "false", path.stat().st_size, _moment(path), "e", "STANDARD"]
        for key, path in objects
    ]  # fmt: skip
    old = "cpg0099-example/broad/workspace/old+name%21.csv"
    rows.append(["bucket", old, "v1", "false", "false", 0, "2020-01-01T00:00:00.000Z", "e", "STANDARD"])
    rows.append(["bucket", old, "v3", "true", "true", "", "2020-01-01T00:00:00.000Z", "", ""])
    half = len(rows) // 2
    files = {}
    for name, some in (("one.csv.gz", rows[:half]), ("two.csv.gz", rows[half:])):
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
            csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(some)
        files[name] = path
    return _manifest(folder, "CSV", SCHEMA, files)


def parquet_inventory(folder: Path, objects) -> Path:
    old = "cpg0099-example/broad/workspace/old.csv"
    frame = pl.DataFrame({
        "bucket": ["bucket"] * (len(objects) + 2),
        "key": [*(key for key, _ in objects), old, old],
        "is_latest": [True] * len(objects) + [False, True],
        "is_delete_marker": [False] * len(objects) + [False, True],
        "size": [*(path.stat().st_size for _, path in objects), 0, None],
        "last_modified_date": [datetime(2024, 3, 5, tzinfo=UTC)] * (len(objects) + 2),
    })  # fmt: skip
    path = folder / "data" / "one.parquet"
    path.parent.mkdir(parents=True)
    frame.write_parquet(path)
    return _manifest(folder, "Parquet", PARQUET_SCHEMA, {"one.parquet": path})


def orc_inventory(folder: Path, objects) -> Path:
    """Like a Parquet inventory."""
    import pyarrow as pa
    from pyarrow import orc

    old = "cpg0099-example/broad/workspace/old.csv"
    table = pa.table({
        "bucket": ["bucket"] * (len(objects) + 2),
        "key": [*(key for key, _ in objects), old, old],
        "version_id": ["v"] * (len(objects) + 2),
        "is_latest": [True] * len(objects) + [False, True],
        "is_delete_marker": [False] * len(objects) + [False, True],
        "size": pa.array([*(path.stat().st_size for _, path in objects), 0, None], pa.int64()),
        "last_modified_date": pa.array([datetime(2024, 3, 5, tzinfo=UTC)] * (len(objects) + 2), pa.timestamp("ns")),
    })  # fmt: skip
    path = folder / "data" / "one.orc"
    path.parent.mkdir(parents=True)
    orc.write_table(table, str(path))
    return _manifest(folder, "ORC", ORC_SCHEMA, {"one.orc": path})


def _moment(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _manifest(folder: Path, form: str, schema: str, files: dict[str, Path]) -> Path:
    manifest = {
        "sourceBucket": "bucket",
        "destinationBucket": "arn:aws:s3:::inventories",
        "version": "2016-11-30",
        "fileFormat": form,
        "fileSchema": schema,
        "files": [
            {
                "key": f"inventories/bucket/daily/data/{name}",
                "size": path.stat().st_size,
                "MD5checksum": hashlib.md5(path.read_bytes()).hexdigest(),
            }
            for name, path in files.items()
        ],
    }
    place = folder / "2024-03-05T01-00Z" / "manifest.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(manifest))
    return place
