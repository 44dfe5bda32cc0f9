import errno
import os
from pathlib import Path

import pytest

from validator.digests.files import FileChanged
from validator.digests.parts import digest_bytes
from validator.digests.strands import STRANDS
from validator.s3.wire.bodies import FileBody, MemoryBody
from validator.s3.wire.kept import Buffers, KeptBody
from validator.upload.loading import KEPT, TOGETHER_IN_MEMORY, Loader, run_of
from validator.upload.tasks import Do, Task


@pytest.fixture
def put(tmp_path):
    def make(number: int, size: int) -> Task:
        path = tmp_path / f"{number}.tiff"
        path.write_bytes(os.urandom(size))
        return Task(number, Do.PUT, f"a/{number}.tiff", str(path), size, path.stat().st_mtime_ns)

    return make


def content(body) -> bytes:
    body.rewind()
    return b"".join(iter(lambda: bytes(body.piece()), b""))


@pytest.mark.parametrize(
    ("size", "sends_files", "kind"),
    [
        (1000, True, MemoryBody),
        (1000, False, MemoryBody),
        (TOGETHER_IN_MEMORY + 1, True, FileBody),
        (TOGETHER_IN_MEMORY + 1, False, KeptBody),
        (KEPT // 2 // STRANDS - 1000, False, KeptBody),
        (KEPT // 2 // STRANDS, False, FileBody),  # each has a byte more than the one before: too much to keep
    ],
)
def test_what_was_loaded_ahead_is_what_is_sent(soon, put, size, sends_files, kind):
    tasks = [put(number, size + number) for number in range(STRANDS)]
    loader = Loader(soon, lambda: sends_files, 2)
    assert loader.group == STRANDS
    loader.load_ahead(tasks)
    assert len(loader._ahead) == STRANDS
    for task in tasks:
        body, part = loader.load(task, 0, task.size, sha256=False)
        with Path(task.path).open("rb") as stream:
            data = stream.read()
        assert isinstance(body, kind)
        assert content(body) == data
        assert part == digest_bytes(data)
        body.close()
    assert not loader._ahead


def test_parts_of_a_file(soon, put):
    whole = put(1, 16 * 100_000 + 17)
    tasks = [
        Task(n, Do.PART, whole.key, whole.path, whole.size, whole.mtime_ns, "u", 100_000, n)
        for n in range(1, 18)
    ]
    loader = Loader(soon)
    loader.load_ahead(tasks[:16])
    with Path(whole.path).open("rb") as stream:
        data = stream.read()
    for task in tasks:
        run = run_of(task)
        body, part = loader.load(task, run.offset, run.length, sha256=False)
        expected = data[run.offset : run.offset + run.length]
        assert (content(body), part) == (expected, digest_bytes(expected))
        body.close()
    assert len(expected) == 17


def test_what_is_kept_is_read_once_and_its_memory_used_again(soon, put):
    loader, size = Loader(soon, lambda: False), TOGETHER_IN_MEMORY + 1
    for _ in range(3):
        tasks = [put(number, size) for number in range(STRANDS)]
        loader.load_ahead(tasks)
        expected = [Path(task.path).read_bytes() for task in tasks]
        for task in tasks:
            Path(task.path).unlink()
        for task, data in zip(tasks, expected, strict=True):
            body, part = loader.load(task, 0, size, sha256=False)
            assert (content(body), part) == (data, digest_bytes(data))
            body.close()
    assert loader._buffers.waiting == STRANDS * 2 * TOGETHER_IN_MEMORY


def test_one_of_those_that_are_kept_cannot_be_read(soon, put):
    tasks = [put(number, TOGETHER_IN_MEMORY + 1) for number in range(STRANDS)]
    loader = Loader(soon, lambda: False)
    Path(tasks[3].path).unlink()
    os.utime(tasks[4].path, ns=(1, 1))
    loader.load_ahead(tasks)
    assert len(loader._ahead) == STRANDS - 2
    with pytest.raises(FileChanged):
        loader.load(tasks[4], 0, tasks[4].size, sha256=False)
    assert (
        content(loader.load(tasks[5], 0, tasks[5].size, sha256=False)[0]) == Path(tasks[5].path).read_bytes()
    )


def test_where_there_is_no_memory_files_are_read_twice(soon, put, monkeypatch):
    def no_memory(*_):
        raise OSError(errno.ENOMEM, "no memory")

    monkeypatch.setattr(Buffers, "take", no_memory)
    tasks = [put(number, TOGETHER_IN_MEMORY + 1) for number in range(STRANDS)]
    loader = Loader(soon, lambda: False)
    loader.load_ahead(tasks)
    body, _ = loader.load(tasks[0], 0, tasks[0].size, sha256=False)
    assert isinstance(body, FileBody)
    body.close()


def test_a_file_that_is_gone_or_changed_says_so_when_its_turn_comes(soon, put):
    loader, tasks = Loader(soon), [put(number, 1000) for number in range(STRANDS)]
    Path(tasks[3].path).unlink()
    os.utime(tasks[4].path, ns=(1, 1))
    loader.load_ahead(tasks)
    assert len(loader._ahead) == STRANDS - 2
    with pytest.raises(FileNotFoundError):
        loader.load(tasks[3], 0, 1000, sha256=False)
    with pytest.raises(FileChanged):
        loader.load(tasks[4], 0, 1000, sha256=False)


def test_few_are_loaded_one_by_one(soon, put):
    loader = Loader(soon)
    loader.load_ahead([put(1, 1000), put(2, 1000)])
    assert not loader._ahead


def test_what_will_not_be_sent_is_forgotten(soon, put):
    loader, tasks = Loader(soon), [put(number, 1000) for number in range(STRANDS)]
    loader.load_ahead(tasks)
    loader.forget(tasks[0])
    assert len(loader._ahead) == STRANDS - 1


def test_without_a_kernel_nothing_is_loaded_ahead(put):
    loader = Loader()
    assert loader.group == 1
    loader.load_ahead([put(number, 1000) for number in range(STRANDS)])
    assert not loader._ahead


def test_sha256_is_computed_where_it_is_asked_for(soon, put):
    loader, tasks = Loader(soon), [put(number, 1000) for number in range(STRANDS)]
    loader.load_ahead(tasks)
    assert loader.load(tasks[0], 0, 1000, sha256=True)[1].sha256
