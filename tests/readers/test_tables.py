import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UnreadableFile
from validator.readers.tables import read_table, unique_names


def read(content, separator=","):
    return read_table(io.BytesIO(content), separator)


def test_identifiers_stay_text():
    table = read(b"Metadata_Plate,Metadata_Site,Metadata_Well\n0000052649,001,1E5\n")
    assert table.frame.row(0) == ("0000052649", "001", "1E5")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_of_every_system(end):
    table = read(end.join([b"a,b", b"1,2", b"", b"3,4", b""]))
    assert table.frame.rows() == [("1", "2"), ("3", "4")]
    assert table.lines == [2, 4]


def test_lines_are_counted_through_quoted_newlines():
    table = read(b'a,b\n"one\ntwo\nthree",2\n3,4\n')
    assert table.lines == [2, 5]
    assert table.frame.row(0)[0] == "one\ntwo\nthree"


def test_blank_cells_are_null_and_a_space_is_kept_in_a_value():
    table = read(b"a,b,c\n , x,\n")
    assert table.frame.row(0) == (None, " x", None)


def test_ragged_lines_are_told_and_left_out():
    table = read(b"a,b\n1,2\n1,2,3\n1\n5,6\n")
    assert [(ragged.line, ragged.cells) for ragged in table.ragged] == [(3, 3), (4, 1)]
    assert table.lines == [2, 5]


def test_header_names_twice_and_blank():
    table = read(b"a,,a\n1,2,3\n")
    assert table.header == ("a", "", "a")
    assert table.repeated_columns == ["a"]
    assert table.unnamed_columns == [2]
    assert table.frame.columns == ["a", "column 2", "a (2)"]


def test_names_of_columns_never_collide():
    assert unique_names(["a", "a (2)", "a", "", "column 4"]) == [
        "a",
        "a (2)",
        "a (3)",
        "column 4",
        "column 4 (2)",
    ]


@pytest.mark.parametrize(
    ("content", "used"), [(b"a;b\n1;2\n", ";"), (b"a\tb\n1\t2\n", "\t"), (b"alone\n1\n", ",")]
)
def test_separator_in_use_is_found(content, used):
    table = read(content)
    assert table.separator == used
    assert table.ragged == []


def test_header_without_rows_is_a_table():
    table = read(b"a,b\n")
    assert table.frame.shape == (0, 2)


def test_gzip_is_known_by_its_content():
    table = read(gzip.compress(b"a,b\n1,2\n", mtime=0))
    assert table.compressed
    assert table.frame.height == 1


@pytest.mark.parametrize(
    ("content", "words", "where"),
    [
        (b"", "empty", "byte 0"),
        (b" \n\n ,,\n", "blank lines", "line 3"),
        (b'a,b\n1,"x\n2,3\n', "opens a value on line 2 is never closed", "line 2"),
        (b'a,b\n"x"y,2\n', "goes on after its closing quotation mark", "line 2"),
        (b"a,b\n1,\x002\n", "zero bytes from line 2", "line 2"),
        (b"PAR1\x15\x04", "Parquet", "byte 0"),
        (b"\n<!doctype HTML><html>", "web page", "byte 0"),
        ("a\tb\n".encode("utf-16"), "UTF-16", "byte 0"),
        (gzip.compress(gzip.compress(b"a", mtime=0), mtime=0), "twice", "byte 0"),
    ],
)
def test_what_is_no_table(content, words, where):
    with pytest.raises(UnreadableFile, match=words) as caught:
        read(content)
    assert caught.value.where == where
    assert caught.value.mend


def test_gzip_cut_at_every_byte():
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 50, mtime=0)
    for length in range(2, len(whole)):
        with pytest.raises(UnreadableFile, match="gzip"):
            read(whole[:length])


def test_damaged_gzip():
    whole = bytearray(gzip.compress(b"a,b\n" + bytes(range(97, 123)) * 50, mtime=0))
    whole[20] ^= 0xFF
    with pytest.raises(UnreadableFile, match="gzip"):
        read(bytes(whole))


@given(st.binary(max_size=300), st.sampled_from([",", "\t"]))
def test_any_bytes_are_a_table_or_a_clear_error(content, separator):
    try:
        table = read(content, separator)
    except UnreadableFile as error:
        assert error.what  # noqa: PT017  both outcomes are right, a message is needed in this one
    else:
        assert table.frame.height == len(table.lines)
        assert table.frame.width == len(table.header)


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=2, max_size=2
        ),
        max_size=6,
    )
)
def test_what_the_csv_module_writes_is_read_back(rows):
    import csv

    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    table = read(stream.getvalue().encode())
    expected = [tuple(cell if cell.strip() else None for cell in row) for row in rows]
    assert table.frame.rows() == expected
