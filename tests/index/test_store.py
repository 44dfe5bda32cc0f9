"""What the disk of the index refuses is said in words, with what to do."""

import errno
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from validator.errors import CpgateError
from validator.index import store as stores
from validator.index.store import Store, Tables, writing


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


def test_few_large_tables_stay_open_and_small_ones_as_far_as_there_is_room(monkeypatch):
    table = pl.DataFrame({"row": range(1000), "signs": [1] * 1000})
    store = Store()
    for block in range(6):
        store.write(block, Tables(table, table, table, table))
    opened, read = [], pl.read_ipc_stream
    monkeypatch.setattr(pl, "read_ipc_stream", lambda path: opened.append(path) or read(path))

    def read_all():
        opened.clear()
        for block in range(6):
            assert len(store.marked(block)) == len(store.folders(block)) == 1000
        return sorted({path.name.split(".")[1] for path in opened}), len(opened)

    assert read_all() == (["folders", "remarkable"], 12)
    assert read_all() == (["folders"], 6)
    monkeypatch.setattr(stores, "SMALL_BYTES", table.estimated_size() * 3)
    store = Store()
    for block in range(6):
        store.write(block, Tables(table, table, table, table))
    read_all()
    assert read_all() == (["folders", "remarkable"], 12)
