import json

from hypothesis import given
from hypothesis import strategies as st

from validator.models.finding import Finding, Level
from validator.reporters.records import record_line


def finding(**facts):
    return Finding(
        **{"rule": "CPG101", "slug": "x", "level": Level.ERROR, "key": "k", "message": "m", **facts}
    )


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_record_is_one_line_of_ascii_that_says_the_same(text):
    line = record_line(finding(key=text, message=text, examples=[text]))
    assert line.isascii()
    assert line.count("\n") == 1
    assert Finding.model_validate_json(line) == finding(key=text, message=text, examples=[text])


def test_bytes_that_are_no_text_come_out_as_their_number():
    line = record_line(finding(key="a\udcffb", examples=["\ud800"]))
    assert json.loads(line)["key"] == "a\\udcffb"
    assert Finding.model_validate_json(line).examples == ["\\ud800"]


def test_what_says_nothing_is_left_out():
    assert set(json.loads(record_line(finding()))) == {
        "record",
        "rule",
        "slug",
        "level",
        "key",
        "message",
        "count",
        "examples",
    }
