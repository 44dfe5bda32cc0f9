"""Small files over connections that break, wait, are slow, or are needed by others."""

import selectors
import socket
import threading

import pytest
from scripted_store import LastWords, Pieces, refusal, scripted_store, written
from short_way import (
    AT_ONCE,
    MANY,
    arrived,
    as_new,
    at_first,
    desk_at,
    failures,
    journal_of,
    key_of,
    send,
    send_many,
    wait_until,
)

from validator.s3.wire.connections import Connections
from validator.s3.wire.small import MOST_BYTES
from validator.upload import lanes
from validator.upload.small_puts import SmallPuts
from validator.upload.tasks import Failure


def test_a_connection_that_is_closed_instead_of_an_answer(desk, script, short):
    script.usual = at_first("a/20.tiff", None)
    assert not failures(send_many(desk))
    assert short.parted == ["a/20.tiff"]
    assert arrived(script)["a/20.tiff"] == [desk.data["a/20.tiff"]] * 2
    assert journal_of(desk) == sorted(desk.data), "once"
    assert desk.connections.budget.news() == 0, "a connection that had waited: no failure"


def test_a_connection_that_breaks_within_its_answer(desk, script, short):
    script.usual = at_first("a/20.tiff", LastWords(b"HTTP/1.1 200 OK\r\nETa"))
    assert not failures(send_many(desk))
    assert short.parted == ["a/20.tiff"]
    assert journal_of(desk) == sorted(desk.data)
    assert desk.connections.budget.news() == 1


@pytest.mark.parametrize("more", [None, b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"])
def test_connections_that_the_store_closes_while_they_wait(desk, script, short, more):
    """Behind its answers the store hangs up on all connections, or says something that nobody asked."""
    together = threading.Barrier(AT_ONCE)

    def usual(seen):
        together.wait(30)  # one for each connection
        return Pieces([written(seen), more, None]) if more else LastWords(written(seen))

    script.usual = usual
    for number in range(AT_ONCE):
        desk.thread.add(desk.task(number, 500))
    desk.wait_for(*range(AT_ONCE))
    wait_until(lambda: not desk.thread._small._idle)
    script.usual = written
    for number in range(AT_ONCE, MANY):
        desk.thread.add(desk.task(number, 500))
    desk.finish()
    assert not failures(desk.answers)
    assert arrived(script) == {key: [data] for key, data in desk.data.items()}
    assert short.read > MANY // 2
    assert desk.connections.budget.news() == 0


def test_a_store_that_never_answers_is_asked_again(desk, script, short, monkeypatch):
    monkeypatch.setattr(lanes, "TICK_SECONDS", 0.05)
    desk.connections.patience = 0.2
    script.usual = at_first("a/20.tiff", Pieces())
    assert not failures(send_many(desk))
    assert short.parted == ["a/20.tiff"]
    assert arrived(script)["a/20.tiff"] == [desk.data["a/20.tiff"]] * 2
    assert journal_of(desk) == sorted(desk.data)
    assert desk.connections.budget.news() == 1


def test_a_store_that_never_answers_is_told_of(desk, script, monkeypatch):
    monkeypatch.setattr(lanes, "TICK_SECONDS", 0.05)
    desk.connections.patience = 0.1
    script.usual = lambda _: Pieces()
    tasks = [desk.task(number, 500) for number in range(AT_ONCE)]
    answers = send(desk, tasks)
    assert failures(answers) == dict.fromkeys(range(AT_ONCE), Failure.REMOTE)
    assert len(script.seen) == 2 * AT_ONCE
    words = {found.what.replace(f"/{number}.tiff", "/0.tiff") for number, found in answers.items()}
    assert words == {"the store broke off the connection (while trying to write s3://bucket/a/0.tiff)"}


@pytest.fixture
def narrow(monkeypatch):
    """Connections that take a few KiB at once."""
    fresh = Connections.fresh

    def open_narrow(self, request):
        connection = fresh(self, request)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return connection

    monkeypatch.setattr(Connections, "fresh", open_narrow)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("secure", [False, True])
def test_a_connection_that_does_not_take_everything_at_once(
    secure, tmp_path, certificates, short, monkeypatch
):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificates[0]))
    with scripted_store(certificates[1] if secure else None, room=4096) as (endpoint, script):
        script.slowly = 0.01
        desk = desk_at(endpoint, tmp_path)
        sizes = [MOST_BYTES, 300, MOST_BYTES - 1, 20_000, 64]
        answers = send(desk, [desk.task(number, sizes[number % 5]) for number in range(20)])
        assert not failures(answers)
        assert short.read, "small ones are taken at once"
        assert short.parted, "large ones are not"
        assert arrived(script) == {key: [data] for key, data in desk.data.items()}
        assert journal_of(desk) == sorted(desk.data)


def test_encrypted_connections(secure_server, tmp_path, short, monkeypatch):
    endpoint, script, authority = secure_server
    as_new(script)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    desk = desk_at(endpoint, tmp_path)
    script.usual = at_first("a/20.tiff", refusal(503, "SlowDown"), None)
    assert not failures(send_many(desk))
    assert short.parted == ["a/20.tiff"]
    assert short.read == MANY - 1
    bodies = arrived(script)
    assert len(bodies.pop("a/20.tiff")) == 3
    assert bodies == {key: [data] for key, data in desk.data.items() if key != "a/20.tiff"}
    assert journal_of(desk) == sorted(desk.data)


def test_large_files_are_lent_connections(desk, script, short):
    """Small and large ones in turns: no more connections than requests under way at once."""
    sizes = [1000, 1000, 200_000, 1000, 150_000]
    answers = send(desk, [desk.task(number, sizes[number % 5]) for number in range(2 * MANY)])
    assert not failures(answers)
    assert arrived(script) == {key: [data] for key, data in desk.data.items()}
    assert journal_of(desk) == sorted(desk.data)
    assert short.read > MANY // 2
    assert len({seen.connection for seen in script.seen}) <= AT_ONCE


def test_connections_to_where_the_bucket_is_not_are_lent_to_nobody(desk, script, short, monkeypatch):
    """A connection that waited since before the bucket was found elsewhere would lead to the old place again."""
    asked = []
    real = desk.connections.look_elsewhere

    def usual(seen):
        if seen.line.startswith("HEAD "):
            asked.append(seen)
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        moved = key_of(seen) == "a/9.tiff" and seen.connection in before
        return refusal(301, "PermanentRedirect") if moved else written(seen)

    monkeypatch.setattr(desk.connections, "look_elsewhere", lambda: (asked.append("looked"), real()))
    script.usual = usual
    for number in range(9):
        desk.thread.add(desk.task(number, 500))
    desk.wait_for(*range(9))
    before = {seen.connection for seen in script.seen}
    assert len(before) > 1
    desk.thread.add(desk.task(9, 500))
    desk.finish()
    assert not failures(desk.answers)
    assert asked[0] == "looked"
    assert short.parted == ["a/9.tiff"]


def test_connections_to_where_the_bucket_is_not_take_no_more_files(desk, script, monkeypatch):
    """Once it is found elsewhere nobody asks the old place again."""
    looked, before = [], set()
    real = desk.connections.look_elsewhere

    def usual(seen):
        if seen.line.startswith("HEAD "):
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        return refusal(301, "PermanentRedirect") if seen.connection in before else written(seen)

    monkeypatch.setattr(desk.connections, "look_elsewhere", lambda: (looked.append(None), real()))
    script.usual = usual
    script.slowly = 0.2  # or one connection would do for all of them
    for task in [desk.task(number, 500) for number in range(9)]:
        desk.thread.add(task)
    desk.wait_for(*range(9))
    script.slowly = 0.0
    before |= {seen.connection for seen in script.seen}
    assert len(before) > 2
    desk.thread.add(desk.task(9, 500))
    desk.wait_for(9)
    for number in range(10, 30):
        desk.thread.add(desk.task(number, 500))
    desk.finish()
    assert not failures(desk.answers)
    assert len(looked) == 1


def test_what_came_for_a_connection_that_was_given_away_is_for_somebody_else(desk, script):
    """The events of a round may be older than what became of their connections in this round."""
    selector = selectors.DefaultSelector()
    taken = []
    small = SmallPuts(desk.performer, desk.connections, selector, lambda *given: taken.append(given))
    said = script.usual = lambda _: b"HTTP/1.1 408 Request Timeout\r\n\r\n"
    lane = small._free()
    small._idle.append(lane)
    lane.connection.sendall(b"PUT / HTTP/1.1\r\n\r\n")
    [(key, _)] = selector.select(20)
    assert key.data is lane
    small.lend()
    small.advance(lane)
    again = small._free()
    assert again.connection is lane.connection
    assert again.connection.recv(100) == said(None), "nobody else has read it"
    small._give_up(again).close()
    small.advance(again)
    assert not taken
    selector.close()
    desk.finish()


def test_what_was_not_begun_is_given_back(desk, script, short):
    """The store says nothing until the tasks were recalled."""
    going_on = threading.Event()

    def usual(seen):
        assert going_on.wait(30)
        return written(seen)

    script.usual = usual
    for number in range(MANY):
        desk.thread._tasks.put(desk.task(number, 500))
    desk.thread._ring()
    wait_until(lambda: len(desk.thread._small.under_way) == AT_ONCE)
    desk.thread.recall(desk.given_back.append)
    going_on.set()
    desk.finish()
    back = {task.id for task in desk.given_back}
    assert len(back) == MANY - AT_ONCE
    assert sorted([*back, *desk.answers]) == list(range(MANY))
    assert journal_of(desk) == sorted(f"a/{number}.tiff" for number in desk.answers)
    assert short.read == AT_ONCE


def test_a_slower_rate_is_kept_by_the_ordinary_way(desk, script, short):
    desk.connections.throttle.set_rate(10_000_000.0)
    assert not failures(send_many(desk, 5))
    assert len(arrived(script)) == 5
    assert short.sent == []


def test_all_connections_are_closed_in_the_end(desk):
    send_many(desk)
    assert not desk.connections._idle
    assert all(lane.connection.fileno() < 0 for lane in desk.thread._small._idle)
