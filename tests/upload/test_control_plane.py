"""Uploads of few large files are begun and completed where the client is."""

import queue
from threading import Event

import pytest

from validator.digests.parts import digest_bytes, join_parts
from validator.errors import CpgateError
from validator.recordlog.log import read_log
from validator.s3.client import S3Settings, make_client
from validator.s3.limits import MIN_PART_SIZE
from validator.s3.writing import Writing
from validator.upload.control_plane import FEW_IN_PARTS, KINDS, THREADS, ControlPlane, open_control_plane
from validator.upload.pool import PoolSettings, WorkerPool
from validator.upload.tasks import Answer, Do, Failure, Task

KEY = "cpg0099-example/broad/workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite"
DATA = b"a" * MIN_PART_SIZE + b"b" * 100
PARTS = [digest_bytes(DATA[:MIN_PART_SIZE]), digest_bytes(DATA[MIN_PART_SIZE:])]


class Performed:
    """Stands for a performer: waits until it may answer."""

    def __init__(self) -> None:
        self.begun: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self.may = Event()
        self.journal, self.closed = self, Event()

    def perform(self, task: Task) -> Answer:
        self.begun.put(task)
        self.may.wait(30)
        if task.key == "broken":
            raise ZeroDivisionError
        return Answer(task.id)

    def close(self) -> None:
        assert not self.closed.is_set()
        self.closed.set()


@pytest.fixture
def opened(store, tmp_path):
    client = make_client(S3Settings(store.endpoint))
    control = open_control_plane(client, store.bucket, Writing(), tmp_path, 1, 1)
    settings = PoolSettings(S3Settings(store.endpoint), store.bucket, tmp_path, 1, 1)
    with WorkerPool(settings, control=control) as pool:
        yield pool


def answer(pool: WorkerPool, task: Task) -> Answer:
    pool.submit(task)
    while (event := pool.next_event(30)) is None or not isinstance(event, Answer):
        assert event is None
    return event


def test_a_file_that_workers_send_is_begun_and_completed_here(opened, store, tmp_path):
    path = tmp_path / "BR01.sqlite"
    path.write_bytes(DATA)
    file = {
        "path": str(path),
        "size": len(DATA),
        "mtime_ns": path.stat().st_mtime_ns,
        "part_size": MIN_PART_SIZE,
    }
    begun = answer(opened, Task(0, Do.BEGIN, KEY, **file)).values
    file |= {"upload_id": begun["upload_id"], "checksum": begun["checksum"]}
    for number in (1, 2):
        assert answer(opened, Task(number, Do.PART, KEY, number=number, **file)).failure is None
    whole = join_parts(PARTS, MIN_PART_SIZE)
    told = {"etags": tuple(part.md5 for part in PARTS), "expected": whole.etag, "crc": whole.crc64nvme}
    assert (
        answer(opened, Task(3, Do.COMPLETE, KEY, **(file | {"checksum": ""} | told))).values["etag"]
        == whole.etag
    )
    opened.finish()
    assert opened.wait(30)
    assert store.read(KEY) == DATA
    said = {
        path.name.rpartition("-")[0]: [r["t"] for r in read_log(path)] for path in tmp_path.glob("*.journal")
    }
    assert said == {
        "000001-w000-control": ["run", "intent", "begin", "end", "done"],
        "000001-w001": ["run", "part", "part"],
    }


def test_what_is_refused_is_an_answer(opened):
    assert answer(opened, Task(0, Do.PARTS, KEY, upload_id="none")).failure is Failure.GONE


@pytest.mark.parametrize("in_parts", [0, FEW_IN_PARTS + 1, 1000])
def test_many_files_are_left_to_the_workers(in_parts):
    assert open_control_plane(None, "", Writing(), None, 1, in_parts) is None


def test_bytes_are_sent_by_workers():
    assert (
        {do for do in Do if ControlPlane.takes(Task(0, do, ""))}
        == KINDS
        == set(Do) - {Do.PUT, Do.PART, Do.DIGEST}
    )


def test_the_journal_must_be_written(tmp_path):
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(CpgateError, match="journal cannot be written") as caught:
        open_control_plane(None, "", Writing(), tmp_path / "folder", 1, 1)
    assert "--state" in caught.value.mend


def test_what_was_not_begun_is_given_back():
    performed, told = Performed(), queue.SimpleQueue()
    control = ControlPlane(performed)
    control.start(told.put)
    for number in range(THREADS + 2):
        control.add(Task(number, Do.BEGIN, ""))
    for _ in range(THREADS):
        performed.begun.get(timeout=30)
    control.recall(told.put)
    given = [told.get(timeout=30) for _ in range(2)]
    assert [(answer.id, answer.failure) for answer in given] == [
        (THREADS, Failure.RECALLED),
        (THREADS + 1, Failure.RECALLED),
    ]
    control.finish()
    assert not control.wait(0.01), "who leaves does not wait for a store that does not answer"
    assert not performed.closed.is_set(), "they may still write to it"
    performed.may.set()
    assert {told.get(timeout=30).id for _ in range(THREADS)} == set(range(THREADS))
    assert performed.closed.wait(30)


def test_a_thread_that_breaks_ends_the_upload(store, tmp_path):
    performed = Performed()
    performed.may.set()
    settings = PoolSettings(S3Settings(store.endpoint), store.bucket, tmp_path, 1, 1)
    with WorkerPool(settings, control=ControlPlane(performed)) as pool, pytest.raises(ZeroDivisionError):
        answer(pool, Task(0, Do.BEGIN, "broken"))
    assert performed.closed.wait(30), "the pool was killed, not finished"
