"""A worker as its parent sees it: a process that reads tasks and writes answers."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from remembered import remember

from validator.s3.client import S3Settings
from validator.upload.tasks import Do, Failure, Task, answers_of, tasks_line

BREAKING = """
from validator.upload import worker
def begin(self, task):
    raise ZeroDivisionError("a defect")
worker.Performer.begin = begin
worker.main()
"""


@pytest.fixture
def start(store, tmp_path):
    running = []

    def begin(*command: str, **s3) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, *(command or ("-m", "validator.upload.worker"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        running.append(process)
        settings = {
            "s3": S3Settings(store.endpoint, attempts=1, **s3).to_dict(),
            "bucket": store.bucket,
            "folder": str(tmp_path),
            "run": 1,
            "name": "w001",
            "threads": 2,
            "pythonpath": None,
        }
        process.stdin.write(json.dumps(settings).encode() + b"\n")
        process.stdin.flush()
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            with suppress(BrokenPipeError):
                stream.close()


def put_task(number: int, path) -> Task:
    status = path.stat()
    return Task(number, Do.PUT, f"a/b/{number}", str(path), status.st_size, status.st_mtime_ns)


def test_it_does_what_it_is_given_and_ends_when_told(start, store, tmp_path):
    (tmp_path / "file").write_bytes(b"cells")
    process = start()
    for number in range(5):
        process.stdin.write(tasks_line([put_task(number, tmp_path / "file")]))
    process.stdin.write(b'{"finish":true}\n')
    out, err = process.communicate(timeout=60)
    answers = [answer for line in out.splitlines() for answer in answers_of(line)]
    assert sorted(answer.id for answer in answers) == list(range(5))
    assert all(answer.failure is None for answer in answers)
    assert (process.returncode, err) == (0, b"")
    assert store.object_keys() == [f"a/b/{number}" for number in range(5)]
    assert sorted(remember(tmp_path).done) == store.object_keys()


def test_it_ends_when_its_parent_is_gone(start):
    process = start()
    process.stdin.close()
    assert process.wait(60) == 0


def test_a_defect_in_a_thread_ends_the_process_and_is_written_down(start, tmp_path):
    """Otherwise the parent would wait for this answer for ever."""
    (tmp_path / "file").write_bytes(b"cells")
    process = start("-c", BREAKING)
    process.stdin.write(tasks_line([put_task(0, tmp_path / "file")]))
    process.stdin.flush()
    assert process.wait(60) == 1
    assert b"a defect" in process.stderr.read()
    assert process.stdout.read() == b""


def test_keys_that_cannot_be_used_are_told_in_an_answer(start):
    process = start(profile="nobody")
    out, _ = process.communicate(timeout=60)
    [answer] = answers_of(out)
    assert (answer.id, answer.failure) == (-1, Failure.CREDENTIALS)
    assert "no AWS profile named nobody" in answer.what


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT, which Windows has not")
def test_ctrl_c_is_for_the_parent_to_decide(start, store, tmp_path):
    (tmp_path / "file").write_bytes(b"cells")
    process = start()
    process.stdin.write(tasks_line([put_task(0, tmp_path / "file")]))
    process.stdin.flush()
    assert [answer.failure for answer in answers_of(process.stdout.readline())] == [None]
    process.send_signal(signal.SIGINT)
    process.stdin.write(tasks_line([put_task(1, tmp_path / "file")]))
    process.stdin.flush()
    assert [answer.failure for answer in answers_of(process.stdout.readline())] == [None]
    assert len(store.object_keys()) == 2
