import errno
import os
import socket
import ssl
import sys
from functools import partial

import pytest

from validator.digests.files import FileChanged, FileState, require_state
from validator.s3.wire import bodies
from validator.s3.wire.bodies import BodyUnreadable, FileBody

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands files to connections")
DATA = os.urandom(300_000)


@pytest.fixture
def body(tmp_path):
    path = tmp_path / "a.tiff"
    path.write_bytes(DATA)
    state = FileState(len(DATA), path.stat().st_mtime_ns)
    body = FileBody(str(path), 1000, 200_000, partial(require_state, str(path), state))
    body.path = path
    yield body
    body.close()


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


def send_all(body, ours, theirs) -> bytes:
    received = b""
    while not body.complete:
        try:
            assert body.send_to(ours, 50_000) <= 50_000
        except BlockingIOError:
            received += theirs.recv(1 << 20)
    ours.close()
    while data := theirs.recv(1 << 20):
        received += data
    return received


@linux
def test_the_system_sends_a_run_of_a_file(body, pair):
    ours, theirs = pair
    assert body.sends_itself(ours)
    assert send_all(body, ours, theirs) == DATA[1000:201_000]
    assert body.piece() == b""


@linux
def test_again_from_the_beginning(body, pair):
    ours, theirs = pair
    body.send_to(ours, 10_000)
    assert theirs.recv(1 << 20) == DATA[1000:11_000]
    body.rewind()
    assert send_all(body, ours, theirs) == DATA[1000:201_000]


@linux
def test_a_file_that_changed_is_told_before_its_first_byte(body, pair):
    os.utime(body.path, ns=(1, 1))
    with pytest.raises(FileChanged):
        body.send_to(pair[0], 1000)


@linux
def test_a_file_that_changes_meanwhile_is_told_at_its_end(body, pair):
    ours, theirs = pair
    body.send_to(ours, 10_000)
    os.utime(body.path, ns=(1, 1))
    with pytest.raises(FileChanged):
        send_all(body, ours, theirs)


@linux
def test_a_file_that_became_shorter(body, pair):
    ours, theirs = pair
    body.send_to(ours, 10_000)
    status = body.path.stat()
    os.truncate(body.path, 5000)
    os.utime(body.path, ns=(status.st_mtime_ns, status.st_mtime_ns))
    with pytest.raises((BodyUnreadable, FileChanged)):
        send_all(body, ours, theirs)


@linux
def test_a_file_that_is_gone(body, pair):
    body.path.unlink()
    with pytest.raises(BodyUnreadable) as caught:
        body.send_to(pair[0], 1000)
    assert isinstance(caught.value.__cause__, FileNotFoundError)


@linux
def test_a_connection_that_is_gone_is_not_the_file_s_fault(body, pair):
    ours, theirs = pair
    theirs.close()
    with pytest.raises(BrokenPipeError):
        body.send_to(ours, 1000)


@linux
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_a_disk_that_fails(body, pair, monkeypatch, number):
    def sendfile(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(bodies.os, "sendfile", sendfile)
    assert body.send_to(pair[0], 1000) == 0, "the file is opened again and read, or what is wrong is told"
    assert body.sends_itself(pair[0]), "and the system sends again what comes then"
    assert bytes(body.piece()) == DATA[1000:201_000]


@linux
def test_a_file_system_that_cannot_is_read_instead(body, pair, monkeypatch):
    def sendfile(*_):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(bodies.os, "sendfile", sendfile)
    assert body.send_to(pair[0], 1000) == 0
    assert not body.sends_itself(pair[0])
    assert bytes(body.piece()) == DATA[1000:201_000]


def test_what_is_encrypted_on_the_way_is_read(body):
    context = ssl.create_default_context()
    plain, other = socket.socketpair()
    with plain, other:
        secure = context.wrap_socket(plain, server_hostname="a", do_handshake_on_connect=False)
        with secure:
            assert not body.sends_itself(secure)


@linux
def test_a_disk_that_fails_at_the_last_look_is_looked_at_again(tmp_path, pair):
    (tmp_path / "a.tiff").write_bytes(DATA)
    looks = [None, errno.ESTALE, None, None]

    def unchanged(descriptor: int) -> None:
        assert os.fstat(descriptor).st_size == len(DATA)
        if (number := looks.pop(0)) is not None:
            raise OSError(number, os.strerror(number))

    def again(read):
        def twice(most):
            try:
                return read(most)
            except OSError:
                return read(most)

        return twice

    body = FileBody(str(tmp_path / "a.tiff"), 0, len(DATA), unchanged, again)
    ours, theirs = pair
    assert send_all(body, ours, theirs) == DATA
    assert looks == [], "opened, failed, opened again, and at the end"
    body.close()
