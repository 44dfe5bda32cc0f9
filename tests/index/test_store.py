"""What the disk of the index refuses is said in words, with what to do."""

import errno

import pytest

from validator.errors import CpgateError
from validator.index.store import writing


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), OSError("No space left on device")]
)
def test_a_full_disk(tmp_path, error):
    with (
        pytest.raises(CpgateError, match=r"cannot be written to .*: No space left on device") as found,
        writing(tmp_path),
    ):
        raise error
    assert "TMPDIR" in found.value.mend
