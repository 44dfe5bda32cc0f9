import io

import pytest

from validator.errors import UnreadableFile
from validator.readers import text
from validator.readers.text import decode, read_content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("5 µM".encode(), ("5 µM", "UTF-8", 0)),
        (b"\xef\xbb\xbfa", ("a", "UTF-8 with BOM", 0)),
        (b"a\r\nb\n5 \xb5M", ("a\r\nb\n5 µM", "Windows-1252", 3)),
        (b"a\rb \x93x\x94", ("a\rb “x”", "Windows-1252", 2)),
        (b"\x81\xb5", ("\x81µ", "Latin-1", 1)),
    ],
)
def test_encodings(content, expected):
    assert decode(content) == expected


def test_a_text_is_never_read_beyond_its_limit(monkeypatch):
    monkeypatch.setattr(text, "LARGEST_TEXT", 10)
    assert read_content(io.BytesIO(b"0123456789")) == (b"0123456789", False)
    with pytest.raises(UnreadableFile, match="longer than"):
        read_content(io.BytesIO(b"0123456789a"))


def test_a_gzip_bomb_is_not_unpacked_beyond_the_limit(monkeypatch):
    import gzip

    monkeypatch.setattr(text, "LARGEST_TEXT", 1000)
    with pytest.raises(UnreadableFile, match="longer than"):
        read_content(io.BytesIO(gzip.compress(b"0" * 1_000_000)))
