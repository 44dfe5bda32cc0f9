"""Large tables are known by their beginning and their end."""

import gzip
import io
import random

import pytest

from validator.errors import UnreadableFile
from validator.readers.table_head import SMALL, read_table_head


def head(data):
    return read_table_head(io.BytesIO(data), len(data))


def profiles(columns: int, rows: int) -> bytes:
    chance = random.Random(3)
    lines = [
        "Metadata_Plate,Metadata_Well," + ",".join(f"Cells_Texture_{number}" for number in range(columns))
    ]
    lines += ["BR1,A01," + ",".join(f"{chance.random():.9f}" for _ in range(columns)) for _ in range(rows)]
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture(scope="module")
def large():
    """More than is read of either end, plain and compressed."""
    return profiles(4_000, 120)


@pytest.fixture(scope="module")
def packed(large):
    """The same, compressed once for all tests: it takes two seconds."""
    return gzip.compress(large)


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress])
def test_header_and_first_row(pack):
    found = head(pack(b"\xef\xbb\xbfMetadata_Plate,Metadata_Well,Cells_1\r\n24277,A01,0.5\r\n"))
    assert found.columns == ("Metadata_Plate", "Metadata_Well", "Cells_1")
    assert (found.value("Metadata_Plate"), found.value("Cells_2")) == ("24277", "")
    assert found.compressed == (pack is gzip.compress)


def test_header_alone():
    assert head(b"Metadata_Plate,Cells_1\n").first is None


@pytest.mark.parametrize("form", ["large", "packed"])
def test_large(form, request):
    data = request.getfixturevalue(form)
    assert len(data) > SMALL
    found = head(data)
    assert len(found.columns) == 4_002
    assert len(found.first) == 4_002
    assert found.value("Metadata_Plate") == "BR1"


def test_several_gzip_files_in_a_row_are_whole(packed):
    assert head(packed + gzip.compress(b"BR1,A02\n")).columns[0] == "Metadata_Plate"
    assert head(packed + bytes(512)).columns[0] == "Metadata_Plate"


@pytest.mark.parametrize("share", [0.999, 0.5, 0.2])
def test_cut_off(large, packed, share):
    for data in (large, packed, gzip.compress(large[:100_000])):
        with pytest.raises(UnreadableFile, match="cut off"):
            head(data[: int(len(data) * share)])


def test_quoted_values_over_several_lines_are_no_cut():
    assert head(b'Metadata_Plate,Note\nBR1,"one\ntwo"\n').first == ("BR1", "one\ntwo")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (gzip.compress(b"<html></html>", mtime=0), "web page"),
        (gzip.compress(gzip.compress(b"a,b\n", mtime=0), mtime=0), "a gzip file"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0 no deflate at all", "damaged"),
        (b"\n\n", "no header"),
    ],
)
def test_what_is_none(data, says):
    with pytest.raises(UnreadableFile) as caught:
        head(data)
    assert says in caught.value.what
