"""JSON documents with the lines of their values."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UnreadableFile
from validator.readers.json_places import escape_pointer
from validator.readers.json_text import parse_json, read_json

TEXT = """{
  "a": [1,
        {"b/c": "x, \\"{}\\"",

         "d": null}],
  "e": {}
}"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/a", 2),
        ("/a/0", 2),
        ("/a/1", 3),
        ("/a/1/b~1c", 3),
        ("/a/1/d", 5),
        ("/e", 6),
        ("/e/f/g", 6),
        ("/z", 1),
    ],
)
def test_lines(pointer, line):
    assert parse_json(TEXT).line(pointer) == line


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_every_value_has_its_line(value):
    document = parse_json(json.dumps(value, indent=1))
    lines = document.text.splitlines()

    def judge(pointer, item):
        name = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        line = lines[document.line(pointer) - 1].strip()
        assert line.startswith(json.dumps(name) + ":") or not pointer or pointer.rpartition("/")[2].isdigit()
        if isinstance(item, dict):
            for key, inner in item.items():
                judge(f"{pointer}/{escape_pointer(key)}", inner)
        elif isinstance(item, list):
            for index, inner in enumerate(item):
                judge(f"{pointer}/{index}", inner)

    assert document.value == value
    judge("", value)


@pytest.mark.parametrize(
    ("content", "words", "where"),
    [
        (b"", "empty", ""),
        (b'{"a": 1,\n}', "not JSON: line 1, character 8 is a comma before a closing bracket", "line 1"),
        (b'{"a":\n [1,\n 2 ,\n\n ]}', "not JSON: line 3, character 4 is a comma", "line 3"),
        (b'{"a": 1,\n "b" 2}', "not JSON: line 2, character 6 does not fit", "line 2"),
        (b'{"a": 1', "not JSON: line 1, character 8 does not fit", "line 1"),
        (b'{"a": 1,\n "b": {"a": 2},\n "a": 3}', "twice", "line 3"),
        (b'{"a": NaN}', "does not have", "line 1"),
        (b"[" * 100_000, "without end", ""),
        (b'{"a": ' + b"1" * 5000 + b"}", "does not have", "line 1"),
        (b'{"a": "\xff"}', "not UTF-8", "line 1"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image", ""),
    ],
)
def test_what_cannot_be_read(content, words, where):
    with pytest.raises(UnreadableFile) as caught:
        read_json(io.BytesIO(content))
    assert words in caught.value.what
    assert caught.value.where == where


def test_a_byte_order_mark_is_no_part_of_it():
    assert read_json(io.BytesIO(b"\xef\xbb\xbf{}")).value == {}
