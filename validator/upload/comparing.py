"""Files whose object is already there: read them, and only then decide."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count

from validator.errors import CpgateError, CredentialsError, RemoteError
from validator.models.progress import Progress
from validator.upload.batch_tasks import perform_all
from validator.upload.errands import JOURNAL_MEND
from validator.upload.journal import UploadRecord
from validator.upload.ledger import Ledger
from validator.upload.plan import Action, PlanItem, settle
from validator.upload.pool import WorkerPool
from validator.upload.tasks import Answer, Do, Failure, Task
from validator.upload.values import digest_of


def compare_files(
    pool: WorkerPool,
    ledger: Ledger,
    unfinished: Mapping[str, Sequence[UploadRecord]],
    part_size: int,
    replace: tuple[str, ...],
    progress: Progress,
    should_stop: Callable[[], bool],
    wait_for_keys: Callable[[CpgateError], None] | None = None,
) -> None:
    """Read every file that may or may not be what already lies at its key, and decide.

    Files that cannot be read have failed: what lies at their key is left alone.

    Parameters
    ----------
    pool
        Workers that read.
    ledger
        Holds the plan, and the new decisions afterwards.
    unfinished
        Multipart uploads by key.
    part_size, replace
        See `plan_file`.
    progress, should_stop
        Where it is shown, and whether to begin nothing more.
    wait_for_keys
        Returns when there are other keys in place of those that have expired; raises when it gives up.

    Raises
    ------
    CredentialsError, RemoteError
        If the store refuses to tell about an object.
    CpgateError
        If the journal cannot be written.
    """
    total = ledger.planned_bytes[Action.COMPARE]
    if not ledger.planned[Action.COMPARE]:
        return
    tasks = (_digest_task(position, item) for position, item in ledger.items(Action.COMPARE))
    with progress.step("comparing with what is there", total, "B") as step:
        for task, answer in perform_all(pool, tasks, should_stop, wait_for_keys):
            item = ledger.item(task.id)
            ledger.plan(task.id, _decide(item, answer, unfinished.get(task.key, ()), part_size, replace))
            step.advance(task.size)


def _digest_task(number: int, item: PlanItem) -> Task:
    entry, there = item.entry, item.there
    etag = there.etag if there else ""
    return Task(number, Do.DIGEST, entry.key, entry.path, entry.size, entry.stamp, etag=etag)


def _decide(
    item: PlanItem,
    answer: Answer,
    unfinished: Sequence[UploadRecord],
    part_size: int,
    replace: tuple[str, ...],
) -> PlanItem:
    if answer.failure in {Failure.CREDENTIALS, Failure.EXPIRED}:
        raise CredentialsError(answer.what, answer.mend)
    if answer.failure is Failure.REMOTE:
        raise RemoteError(answer.what, answer.mend)
    if answer.failure is Failure.JOURNAL:
        raise CpgateError(answer.what, JOURNAL_MEND)
    if answer.failure is Failure.UNVERIFIABLE:
        return settle(item, None, unfinished, part_size, replace, answer.what)
    if answer.failure is not None:
        return PlanItem(item.entry, Action.FAILED, there=item.there, reason=answer.what)
    return settle(item, digest_of(item.entry.size, answer.values), unfinished, part_size, replace)


def abort_leftovers(pool: WorkerPool, ledger: Ledger, uploads: Iterable[UploadRecord]) -> int:
    """Abort unfinished uploads of the planned files that no file resumes; how many.

    The file has changed since, or the object is there.
    """
    numbers = count()
    tasks = [
        Task(next(numbers), Do.ABORT, upload.key, upload_id=upload.upload_id)
        for upload in leftovers(ledger, uploads)
    ]
    return sum(answer.failure is None for _, answer in perform_all(pool, tasks)) if tasks else 0


def leftovers(ledger: Ledger, uploads: Iterable[UploadRecord]) -> list[UploadRecord]:
    """Unfinished uploads of the planned files that no file resumes."""
    used = {upload.upload_id for upload in ledger.uploads.values()}
    return [upload for upload in uploads if upload.upload_id not in used and upload.key in ledger.files]
