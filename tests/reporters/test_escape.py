import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.reporters.escape import shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BR00117035", "BR00117035"),
        ("Größe µm 株.tif", "Größe µm 株.tif"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("title\x1b]0;owned\x07", "title\\x1b]0;owned\\x07"),
        ("c1 \x9b31m", "c1 \\x9b31m"),
        ("two\nlines\r\ttab", "two\\x0alines\\x0d\\x09tab"),
        ("evil\u202etxt.exe", "evil\\u202etxt.exe"),
        ("isolate\u2066x\u2069", "isolate\\u2066x\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028sep\u2029", "line\\u2028sep\\u2029"),
        ("not utf8 \udcff\udc80", "not utf8 \\xff\\x80"),
        ("lone \ud800", "lone \\ud800"),
        ("nbsp\u00a0name", "nbsp\\xa0name"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("", ""),
    ],
)
def test_what_does_not_stand_for_itself_is_shown_by_its_number(name, expected):
    assert shown(name) == expected


@given(st.text(st.characters()))
def test_nothing_unseen_is_left(text):
    result = shown(text)
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in result)
    result.encode()


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"])))
def test_ordinary_text_is_left_alone(text):
    assert shown(text) == text


def test_what_is_longer_than_any_name_is_cut():
    assert shown("x" * 4096) == "x" * 4096
    assert shown("\x1b" * 1_000_000) == "\\x1b" * 4096 + "… (1,000,000 characters)"
