import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from validator.errors import CpgateError, ExitCode
from validator.upload import lock as module
from validator.upload.lock import STALE_SECONDS, UploadLock

HOLD = """
import sys, time
from pathlib import Path
from validator.upload.lock import UploadLock
with UploadLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def leave_lock(folder, content: object, age: float = 0.0) -> None:
    path = folder / "lock"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    then = time.time() - age
    os.utime(path, (then, then))


FAR_AWAY = {"pid": 4711, "host": "node17", "since": "2026-11-20 14:05:33", "token": "x"}


def assert_refused(folder, *texts: str) -> None:
    before = (folder / "lock").read_bytes()
    with pytest.raises(CpgateError) as caught, UploadLock(folder):
        pass
    assert caught.value.exit_code is ExitCode.FAILURE
    for text in ("another upload to this place is running", *texts):
        assert text in caught.value.what
    assert "goes on where it stopped" in caught.value.mend
    assert (folder / "lock").read_bytes() == before


def assert_taken(folder) -> None:
    with UploadLock(folder):
        assert json.loads((folder / "lock").read_text())["pid"] == os.getpid()
    assert list(folder.iterdir()) == []


def test_taken_and_given_back(tmp_path):
    assert_taken(tmp_path)
    assert_taken(tmp_path)


def test_given_back_after_an_error_too(tmp_path):
    with pytest.raises(ZeroDivisionError), UploadLock(tmp_path):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_the_second_is_told_who_the_first_is(tmp_path, holder):
    assert_refused(
        tmp_path, f"process {holder.pid} on {socket.gethostname()}", f"since {time.strftime('%Y')}"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.skipif(os.name == "nt", reason="asks the system for processes, which is harmless on POSIX only")
def test_a_holder_that_was_killed_is_taken_over(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "lock").exists()
    assert_taken(tmp_path)


def test_a_holder_on_another_machine_lives_as_long_as_its_heart_beats(tmp_path):
    leave_lock(tmp_path, FAR_AWAY, age=STALE_SECONDS - 20)
    assert_refused(tmp_path, "process 4711 on node17, since 2026-11-20 14:05:33")
    leave_lock(tmp_path, FAR_AWAY, age=STALE_SECONDS + 20)
    assert_taken(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '"x"', "\x00\xff", {"pid": 10**30, "host": "?"}, {"host": None}]
)
def test_a_damaged_lock_counts_by_its_age(tmp_path, content):
    leave_lock(tmp_path, content)
    assert_refused(tmp_path)
    leave_lock(tmp_path, content, age=STALE_SECONDS + 20)
    assert_taken(tmp_path)


def test_a_process_that_cannot_exist_is_gone(tmp_path):
    leave_lock(tmp_path, FAR_AWAY | {"pid": 10**30, "host": socket.gethostname(), "boot": module._boot()})
    assert_taken(tmp_path)


def test_a_machine_of_the_same_name_is_another_machine(tmp_path):
    leave_lock(tmp_path, FAR_AWAY | {"pid": 10**30, "host": socket.gethostname(), "boot": "another"})
    with pytest.raises(CpgateError, match="another upload"), UploadLock(tmp_path):
        pass


def test_a_holder_that_stood_still_notices_that_it_lost_the_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)
    with UploadLock(tmp_path) as lock:
        assert not lock.lost
        other = json.loads((tmp_path / "lock").read_text()) | {"token": "somebody else's"}
        (tmp_path / "lock").write_text(json.dumps(other))
        until = time.monotonic() + 10
        while not lock.lost and time.monotonic() < until:
            time.sleep(0.01)
        assert lock.lost
    assert (tmp_path / "lock").exists(), "the other's lock is left alone"


def test_the_heart_beats(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)
    with UploadLock(tmp_path):
        os.utime(tmp_path / "lock", (1, 1))
        until = time.monotonic() + 10
        while (tmp_path / "lock").stat().st_mtime == 1 and time.monotonic() < until:
            time.sleep(0.01)
        assert (tmp_path / "lock").stat().st_mtime > 1


def test_a_lock_that_somebody_took_over_is_left_to_them(tmp_path):
    with UploadLock(tmp_path):
        leave_lock(tmp_path, FAR_AWAY)
    assert json.loads((tmp_path / "lock").read_text()) == FAR_AWAY


def test_a_fresh_lock_that_came_in_between_is_left_alone(tmp_path, monkeypatch):
    """The stale one was seen, but another process removed it and took the lock before this one could."""
    leave_lock(tmp_path, FAR_AWAY, age=STALE_SECONDS + 20)
    fresh = FAR_AWAY | {"pid": 1, "token": "fresh"}
    real = UploadLock._remove

    def too_late(self, stale):
        leave_lock(tmp_path, fresh)
        real(self, stale)

    monkeypatch.setattr(UploadLock, "_remove", too_late)
    with pytest.raises(CpgateError, match="process 1 on node17"), UploadLock(tmp_path):
        pass
    assert json.loads((tmp_path / "lock").read_text()) == fresh
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_kill_while_a_stale_lock_was_removed_holds_nobody_up_for_ever(tmp_path):
    leave_lock(tmp_path, FAR_AWAY, age=STALE_SECONDS + 20)
    removing = tmp_path / "lock-removing"
    removing.touch()
    with pytest.raises(CpgateError, match="cannot be taken"), UploadLock(tmp_path):
        pass
    os.utime(removing, (1, 1))
    assert_taken(tmp_path)


def test_of_many_that_find_a_stale_lock_one_gets_it(tmp_path):
    at_once, inside, most, got, refused = threading.Barrier(8), [0], [0], [], []
    counting = threading.Lock()

    def run():
        at_once.wait()
        try:
            with UploadLock(tmp_path):
                with counting:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.05)
                with counting:
                    inside[0] -= 1
                got.append(True)
        except CpgateError:
            refused.append(True)

    for _ in range(10):
        leave_lock(tmp_path, FAR_AWAY, age=STALE_SECONDS + 20)
        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert list(tmp_path.iterdir()) == []
    assert most == [1]
    assert len(got) >= 10
    assert len(got) + len(refused) == 80
