"""Bandwidth and time limit from outside: the command, a real server, a file of many parts."""

import os
import subprocess
import sys
import time

import pytest
from servers import CREDENTIALS, counting_proxy

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

    return call


def test_a_time_limit_stops_at_a_part_and_the_next_run_goes_on(start, store):
    with counting_proxy(store.endpoint) as (endpoint, traffic):
        first = start(endpoint, "--time-limit", "4s", "--bandwidth", "8M")
        assert first.returncode == 124, first.stderr
        assert "the time of --time-limit is up" in first.stderr
        assert "parts of this run are safe" in first.stderr
        assert "The same command goes on" in first.stderr
        assert traffic.bytes_up > 2 * 8 * MIB
        assert len(store.unfinished()) == 1
        second = start(endpoint)
        assert second.returncode == 0, second.stderr
        assert traffic.bytes_up < 50 * MIB  # nothing went twice
    assert store.unfinished() == []


def test_all_processes_together_keep_to_the_bandwidth(start, store):
    began = time.monotonic()
    assert start(store.endpoint, "--bandwidth", "10M", "--jobs", "8").returncode == 0
    assert time.monotonic() - began > 4.5  # 50 MB
