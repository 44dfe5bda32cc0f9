import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.manifests.addresses import ObjectAddress, parse_address

KEY = "cpg0016-jump/source_4/workspace/profiles/a.parquet"


@pytest.mark.parametrize(
    "host",
    [
        "cellpainting-gallery.s3.amazonaws.com/",
        "cellpainting-gallery.s3.us-east-1.amazonaws.com/",
        "cellpainting-gallery.s3-us-west-2.amazonaws.com/",
        "cellpainting-gallery.s3.dualstack.us-east-1.amazonaws.com/",
        "s3.amazonaws.com/cellpainting-gallery/",
        "s3.us-gov-west-1.amazonaws.com/cellpainting-gallery/",
    ],
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_https_addresses(scheme, host):
    assert parse_address(f"{scheme}://{host}{KEY}") == ObjectAddress("cellpainting-gallery", KEY)


def test_versions_and_escapes():
    url = "https://a.bucket.s3.amazonaws.com/a%20b/%C3%A9+c.parquet?versionId=abc"
    assert parse_address(url) == ObjectAddress("a.bucket", "a b/é+c.parquet", "abc")
    assert parse_address("s3://bucket/a#b%20?versionId=x") == ObjectAddress("bucket", "a#b%20", "x")
    assert parse_address("s3://bucket/a?b") == ObjectAddress("bucket", "a?b")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3://bucket",
        "s3://bucket/",
        "https://cellpainting-gallery.s3.amazonaws.com/",
        "https://example.org/a.parquet",
        "https://s3.amazonaws.com.example.org/bucket/a",
        "https://bucket.s3.amazonaws.com.evil.org/a",
        "ftp://bucket.s3.amazonaws.com/a",
        "https://[bucket/a",
        "a.parquet",
    ],
)
def test_what_is_no_address(url):
    assert parse_address(url) is None


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text):
    for url in (text, f"https://b.s3.amazonaws.com/{text}", f"s3://{text}"):
        found = parse_address(url)
        assert found is None or (found.bucket and found.key)
