"""Many small files over one thread, and what became of them."""

import itertools
import time
from pathlib import Path

from lane_desk import Desk
from scripted_store import Pieces, written

from validator.recordlog.log import read_log
from validator.upload.pace import Pace

MANY = 40
AT_ONCE = 4


def as_new(script):
    """The script without what another test has seen."""
    script.answers, script.seen, script.usual = [], [], written
    return script


def desk_at(endpoint: str, folder: Path, bucket: str = "bucket", **options) -> Desk:
    """A desk whose connections wait for work: everything begins the short way."""
    desk = Desk(endpoint, bucket, folder, **options)
    desk.pace = Pace(AT_ONCE)
    for _ in range(AT_ONCE):
        assert desk.connections.open_another()
    return desk


class Short:
    """What went the short way: how many requests, and how many of their answers were read at a glance."""

    def __init__(self):
        self.sent, self.parted, self.read = [], [], 0


def key_of(seen) -> str:
    return seen.line.split(" ")[1].removeprefix("/bucket/")


def at_first(key: str, *said):
    """What a store says of one file, time after time; then, and of the others, that they were written."""
    left = list(said)

    def usual(seen):
        return left.pop(0) if key_of(seen) == key and left else written(seen)

    return usual


def send(desk: Desk, tasks) -> dict:
    for task in tasks:
        desk.thread.add(task)
    desk.finish()
    assert sorted(desk.answers) == sorted(task.id for task in tasks)
    assert not desk.performer.loader._ahead
    return desk.answers


def send_many(desk: Desk, number: int = MANY, size: int = 3000) -> dict:
    return send(desk, [desk.task(each, size + each) for each in range(number)])


def failures(answers) -> dict:
    return {number: found.failure for number, found in answers.items() if found.failure}


def arrived(script) -> dict[str, list[bytes]]:
    bodies = {}
    for seen in script.seen:
        bodies.setdefault(key_of(seen), []).append(seen.body)
    return bodies


def journal_of(desk: Desk) -> list[str]:
    """Keys of the objects that the journal calls done, each as often as it does."""
    [path] = (desk.folder / "state").glob("*.journal")
    return sorted(record["key"] for record in read_log(path) if record["t"] == "done")


def told(found) -> tuple:
    return found.failure, found.what, found.mend, {k: v for k, v in found.values.items() if k != "at"}


def wait_until(true, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.002)


def cuts(data: bytes, *at: int) -> Pieces:
    """The same in pieces."""
    ends = [0, *at, len(data)]
    return Pieces(data[start:end] for start, end in itertools.pairwise(ends))
