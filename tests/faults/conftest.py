"""Data and stores of the tests of faults."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ceph import ceph_gateway, missing_programs
from dataset_builder import build
from fault_data import FIRST_BIG, MIB, SECOND_BIG
from s3_fixtures import Store
from servers import CREDENTIALS, s3_client
from uploader_process import UploadCommand


@pytest.fixture
def mixed(tmp_path) -> Path:
    """A clean dataset of some 130 small files and two that go in parts of 5 MiB."""
    source = build(tmp_path / "nas")
    (source / FIRST_BIG).write_bytes(os.urandom(22 * MIB + 17))
    (source / SECOND_BIG).write_bytes(os.urandom(11 * MIB + 3))
    return source


@pytest.fixture(scope="session")
def ceph_server(tmp_path_factory) -> Iterator[str]:
    if missing := missing_programs():
        pytest.skip(f"Ceph is not installed: {', '.join(missing)}")
    with ceph_gateway(tmp_path_factory.mktemp("ceph")) as endpoint:
        yield endpoint


@pytest.fixture
def ceph(ceph_server, monkeypatch) -> Store:
    """A fresh bucket in a store that checks signatures, MD5s and conditions."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return Store(ceph_server, "", s3_client(ceph_server)).fresh_bucket()


@pytest.fixture
def uploader(mixed, tmp_path):
    """Call it with a store and the address to go to; get the command that uploads the mixed dataset."""

    def command(store: Store, endpoint: str = "", work: str = "work", **more) -> UploadCommand:
        return UploadCommand(
            mixed, f"s3://{store.bucket}", endpoint or store.endpoint, tmp_path / work, **more
        )

    return command
