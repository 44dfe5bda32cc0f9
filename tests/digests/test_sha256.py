import base64
import doctest
import hashlib

import pytest

from validator.digests import sha256
from validator.digests.files import FileChanged, FileState, digest_file
from validator.digests.sha256 import QUILT_CHUNK, digest_whole


def state(path):
    return FileState(path.stat().st_size, path.stat().st_mtime_ns)


def by_hand(data: bytes, chunk: int) -> str:
    digests = [hashlib.sha256(data[start : start + chunk]).digest() for start in range(0, len(data), chunk)]
    return base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()


@pytest.mark.parametrize("size", [0, 1, QUILT_CHUNK - 1, QUILT_CHUNK, QUILT_CHUNK + 1, 2 * QUILT_CHUNK])
def test_a_file(tmp_path, size):
    path = tmp_path / "file"
    data = bytes(range(251)) * (size // 251) + b"x" * (size % 251)
    path.write_bytes(data)
    digest = digest_whole(str(path), state(path))
    assert digest.sha256 == hashlib.sha256(data).hexdigest()
    assert digest.sha2_256_chunked == by_hand(data, QUILT_CHUNK)
    assert digest.crc64nvme == digest_file(str(path), state(path), None).crc64nvme


def test_chunks_are_doubled_while_there_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(sha256, "QUILT_CHUNK", 4)
    monkeypatch.setattr(sha256, "QUILT_CHUNKS", 3)
    path = tmp_path / "file"
    path.write_bytes(b"0123456789abc")
    assert digest_whole(str(path), state(path)).sha2_256_chunked == by_hand(b"0123456789abc", 8)


def test_a_file_that_changed_is_not_digested(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"before")
    before = state(path)
    path.write_bytes(b"afterwards")
    with pytest.raises(FileChanged):
        digest_whole(str(path), before)


def test_examples():
    assert doctest.testmod(sha256).failed == 0
