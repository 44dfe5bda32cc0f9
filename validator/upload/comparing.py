"""Files whose object is already there: read them, and only then decide."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count

from validator.digests.parts import ObjectDigest
from validator.errors import CpgateError, CredentialsError, RemoteError
from validator.models.progress import Progress
from validator.upload.batch_tasks import perform_all
from validator.upload.journal import JournalState
from validator.upload.plan import Action, PlanItem, leftovers, settle
from validator.upload.pool import WorkerPool
from validator.upload.tasks import Answer, Do, Failure, Task


def compare_files(
    pool: WorkerPool,
    items: Sequence[PlanItem],
    journal: JournalState,
    part_size: int,
    replace: tuple[str, ...],
    progress: Progress,
    should_stop: Callable[[], bool],
) -> list[PlanItem]:
    """Read every file that may or may not be what already lies at its key, and decide.

    Files that cannot be read have failed: what lies at their key is left alone.

    Raises
    ------
    CredentialsError, RemoteError
        If the store refuses to tell about an object.
    CpgateError
        If the journal cannot be written.
    """
    decided = list(items)
    open_items = dict(enumerate(_to_compare(items)))
    if not open_items:
        return decided
    tasks = (_digest_task(number, items[index]) for number, index in open_items.items())
    total = sum(items[index].entry.size for index in open_items.values())
    with progress.step("comparing with what is there", total, "B") as step:
        for task, answer in perform_all(pool, tasks, should_stop):
            index = open_items[task.id]
            decided[index] = _decide(items[index], answer, journal, part_size, replace)
            step.advance(task.size)
    return decided


def _to_compare(items: Sequence[PlanItem]) -> list[int]:
    return [index for index, item in enumerate(items) if item.action is Action.COMPARE]


def _digest_task(number: int, item: PlanItem) -> Task:
    entry, there = item.entry, item.there
    etag = there.etag if there else ""
    return Task(number, Do.DIGEST, entry.key, entry.path, entry.size, entry.stamp, etag=etag)


def _decide(
    item: PlanItem, answer: Answer, journal: JournalState, part_size: int, replace: tuple[str, ...]
) -> PlanItem:
    if answer.failure in {Failure.CREDENTIALS, Failure.EXPIRED}:
        raise CredentialsError(answer.what, answer.mend)
    if answer.failure is Failure.REMOTE:
        raise RemoteError(answer.what, answer.mend)
    if answer.failure is Failure.JOURNAL:
        raise CpgateError(answer.what, "make room on the disk, or name another place with --state")
    if answer.failure is Failure.UNVERIFIABLE:
        return settle(item, None, journal, part_size, replace)
    if answer.failure is not None:
        return PlanItem(item.entry, Action.FAILED, there=item.there, reason=answer.what)
    values = answer.values
    digest = ObjectDigest(
        item.entry.size, values["etag"], values["part_size"], values["parts"], values["crc"]
    )
    return settle(item, digest, journal, part_size, replace)


def abort_leftovers(pool: WorkerPool, items: Iterable[PlanItem], journal: JournalState) -> int:
    """Abort unfinished uploads of the planned files that no file resumes; how many."""
    numbers = count()
    tasks = [
        Task(next(numbers), Do.ABORT, upload.key, upload_id=upload.upload_id)
        for upload in leftovers(items, journal)
    ]
    return sum(answer.failure is None for _, answer in perform_all(pool, tasks))
