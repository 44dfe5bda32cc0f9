import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.digests import stretches
from validator.digests.files import FileChanged, FileState, digest_file
from validator.digests.stretches import (
    BUFFER_BYTES,
    Stretch,
    cut_file,
    digest_stretch,
    file_state,
    join_stretches,
)


@given(st.integers(0, 10**12), st.none() | st.integers(1, 5 * 2**30))
def test_stretches_cover_the_file_in_whole_parts(size, part_size):
    if part_size is not None and size // part_size > 10_000:
        part_size = size // 10_000 + 1
    end = 0
    for stretch in cut_file(size, part_size):
        assert stretch.offset == end
        assert part_size is None or stretch.offset % part_size == 0
        end += stretch.length
    assert end == size


@pytest.mark.parametrize("size", [0, 1, 5, BUFFER_BYTES, 3 * BUFFER_BYTES + 1])
@pytest.mark.parametrize("part_size", [None, 5, BUFFER_BYTES, BUFFER_BYTES + 1, 10**9])
def test_the_same_as_in_one_reading(tmp_path, monkeypatch, size, part_size):
    if part_size == 5 and size > 100:
        part_size = 7 * 1024
    monkeypatch.setattr(stretches, "STRETCH_BYTES", BUFFER_BYTES)
    path = tmp_path / "file"
    path.write_bytes(data := os.urandom(size))
    state = file_state(str(path))
    digests = [digest_stretch(str(path), state, stretch) for stretch in cut_file(size, part_size)]
    assert join_stretches(digests, part_size) == digest_file(str(path), state, part_size)
    whole = digest_stretch(str(path), state, Stretch(0, size, part_size), {"md5", "sha256"})
    assert whole.hashes == {"md5": hashlib.md5(data).digest(), "sha256": hashlib.sha256(data).digest()}


def test_a_file_that_changes_is_caught(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    state = file_state(str(path))
    with pytest.raises(FileChanged):
        digest_stretch(str(path), FileState(5, state.mtime_ns + 1), Stretch(0, 5, None))
    with pytest.raises(FileChanged):
        digest_stretch(str(path), state, Stretch(0, 6, None))
