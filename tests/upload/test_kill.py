"""kill -9 at random moments, of the parent, a child, the whole group: nothing is lost, nothing stays behind."""

import hashlib
import random
import subprocess
import time
from pathlib import Path

import pytest
from servers import counting_proxy, moto_server, s3_client
from uploader_process import UploadCommand, kill_somehow, wait_until_gone

from validator.s3.limits import MIB
from validator.workflows.demo_plate import make_demo_plate

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        not Path("/proc").is_dir(), reason="finds the uploader's processes through /proc, which Linux has"
    ),
]

PART = 5 * MIB
JOBS = 4
KILLS, ENOUGH_KILLS = 12, 10
BIG = 200 * MIB


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    source = make_demo_plate(tmp_path_factory.mktemp("kill"), wells=6, defects=False).source
    plate = next((source / "workspace" / "backend").glob("*/*"))
    folder = source / "workspace/analysis" / plate.parent.name / plate.name / "analysis"
    large = folder / f"{plate.name}-A01-1/outlines/A01_s1--cell_outlines.png"  # of a kind that is not opened
    large.parent.mkdir(parents=True, exist_ok=True)
    block = random.Random(0).randbytes(MIB)
    with large.open("wb") as stream:
        for number in range(BIG // MIB):
            stream.write(number.to_bytes(8, "big") + block[8:])
    return source


class Uploader(UploadCommand):
    """The command, started anew each time, with its log."""

    def __init__(self, dataset: Path, endpoint: str, work: Path) -> None:
        super().__init__(
            dataset, "s3://staging", endpoint, work, ("--jobs", str(JOBS), "--part-size", "5MiB")
        )

    def wait_for_plan(self, process: subprocess.Popen) -> None:
        """Wait until a run just started begins to send."""
        before = self.said.count("plan ")
        until = time.monotonic() + 60
        while process.poll() is None and self.said.count("plan ") == before:
            assert time.monotonic() < until, self.said
            time.sleep(0.01)


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
    log = " ".join(uploader.log.read_text().split())  # lines are broken where the folder's name is long
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
