"""What aws s3 ls prints, and lists of keys, line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.models.listing import UNKNOWN_SIZE
from validator.sources.keys import KeyFolders
from validator.sources.listing_text import read_aws_ls, read_keys, sort_of_lines

KEY = "cpg0099-example/broad/workspace/qc/a.txt"


def read(lines, reader=read_aws_ls):
    folders = KeyFolders()
    troubles = reader(lines, folders, "listing.txt")
    return [entry for folder in folders.take_all() for entry in folder.entries()], troubles


@pytest.mark.parametrize(
    ("line", "key", "size"),
    [
        (f"2024-03-05 10:12:41    5310570 {KEY}\n", KEY, 5310570),
        (f"2024-03-05 10:12:41 12920465613 {KEY}\r\n", KEY, 12920465613),
        (f"2024-03-05 10:12:41          0 {KEY}", KEY, 0),
        ("2024-03-05 10:12:41          1  two  words .txt\n", " two  words .txt", 1),
        (f"2024-03-05 10:12:41    2.5 KiB {KEY}\n", KEY, 2560),
        (f"2024-03-05 10:12:41    0 Bytes {KEY}\n", KEY, 0),
        (f"2024-03-05 10:12:41     1 Byte {KEY}\n", KEY, 1),
        (f"2024-03-05 10:12:41 1 {KEY}\n", KEY, 1),
        (f"2024-03-05 10:12:41 {'9' * 30} {KEY}\n", KEY, 2**63 - 1),
    ],
)
def test_lines(line, key, size):
    (entry,), troubles = read([line])
    assert troubles == []
    assert (entry.key, entry.size) == (key, size)
    assert entry.mtime_ns == 1_709_633_561_000_000_000


def test_lines_that_are_none_are_named_with_their_number():
    good = f"2024-03-05 10:12:41          1 {KEY}\n"
    bad = ["fatal error: An error occurred\n", "2024-13-05 10:12:41          1 x\n", f"2024-03-05 {KEY}\n"]
    (entry,), (trouble,) = read([bad[0], good, "\n", bad[1], bad[2]])
    assert entry.key == KEY
    assert (trouble.kind, trouble.line, trouble.count) == ("listing-line", 1, 3)
    assert trouble.detail == "lines 1, 4-5; the first is “fatal error: An error occurred”"


def test_many_bad_lines_are_one_trouble():
    lines = [
        f"bad {number}\n" if number % 2 else f"2024-03-05 10:12:41 1 k{number}\n" for number in range(5000)
    ]
    entries, (trouble,) = read(lines)
    assert (len(entries), trouble.count) == (2500, 2500)
    assert trouble.detail.startswith(
        "lines 2, 4, 6, 8, 10, 12, 14, 16, 18, 20 and more; the first is “bad 1”"
    )


def test_a_listing_without_recursive_is_said():
    _, (trouble,) = read(["                           PRE images/\n"])
    assert trouble.detail == "line 1; it is “PRE images/” (the listing was made without --recursive)"


def test_the_summary_at_the_end():
    good = f"2024-03-05 10:12:41          1 {KEY}\n"
    assert read([good, "\n", "Total Objects: 1\n", "   Total Size: 1\n"])[1] == []
    _, (trouble,) = read([good, "\n", "Total Objects: 2\n", "   Total Size: 1\n"])
    assert (trouble.line, trouble.detail) == (3, "it counts 2 objects, and 1 stand above it")


@pytest.mark.parametrize("line", [KEY, f"{KEY}\r\n", f"s3://bucket/{KEY}\n", f"./{KEY}\n", f"/{KEY}\n"])
def test_keys(line):
    (entry,), troubles = read([line, "\n"], read_keys)
    assert troubles == []
    assert (entry.key, entry.size, entry.mtime_ns) == (KEY, UNKNOWN_SIZE, 0)


@pytest.mark.parametrize(
    ("lines", "sort"),
    [
        (["\n", f"2024-03-05 10:12:41          1 {KEY}\n"], "aws-ls"),
        (["warning\n", "                           PRE images/\n"], "aws-ls"),
        ([KEY, "README.md"], "keys"),
        (["hello", "world"], None),
        (["Key,Size,LastModified\n", f"{KEY},12,2024-03-05\n"], None),
        ([f"{KEY}\t12\n", f"{KEY}x\t13\n"], "aws-ls"),
        ([f"{KEY}\t2024\tx\n", f"12\t{KEY}\n"], None),
        ([f"(dryrun) download: s3://bucket/{KEY} to ./{KEY}\n"], None),
        ([f"{KEY} size, etag.txt\n"], "keys"),
        ([], None),
    ],
)
def test_the_sort_is_recognised(lines, sort):
    assert sort_of_lines(lines) == sort


@given(st.lists(st.text(max_size=60)))
def test_any_text_is_read(lines):
    for reader in (read_aws_ls, read_keys):
        read(lines, reader)
    sort_of_lines(lines)


def test_lines_of_the_corpus(corpus):
    lines = (corpus / "keys/aws_ls_lines.txt").read_text().splitlines(keepends=True)
    assert sort_of_lines(lines) == "aws-ls"
    entries, troubles = read(lines)
    assert (len(entries), troubles) == (26, [])
    assert max(entry.size for entry in entries) == 12_920_465_613
