"""What must be true when an upload has ended well, whatever happened on the way."""

from pathlib import Path

from s3_fixtures import Store

from validator.cli.main import run
from validator.manifests.receipt import Receipt


def files_of(dataset: Path) -> dict[str, Path]:
    """Files of a dataset's folder by their keys."""
    base = dataset.parents[1]
    return {path.relative_to(base).as_posix(): path for path in dataset.rglob("*") if path.is_file()}


def assert_all_arrived(store: Store, dataset: Path, receipt: Path, endpoint: str = "") -> None:
    """Every object is its file, nothing else lies there, nothing is left behind, and the receipt is true.

    Parameters
    ----------
    store
        Looked at from outside, past every proxy.
    dataset
        The source's folder.
    receipt
        As the last run wrote it.
    endpoint
        Where ``cpgate verify`` asks; the store itself if not said.
    """
    files = files_of(dataset)
    there = {key for key in store.object_keys() if "/_cpgate/" not in key}
    assert there == set(files)
    for key, path in files.items():
        assert store.read(key) == path.read_bytes(), key
    assert store.unfinished() == [], "parts are left behind"
    assert [key for key in store.object_keys() if "/_cpgate/checkpoints/" in key] == []
    assert_receipt_is_true(store, files, receipt, endpoint)


def assert_receipt_is_true(store: Store, files: dict[str, Path], receipt: Path, endpoint: str = "") -> None:
    """It names exactly these files; `cpgate verify` agrees, and disagrees as soon as one object has another byte."""
    named = {record.key: record for record in Receipt(receipt).objects()}
    assert set(named) == set(files)
    assert all(record.size == files[key].stat().st_size for key, record in named.items())
    verify = ["verify", str(receipt), "--endpoint-url", endpoint or store.endpoint]
    assert run(verify) == 0
    key = min((key for key in files if files[key].stat().st_size), key=lambda key: files[key].stat().st_size)
    right = store.read(key)
    store.put(key, bytes([right[0] ^ 1]) + right[1:])
    assert run(verify) == 1
    store.put(key, right)
