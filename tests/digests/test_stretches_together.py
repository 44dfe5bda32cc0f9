import os

import pytest

from validator.digests.stretches import Stretch, digest_stretch, file_state
from validator.digests.stretches_together import digest_together


@pytest.fixture
def wanted(tmp_path):
    def make(size: int, offset: int = 0, length: int | None = None, part_size: int | None = None):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.tiff"
        path.write_bytes(os.urandom(size))
        stretch = Stretch(offset, size - offset if length is None else length, part_size)
        return str(path), file_state(str(path)), stretch

    return make


def test_stretches_are_digested_as_one_by_one(kernel, wanted):
    asked = [wanted(100_000 + number) for number in range(20)]
    asked += [wanted(3_000_000, part_size=200_000), wanted(3_000_000, 1_000_000, 2_000_000, 250_000)]
    asked += [wanted(200_007, part_size=200_000)]
    found = digest_together(kernel, asked)
    expected = [digest_stretch(path, state, stretch) for path, state, stretch in asked]
    pairs = list(zip(found, expected, strict=True))
    assert all(one in (None, other) for one, other in pairs)
    assert sum(one is not None for one, _ in pairs) >= 20


def test_what_is_alone_or_wrong_is_left_to_others(kernel, wanted):
    few, large = wanted(1000), wanted(5_000_000)
    assert digest_together(kernel, [few, large]) == [None, None]
    asked = [wanted(1000) for _ in range(16)]
    os.truncate(asked[3][0], 999)
    found = digest_together(kernel, asked)
    assert [number for number, digest in enumerate(found) if digest is None] == [3]
    assert digest_together(kernel, []) == []
