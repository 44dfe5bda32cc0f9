"""Workers that are started before they are needed."""

import io
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

import validator
from validator.upload import starting
from validator.upload.starting import MUCH, WorkersAhead, process_count, start_worker

HERE = Path(validator.__file__).parents[1]


def test_those_that_nobody_takes_are_ended():
    with WorkersAhead(1) as ahead:
        ahead.start()
        ahead.start()
        [handle] = ahead._handles
        assert handle.poll() is None
    assert handle.returncode is not None


def test_those_that_are_taken_live_on_and_end_with_their_input():
    with WorkersAhead(8) as ahead:
        ahead.start()
        handles = ahead.take()
    assert len(handles) == process_count(8)
    for handle in handles:
        assert handle.poll() is None
        handle.stdin.close()
        assert handle.wait(30) == 0
        assert handle.stdout.read() == b""
        handle.stdout.close()


def test_nobody_is_started_who_was_not_asked_for():
    with WorkersAhead(None) as ahead:
        assert ahead.take() == []


@pytest.mark.parametrize(("cores", "first"), [(1, 1), (2, 1), (3, 2), (8, 3)])
def test_a_core_is_left_for_whoever_starts_them(monkeypatch, cores, first):
    started = []

    def start():
        started.append(SimpleNamespace(stdin=io.BytesIO()))
        return started[-1]

    monkeypatch.setattr(starting, "start_worker", start)
    monkeypatch.setattr(starting, "process_count", lambda _: 3)
    monkeypatch.setattr(starting, "usable_cores", lambda: cores)
    ahead = WorkersAhead(None)
    ahead.start_some()
    assert len(started) == first
    assert [handle.stdin.getvalue() for handle in started] == [MUCH] + [b""] * (first - 1)
    ahead.start()
    ahead.start()
    assert len(started) == 3
    ahead.expect_much()
    assert [handle.stdin.getvalue() for handle in started] == [MUCH] * 3, "each is told once"


def test_what_a_worker_complains_of_before_it_knows_its_place(tmp_path, monkeypatch):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "json.py").write_text("raise RuntimeError('a broken installation')")
    monkeypatch.setattr(starting, "_import_path", lambda: os.pathsep.join([str(broken), str(HERE)]))
    handle = start_worker(tmp_path / "w001.log")
    handle.stdin.close()
    assert handle.wait(30) == 1
    handle.stdout.close()
    assert "a broken installation" in (tmp_path / "w001.log").read_text()
