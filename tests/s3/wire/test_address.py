"""Where objects of a bucket are written."""

from urllib.parse import quote

from hypothesis import example, given
from hypothesis import strategies as st

from validator.s3.wire.address import Address

ADDRESS = Address("https", "store.example", 443, "store.example", "/bucket/", "us-east-1")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.from_regex(r"[!-~]{1,30}"))
@example("cpg0016-jump/source_4/images/2021_04_26_Batch1/BR00117035.sqlite")
@example("a\n")
@example("")
@example("a b+c=d&e~f(1)")
def test_keys_are_encoded_as_s3_signs_them(key):
    assert ADDRESS.target(key) == "/bucket/" + quote(key, safe="/~")
