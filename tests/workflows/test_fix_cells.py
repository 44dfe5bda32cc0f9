"""Cells change, every other byte stays."""

import csv
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UnreadableFile
from validator.models.renames import CellChange
from validator.workflows.fix_cells import NewValue, change_cells, gzip_header


def old_to_new(_column, value):
    return NewValue(value.replace("old", "new"), "old", "new") if "old" in value else None


def changed(raw, separator=","):
    return change_cells(raw, separator, old_to_new)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a,b\n1,old\n", b"a,b\n1,new\n"),
        (b"a,b\r\n1,old\r\nold,2", b"a,b\r\n1,new\r\nnew,2"),
        (b"a,b\r1,old\r", b"a,b\r1,new\r"),
        (b"\xef\xbb\xbfa,b\n1,old\n", b"\xef\xbb\xbfa,b\n1,new\n"),
        ("a,b\nµ,old µ\n".encode("latin-1"), "a,b\nµ,new µ\n".encode("latin-1")),
        (b'a,b\n"1,5","an ""old"" one"\n', b'a,b\n"1,5","an ""new"" one"\n'),
        (b'a,b\n"two\nlines, old",old\n', b'a,b\n"two\nlines, new",new\n'),
        (b"\n\na,b\n\n1,old\n\n", b"\n\na,b\n\n1,new\n\n"),
        (b"a,b\n1,old,3\nold\n", b"a,b\n1,new,3\nnew\n"),
        (b"a;b\n1;old\n", b"a;b\n1;new\n"),
        (b'a,b\nin"side,old\n', b'a,b\nin"side,new\n'),
    ],
)
def test_everything_else_stays(raw, expected):
    assert changed(raw).content == expected


def test_the_header_stays():
    assert changed(b"old,b\n1,2\n") is None


def test_what_does_not_change_is_nothing():
    assert changed(b"a,b\n1,2\n") is None
    assert changed(b"\n\n\n") is None


def test_cells_are_counted_by_column():
    table = changed(b"a,b,c\nold,old,1\nold,x,2\n")
    assert table.changes == (CellChange("a", "old", "new", 2), CellChange("b", "old", "new", 1))


def test_a_table_with_loose_quotation_marks_is_left_alone():
    with pytest.raises(UnreadableFile, match="line 2"):
        changed(b'a,b\n"1"x,old\n')


def test_the_header_of_a_compressed_table_stays():
    stream = io.BytesIO()
    with gzip.GzipFile("load_data.csv", "wb", fileobj=stream, mtime=1234567890) as packed:
        packed.write(b"a,b\r\n1,old\r\n")
    raw = stream.getvalue()
    new = changed(raw).content
    assert gzip.decompress(new) == b"a,b\r\n1,new\r\n"
    assert gzip_header(new) == gzip_header(raw)
    assert b"load_data.csv" in gzip_header(raw)


def test_a_gzip_header_may_have_every_field():
    name, comment = b"load.csv\0", b"made by hand\0"
    head = b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x04\x00abcd" + name + comment + b"\x12\x34"
    assert gzip_header(head + b"rest") == head


CELLS = st.text(st.sampled_from('olde w,"\n;µ\té'), max_size=8)


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=2, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from([",", "\t"]),
)
def test_any_table_reads_as_before_except_for_what_changed(rows, end, quoting, separator):
    rows[0] = [f"c{i}" for i in range(len(rows[0]))]
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    raw = stream.getvalue().encode()
    table = changed(raw, separator)
    width = len(rows[0])
    expected = [
        [cell.replace("old", "new") if i < width else cell for i, cell in enumerate(row)] for row in rows
    ]
    content = raw if table is None else table.content
    assert list(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=separator)) == expected
    assert len(content) == len(raw)
    assert (table is None) == (expected == rows)
    back = change_cells(
        content, separator, lambda _, v: NewValue(v.replace("new", "old"), "", "") if "new" in v else None
    )
    assert (content if back is None else back.content) == raw or any("new" in c for row in rows for c in row)
