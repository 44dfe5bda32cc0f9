"""Carry out a plan: keep the workers busy, follow each file to its end, stop cleanly when asked to."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from time import monotonic
from typing import Any

from validator.errors import CpgateError, CredentialsError, RemoteError
from validator.models.progress import Step
from validator.s3.failures import KeysExpired
from validator.upload.errands import JOURNAL_MEND
from validator.upload.plan import Action, PlanItem
from validator.upload.pool import Lost, WorkerPool
from validator.upload.sending import Outcome, Retried, Sending, State
from validator.upload.tasks import Answer, Do, Failure, Task
from validator.upload.values import digest_of, part_of

POLL_SECONDS = 0.5
REMOTE_FAILURES_IN_A_ROW = 16
RESTARTS = 2
STOP_SECONDS = 5.0
FILES_FAILED_IN_A_ROW = 200
LARGE_FILE = 1024**3
"""Bytes from which on a file's own progress is shown."""
ABORTED_BY = frozenset({Failure.CHANGED, Failure.UNVERIFIABLE})


class Transfer:
    """One run over the files that are to be sent.

    Parameters
    ----------
    pool
        The workers.
    items
        Files to send or to resume, in order.
    step
        Is told the bytes that are safe.
    intents
        Keys whose multipart upload may have been begun without an answer in an earlier run.
    should_stop
        Asked often; when it says yes nothing new is begun.
    patience
        Seconds that requests under way may take after that.
    tell
        Is told what had to be done again.
    wait_for_keys
        Returns when there are other keys in place of those that have expired; raises when it gives up.
    """

    def __init__(
        self,
        pool: WorkerPool,
        items: Iterable[PlanItem],
        step: Step,
        intents: Iterable[str] = (),
        should_stop: Callable[[], bool] = lambda: False,
        patience: Callable[[], float] = lambda: STOP_SECONDS,
        tell: Callable[[Retried], None] = lambda _: None,
        wait_for_keys: Callable[[CpgateError], None] | None = None,
    ) -> None:
        self._pool = pool
        self._waiting = iter(items)
        self._step = step
        self._intents = set(intents)
        self._should_stop = should_stop
        self._patience = patience
        self._tell = tell
        self._wait_for_keys = wait_for_keys
        self._numbers = count()
        self._ready: deque[tuple[Sending, Task]] = deque()
        self._under_way: dict[int, tuple[Sending, Task]] = {}
        self._outcomes: deque[Outcome] = deque()
        self._remote_failures = 0
        self._failed_files = 0
        self._exhausted = False
        self._left_undone = 0
        self._fatal: CpgateError | None = None
        self._stopped_at: float | None = None
        self._before_keys: set[int] = set()
        self.bytes_sent = 0
        self.bytes_copied = 0
        self.parts_safe = 0
        self.parts_held = 0
        self.checksum_refused = False
        self._ends: dict[str, str] = {}

    @property
    def ends(self) -> str:
        """When a rule of the bucket throws the first parts away that wait there; empty if none does."""
        return min(self._ends.values(), default="")

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left to do or to wait for."""
        return self._exhausted and not self._under_way and not self._ready and not self._left_undone

    def run(self) -> Iterator[Outcome]:
        """What became of each file, as soon as it is known.

        Raises
        ------
        CredentialsError
            If the keys are refused; what was done is in the journal.
        RemoteError
            If the store fails again and again.
        CpgateError
            If the journal cannot be written, or workers die again and again.
        """
        while True:
            if self._fatal is None and not self._should_stop():
                self._feed()
            else:
                self._recall()
                if not self._under_way or self._waited_long_enough():
                    break
            if not self._under_way and not self._ready:
                break
            event = self._pool.next_event(POLL_SECONDS)
            while event is not None:
                if isinstance(event, Lost):
                    self._give_again(event)
                else:
                    self._take(event)
                event = self._pool.answer_at_hand()
            while self._outcomes:
                yield self._outcomes.popleft()
        if self._fatal is not None:
            raise self._fatal

    def _waited_long_enough(self) -> bool:
        """Requests under way may end, but a slow network must not hold up somebody who wants to leave."""
        return self._stopped_at is not None and monotonic() - self._stopped_at > self._patience()

    def _recall(self) -> None:
        if self._stopped_at is None:
            self._stopped_at = monotonic()
            self._left_undone += len(self._ready)
            self._ready.clear()
            self._pool.recall()

    def _feed(self) -> None:
        while self._pool.has_room():
            if not self._ready and not self._begin_next():
                return
            sending, task = self._ready.popleft()
            self._under_way[task.id] = (sending, task)
            self._pool.submit(task)

    def _begin_next(self) -> bool:
        item = next(self._waiting, None)
        if item is None:
            self._exhausted = True
            return False
        sending = Sending(item, part_size=item.part_size)
        if item.action is Action.RESUME and item.upload is not None:
            sending.upload_id, sending.checksum = item.upload.upload_id, item.upload.checksum
            sending.parts = dict(item.upload.parts)
            self._enter(sending, Do.PARTS)
        elif item.part_size is None:
            self._enter(sending, Do.PUT)
        else:
            self._begin(sending)
        return True

    def _begin(self, sending: Sending) -> None:
        self._enter(sending, Do.BEGIN, recover=sending.item.entry.key in self._intents)

    def _enter(self, sending: Sending, do: Do, **more: object) -> None:
        self._add(sending, sending.task(next(self._numbers), do, **more))

    def _add(self, sending: Sending, task: Task) -> None:
        sending.under_way += 1
        self._ready.append((sending, task))

    def _give_again(self, lost: Lost, reason: str = "a worker process ended") -> None:
        for task in lost.tasks:
            if task.id not in self._under_way:
                continue
            sending, _ = self._under_way.pop(task.id)
            sending.under_way -= 1
            self._tell(Retried(task.key, reason))
            if task.do is Do.BEGIN:
                self._intents.add(task.key)
                self._begin(sending)
            else:
                self._add(sending, task)

    def _take(self, answer: Answer) -> None:
        if answer.id < 0:  # a worker could not even begin
            self._fatal = _as_error(answer)
            return
        if answer.values.get("retries"):
            self._tell(Retried("", "requests of one process were tried again", answer.values["retries"]))
        given = self._under_way.pop(answer.id, None)
        if given is None:
            return
        sending, task = given
        sending.under_way -= 1
        if answer.failure is Failure.RECALLED:
            self._left_undone += 1
            return
        if task.do is Do.ABORT:
            return  # the end of the run looks for what is left, whatever came of this
        if answer.failure is Failure.EXPIRED and self._keys_came(answer):
            self._under_way[task.id] = (sending, task)
            sending.under_way += 1
            self._give_again(Lost((task,)), "its keys had expired")
            return
        if answer.failure is None:
            self._remote_failures = self._failed_files = 0
            self._advance(sending, task, answer)
        else:
            self._note_failure(sending, answer)
        if sending.problem is not None and sending.under_way == 0:
            self._give_up(sending)

    def _keys_came(self, answer: Answer) -> bool:
        """Wait for other keys, once for all that is under way; whether the task can be given again."""
        if self._wait_for_keys is None or self._fatal is not None or self._should_stop():
            return False
        if answer.id in self._before_keys:  # it was sent with keys that have been replaced since
            self._before_keys.discard(answer.id)
            return True
        try:
            self._wait_for_keys(KeysExpired(answer.what, answer.mend))
        except CpgateError as error:
            self._fatal = error
            return False
        self._before_keys = set(self._under_way)
        return True

    def _advance(self, sending: Sending, task: Task, answer: Answer) -> None:
        values = answer.values
        self.bytes_sent += values.get("sent", 0)
        self.bytes_copied += values.get("copied", 0)
        self.checksum_refused = self.checksum_refused or "unsummed" in values
        if task.do is Do.PUT:
            self._step.advance(task.size)
            self._finish(sending, values)
            return
        match task.do:
            case Do.COMPLETE:
                self._finish(sending, values)
            case Do.BEGIN:
                if "etag" in values:  # the store has copied it with one request
                    self._step.advance(task.size)
                    self._finish(sending, values)
                    return
                sending.upload_id, sending.checksum = values["upload_id"], values["checksum"]
                sending.part_size = values.get("part_size", sending.part_size)
                self._note_end(sending, values)
                self._enter_parts(sending)
            case Do.PARTS:
                sending.believe(values["parts"])
                self.parts_held += len(sending.parts) + len(sending.remote)
                self._note_end(sending, values)
                self._step.advance(sum(part.size for part in sending.parts.values()))
                self._show_large(sending)
                self._enter_parts(sending)
            case Do.PART:
                part = part_of(values)
                sending.parts[task.number] = part
                self.parts_safe += 1
                self._step.advance(part.size)
                self._show_large(sending)
            case _:
                return
        complete = sending.part_size is not None and len(sending.parts) == sending.count
        if task.do is not Do.COMPLETE and complete and sending.problem is None and not sending.completing:
            sending.completing = True
            self._add(sending, sending.completion(next(self._numbers)))

    def _note_end(self, sending: Sending, values: dict[str, Any]) -> None:
        if "ends" in values:
            self._ends[sending.item.entry.key] = values["ends"]

    def _show_large(self, sending: Sending) -> None:
        entry = sending.item.entry
        if entry.size >= LARGE_FILE:
            self._step.large(entry.key, sum(part.size for part in sending.parts.values()), entry.size)

    def _enter_parts(self, sending: Sending) -> None:
        for number in range(1, sending.count + 1):
            if number not in sending.parts:
                self._add(sending, sending.sending_of(next(self._numbers), number))

    def _finish(self, sending: Sending, values: dict[str, Any]) -> None:
        size = sending.item.entry.size
        if self._ends:
            self._ends.pop(sending.item.entry.key, None)
        digest = digest_of(size, values)
        state = State.RESUMED if sending.resumed else State.UPLOADED
        self._outcomes.append(
            Outcome(sending.item, state, digest, str(values["at"]), version_id=values.get("version_id"))
        )

    def _note_failure(self, sending: Sending, answer: Answer) -> None:
        failure = answer.failure or Failure.REMOTE
        if sending.problem is None:
            sending.problem = (failure, answer.what, answer.mend)
            # Parts of this file that wait for a free worker are not begun any more.
            kept = [(other, task) for other, task in self._ready if other is not sending]
            sending.under_way -= len(self._ready) - len(kept)
            self._ready = deque(kept)
        if failure in {Failure.CREDENTIALS, Failure.EXPIRED, Failure.JOURNAL}:
            self._fatal = self._fatal or _as_error(answer)
        if failure in {Failure.UNREADABLE, Failure.REFUSED}:
            self._failed_files += 1
            if self._failed_files >= FILES_FAILED_IN_A_ROW:
                self._fatal = self._fatal or CpgateError(
                    f"one file after the other fails; the last: {answer.what}",
                    "see whether the disk is still mounted and the bucket the right one; "
                    "the same command goes on where it stopped",
                )
        if failure is Failure.REMOTE:
            self._remote_failures += 1
            if self._remote_failures >= REMOTE_FAILURES_IN_A_ROW:
                self._fatal = self._fatal or RemoteError(answer.what, answer.mend)

    def _give_up(self, sending: Sending) -> None:
        if sending.problem is None:
            return
        failure, what, mend = sending.problem
        if failure is Failure.GONE and sending.restarts < RESTARTS and self._fatal is None:
            sending.restart()
            self._intents.add(sending.item.entry.key)
            self._tell(Retried(sending.item.entry.key, what))
            self._begin(sending)
            return
        if sending.upload_id and failure in ABORTED_BY:
            self._abort(sending)
        state = State.CONFLICT if failure is Failure.CONFLICT else State.FAILED
        kept = bool(sending.upload_id) and failure not in ABORTED_BY and failure is not Failure.CONFLICT
        self._outcomes.append(
            Outcome(sending.item, state, failure=failure, reason=what, mend=mend, kept=kept)
        )

    def _abort(self, sending: Sending) -> None:
        """Throw the parts of a failed file away; nobody waits for the answer but the end of the run."""
        ghost = Sending(sending.item, upload_id=sending.upload_id, part_size=sending.part_size)
        self._enter(ghost, Do.ABORT)


def _as_error(answer: Answer) -> CpgateError:
    if answer.failure in {Failure.CREDENTIALS, Failure.EXPIRED}:
        return CredentialsError(answer.what, answer.mend)
    if answer.failure is Failure.JOURNAL:
        return CpgateError(answer.what, JOURNAL_MEND)
    return RemoteError(answer.what, answer.mend)
