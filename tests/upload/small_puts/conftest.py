"""Stores that answer as a test tells them to, and a look at what goes the short way."""

import pytest
from scripted_store import make_certificates, scripted_store
from servers import CREDENTIALS
from short_way import Short, as_new, desk_at

from validator.s3.wire import retrying
from validator.upload import lanes, small_puts
from validator.upload.small_puts import SmallPuts


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(retrying, "LONGEST_WAIT", 0.01)
    # Whatever is only found out when nothing happens for long would be seen: tests would take that long.
    monkeypatch.setattr(lanes, "TICK_SECONDS", 60)


@pytest.fixture(scope="module")
def server():
    with scripted_store() as (endpoint, script):
        yield endpoint, script


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secure_server(certificates):
    authority, context = certificates
    with scripted_store(context) as (endpoint, script):
        yield endpoint, script, authority


@pytest.fixture
def script(server):
    return as_new(server[1])


@pytest.fixture
def desk(server, script, tmp_path):
    desk = desk_at(server[0], tmp_path)
    desk.script = script
    return desk


@pytest.fixture
def short(monkeypatch):
    found = Short()
    send, glance = small_puts.send_small, small_puts.plainly_written
    part_with = SmallPuts._part_with

    def send_small(connections, connection, request):
        put = send(connections, connection, request)
        found.sent.append(request.key)
        return put

    def plainly_written(received, md5):
        result = glance(received, md5)
        found.read += result is not None
        return result

    def part_with_it(self, lane, received):
        found.parted.append(lane.task.key)
        part_with(self, lane, received)

    monkeypatch.setattr(small_puts, "send_small", send_small)
    monkeypatch.setattr(small_puts, "plainly_written", plainly_written)
    monkeypatch.setattr(SmallPuts, "_part_with", part_with_it)
    return found
