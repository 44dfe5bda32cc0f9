import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from validator.cli.main import run
from validator.errors import Interrupted
from validator.workflows.stopping import stop_request
from validator.workflows.time_limit import TimeLimit

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends signals to itself, which Windows cannot")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_and_the_second_ends_it(number):
    with stop_request() as should_stop:
        assert not should_stop()
        signal.raise_signal(number)
        assert should_stop()
        assert should_stop.signal_number == number
        with pytest.raises(Interrupted) as caught:
            signal.raise_signal(number)
    assert caught.value.exit_code == 128 + number
    assert "goes on from here" in caught.value.mend


def test_that_it_takes_a_while_is_told_once():
    told = []
    with stop_request(tell=told.append) as should_stop:
        assert not should_stop()
        assert told == []
        signal.raise_signal(signal.SIGINT)
        assert should_stop()
        assert should_stop()
    assert told == ["stopping: what is under way may take up to 5 s to end; another Ctrl-C stops at once"]
    told.clear()
    with stop_request(limit=TimeLimit(1, 0), tell=told.append) as should_stop:
        assert should_stop()
    assert told == [
        "stopping: what is under way may take up to 60 s to end; 5 s after Ctrl-C, and another one stops at once"
    ]


def test_one_who_lost_the_lock_is_told_elsewhere():
    told = []
    with stop_request(lambda: True, tell=told.append) as should_stop:
        assert should_stop()
    assert told == []


def test_handlers_are_given_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with stop_request():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    with pytest.raises(ZeroDivisionError), stop_request():
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_how_to_go_on_is_told_where_ctrl_c_ends_it_at_once(tmp_path, monkeypatch, capsys):
    from validator.workflows import upload

    def press(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(upload, "parse_destination", press)
    log = tmp_path / "log.jsonl"
    (tmp_path / "data").mkdir()
    assert run(["upload", str(tmp_path / "data"), "s3://bucket", "--log-json", str(log)]) == 130
    assert capsys.readouterr().err == "error: Stopped.\n       The same command goes on from here.\n"
    assert json.loads(log.read_text().splitlines()[-1])["code"] == 130


def test_nobody_asks_in_another_thread():
    seen = []

    def run():
        with stop_request() as should_stop:
            seen.append(should_stop())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [False]


SLEEPER = """
import sys, time
from validator.workflows.stopping import stop_request
with stop_request() as should_stop:
    print("ready", flush=True)
    while not should_stop():
        time.sleep(0.01)
    print(f"stopped by {should_stop.signal_number}", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_asked_from_outside(number):
    process = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.02)
        process.send_signal(number)
        assert process.stdout.readline() == f"stopped by {int(number)}\n"
    assert process.returncode == 0
