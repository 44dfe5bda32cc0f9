"""A worker process of the uploader: ``python -m validator.upload.worker``.

It reads its settings and then tasks from standard input, one JSON line each, and writes answers to standard
output. When standard input ends, whoever started it is gone (a kill -9, perhaps): it ends at once, and the
journal says what was done.
"""

import gc
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from validator.digests.kernel_loading import KernelSoon
from validator.errors import CpgateError, is_broken_pipe
from validator.s3.client import S3Settings, make_client
from validator.s3.late_client import LateClient
from validator.s3.throttle import Throttle
from validator.s3.wire.connections import Connections, open_data_path
from validator.s3.wire.head_start import HeadStart, begin_ahead
from validator.upload.journal import Journal
from validator.upload.lanes import LaneThread
from validator.upload.loading import Loader
from validator.upload.original_settings import OriginalSettings
from validator.upload.originals import CopyingStore, Originals
from validator.upload.pace import Pace
from validator.upload.perform import Performer
from validator.upload.perform_objects import ObjectPerformer
from validator.upload.starting import MUCH
from validator.upload.tasks import Answer, Do, Failure, Task, answers_line, tasks_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FEWER_COLLECTIONS = (50_000, 20, 100)
"""A worker keeps little, and no rings: looking for them after every 700 new objects is in vain."""
LANES = frozenset({Do.PUT, Do.PART})
"""What goes over the data path."""


class Worker:
    """Carries out tasks and answers in the order in which they end.

    What is sent over the data path goes through one thread with many requests under way; what waits for
    boto3, or reads whole files, goes through threads of its own.

    Parameters
    ----------
    performer
        Carries out one task.
    threads
        How many tasks of the second kind at once.
    answers
        Where answers are written.
    retries
        How many requests were tried again since it was asked.
    most
        Requests under way at most; ``None`` lets the worker find out.
    """

    def __init__(
        self,
        performer: Performer,
        threads: int,
        answers: BinaryIO,
        retries: Callable[[], int] = lambda: 0,
        most: int | None = None,
    ) -> None:
        self._retries = retries
        self._performer = performer
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._answers = answers
        self._answering = Lock()
        self._lanes: LaneThread | None = None
        if performer.connections is not None and performer.overlaps:
            self._lanes = LaneThread(performer, performer.connections, self._answer_all, Pace(most))
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def add(self, task: Task) -> None:
        """Enter a task."""
        self.add_all([task])

    def add_all(self, tasks: Iterable[Task]) -> None:
        """Enter tasks."""
        for task in tasks:
            if self._lanes is not None and task.do in LANES:
                self._lanes.add(task)
            else:
                self._tasks.put(task)

    def recall(self) -> None:
        """Give back what was not begun: the run is to stop."""
        if self._lanes is not None:
            self._lanes.recall(self._give_back)
        with suppress(queue.Empty):
            while (task := self._tasks.get_nowait()) is not None:
                self._give_back(task)

    def finish(self) -> None:
        """Do what was entered, then end."""
        if self._lanes is not None:
            self._lanes.finish()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._answer(self._performer.perform(task))

    def _give_back(self, task: Task) -> None:
        self._answer(Answer(task.id, Failure.RECALLED))

    def _answer(self, answer: Answer) -> None:
        self._answer_all([answer])

    def _answer_all(self, answers: Sequence[Answer]) -> None:
        if retries := self._retries():
            answers[0].values["retries"] = retries
        line = answers_line(answers)
        with self._answering:
            self._answers.write(line)
            self._answers.flush()


def _make_performer(
    client: "S3Client",
    journal: Journal,
    settings: Mapping[str, Any],
    connections: Connections | None,
    kernel: KernelSoon | None,
) -> Performer:
    bucket = settings["bucket"]
    writing = S3Settings.from_dict(settings["s3"]).writing
    if settings.get("originals") is None:
        sends_files = (lambda: connections.sends_files) if connections is not None else lambda: True
        loader = Loader(kernel, sends_files, settings.get("processes", 1))
        return Performer(client, bucket, journal, connections, writing, loader)
    said = OriginalSettings.from_dict(settings["originals"])
    originals = Originals(make_client(said.s3, settings["threads"]))
    store = None
    if said.by_store:
        store = CopyingStore(client, bucket, originals, writing, conditional=said.conditional)
    return ObjectPerformer(client, bucket, journal, originals, store, connections, writing)


def _open(
    settings: Mapping[str, Any], s3: S3Settings, throttle: Throttle
) -> tuple["S3Client", Connections | None]:
    """A client and the data path, which waits for no client where this process was told how to begin."""

    def make() -> "S3Client":
        client = make_client(s3, settings["threads"])
        throttle.watch(client)
        return client

    start = settings.get("start")
    if start is None:
        client = make()
        return client, open_data_path(client, s3, settings["bucket"], throttle)
    late = LateClient(make)
    if settings.get("client_soon"):
        late.make_soon()
    connections = begin_ahead(late, s3, settings["bucket"], throttle, HeadStart.from_message(start))
    return cast("S3Client", late), connections


def _begin(tasks: BinaryIO) -> tuple[KernelSoon | None, Mapping[str, Any] | None]:
    """Wait for the settings; ``None`` where none come."""
    kernel, first = None, tasks.readline()
    if first == MUCH:
        kernel, first = KernelSoon(), tasks.readline()
    if not first:
        return kernel, None
    settings: Mapping[str, Any] = json.loads(first)
    _restore_pythonpath(settings["pythonpath"])
    if "log" in settings:
        _complain_into(settings["log"])
    if settings.get("side_by_side") and kernel is None:
        kernel = KernelSoon()
    return kernel, settings


def run(tasks: BinaryIO, answers: BinaryIO) -> None:
    """Work until the input says ``finish`` (do what was entered) or ends (stop at once)."""
    kernel, settings = _begin(tasks)
    if settings is None:
        return  # it was started ahead, and there is nothing to do
    s3, throttle = S3Settings.from_dict(settings["s3"]), Throttle()
    try:
        client, connections = _open(settings, s3, throttle)
    except CpgateError as error:
        failure = Failure.CREDENTIALS if error.exit_code == 5 else Failure.REMOTE
        answers.write(answers_line([Answer(-1, failure, error.what, error.mend)]))
        answers.flush()
        return
    try:
        journal = Journal(Path(settings["folder"]), settings["run"], settings["name"])
    except OSError as error:
        what = f"the journal cannot be written: {error.strerror or error} ({settings['folder']})"
        answers.write(answers_line([Answer(-1, Failure.JOURNAL, what)]))
        answers.flush()
        return
    performer = _make_performer(client, journal, settings, connections, kernel)
    retries = connections.budget.news if connections else lambda: 0
    worker = Worker(performer, settings["threads"], answers, retries, settings.get("most"))
    for line in tasks:
        message = json.loads(line)
        if "finish" in message:
            worker.finish()
            journal.close()
            os._exit(0)  # all is written: Python would take a tenth of a second to tidy up
        if "rate" in message:
            throttle.set_rate(message["rate"])
            continue
        if "recall" in message:
            worker.recall()
            continue
        worker.add_all(tasks_of(message))
    os._exit(0)  # nobody listens any more: requests under way are dropped, the journal holds what was done


def _end_process(arguments: threading.ExceptHookArgs) -> None:
    """A thread that breaks would leave its task without an answer for ever: the parent must see the process end."""
    threading.__excepthook__(arguments)
    sys.stderr.flush()
    os._exit(1)


def main() -> None:
    """Entry point; Ctrl-C goes to the whole group, and only the parent decides what it means."""
    gc.set_threshold(*FEWER_COLLECTIONS)
    threading.excepthook = _end_process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Programs that hand out credentials inherit these: they must neither read tasks nor write answers.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    try:
        run(tasks, answers)
    except OSError as error:
        if not is_broken_pipe(error):
            raise
        os._exit(0)


def _complain_into(path: str) -> None:
    """Let what is written to the standard error go into a file, if the disk takes it."""
    with suppress(OSError), Path(path).open("ab") as log:
        os.dup2(log.fileno(), 2)


def _restore_pythonpath(before: str | None) -> None:
    """Undo what let this process import the package: programs that it starts must not see it."""
    if before is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = before


if __name__ == "__main__":
    main()
