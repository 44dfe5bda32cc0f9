"""Bandwidth and time limit from outside: the command, a real server, a file of many parts."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from servers import CREDENTIALS, counting_proxy, losing_proxy

from validator.cli.main import run
from validator.workflows.time_limit import TimeLimit

MIB = 1024 * 1024
BIG = "workspace/analysis/2024_03_05_Run1/BR00123401/analysis/BR00123401-A01-1/outlines/A01_s1--cell_outlines.png"


@pytest.fixture
def start(build_dataset, store, tmp_path):
    dataset = build_dataset()
    (dataset / BIG).write_bytes(os.urandom(48 * MIB))

    def call(endpoint, *options):
        command = [
            *(sys.executable, "-m", "validator", "upload", str(dataset), f"s3://{store.bucket}"),
            *("--endpoint-url", endpoint, "--state", str(tmp_path / "state"), "--jobs", "2", *options),
        ]
        return subprocess.run(
            command, cwd=tmp_path, env=os.environ | CREDENTIALS, capture_output=True, text=True, check=False
        )

    call.dataset = dataset
    return call


def parts_in_the_journal(state) -> int:
    return sum(path.read_bytes().count(b'"t":"part"') for path in state.rglob("*.journal"))


@pytest.mark.full
def test_a_time_limit_stops_at_a_part_and_the_next_run_goes_on(start, store, tmp_path, monkeypatch, capsys):
    state = tmp_path / "state"
    over = property(lambda limit: limit.seconds is not None and parts_in_the_journal(state) >= 1)
    monkeypatch.setattr(TimeLimit, "is_over", over)  # however slow this machine is
    monkeypatch.chdir(tmp_path)
    with counting_proxy(store.endpoint, 12e6) as (endpoint, traffic):
        place = ["--endpoint-url", endpoint, "--state", str(state), "--jobs", "2"]
        code = run(["upload", str(start.dataset), f"s3://{store.bucket}", *place, "--time-limit", "1h"])
        said = capsys.readouterr().err
        assert code == 124, said
        assert "the time of --time-limit is up" in said
        assert "The same command goes on" in said
        safe = parts_in_the_journal(state)
        assert f"{safe} parts of this run are safe" in said
        assert 1 <= safe < 6
        assert len(store.unfinished()) == 1
        traffic.bytes_per_second = 1e12
        second = start(endpoint)
        assert second.returncode == 0, second.stderr
        assert traffic.bytes_up < 50 * MIB  # nothing went twice
    assert store.unfinished() == []


@pytest.mark.full
def test_all_processes_together_keep_to_the_bandwidth(start, store):
    began = time.monotonic()
    assert start(store.endpoint, "--bandwidth", "10M", "--jobs", "8").returncode == 0
    assert time.monotonic() - began > 4.5  # 50 MB


@pytest.mark.full
def test_a_second_signal_stops_at_once(start, store, tmp_path):
    with counting_proxy(store.endpoint, 4e5) as (endpoint, traffic):  # a part takes 20 s
        command = [
            *(sys.executable, "-m", "validator", "upload", str(start.dataset), f"s3://{store.bucket}"),
            *("--endpoint-url", endpoint, "--state", str(tmp_path / "state")),
        ]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=os.environ | CREDENTIALS, stderr=subprocess.PIPE, text=True
        )
        until = time.monotonic() + 60
        while traffic.bytes_up < 1e6:
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.7)  # the first waits for what is under way
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
        assert time.monotonic() - began < 3
    assert process.returncode == 130
    assert "Stopped at once" in said
    assert "The same command goes on from here" in said


@pytest.mark.full
def test_retries_are_events(start, store, tmp_path):
    log = tmp_path / "log.jsonl"
    with losing_proxy(store.endpoint) as (endpoint, losses), ThreadPoolExecutor() as threads:
        upload = threads.submit(start, endpoint, "--log-json", str(log), "--bandwidth", "12M")
        until = time.monotonic() + 60
        while parts_in_the_journal(tmp_path / "state") < 1:
            assert time.monotonic() < until
            time.sleep(0.02)
        losses.left = 2
        assert upload.result().returncode == 0
    retries = [e for e in map(json.loads, log.read_text().splitlines()) if e["event"] == "retry"]
    lost = sum("partNumber" in request for request in losses.requests)
    assert sum(event["times"] for event in retries) >= lost > 0
