"""What the data path signs is what botocore would sign."""

import time

import pytest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from validator.s3.wire import signing
from validator.s3.wire.address import Address, Template
from validator.s3.wire.signing import Signer

ADDRESS = Address("https", "store.example", 9000, "store.example:9000", "/bucket/", "eu-west-1")
TEMPLATE = Template(
    ADDRESS, {"User-Agent": "cpgate/1 100%", "Content-Type": "image/tiff", "x-amz-meta-lab": "a  b"}
)
OTHER = Template(ADDRESS, {"Content-Type": "text/csv"})
LONG_TERM = ReadOnlyCredentials("KEY", "secret", None)
OF_A_GRANT = ReadOnlyCredentials("OTHER", "other secret", "a+token/100%=")
HEADERS = {"Content-MD5": "xyz==", "x-amz-checksum-crc64nvme": "rosUhgp5mIg=", "If-None-Match": "*"}


class Client:
    """Has keys, as `current_credentials` finds them."""

    def __init__(self):
        self.keys = LONG_TERM
        self._request_signer = self
        self._credentials = self

    def get_frozen_credentials(self):
        return self.keys


@pytest.fixture
def client():
    return Client()


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


def expected(client, template, target, length, headers, more=()):
    signed = signing.signed_by_botocore(client.keys, template, target, headers)
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
            st.sampled_from([TEMPLATE, OTHER]),
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
        client, signer = Client(), Signer()
        for template, key, part, headers, client.keys, seconds in requests:
            clock[0] += seconds
            target = template.address.target(key) + (f"?partNumber={part}&uploadId=a%2Bb~" if part else "")
            head = signer.head(client, template, target, 5, headers, more={})
            assert head == expected(client, template, target, 5, headers)


def test_botocore_signs_one_of_a_form(client, monkeypatch, clock):
    signed, signer = of_botocore(monkeypatch), Signer()
    for number in range(5):
        signer.head(client, TEMPLATE, f"/bucket/{number}", 5, HEADERS | {"Content-MD5": f"{number}"}, more={})
    assert len(signed) == 1
    signer.head(client, OTHER, "/bucket/a", 5, HEADERS, more={})
    assert len(signed) == 2
    client.keys = OF_A_GRANT
    signer.head(client, TEMPLATE, "/bucket/a", 5, HEADERS, more={})
    assert len(signed) == 3
    clock[0] += 86_400
    signer.head(client, TEMPLATE, "/bucket/a", 5, HEADERS, more={})
    assert len(signed) == 4


def test_botocore_signs_all_where_it_signs_otherwise(client, monkeypatch):
    monkeypatch.setattr(
        "botocore.auth.S3SigV4Auth.signature", lambda _self, text, _request: f"other{len(text)}"
    )
    signed, signer = of_botocore(monkeypatch), Signer()
    for number in range(3):
        head = signer.head(client, TEMPLATE, f"/bucket/{number}", 5, HEADERS, more={})
        assert b"Signature=other" in head
    assert len(signed) == 3


def test_a_proxy_is_told_the_whole_address_and_nothing_of_it_is_signed(client):
    signer = Signer()
    for _ in range(2):
        head = signer.head(
            client, TEMPLATE, "/bucket/a", 5, HEADERS, whole_url=True, more={"Proxy-Authorization": "Basic x"}
        )
        assert head.startswith(b"PUT https://store.example:9000/bucket/a HTTP/1.1\r\n")
        rest = head.partition(b"\r\n")[2]
        whole = expected(client, TEMPLATE, "/bucket/a", 5, HEADERS, [("Proxy-Authorization", "Basic x")])
        assert rest == whole.partition(b"\r\n")[2]
