import pytest

from validator.readers.signatures import foreign_format


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>", "error answer of a server"),
        (b"\xef\xbb\xbf\n <HTML>", "web page"),
        (b"\x00" * 20, "zero bytes"),
        (b"BM\x36\x00\x00\x00", "BMP"),
        (b"BMI,age\n23,40\n", ""),
        (b"Metadata_Well,Metadata_Site\n", ""),
        (b"", ""),
    ],
)
def test_formats(head, words):
    found = foreign_format(head)
    assert words in found
    assert bool(found) == bool(words)
