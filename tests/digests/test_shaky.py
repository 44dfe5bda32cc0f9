import errno
import os

import pytest

from validator.digests import files, shaky
from validator.digests.files import FileState, digest_file, read_range


@pytest.fixture
def pauses(monkeypatch):
    slept = []
    monkeypatch.setattr(shaky.time, "sleep", slept.append)
    return slept


@pytest.fixture
def shaky_disk(monkeypatch):
    """The next reads fail with these numbers, one after the other."""
    failures: list[int] = []
    real = os.read

    def read(descriptor, length):
        if failures:
            number = failures.pop(0)
            raise OSError(number, os.strerror(number))
        return real(descriptor, length)

    monkeypatch.setattr(files.os, "read", read)
    return failures


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    status = path.stat()
    return str(path), FileState(status.st_size, status.st_mtime_ns)


def test_a_disk_that_fails_for_a_moment_is_asked_again(file, shaky_disk, pauses):
    shaky_disk += [errno.ESTALE, errno.EIO, errno.ESTALE]
    assert read_range(*file, 2, 3) == b"234"
    assert pauses == list(shaky.PAUSES)
    shaky_disk.append(errno.EIO)
    assert digest_file(*file, None).etag == "781e5e245d69b566979b86e28d23f2c7"


def test_one_that_goes_on_failing_is_told(file, shaky_disk, pauses):
    shaky_disk += [errno.EIO] * 4
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        read_range(*file, 0, 1)
    assert len(pauses) == 3


def test_other_failures_are_told_at_once(file, shaky_disk, pauses):
    shaky_disk.append(errno.EACCES)
    with pytest.raises(PermissionError):
        read_range(*file, 0, 1)
    assert pauses == []
