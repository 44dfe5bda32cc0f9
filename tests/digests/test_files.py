import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.digests import files
from validator.digests.files import FileChanged, FileState, digest_data, digest_file, read_range
from validator.digests.parts import digest_bytes, join_parts


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "BR0042 ü.tif"


def write(path, data: bytes) -> FileState:
    path.write_bytes(data)
    status = path.stat()
    return FileState(status.st_size, status.st_mtime_ns)


def pieces_of(data: bytes, part_size: int) -> list[bytes]:
    return [data[start : start + part_size] for start in range(0, max(1, len(data)), part_size)]


@given(st.binary(max_size=500), st.integers(1, 600))
def test_a_file_has_the_digests_of_its_parts(scratch, data, part_size):
    state = write(scratch, data)
    expected = join_parts([digest_bytes(piece) for piece in pieces_of(data, part_size)], part_size)
    assert digest_file(str(scratch), state, part_size) == expected


@given(st.binary(max_size=500))
def test_a_file_sent_with_one_put_has_the_digests_of_its_bytes(scratch, data):
    state = write(scratch, data)
    assert digest_file(str(scratch), state, None) == digest_data(data)


def test_an_empty_file_may_have_been_sent_as_one_empty_part(scratch):
    digest = digest_file(str(scratch), write(scratch, b""), 8)
    assert digest.etag == "59adb24ef3cdbe0297f05b395827453f-1"
    assert digest.size == 0


def test_large_files_are_read_in_pieces(scratch, monkeypatch):
    monkeypatch.setattr(files, "READ_BYTES", 10)
    data = os.urandom(1234)
    expected = join_parts([digest_bytes(piece) for piece in pieces_of(data, 55)], 55)
    assert digest_file(str(scratch), write(scratch, data), 55) == expected


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_range_is_what_lies_there(scratch, data, draw):
    state = write(scratch, data)
    offset = draw.draw(st.integers(0, len(data)))
    length = draw.draw(st.integers(0, len(data) - offset))
    assert read_range(str(scratch), state, offset, length) == data[offset : offset + length]


def test_short_reads_are_continued(scratch, monkeypatch):
    state = write(scratch, bytes(range(100)))
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, length: real(descriptor, min(7, length)))
    assert read_range(str(scratch), state, 10, 50) == bytes(range(10, 60))
    assert digest_file(str(scratch), state, 30).size == 100


def reads_then(monkeypatch, action):
    """Let something happen to the file right after its first bytes were read."""
    real, done = os.read, []

    def read(descriptor, length):
        data = real(descriptor, length)
        if not done:
            done.append(True)
            action()
        return data

    monkeypatch.setattr(os, "read", read)


READERS = {
    "range": lambda path, state: read_range(str(path), state, 0, state.size),
    "whole": lambda path, state: digest_file(str(path), state, None),
    "parts": lambda path, state: digest_file(str(path), state, 16),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_another_state_before_reading_is_refused(scratch, reader):
    state = write(scratch, b"x" * 100)
    for other in (FileState(99, state.mtime_ns), FileState(100, state.mtime_ns + 1)):
        with pytest.raises(FileChanged, match="changed after it was listed"):
            reader(scratch, other)


CHANGES = {
    "grows": lambda path: path.open("ab").write(b"y"),
    "is cut": lambda path: os.truncate(path, 10),
    "other bytes, later time": lambda path: (path.write_bytes(b"z" * 100), os.utime(path, (1, 1))),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_while_reading_is_caught(scratch, monkeypatch, reader, change):
    state = write(scratch, b"x" * 100)
    reads_then(monkeypatch, lambda: change(scratch))
    with pytest.raises(FileChanged):
        reader(scratch, state)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_file_that_is_gone_is_the_systems_error(scratch, reader):
    state = write(scratch, b"x")
    scratch.unlink()
    with pytest.raises(FileNotFoundError):
        reader(scratch, state)


def test_a_file_cut_below_the_range_is_changed_even_with_its_old_time(scratch):
    state = write(scratch, b"x" * 100)
    os.truncate(scratch, 50)
    os.utime(scratch, ns=(state.mtime_ns, state.mtime_ns))
    with pytest.raises(FileChanged):
        read_range(str(scratch), state, 40, 20)
