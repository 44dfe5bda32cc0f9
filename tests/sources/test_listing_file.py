"""Listings are opened in whatever form they come, and recognised by what is in them."""

import gzip
import io
import sys
from types import SimpleNamespace

import pytest
from listings import csv_inventory, objects_of, orc_inventory, parquet_inventory
from small_dataset import make_small_dataset

from validator.errors import NothingChecked, UnreadableFile, UsageError
from validator.models.listing import Folder
from validator.sources.listing_file import is_inventory, listing_source

KEY = "cpg0099-example/broad/workspace/qc/a.txt"
LINE = f"2024-03-05 10:12:41          5 {KEY}\n"


def scan(source):
    found = list(source.scan())
    return [entry for item in found if isinstance(item, Folder) for entry in item.entries()]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (LINE.encode(), "aws-ls"),
        (b"\xef\xbb\xbf" + LINE.encode(), "aws-ls"),
        (LINE.replace("\n", "\r\n").encode("utf-16"), "aws-ls"),
        (gzip.compress(LINE.encode(), mtime=0), "aws-ls"),
        (f"{KEY}\n".encode(), "keys"),
        (gzip.compress(f"{KEY}\n".encode(), mtime=0), "keys"),
    ],
)
def test_what_it_is_written_in(tmp_path, monkeypatch, data, kind):
    (tmp_path / "listing").write_bytes(data)
    source = listing_source(str(tmp_path / "listing"))
    assert source.facts.kind == kind
    assert [entry.key for entry in scan(source)] == [KEY]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    source = listing_source("-")
    assert (source.facts.kind, source.root) == (kind, "standard input")
    assert [entry.key for entry in scan(source)] == [KEY]


def test_a_long_listing_is_read_to_its_end(tmp_path):
    lines = [LINE.replace("a.txt", f"{number:06}.txt") for number in range(20_000)]
    (tmp_path / "listing").write_text("".join(lines))
    assert len(scan(listing_source(str(tmp_path / "listing")))) == 20_000


def test_the_sort_can_be_said(tmp_path):
    (tmp_path / "listing").write_text("README.md\ncpg0099-example/broad/images/b/x.tiff\nLICENSE\nNOTICE\n")
    with pytest.raises(UsageError, match="neither a dataset's folder nor a listing"):
        listing_source(str(tmp_path / "listing"))
    assert len(scan(listing_source(str(tmp_path / "listing"), "keys"))) == 4


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", NothingChecked, "is empty"),
        (b" \n\n", NothingChecked, "is empty"),
        (b"II*\0\x08\0\0\0/", UsageError, "neither a dataset's folder nor a listing"),
        (b"hello\n", UsageError, "neither a dataset's folder nor a listing"),
        (b'{"a": "b/c"', UsageError, "do not begin with a project"),
        (gzip.compress(LINE.encode() * 90_000, mtime=0)[:-20], UnreadableFile, "cut off or damaged"),
    ],
)
def test_files_that_are_no_listing(tmp_path, data, error, words):
    (tmp_path / "listing").write_bytes(data)
    with pytest.raises(error, match=words):
        scan(listing_source(str(tmp_path / "listing")))


def test_a_listing_holds_no_bytes(tmp_path):
    (tmp_path / "listing").write_text(LINE)
    source = listing_source(str(tmp_path / "listing"))
    (entry,) = scan(source)
    with pytest.raises(FileNotFoundError):
        source.open(entry)


@pytest.fixture
def objects(tmp_path):
    make_small_dataset(tmp_path / "nas")
    odd = tmp_path / "nas/cpg0099-example/broad/workspace/qc/a b+c%20ü.txt"
    odd.parent.mkdir()
    odd.write_text("12345")
    return objects_of(tmp_path / "nas")


@pytest.mark.parametrize("write", [csv_inventory, parquet_inventory, orc_inventory])
def test_an_inventory(tmp_path, objects, write):
    manifest = write(tmp_path / "inventory", objects)
    entries = scan(listing_source(str(manifest)))
    assert [(entry.key, entry.size) for entry in entries] == [
        (key, path.stat().st_size) for key, path in objects
    ]
    assert all(entry.mtime_ns > 0 for entry in entries)
    assert is_inventory(manifest.parent)
    assert not is_inventory(tmp_path)
    flat = manifest.rename(tmp_path / "inventory/data/manifest.json")
    assert len(scan(listing_source(str(flat)))) == len(objects)


def damage(path, name, change):
    file = next(path.parents[1].rglob(name))
    file.write_bytes(change(file.read_bytes()))


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("one.csv.gz", lambda data: data[:-9] + b"x", "is not the one that its manifest names"),
        ("manifest.json", lambda data: data.replace(b"one.csv", b"three.csv"), "three.csv.gz is missing"),
        ("manifest.json", lambda data: data[:-5], "is not the manifest"),
        ("manifest.json", lambda data: data.replace(b'"CSV"', b'"AVRO"'), "has the format AVRO"),
        ("manifest.json", lambda data: data.replace(b"Bucket, Key,", b"Bucket, Name,"), "no column of keys"),
        ("manifest.json", lambda data: data.replace(b"MD5checksum", b"unknown").replace(b"ETag", b"ETag, More"),
         "Row 1 of .* has too few columns"),
    ],
)  # fmt: skip
def test_an_inventory_that_is_not_whole(tmp_path, objects, name, change, words):
    manifest = csv_inventory(tmp_path / "inventory", objects)
    damage(manifest, name, change)
    with pytest.raises(UnreadableFile, match=words):
        scan(listing_source(str(manifest)))


@pytest.mark.parametrize(
    ("write", "name"),
    [(csv_inventory, "two.csv.gz"), (parquet_inventory, "one.parquet"), (orc_inventory, "one.orc")],
)
def test_a_data_file_that_is_cut(tmp_path, objects, write, name):
    manifest = write(tmp_path / "inventory", objects)
    damage(manifest, "manifest.json", lambda data: data.replace(b"MD5checksum", b"unknown"))
    damage(manifest, name, lambda data: data[: len(data) // 2])
    with pytest.raises(UnreadableFile, match=f"{name} is (cut off or )?damaged"):
        scan(listing_source(str(manifest)))


def test_an_inventory_without_sizes(tmp_path, objects):
    manifest = csv_inventory(tmp_path / "inventory", objects)
    damage(manifest, "manifest.json", lambda data: data.replace(b"Size, LastModifiedDate", b"A, B"))
    source = listing_source(str(manifest))
    assert source.facts.unknown == ("contents", "sizes", "times")
    assert {entry.size for entry in scan(source)} == {-1}


def test_an_inventory_cannot_come_from_standard_input(tmp_path, objects, monkeypatch):
    data = csv_inventory(tmp_path / "inventory", objects).read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    with pytest.raises(UsageError, match=r"Name its manifest\.json|cannot come from standard input"):
        listing_source("-")


def test_orc_needs_pyarrow(tmp_path, objects, monkeypatch):
    manifest = orc_inventory(tmp_path / "inventory", objects)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="that is not installed here") as caught:
        scan(listing_source(str(manifest)))
    assert "cpgate[orc]" in caught.value.mend
