"""A journal that was lost, or a second machine: the bucket remembers."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from servers import CREDENTIALS, counting_proxy

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest
from validator.recordlog.log import encode_record
from validator.upload.journal import DoneRecord, done_values

pytestmark = pytest.mark.full  # half a minute and more

MIB = 1024 * 1024
HOME = "cpg0099-example/broad"
LARGE = "workspace/analysis/2024_03_05_Run1/BR00123401/analysis/BR00123401-A01-1/outlines/A01_s1--cell_outlines.png"


@pytest.fixture
def dataset(build_dataset):
    return build_dataset()


@pytest.fixture
def start(dataset, store, tmp_path):
    """Start the command; each machine has a state folder of its own."""

    def begin(*options: str, machine: str = "one", endpoint: str = "") -> subprocess.Popen:
        work = tmp_path / machine
        work.mkdir(exist_ok=True)
        command = [
            *(sys.executable, "-m", "validator", "upload", str(dataset), f"s3://{store.bucket}"),
            *("--endpoint-url", endpoint or store.endpoint, "--state", str(work / "state"), "--jobs", "2"),
            *options,
        ]
        return subprocess.Popen(
            command,
            cwd=work,
            env=os.environ | CREDENTIALS,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return begin


def said(process: subprocess.Popen) -> str:
    text, _ = process.communicate(timeout=90)
    assert process.returncode == 0, text
    return text


def journal_parts(state: Path) -> int:
    return sum(path.read_bytes().count(b'"t":"part"') for path in state.rglob("*.journal"))


def test_a_second_machine_goes_on_inside_a_file(start, dataset, store, tmp_path):
    (dataset / LARGE).write_bytes(os.urandom(64 * MIB))
    with counting_proxy(store.endpoint, 20e6) as (endpoint, traffic):
        first = start(endpoint=endpoint)
        until = time.monotonic() + 60
        while journal_parts(tmp_path / "one" / "state") < 4:
            assert time.monotonic() < until
            time.sleep(0.02)
        first.send_signal(signal.SIGINT)
        text, _ = first.communicate(timeout=60)
        assert first.returncode == 130, text
        assert [key for key in store.object_keys() if key.endswith("/now.journal")]
        shutil.rmtree(tmp_path / "one")
        before, traffic.bytes_per_second = traffic.bytes_up, 1e12
        text = said(start(machine="two", endpoint=endpoint))
    assert "resumed 1 " in text
    assert "another upload" not in text, "the first one has said that it ended"
    assert traffic.bytes_up - before < 45 * MIB, "parts that are there are not sent again"
    assert store.read(f"{HOME}/{LARGE}") == (dataset / LARGE).read_bytes()
    assert store.unfinished() == []
    assert "nothing left behind" in text


def test_a_run_that_ends_with_a_conflict_tells_a_second_machine_what_is_there(start, store, tmp_path):
    """It was over long before the first checkpoint was due, and no receipt goes to the bucket."""
    store.put(f"{HOME}/{LARGE}", b"other bytes")
    first = start()
    text, _ = first.communicate(timeout=90)
    assert first.returncode == 1, text
    [mine] = [key for key in store.object_keys() if "/_cpgate/checkpoints/" in key and "now" not in key]
    shutil.rmtree(tmp_path / "one")
    second = start(machine="two")
    text, _ = second.communicate(timeout=90)
    assert second.returncode == 1, text
    files = store.read(mine).count(b'"t":"done"')
    assert files > 10
    assert f"{files} files are not read, because checkpoints" in " ".join(text.split())
    assert "another upload" not in text
    assert "send 0 " in text


def test_what_a_receipt_names_is_not_read_again(start, dataset):
    """The same size and time, other bytes: only reading could tell, and that is asked for with --rehash."""
    said(start())
    victim = next(dataset.rglob("*.tiff"))
    before = victim.stat()
    victim.write_bytes(victim.read_bytes()[:-1] + b"\x01")
    os.utime(
        victim, ns=(before.st_atime_ns, before.st_mtime_ns // 10**9 * 10**9)
    )  # a server that keeps seconds
    text = said(start("--force", machine="two"))
    assert "conflict 0" in text
    assert "files are not read, because checkpoints or receipts in the bucket" in " ".join(text.split())
    assert "send 0 " in text
    process = start("--force", "--rehash", machine="two")
    text, _ = process.communicate(timeout=90)
    assert process.returncode == 1, text
    assert "conflict 1" in text
    assert "not read" not in text


def test_checkpoints_of_a_lost_journal_go_when_the_receipt_says_more(start, store, tmp_path):
    place = f"{HOME}/_cpgate/checkpoints/0123456789abcdef/"
    gone = {
        "t": "begin",
        "key": f"{HOME}/{LARGE}",
        "upload_id": "x",
        "part_size": 8 * MIB,
        "size": 1,
        "mtime_ns": 1,
    }
    store.put(f"{place}now.journal", encode_record(gone))
    store.put(f"{place}000001-00000.journal", b"rubbish")
    text = said(start())
    assert "heard of" not in text, "nobody wrote who it was"
    assert any("/_cpgate/checkpoints/" in key for key in store.object_keys()), (
        "nothing made them worth reading"
    )
    shutil.rmtree(tmp_path / "one" / "state")
    said(start())
    assert not [key for key in store.object_keys() if "/_cpgate/checkpoints/" in key]


def test_checkpoints_of_another_upload_to_the_same_place_are_its_own(start, store, tmp_path):
    """Another disk's part of the dataset, or a large file that waits: nobody else knows of it."""
    other, waiting = f"{HOME}/_cpgate/checkpoints/1111/", f"{HOME}/_cpgate/checkpoints/2222/"
    done = {"t": "done", "key": f"{HOME}/images/2024_03_05_Run9/images/BR9/a.tiff"}
    store.put(f"{other}000001-00000.journal", encode_record(done))
    key = f"{HOME}/{LARGE}"
    upload_id = store.client.create_multipart_upload(Bucket=store.bucket, Key=key)["UploadId"]
    store.client.upload_part(Bucket=store.bucket, Key=key, UploadId=upload_id, PartNumber=1, Body=b"x")
    begun = {"t": "begin", "key": key, "upload_id": upload_id, "part_size": 8 * MIB, "size": 1, "mtime_ns": 1}
    store.put(f"{waiting}now.journal", encode_record(begun))
    said(start())
    shutil.rmtree(tmp_path / "one" / "state")
    said(start())
    left = [key for key in store.object_keys() if "/_cpgate/checkpoints/" in key]
    assert left == [f"{other}000001-00000.journal", f"{waiting}now.journal"]
    assert store.unfinished() == [key]


def test_a_record_of_others_does_not_outweigh_ones_own_journal(start, dataset, store):
    """Other bytes of the same size in the place of a file, and a checkpoint that swears they are the file's."""
    said(start())
    victim = next(dataset.rglob("*.tiff"))
    key, status = f"{HOME}/{victim.relative_to(dataset).as_posix()}", victim.stat()
    assert key in store.object_keys()
    fake = bytes(status.st_size)
    store.put(key, fake)
    digest = ObjectDigest(status.st_size, hashlib.md5(fake).hexdigest(), None, 1, "AAAAAAAAAAA=")
    state = FileState(status.st_size, status.st_mtime_ns)
    record = done_values(DoneRecord(key, state, digest, "2026-11-20T14:05:33+00:00"))
    store.put(f"{HOME}/_cpgate/checkpoints/0123456789abcdef/000001-00000.journal", encode_record(record))
    process = start()
    text, _ = process.communicate(timeout=90)
    assert process.returncode == 1, text
    assert "conflict 1" in text
    assert "not read" not in text
