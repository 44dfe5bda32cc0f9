import base64
import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.digests.parts import (
    digest_bytes,
    encode_crc64nvme,
    join_parts,
    multipart_etag,
    parts_of_etag,
)

EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
POLYNOMIAL = 0x9A6C9329AC4BC9B5  # CRC-64/NVME, reflected (NVM Express specification, "64b Guard")


def crc64nvme_by_the_book(data: bytes) -> int:
    register = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (POLYNOMIAL if register & 1 else 0)
    return register ^ 0xFFFFFFFFFFFFFFFF


def test_known_answers():
    part = digest_bytes(b"123456789")
    assert part.md5 == "25f9e794323b453885f5181f1b624d0b"
    assert part.crc64nvme == 0xAE8B14860A799888  # the catalogue's check value
    assert part.size == 9
    assert digest_bytes(b"").md5 == EMPTY_MD5
    assert digest_bytes(b"").crc64nvme == 0


@given(st.binary(max_size=300))
def test_crc64nvme_is_the_one_of_the_specification(data):
    assert digest_bytes(data).crc64nvme == crc64nvme_by_the_book(data)


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=8))
def test_parts_join_to_the_whole_for_any_split(data, cuts):
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in pairwise(places)] or [b""]
    joined = join_parts([digest_bytes(piece) for piece in pieces], 7)
    assert joined.size == len(data)
    assert joined.crc64nvme == encode_crc64nvme(digest_bytes(data).crc64nvme)
    assert joined.parts == len(pieces)


@given(st.binary(min_size=1, max_size=100), st.binary(min_size=1, max_size=100))
def test_empty_pieces_change_nothing_but_the_etag(first, second):
    plain = join_parts([digest_bytes(first), digest_bytes(second)], 5)
    with_empty = join_parts([digest_bytes(piece) for piece in (first, b"", second)], 5)
    assert plain.crc64nvme == with_empty.crc64nvme
    assert plain.etag.endswith("-2")
    assert with_empty.etag.endswith("-3")


def test_a_single_put_has_the_plain_md5():
    digest = join_parts([digest_bytes(b"abc")], None)
    assert digest.etag == "900150983cd24fb0d6963f7d28e17f72"
    assert (digest.part_size, digest.parts) == (None, 1)


def test_multipart_etags_of_the_documentation_and_by_hand():
    # md5 of the sixteen bytes of the empty MD5
    assert multipart_etag([EMPTY_MD5]) == "59adb24ef3cdbe0297f05b395827453f-1"
    parts = [b"a" * 5, b"b" * 5, b"c"]
    by_hand = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest() + "-3"
    assert multipart_etag(hashlib.md5(part).hexdigest() for part in parts) == by_hand


def test_multipart_etags_are_those_of_a_server(store):
    key, size = "cpg0099-example/broad/images/a", 5 * 1024 * 1024
    pieces = [b"a" * size, b"b" * 10]
    upload = store.client.create_multipart_upload(Bucket=store.bucket, Key=key)["UploadId"]
    parts = []
    for number, piece in enumerate(pieces, start=1):
        answer = store.client.upload_part(
            Bucket=store.bucket, Key=key, UploadId=upload, PartNumber=number, Body=piece
        )
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    answer = store.client.complete_multipart_upload(
        Bucket=store.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
    )
    ours = join_parts([digest_bytes(piece) for piece in pieces], size)
    assert answer["ETag"] == f'"{ours.etag}"'


@pytest.mark.parametrize(
    ("etag", "parts"),
    [
        (EMPTY_MD5, 0),
        (f'"{EMPTY_MD5}"', 0),
        (EMPTY_MD5.upper(), 0),
        (f"{EMPTY_MD5}-1", 1),
        (f"{EMPTY_MD5}-10000", 10_000),
        (f"{EMPTY_MD5}-0", None),
        (f"{EMPTY_MD5}-", None),
        (f"{EMPTY_MD5}-x", None),
        (EMPTY_MD5[:-1], None),
        ("", None),
        ("d41d8cd98f00b204e9800998ecf8427g", None),
    ],
)
def test_what_an_etag_speaks_of(etag, parts):
    assert parts_of_etag(etag) == parts


@given(st.integers(0, 2**64 - 1))
def test_the_checksum_is_written_as_s3_writes_it(value):
    text = encode_crc64nvme(value)
    assert len(text) == 12
    assert int.from_bytes(base64.b64decode(text), "big") == value


def test_sha256s_are_written_as_s3_writes_them():
    """Of one run of bytes its own; of parts that of the joined ones (Amazon S3 user guide, composite checksums)."""
    pieces = [b"cells", b"", b"nuclei"]
    parts = [digest_bytes(piece, sha256=True) for piece in pieces]
    own = [base64.b64encode(hashlib.sha256(piece).digest()).decode() for piece in pieces]
    assert [part.sha256 for part in parts] == own
    assert join_parts(parts[:1], None).sha256 == own[0]
    joined = hashlib.sha256(b"".join(hashlib.sha256(piece).digest() for piece in pieces)).digest()
    assert join_parts(parts, 8).sha256 == f"{base64.b64encode(joined).decode()}-3"
    assert join_parts([*parts[:2], digest_bytes(b"nuclei")], 8).sha256 == "", "one is not known"
    assert digest_bytes(b"cells").sha256 == ""
