"""An upload that tells programs what happens: ``cpgate upload --log-json``."""

import math
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread

from validator import __version__
from validator.errors import CpgateError, ExitCode, UsageError
from validator.models.progress import Progress, SilentProgress, Step
from validator.reporters.event_log import STANDARD_OUTPUT, EventLog
from validator.upload.key_wait import KeysAwaited
from validator.upload.plan import Action
from validator.upload.sending import Outcome, Retried, State
from validator.upload.starting import WorkersAhead
from validator.workflows.admission import Admission
from validator.workflows.upload import upload
from validator.workflows.upload_request import UploadRequest
from validator.workflows.upload_result import News, Notice, Planned, Tell, UploadResult

PROGRESS_SECONDS = 10.0


def open_log(place: str, request: UploadRequest) -> EventLog:
    """Open the log of an upload, a file or ``-`` for stdout.

    Raises
    ------
    UsageError
        If it cannot be written, or would lie inside the dataset.
    """
    folder = request.folder
    if (
        place != STANDARD_OUTPUT
        and folder is not None
        and Path(place).resolve().is_relative_to(folder.resolve())
    ):
        raise UsageError(
            f"The log would lie inside the dataset: {place}",
            "Name a place outside of it with --log-json; nothing is ever written into a dataset",
        )
    return EventLog(place)


def logged_upload(
    request: UploadRequest,
    log: EventLog,
    progress: Progress | None = None,
    tell: Tell = lambda _: None,
    ahead: WorkersAhead | None = None,
) -> UploadResult:
    """Do what `upload` does, and write every event into a log; the last one is ``end`` or ``stop``.

    Raises
    ------
    CpgateError
        As `upload` does.
    """
    events = UploadEvents(log)
    log.write(
        "begin",
        tool=__version__,
        source=request.place,
        destination=request.destination,
        jobs=request.jobs,
        dry_run=request.dry_run,
        pid=os.getpid(),
        host=socket.gethostname(),
    )

    def both(news: News) -> None:
        events.tell(news)
        tell(news)

    try:
        result = upload(request, LoggedProgress(progress or SilentProgress(), log), both, ahead)
    except CpgateError as error:
        log.write("stop", code=int(error.exit_code), what=error.what, mend=error.mend or None)
        raise
    except KeyboardInterrupt:  # before the upload looks out for it, while it checks
        log.write("stop", code=int(ExitCode.INTERRUPTED), what="Stopped")
        raise
    events.end(result)
    return result


class UploadEvents:
    """Writes what an upload tells as events.

    Parameters
    ----------
    log
        Where to.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._told: set[str] = set()

    def tell(self, news: News) -> None:
        """Write one piece of news."""
        if isinstance(news, Admission):
            self._tell_check(news)
        elif isinstance(news, Planned):
            self._tell_plan(news)
        elif isinstance(news, Outcome):
            self._tell_file(news)
        elif isinstance(news, Notice):
            self._log.write("notice", what=news.text)
        elif isinstance(news, Retried):
            self._log.write("retry", key=news.key or None, reason=news.reason, times=news.times)
        elif isinstance(news, KeysAwaited):
            patience = None if math.isinf(news.seconds) else news.seconds
            self._log.write(
                "keys awaited", reason=news.what, files=list(news.files), at_most_seconds=patience
            )
        else:
            self._log.write("keys came", seconds=round(news.seconds, 3))

    def _tell_check(self, admission: Admission) -> None:
        self._log.write(
            "check",
            report=str(admission.report.path),
            made_now=not admission.held,
            errors=admission.errors,
            errors_elsewhere=admission.elsewhere,
            warnings=admission.warnings,
        )

    def _tell_plan(self, planned: Planned) -> None:
        files = {action.value: planned.files(action) for action in Action if action is not Action.COMPARE}
        files[Action.FAILED.value] += planned.failing
        sizes = {action.value: planned.size(action) for action in Action if action is not Action.COMPARE}
        self._log.write(
            "plan",
            files=files,
            bytes=sizes,
            bytes_there=planned.bytes_there,
            destination=str(planned.destination),
            junk=planned.junk or None,
        )
        for ignored in planned.ignored:
            self._log.write(
                "ignored",
                patterns=list(ignored.patterns),
                reason=ignored.reason,
                origin=ignored.origin,
                files=ignored.files,
                bytes=ignored.size,
            )

        for thing in planned.unsent:
            state = State.FAILED.value if thing.fails else "left out"
            self._log.write(
                "file", key=thing.key, state=state, why="unlisted", reason=thing.reason, mend=thing.mend
            )

    def _tell_file(self, outcome: Outcome) -> None:
        digest = outcome.digest
        if outcome.state in {State.CONFLICT, State.FAILED}:
            self._told.add(outcome.item.entry.key)
        self._log.write(
            "file",
            key=outcome.item.entry.key,
            state=outcome.state.value,
            bytes=outcome.item.entry.size,
            etag=digest.etag_there if digest else None,
            parts=digest.parts if digest else None,
            crc64nvme=digest.crc64nvme if digest else None,
            version_id=outcome.version_id,
            why=outcome.failure.value if outcome.failure else None,
            reason=outcome.reason or None,
            mend=outcome.mend or None,
        )

    def end(self, result: UploadResult) -> None:
        """Write how it ended, and before that every file that did not get there and of which nothing was told yet."""
        for outcome in result.outcomes(State.CONFLICT, State.FAILED):
            if outcome.item.entry.key not in self._told:
                self._tell_file(outcome)
        self._log.write(
            "end",
            code=int(result.exit_code),
            files={state.value: result.states[state] for state in State}
            | {State.FAILED.value: result.failed},
            bytes_sent=result.bytes_sent,
            bytes_copied=result.bytes_copied or None,
            seconds=round(result.seconds, 3),
            refused=True if result.planned is None else None,
            receipt=str(result.receipt.path) if result.receipt else None,
            receipt_key=result.receipt_key or None,
        )


class LoggedProgress:
    """Progress whose steps are events, too: where they begin, every ten seconds, and where they end.

    Parameters
    ----------
    progress
        Where the steps are shown.
    log
        Where the events go.
    seconds
        Between two events of a step.
    """

    def __init__(self, progress: Progress, log: EventLog, seconds: float = PROGRESS_SECONDS) -> None:
        self._progress = progress
        self._log = log
        self._seconds = seconds

    @contextmanager
    def step(self, label: str, total: int | None = None, unit: str = "files") -> Iterator[Step]:
        """Show and log a step."""
        unit_name = "bytes" if unit == "B" else unit
        began, ended = time.monotonic(), Event()
        with self._progress.step(label, total, unit) as shown:
            step = _LoggedStep(shown)

            def write(event: str) -> None:
                seconds = round(time.monotonic() - began, 3)
                self._log.write(
                    event,
                    step=label,
                    done=step.done,
                    total=total,
                    unit=unit_name,
                    seconds=seconds,
                    note=step.said,
                )

            speaker = Thread(target=_repeat, args=(write, ended, self._seconds), daemon=True)
            speaker.start()
            try:
                yield step
            finally:
                ended.set()
                speaker.join()
                write("step")


def _repeat(write: Callable[[str], None], ended: Event, seconds: float) -> None:
    while not ended.wait(seconds):
        write("progress")


class _LoggedStep:
    def __init__(self, step: Step) -> None:
        self._step = step
        self.done = 0
        self.said: str | None = None
        self._lock = Lock()

    def advance(self, amount: int = 1) -> None:
        with self._lock:
            self.done += amount
        self._step.advance(amount)

    def note(self, text: str) -> None:
        self.said = text
        self._step.note(text)

    def large(self, name: str, done: int, total: int) -> None:
        self._step.large(name, done, total)
