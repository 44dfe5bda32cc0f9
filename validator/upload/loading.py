"""Bytes on their way from a file into a request: in memory if they are few, else read while they are sent."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from mmap import mmap

from validator.digests.files import FileState, digest_range, read_range, require_state
from validator.digests.kernel_loading import KernelSoon
from validator.digests.parts import PartDigest, digest_bytes, digest_with_md5
from validator.digests.ranges import Range, digest_ranges
from validator.digests.shaky import tried_again
from validator.digests.strands import STRANDS, Kernel, md5s, worthwhile
from validator.errors import CpgateError
from validator.s3.limits import KIB, MIB, part_range
from validator.s3.wire.bodies import Body, FileBody, MemoryBody
from validator.s3.wire.kept import Buffers, KeptBody
from validator.upload.tasks import Do, Task

IN_MEMORY = 8 * MIB
"""Bytes; what is larger is read twice, for its digests and for the network, a piece at a time."""
TOGETHER_IN_MEMORY = 64 * KIB
"""The same where sixteen are digested at once: fresh memory for more of them is dearer than reading twice from the system's cache."""
KEPT = 80 * MIB
"""Bytes that all processes together keep in memory from their digests until they are sent, where they must read what they
send (TLS). With two processes images of 1080 x 1080 pixels, two bytes each, are read once."""
Loaded = tuple[Body, PartDigest]


def load(path: str, state: FileState, offset: int, length: int, *, sha256: bool = False) -> Loaded:
    """Read and digest a run of bytes of a file that must be in the expected state.

    Raises
    ------
    FileChanged
        If it is in another state; from the body, too, while it is sent.
    OSError
        If the system refuses.
    """
    if length <= IN_MEMORY:
        data = read_range(path, state, offset, length)
        return MemoryBody(data), digest_bytes(data, sha256=sha256)
    part = digest_range(path, state, offset, length, sha256=sha256)
    return _read_again(Range(path, state, offset, length)), part


def _read_again(run: Range) -> FileBody:
    return FileBody(
        run.path, run.offset, run.length, partial(require_state, run.path, run.state), tried_again
    )


class Loader:
    """Loads what tasks send: one by one, or many ahead whose digests are computed side by side.

    Parameters
    ----------
    soon
        What digests side by side, as soon as it is there; ``None`` where that is not worth while.
    sends_files
        Whether the system sends files by itself, so that their bytes need not come into this process a second time.
    processes
        How many of them share what may be kept in memory.
    """

    def __init__(
        self,
        soon: KernelSoon | None = None,
        sends_files: Callable[[], bool] = lambda: True,
        processes: int = 1,
    ) -> None:
        self._soon = soon
        self._sends_files = sends_files
        self._kept = KEPT // processes
        self._buffers = Buffers(self._kept)
        self._ahead: dict[int, Loaded] = {}

    @property
    def group(self) -> int:
        """How many tasks are best loaded at once."""
        return STRANDS if self._soon is not None and self._soon.kernel is not None else 1

    def load_ahead(self, tasks: Sequence[Task]) -> None:
        """Load what some tasks send, at most `group`, as far as that can be done at once.

        What cannot be read is left to `load`, which says why.
        """
        kernel = self._soon.kernel if self._soon is not None else None
        # An upload that was begun with SHA-256s needs those of its parts, too.
        runs = {task.id: run_of(task) for task in tasks if task.checksum != "sha256"}
        if kernel is None or not worthwhile([run.length for run in runs.values()]):
            return
        small = {id_: run for id_, run in runs.items() if run.length <= TOGETHER_IN_MEMORY}
        self._load_small(kernel, small)
        large = {id_: run for id_, run in runs.items() if run.length > TOGETHER_IN_MEMORY}
        if large and worthwhile([run.length for run in large.values()]):
            self._load_large(kernel, large)

    def _load_small(self, kernel: Kernel, runs: dict[int, Range]) -> None:
        found: dict[int, bytes] = {}
        for id_, run in runs.items():
            try:
                found[id_] = read_range(run.path, run.state, run.offset, run.length)
            except (CpgateError, OSError):
                continue  # `load` tries it again, and its error is the one that counts
        for (id_, data), md5 in zip(found.items(), md5s(kernel, list(found.values())), strict=True):
            self._ahead[id_] = (MemoryBody(data), digest_with_md5(data, md5))

    def _load_large(self, kernel: Kernel, runs: dict[int, Range]) -> None:
        ranges = list(runs.values())
        kept = self._memory_for(ranges)
        parts = digest_ranges(kernel, ranges, [memoryview(buffer) for buffer in kept])
        bodies: Iterable[Body]
        if kept:
            bodies = [
                KeptBody(self._buffers, buffer, run.length) for buffer, run in zip(kept, ranges, strict=True)
            ]
        else:
            bodies = map(_read_again, ranges)
        for id_, body, part in zip(runs, bodies, parts, strict=True):
            if part is not None:
                self._ahead[id_] = (body, part)

    def _memory_for(self, ranges: Sequence[Range]) -> list[mmap]:
        """Memory in which they stay until they are sent; none where they are better read a second time."""
        if not self._sends_files() and sum(run.length for run in ranges) <= self._kept:
            with suppress(OSError):  # there is none
                return [self._buffers.take(run.length) for run in ranges]
        return []

    def keep(self, task: Task, loaded: Loaded) -> None:
        """Keep what was loaded for a task that begins anew."""
        self._ahead[task.id] = loaded

    def forget(self, task: Task) -> None:
        """The task will not be carried out."""
        self._ahead.pop(task.id, None)

    def load(self, task: Task, offset: int, length: int, *, sha256: bool) -> Loaded:
        """Body and digests of a run of the task's file.

        Raises
        ------
        FileChanged, OSError
            See `load`.
        """
        ahead = self._ahead.pop(task.id, None)
        if ahead is not None and not sha256:
            return ahead
        return load(task.path, FileState(task.size, task.mtime_ns), offset, length, sha256=sha256)


def run_of(task: Task) -> Range:
    """What a task sends (`PUT`, `PART`)."""
    offset, length = 0, task.size
    if task.do is Do.PART and task.part_size is not None:
        offset, length = part_range(task.size, task.part_size, task.number)
    return Range(task.path, FileState(task.size, task.mtime_ns), offset, length)
