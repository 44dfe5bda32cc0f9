"""What the disk of the index refuses is said in words, with what to do."""

import errno
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from validator.errors import CpgateError
from validator.index.store import Store, writing


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


def test_threads_that_begin_together_write_into_one_folder(tmp_path, monkeypatch):
    made = []

    def slowly(prefix):
        time.sleep(0.05)
        made.append(tmp_path / f"{prefix}{len(made)}")
        made[-1].mkdir()
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", slowly)
    store = Store()
    with ThreadPoolExecutor(4) as pool:
        homes = list(pool.map(lambda _: store.home, range(4)))
    assert set(homes) == set(made)
    assert len(made) == 1
