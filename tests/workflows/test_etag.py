import hashlib

import pytest

from validator.errors import UsageError
from validator.s3.limits import MIB
from validator.workflows.etag import file_etags, match_etag


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(256)) * (17 * 4096) + b"end")  # 17 MiB and 3 bytes
    return path


def etag(path, part_size):
    data, parts = path.read_bytes(), []
    for start in range(0, len(data), part_size):
        parts.append(hashlib.md5(data[start : start + part_size]).digest())
    return f"{hashlib.md5(b''.join(parts)).hexdigest()}-{len(parts)}"


def test_etags_as_the_uploader_sends(large, tmp_path):
    small = tmp_path / "small"
    small.write_bytes(b"x")
    first, second = file_etags([large, small])
    assert (first.etag, first.part_size, first.parts) == (etag(large, 8 * MIB), 8 * MIB, 3)
    assert (second.etag, second.part_size, second.parts) == (hashlib.md5(b"x").hexdigest(), None, 1)
    [five] = file_etags([large], 5 * MIB)
    assert five.etag == etag(large, 5 * MIB)
    assert five.crc64nvme == first.crc64nvme


@pytest.mark.parametrize(
    ("part_size", "sender"),
    [
        (8 * MIB, "aws s3, boto3"),
        (5 * MIB, "rclone"),
        (15 * MIB, "s3cmd"),
        (17_179_870, "the S3 console"),
        (9 * MIB, None),
        (12_000_000, None),
    ],
)
def test_part_sizes_are_found(large, part_size, sender):
    match = match_etag(large, f'"{etag(large, part_size).upper()}"')
    assert match.fits
    assert match.fit.part_size == part_size
    assert sender in match.fit.senders if sender else match.fit.senders == ()


def test_one_part_and_none(large):
    assert match_etag(large, etag(large, 20 * MIB)).fit.part_size == large.stat().st_size
    single = match_etag(large, hashlib.md5(large.read_bytes()).hexdigest())
    assert (single.fits, single.fit, single.tried) == (True, None, ())


def test_what_does_not_fit(large):
    assert not match_etag(large, "0" * 32).fits
    assert len(match_etag(large, "0" * 32 + "-3").tried) > 1
    assert match_etag(large, "0" * 32 + "-3", 8 * MIB).tried == (8 * MIB,)
    assert match_etag(large, "0" * 32 + "-900").tried == ()
    odd = 6_543_210
    assert not match_etag(large, etag(large, odd)).fits
    assert match_etag(large, etag(large, odd), odd).fits


def test_what_cannot_be_asked(large, tmp_path):
    with pytest.raises(UsageError, match="not an ETag that can be recomputed"):
        match_etag(large, "encrypted-0")
    with pytest.raises(UsageError, match="cannot be read"):
        list(file_etags([tmp_path / "none"]))
    with pytest.raises(UsageError, match="folder"):
        list(file_etags([tmp_path]))
