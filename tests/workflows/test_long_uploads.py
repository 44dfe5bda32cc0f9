"""Bandwidth and time limit from outside: the command, a real server, a file of many parts."""

import os
import subprocess
import sys
import time

import pytest
from servers import CREDENTIALS, counting_proxy

from validator.cli.main import run
from validator.workflows.time_limit import TimeLimit

MIB = 1024 * 1024
BIG = "workspace/backend/2024_03_05_Run1/BR00123401/BR00123401.csv"


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


def test_all_processes_together_keep_to_the_bandwidth(start, store):
    began = time.monotonic()
    assert start(store.endpoint, "--bandwidth", "10M", "--jobs", "8").returncode == 0
    assert time.monotonic() - began > 4.5  # 50 MB
