import os
from pathlib import Path

import pytest

from validator.digests import ranges
from validator.digests.files import FileState, digest_range
from validator.digests.ranges import PIECE, Range, digest_ranges


@pytest.fixture
def file(tmp_path):
    def make(size: int) -> Range:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.tiff"
        path.write_bytes(os.urandom(size))
        return Range(str(path), FileState(size, path.stat().st_mtime_ns), 0, size)

    return make


def one_by_one(runs):
    return [digest_range(run.path, run.state, run.offset, run.length) for run in runs]


def test_digests_are_those_of_one_run_after_the_other(kernel, file):
    runs = [file(size) for size in (0, 1, 64, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 77, 5 * PIECE)]
    assert digest_ranges(kernel, runs) == one_by_one(runs)


def test_parts_of_one_file(kernel, file):
    whole, part = file(10 * PIECE + 5), 2 * PIECE + 64
    starts = range(0, whole.length, part)
    runs = [Range(whole.path, whole.state, start, min(part, whole.length - start)) for start in starts]
    assert digest_ranges(kernel, runs) == one_by_one(runs)


def test_what_cannot_be_read_is_left_to_others(kernel, file, tmp_path):
    good, gone, changed, cut = file(PIECE), file(PIECE), file(PIECE), file(2 * PIECE)
    Path(gone.path).unlink()
    os.utime(changed.path, ns=(1, 1))
    cut.length = 3 * PIECE  # it ends before
    folder = Range(str(tmp_path), FileState(1, 1), 0, 1)
    found = digest_ranges(kernel, [gone, good, changed, cut, folder])
    assert found == [None, one_by_one([good])[0], None, None, None]


def test_a_file_that_changes_while_it_is_read(kernel, file, monkeypatch):
    run, other = file(2 * PIECE), file(2 * PIECE)
    real = os.preadv

    def preadv(descriptor, buffers, offset):
        if os.fstat(descriptor).st_ino == Path(run.path).stat().st_ino and offset:
            os.utime(run.path, ns=(5, 5))
        return real(descriptor, buffers, offset)

    monkeypatch.setattr(ranges.os, "preadv", preadv)
    assert digest_ranges(kernel, [run, other]) == [None, one_by_one([other])[0]]


def test_a_disk_that_fails(kernel, file, monkeypatch):
    run = file(2 * PIECE)

    def preadv(*_):
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(ranges.os, "preadv", preadv)
    assert digest_ranges(kernel, [run]) == [None]


def test_where_the_system_cannot_read_at_a_place(kernel, file, monkeypatch):
    monkeypatch.delattr(ranges.os, "preadv", raising=False)
    runs = [file(2 * PIECE + 5), file(PIECE)]
    assert digest_ranges(kernel, runs) == one_by_one(runs)


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this system does not take advice on files")
def test_every_run_is_announced_as_a_whole(kernel, file, monkeypatch):
    announced = []

    def advise(_, offset, length, advice):
        announced.append((offset, length, advice))
        raise OSError(22, "Invalid argument")  # a pipe, or a file system that knows no such thing

    monkeypatch.setattr(ranges.os, "posix_fadvise", advise)
    runs = [file(3 * PIECE), file(2 * PIECE)]
    assert digest_ranges(kernel, runs) == one_by_one(runs)
    assert announced == [(0, size * PIECE, os.POSIX_FADV_WILLNEED) for size in (3, 2)]


def test_systems_that_cannot_read_at_a_place_seek_first(tmp_path, monkeypatch):
    path = tmp_path / "a.tiff"
    path.write_bytes(b"0123456789")
    buffer = bytearray(4)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        assert ranges._read_into(descriptor, memoryview(buffer), 3) == 4
        monkeypatch.delattr(os, "preadv", raising=False)
        again = bytearray(4)
        assert ranges._read_into(descriptor, memoryview(again), 3) == 4
        assert ranges._read_into(descriptor, memoryview(bytearray(4)), 10) == 0
    finally:
        os.close(descriptor)
    assert bytes(buffer) == bytes(again) == b"3456"
