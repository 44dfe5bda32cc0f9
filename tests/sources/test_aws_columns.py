"""Lines read in columns say what they say when they are read one by one."""

import re
from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from validator.sources import listing_columns
from validator.sources.keys import KeyFolders
from validator.sources.listing_columns import read_block
from validator.sources.listing_text import AwsLines

GOOD = "2024-03-05 10:12:41    1234567 cpg0051-heart/broad/images/b/a.tif"
USUAL = re.compile(r"(?:19[7-9]\d|20\d\d)-\d\d-\d\d \d\d:\d\d:\d\d [ \d]{9}\d [!-~][ -~]*(?<!/)", re.ASCII)


def is_usual(line):
    if not USUAL.fullmatch(line) or not line[20:30].strip().isdigit():
        return False
    try:
        datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def one_by_one(lines):
    found = {}
    for line in lines:
        folders = KeyFolders()
        AwsLines(folders).read(1, line)
        for folder in folders.take_all():
            for entry in folder.entries():
                found.setdefault(entry.key, []).append((entry.size, entry.mtime_ns))
    return found


def files_of(found):
    for key, name, end, *numbers in zip(
        *(c.tolist() for c in (found.keys, found.names, found.ends, found.sizes, found.times)), strict=True
    ):
        yield (
            found.data[name:end].tobytes().decode("ascii"),
            *numbers,
            found.data[key:name].tobytes().decode("ascii"),
        )


@st.composite
def spoilt_lines(draw):
    """The usual line with some other letters in places that matter."""
    line = list(
        draw(
            st.sampled_from(
                [GOOD, GOOD[:31] + "a", GOOD.replace("   12345", "9912345"), GOOD.replace("03-05", "02-29")]
            )
        )
    )
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(line) - 1) | st.integers(0, min(len(line) - 1, 33)))
        line[at] = draw(st.sampled_from("0123456789 :-/aµ\t\x1f\x7f~!'"))
    return "".join(line)[: draw(st.integers(28, 80))]


@settings(max_examples=300)
@given(st.lists(spoilt_lines(), min_size=1, max_size=20), st.booleans())
@example(["", " " * 40, GOOD, "/" * 40, "0" * 40], False)
@example(
    [
        "2024-03-05 10:12:41 123  67 89 a/b",
        "2024-03-05 10:12:41 '''''''''1 a/b",
        "1969-12-31 23:59:59          1 a/b",
    ],
    False,
)
@example(["2099-12-31 23:59:59 9999999999 a/b", "1970-01-01 00:00:00          0 a"], False)
def test_lines_in_columns(lines, windows):
    whole, listing_columns.PART = listing_columns.PART, 100  # a few lines at a time
    try:
        compare(lines, windows)
    finally:
        listing_columns.PART = whole


def compare(lines, windows):
    block = "".join(line + ("\r\n" if windows else "\n") for line in lines).encode()
    found = read_block("aws-ls", block)
    assert [number for number, _ in found.unusual] == [
        row for row, line in enumerate(lines) if not is_usual(line)
    ]
    assert found.lines == len(lines)
    assert [line for _, line in found.unusual] == [line for line in lines if not is_usual(line)]
    in_columns = {}
    for name, size, time, folder in files_of(found):
        assert "/" not in name
        assert not folder or folder.endswith("/")
        in_columns.setdefault(folder + name, []).append((size, time))
    assert in_columns == one_by_one([line for line in lines if is_usual(line)])
