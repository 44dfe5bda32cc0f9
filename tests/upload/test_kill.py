"""kill -9 at random moments, of the parent, a child, the whole group: nothing is lost, nothing stays behind."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from servers import CREDENTIALS, counting_proxy, moto_server, s3_client

from validator.s3.limits import MIB
from validator.workflows.demo_plate import make_demo_plate

pytestmark = pytest.mark.skipif(
    not Path("/proc").is_dir(), reason="finds the uploader's processes through /proc, which Linux has"
)

PART = 5 * MIB
JOBS = 4
KILLS, ENOUGH_KILLS = 12, 10
BIG = 200 * MIB


def processes_of_session(session: int) -> list[int]:
    """Living processes of a session; the uploader's children do not leave it."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found


def wait_until_gone(session: int, seconds: float = 5) -> list[int]:
    until = time.monotonic() + seconds
    while (left := processes_of_session(session)) and time.monotonic() < until:
        time.sleep(0.02)
    return left


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    source = make_demo_plate(tmp_path_factory.mktemp("kill"), wells=6, defects=False).source
    plate = next((source / "workspace" / "backend").glob("*/*"))
    block = random.Random(0).randbytes(MIB)
    with (plate / f"{plate.name}.csv").open("wb") as stream:
        for number in range(BIG // MIB):
            stream.write(number.to_bytes(8, "big") + block[8:])
    return source


class Uploader:
    """The command, started anew each time, with its log."""

    def __init__(self, dataset: Path, endpoint: str, work: Path) -> None:
        self.work = work
        self.log = work / "log.txt"
        self.command = [
            *(sys.executable, "-m", "validator", "upload", str(dataset), "s3://staging"),
            *(
                "--endpoint-url",
                endpoint,
                "--state",
                str(work / "state"),
                "--jobs",
                str(JOBS),
                "--part-size",
                "5MiB",
            ),
            *("--receipt", str(work / "receipt.jsonl")),
        ]

    def start(self) -> subprocess.Popen:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                cwd=self.work,
                env=os.environ | CREDENTIALS,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_for_plan(self, process: subprocess.Popen) -> None:
        """Wait until a run just started begins to send."""
        before = self.log.read_text().count("plan ")
        until = time.monotonic() + 60
        while process.poll() is None and self.log.read_text().count("plan ") == before:
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.01)


def kill_somehow(process: subprocess.Popen, how: str, luck: random.Random) -> bool:
    """Kill the parent, one child, or the group; whether there was something to kill."""
    if how == "child":
        children = [pid for pid in processes_of_session(process.pid) if pid != process.pid]
        if not children:
            return False
        with suppress(ProcessLookupError):
            os.kill(luck.choice(children), signal.SIGKILL)
        return True
    if process.poll() is not None:
        return False
    if how == "parent":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    return True


def test_a_dozen_kills_lose_nothing(dataset, tmp_path):
    luck = random.Random(20261120)
    files = {str(path.relative_to(dataset.parents[1])): path for path in dataset.rglob("*") if path.is_file()}
    total = sum(path.stat().st_size for path in files.values())
    kills, rounds = 0, 0
    with moto_server() as server, counting_proxy(server, 40e6) as (endpoint, traffic):
        store = s3_client(server)
        store.create_bucket(Bucket="staging")
        uploader = Uploader(dataset, endpoint, tmp_path)
        while kills < KILLS:
            rounds += 1
            assert rounds < 60, uploader.log.read_text()
            process = uploader.start()
            how = ("parent", "child", "group")[kills % 3]
            if rounds % 4:  # in the midst of sending; every fourth kill comes at any moment from the start on
                uploader.wait_for_plan(process)
            time.sleep(luck.uniform(0.1, 0.9))
            kills += kill_somehow(process, how, luck)
            if how == "child":  # the upload goes on without it, until something else happens
                time.sleep(luck.uniform(0.1, 0.5))
                kills += kill_somehow(process, "parent", luck)
            process.wait()
            assert wait_until_gone(process.pid) == [], "a process stays behind"
            if process.returncode == 0:
                break
        assert kills >= ENOUGH_KILLS, f"the upload was over after {kills} kills"
        traffic.bytes_per_second = 1e12
        if process.returncode:
            process = uploader.start()
            assert process.wait(timeout=120) == 0, uploader.log.read_text()
        assert wait_until_gone(process.pid) == []

        for key, path in files.items():
            body = store.get_object(Bucket="staging", Key=key)["Body"].read()
            assert hashlib.sha256(body).digest() == hashlib.sha256(path.read_bytes()).digest(), key
        assert "Uploads" not in store.list_multipart_uploads(Bucket="staging")
    assert traffic.bytes_up < 1.1 * total + (kills + 1) * JOBS * PART
    assert (tmp_path / "receipt.jsonl").exists()
    log = uploader.log.read_text()
    assert log.count("made now") <= 1, "what has not changed is not checked again"
    assert log.count("still holds") >= KILLS // 3
    print(
        f"{kills} kills; {traffic.bytes_up / total:.3f} x the dataset sent, {traffic.connections} connections"
    )


def test_a_killed_child_is_replaced_and_the_upload_ends(dataset, tmp_path):
    with moto_server() as server, counting_proxy(server, 60e6) as (endpoint, _):
        store = s3_client(server)
        store.create_bucket(Bucket="staging")
        process = Uploader(dataset, endpoint, tmp_path).start()
        killed = 0
        while process.poll() is None and killed < 3:
            time.sleep(0.9)
            killed += kill_somehow(process, "child", random.Random(killed))
        assert process.wait(timeout=120) == 0, (tmp_path / "log.txt").read_text()
        assert killed == 3
        assert "Uploads" not in store.list_multipart_uploads(Bucket="staging")
        assert wait_until_gone(process.pid) == []
