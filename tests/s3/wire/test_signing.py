"""What the data path signs is what botocore would sign."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.s3.wire import signing
from validator.s3.wire.address import Address, Template
from validator.s3.wire.forms import Keys
from validator.s3.wire.signing import signed_head

ADDRESS = Address("https", "store.example", 9000, "store.example:9000", "/bucket/", "eu-west-1")
TEMPLATE = Template(
    ADDRESS, {"User-Agent": "cpgate/1 100%", "Content-Type": "image/tiff", "x-amz-meta-lab": "a  b"}
)
OTHER = Template(ADDRESS, {"Content-Type": "text/csv"})
LONG_TERM = Keys("KEY", "secret", None)
OF_A_GRANT = Keys("OTHER", "other secret", "a+token/100%=")
HEADERS = {"Content-MD5": "xyz==", "x-amz-checksum-crc64nvme": "rosUhgp5mIg=", "If-None-Match": "*"}


@pytest.fixture
def template():
    return Template(ADDRESS, TEMPLATE.headers)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The seconds since 1970 that it is, here and for botocore."""
    return stop_the_clock(monkeypatch)


def stop_the_clock(monkeypatch):
    from datetime import UTC, datetime

    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(
        "botocore.auth.get_current_datetime",
        lambda: datetime.fromtimestamp(now[0], UTC).replace(tzinfo=None),
    )
    return now


def expected(keys, template, target, length, headers, more=()):
    signed = signing.signed_by_botocore(keys, template, target, headers)
    lines = [f"{name}: {value}" for name, value in [*signed.items(), *more, ("Content-Length", length)]]
    return "\r\n".join([f"PUT {target} HTTP/1.1", *lines, "\r\n"]).encode()


def of_botocore(monkeypatch):
    """Counts what botocore signs."""
    signed, real = [], signing.signed_by_botocore
    monkeypatch.setattr(signing, "signed_by_botocore", lambda *values: signed.append(values) or real(*values))
    return signed


KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
VALUES = st.text("ABCxyz0189+/=%*", min_size=1, max_size=30)


@given(
    requests=st.lists(
        st.tuples(
            st.integers(0, 1),
            KEYS,
            st.none() | st.integers(1, 10_000),
            st.dictionaries(st.sampled_from([*HEADERS, "If-Match"]), VALUES | st.just("a  b"), min_size=1),
            st.sampled_from([LONG_TERM, OF_A_GRANT]),
            st.sampled_from([0, 1, 86_400]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_head_is_as_botocore_would_make_it(requests):
    with pytest.MonkeyPatch.context() as monkeypatch:
        clock = stop_the_clock(monkeypatch)
        templates = [Template(one.address, one.headers) for one in (TEMPLATE, OTHER)]
        for number, key, part, headers, keys, seconds in requests:
            template = templates[number]
            clock[0] += seconds
            target = template.address.target(key) + (f"?partNumber={part}&uploadId=a%2Bb~" if part else "")
            head = signed_head(keys, template, target, 5, headers, more={})
            assert head == expected(keys, template, target, 5, headers)


def test_botocore_signs_one_of_a_form(template, monkeypatch, clock):
    signed = of_botocore(monkeypatch)
    for number in range(5):
        signed_head(
            LONG_TERM, template, f"/bucket/{number}", 5, HEADERS | {"Content-MD5": f"{number}"}, more={}
        )
    assert len(signed) == 1
    signed_head(LONG_TERM, template, "/bucket/a", 5, {"Content-MD5": "x"}, more={})
    assert len(signed) == 2
    signed_head(OF_A_GRANT, template, "/bucket/a", 5, HEADERS, more={})
    assert len(signed) == 3
    clock[0] += 86_400
    signed_head(OF_A_GRANT, template, "/bucket/a", 5, HEADERS, more={})
    assert len(signed) == 4


def test_botocore_signs_all_where_it_signs_otherwise(template, monkeypatch):
    monkeypatch.setattr(
        "botocore.auth.S3SigV4Auth.signature", lambda _self, text, _request: f"other{len(text)}"
    )
    signed = of_botocore(monkeypatch)
    for number in range(3):
        head = signed_head(LONG_TERM, template, f"/bucket/{number}", 5, HEADERS, more={})
        assert b"Signature=other" in head
    assert len(signed) == 3


def test_a_proxy_is_told_the_whole_address_and_nothing_of_it_is_signed(template):
    for_proxy = {"Proxy-Authorization": "Basic x"}
    for _ in range(2):
        head = signed_head(LONG_TERM, template, "/bucket/a", 5, HEADERS, whole_url=True, more=for_proxy)
        assert head.startswith(b"PUT https://store.example:9000/bucket/a HTTP/1.1\r\n")
        whole = expected(LONG_TERM, template, "/bucket/a", 5, HEADERS, for_proxy.items())
        assert head.partition(b"\r\n")[2] == whole.partition(b"\r\n")[2]
