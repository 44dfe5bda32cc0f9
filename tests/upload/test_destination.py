import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UsageError
from validator.upload.destination import Destination, granted_prefix, parse_destination

KEY = "cpg0099-example/broad/images/2024_03_05_Run1/a.tiff"


@pytest.mark.parametrize(
    ("text", "bucket", "prefix", "shown"),
    [
        ("s3://staging", "staging", "", "s3://staging"),
        ("s3://staging/", "staging", "", "s3://staging"),
        ("s3://staging/cpg0099-example/broad", "staging", "cpg0099-example/broad/", "s3://staging/cpg0099-example/broad"),
        ("s3://staging/cpg0099-example/", "staging", "cpg0099-example/", "s3://staging/cpg0099-example"),
        ("s3://Old_Bucket.name-1", "Old_Bucket.name-1", "", "s3://Old_Bucket.name-1"),
    ],
)  # fmt: skip
def test_destinations(text, bucket, prefix, shown):
    destination = parse_destination(text)
    assert destination == Destination(bucket, prefix)
    assert str(destination) == shown


@pytest.mark.parametrize(
    "text",
    ["", "staging", "/data", "http://staging", "s3:/staging", "s3://", "s3:///a", "s3://a", "s3://-ab", "s3://a b",
     "s3://staging//a", "s3://staging/a//b", "S3://staging", "s3://stag\u00efng", "s3://user@staging"],
)  # fmt: skip
def test_what_is_no_destination(text):
    with pytest.raises(UsageError, match="is not a bucket") as caught:
        parse_destination(text)
    assert caught.value.exit_code == 2
    assert "s3://bucket" in caught.value.mend


@given(st.text(max_size=40))
def test_any_text_is_a_destination_or_refused(text):
    try:
        destination = parse_destination(text)
    except UsageError:
        return
    assert parse_destination(str(destination)) == destination


@pytest.mark.parametrize(
    "prefix", ["", "cpg0099-example/", "cpg0099-example/broad/", "cpg0099-example/broad/images/"]
)
def test_keys_below_the_destination_are_fine(prefix):
    Destination("staging", prefix).check([KEY, KEY + "2"])


@pytest.mark.parametrize(
    "prefix", ["broad/", "cpg0099-example/bro/", "cpg0099-example/broad/workspace/", "data/"]
)
def test_a_destination_never_moves_keys(prefix):
    with pytest.raises(UsageError) as caught:
        Destination("staging", prefix).check(iter([KEY]))
    assert KEY in caught.value.what
    assert "s3://staging/cpg0099-example/broad" in caught.value.mend


@pytest.mark.parametrize(
    ("prefix", "names", "granted"),
    [
        ("", ["cpg0099-example/broad"], "cpg0099-example/broad/"),
        ("", ["cpg0099-example/broad", "cpg0099-example/source_4"], "cpg0099-example/"),
        ("", ["cpg0099-example/broad", "cpg0099-example/broad"], "cpg0099-example/broad/"),
        ("cpg0099-example/broad/workspace/", ["cpg0099-example/broad"], "cpg0099-example/broad/workspace/"),
        ("cpg0099-example/", ["cpg0099-example/broad"], "cpg0099-example/"),
    ],
)
def test_where_the_receipt_may_lie(prefix, names, granted):
    assert granted_prefix(Destination("staging", prefix), names) == granted
