"""Large parts from a disk that fails for a moment: read again where it failed, and only if it is the same file."""

import errno
import hashlib
import os
import random
from functools import partial

import pytest
from scripted_store import scripted_store
from servers import CREDENTIALS

from validator.digests import shaky
from validator.digests.files import FileChanged, FileState
from validator.s3.client import S3Settings, make_client
from validator.s3.wire import bodies
from validator.s3.wire.bodies import FileBody
from validator.s3.wire.connections import open_data_path
from validator.s3.wire.delivery import deliver
from validator.s3.wire.requests import WireRequest
from validator.upload.loading import IN_MEMORY, load

DATA = random.Random(4).randbytes(IN_MEMORY + 3_000_000)
KEY = "cpg0099-example/broad/workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite"


@pytest.fixture
def pauses(monkeypatch):
    slept = []
    monkeypatch.setattr(shaky.time, "sleep", slept.append)
    return slept


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "BR01.sqlite"
    path.write_bytes(b"before" + DATA)
    return path


def state_of(path) -> FileState:
    status = path.stat()
    return FileState(status.st_size, status.st_mtime_ns)


@pytest.fixture
def body(file):
    """What is sent of the file, digested already."""
    body, part = load(str(file), state_of(file), 6, len(DATA))
    assert isinstance(body, FileBody)
    assert part.md5 == hashlib.md5(DATA).hexdigest()
    yield body
    body.close()


@pytest.fixture
def failures(monkeypatch, body):  # noqa: ARG001  the digests are made before
    """What goes wrong with the next calls: by the name of the call errors, ``None`` for one that goes well."""
    failures: dict[str, list[int | None]] = {
        name: [] for name in ("open", "read", "lseek", "close", "sendfile")
    }
    for name, waiting in failures.items():
        if not hasattr(os, name):  # not every system hands files to connections
            continue
        monkeypatch.setattr(bodies.os, name, partial(call, getattr(os, name), waiting))
    return failures


def call(real, waiting: list[int | None], *arguments):
    number = waiting.pop(0) if waiting else None
    if number is not None:
        raise OSError(number, os.strerror(number))
    return real(*arguments)


def all_of(body: FileBody) -> bytes:
    pieces = list(iter(lambda: bytes(body.piece()), b""))
    return b"".join(pieces)


def test_a_stale_handle_is_opened_again_where_it_failed(body, failures, pauses):
    failures["read"] += [None, None, errno.ESTALE, None, errno.EIO, errno.EIO]
    failures["lseek"] += [None, errno.ESTALE]
    assert all_of(body) == DATA
    assert pauses == [*shaky.PAUSES[:1], *shaky.PAUSES[:1], *shaky.PAUSES[:2]]


def test_a_server_that_is_away_while_the_file_is_opened_and_closed(body, failures, pauses):
    failures["open"] += [errno.ETIMEDOUT, errno.ESTALE]
    failures["close"] += [errno.ESTALE]
    assert all_of(body) == DATA
    body.rewind()
    assert all_of(body) == DATA
    assert len(pauses) == 2


def test_another_file_that_came_back_is_not_sent(body, file, failures):
    """The server came back with other bytes: the parts of the two must not be mixed."""

    def come_back_changed(_: float) -> None:
        file.write_bytes(b"before" + bytes(len(DATA)))
        os.utime(file, ns=(0, 0))

    failures["read"] += [None, errno.ESTALE]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shaky.time, "sleep", come_back_changed)
        with pytest.raises(FileChanged):
            all_of(body)


def test_one_that_goes_on_failing_is_told(body, failures, pauses):
    failures["read"] += [errno.EIO] * 4
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        all_of(body)
    assert pauses == list(shaky.PAUSES)


def test_other_failures_are_told_at_once(body, failures, pauses):
    failures["open"] += [errno.EACCES]
    with pytest.raises(PermissionError):
        all_of(body)
    assert pauses == []


def test_a_file_that_ends_too_early_is_not_waited_for(file, pauses):
    body = FileBody(str(file), 6, len(DATA) + 1, lambda _: None, shaky.tried_again)
    with pytest.raises(OSError, match="ends too early"):
        all_of(body)
    assert pauses == []


def test_a_part_arrives_whole_from_a_disk_that_fails_while_it_is_sent(body, failures, pauses, monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    failures["sendfile"] += [None, errno.ESTALE, None, errno.EIO]
    failures["read"] += [errno.ESTALE, None, errno.EIO]
    md5 = hashlib.md5(DATA).hexdigest()
    with scripted_store() as (endpoint, store):
        settings = S3Settings(endpoint)
        connections = open_data_path(make_client(settings), settings, "bucket")
        assert deliver(connections, WireRequest(KEY, body, md5, upload_id="id", number=1)).etag == md5
        connections.close()
    assert [seen.body for seen in store.seen] == [DATA]
    assert [pause for pause in pauses if pause] == [shaky.PAUSES[0]] * 2
