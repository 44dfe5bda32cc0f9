"""Numbers, lists and characters as people write them."""

import pytest

from validator.checks.wording import below_source, counted, listed, named_characters


def test_counted():
    assert [counted(number, "file") for number in (0, 1, 2, 11_904)] == [
        "0 files",
        "1 file",
        "2 files",
        "11,904 files",
    ]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a or b"),
        (["a", "b", "c"], "a, b or c"),
        (list("abcdefghijk"), "a, b, c, d, e, f, g, h, … (3 others)"),
    ],
)
def test_listed(names, text):
    assert listed(names) == text


@pytest.mark.parametrize(
    ("key", "text"),
    [("p/s/images/b/", "images/b/"), ("p/s/", "p/s/"), ("p/", "p/"), ("", ""), ("p/s/a.txt", "a.txt")],
)
def test_below_source(key, text):
    assert below_source(key) == text


def test_characters_can_be_seen():
    assert named_characters(" ,(µ") == "space, comma, (, µ (micro sign)"
    assert named_characters("\x07\u202e") == "character u+0007, right-to-left override"
