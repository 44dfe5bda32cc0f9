"""Listings that other programs print are read like those of ``aws s3 ls``."""

import json

import pytest

from validator.errors import UnreadableFile, UsageError
from validator.models.listing import Folder
from validator.sources import listing_file
from validator.sources.keys import KeyFolders
from validator.sources.listing_file import listing_source
from validator.sources.listing_forms import columns_of
from validator.sources.listing_text import read_aws_ls

KEY = "cpg0099-example/broad/workspace/qc/a b.txt"
MINUTE, SECOND = "2024-03-05 10:12", "41"
TIME = 1_709_633_561_000_000_000
ETAG = "d41d8cd98f00b204e9800998ecf8427e"


def scan(source):
    found = list(source.scan())
    return [entry for item in found if isinstance(item, Folder) for entry in item.entries()]


LINES = [
    f"2024/03/05 10:12:41           1258291  {KEY}",
    f"2024/03/05 10:12:41           1258291 s3://bucket/{KEY}",
    f"2024/03/05 10:12:41 STANDARD  {ETAG}-12  1258291  {KEY}",
    f"2024/03/05 10:12:41              1.2M  {KEY}",
    f"[2024-03-05 10:12:41 UTC] 1.2MiB STANDARD {KEY}",
    f"[2024-03-05 10:12:41 CET] 1.2MiB {KEY}",
    f"  1258291 2024-03-05 10:12:41.123456789 {KEY}",
    f"   1258291  2024-03-05T10:12:41Z  gs://bucket/{KEY}",
    f"   1258291  2024-03-05T10:12:41Z  gs://bucket/{KEY}#1709633561000  metageneration=1",
    json.dumps({"key": f"s3://bucket/{KEY}", "last_modified": "2024-03-05T10:12:41Z", "size": 1258291}),
    json.dumps(
        {"key": KEY, "lastModified": "2024-03-05T11:12:41+01:00", "size": 1258291, "status": "success"}
    ),
]
UNTIMED = [
    f"  1258291 {KEY}",
    f"1258291 ./{KEY}",
    f"{KEY}\t1258291",
    f'{KEY}\t1258291\t2024-03-05T10:12:41+00:00\t"{ETAG}"',
]


@pytest.mark.parametrize("line", LINES)
def test_line_with_a_time(line):
    assert columns_of(line) in [(MINUTE, SECOND, size, KEY) for size in (1_258_291, int(1.2 * 1024**2))]


@pytest.mark.parametrize("line", UNTIMED)
def test_line_without_a_time(line):
    assert columns_of(line) == ("1970-01-01 00:00", "00", 1_258_291, KEY)


@pytest.mark.parametrize(
    "line", [KEY, f"s3://bucket/{KEY}", "TOTAL: 2 objects, 5 bytes (5 B)", '{"a": 1}', "{"]
)
def test_line_of_no_other_program(line):
    assert columns_of(line) is None


@pytest.mark.parametrize("line", LINES + UNTIMED)
def test_such_lines_are_recognised_as_a_listing(tmp_path, line):
    path = tmp_path / "listing"
    path.write_text(f"{line}\r\n{line.replace('a b', 'b')}\n")
    source = listing_source(str(path))
    assert source.facts.kind == "aws-ls"
    assert [entry.key for entry in scan(source)] == [KEY, KEY.replace("a b", "b")]


def test_long_listing_of_another_program(tmp_path, monkeypatch):
    monkeypatch.setattr(listing_file, "LARGE", 1)
    path = tmp_path / "listing"
    path.write_text("".join(f"{line}\n" for line in LINES[:1] * 3))
    assert listing_source(str(path)).large is not None
    path.write_text(json.dumps({"Contents": [{"Key": KEY, "Size": 5}]}, indent=2))
    assert listing_source(str(path)).large is None


def test_totals_and_folders():
    folders = KeyFolders()
    troubles = read_aws_ls([LINES[7], "TOTAL: 1 objects, 1258291 bytes (1.2 MiB)"], folders, "x")
    assert (folders.keys, troubles) == (1, [])
    troubles = read_aws_ls([LINES[0], "                                  DIR  images/"], folders, "x")
    assert "without --recursive" in troubles[0].detail


OBJECT = {"Key": KEY, "Size": 5, "LastModified": "2024-03-05T10:12:41.000Z", "ETag": f'"{ETAG}"'}


@pytest.mark.parametrize(
    "document",
    [
        {"Contents": [OBJECT], "RequestCharged": None},
        {"Versions": [OBJECT | {"IsLatest": True}, OBJECT | {"Key": "old", "IsLatest": False}], "Name": "b"},
        [
            {"Path": KEY, "Size": 5, "ModTime": "2024-03-05T10:12:41.000000000Z", "IsDir": False},
            {"Path": "f", "IsDir": True},
        ],
        [OBJECT],
    ],
)
@pytest.mark.parametrize("indent", [None, 4])
def test_document(tmp_path, document, indent):
    path = tmp_path / "listing.json"
    path.write_text(json.dumps(document, indent=indent))
    if indent is None and isinstance(document, list):
        path.write_text("[\n" + ",\n".join(json.dumps(row) for row in document) + "\n]\n")
    (entry,) = scan(listing_source(str(path)))
    assert (entry.key, entry.size) == (KEY, 5)
    assert entry.mtime_ns in (TIME, TIME // 10**9 * 10**9)


@pytest.mark.parametrize(
    "document",
    ['{"Contents": [\n{"Key": "a/b", "Size": 5},\n', '{"Contents": [{"Key": "a/b", "Size": "5"}]}'],
)
def test_damaged_document(tmp_path, document):
    path = tmp_path / "listing.json"
    path.write_text(document)
    with pytest.raises(UnreadableFile, match="JSON"):
        scan(listing_source(str(path)))


def test_other_documents_are_no_listing(tmp_path):
    path = tmp_path / "listing.json"
    path.write_text('{\n  "subset": "orf",\n  "url": "https://example.org/a/b"\n}\n')
    with pytest.raises(UsageError):
        listing_source(str(path))


@pytest.mark.parametrize("start", ["D:\\data\\", "\\\\nas\\data\\"])
def test_paths_of_windows(tmp_path, start):
    path = tmp_path / "keys.txt"
    path.write_text(start + KEY.replace("/", "\\") + "\r\n")
    (entry,) = scan(listing_source(str(path)))
    assert entry.key == KEY


def test_data_file_of_an_inventory(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(f'"cellpainting-gallery","{KEY}","5","2024-03-05T10:12:41.000Z"\n')
    with pytest.raises(UsageError) as caught:
        listing_source(str(path))
    assert "manifest.json" in caught.value.mend
