"""One run of an upload, with the lock held: plan, send, verify, receipt."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validator.checks.dataset import Dataset
from validator.digests.kernel_loading import WORTH_BYTES
from validator.errors import CpgateError
from validator.models.configuration import IgnoredFiles
from validator.models.progress import Progress
from validator.reporters.numbers import counted
from validator.s3.wire.head_start import make_head_start
from validator.upload.checkpoints import EVERY_SECONDS, Checkpoints
from validator.upload.compaction import NOBODY, compact
from validator.upload.comparing import abort_leftovers, compare_files, leftovers
from validator.upload.control_plane import open_control_plane
from validator.upload.destination import Destination, granted_prefix
from validator.upload.files import SelectedFiles
from validator.upload.finishing import compare_with_listing
from validator.upload.journal_reading import JournalState, read_journal
from validator.upload.key_wait import KeyWait
from validator.upload.ledger import Ledger
from validator.upload.lock import UploadLock
from validator.upload.original_settings import OriginalSettings
from validator.upload.plan import Action, PlanItem, plan_file
from validator.upload.pool import PoolSettings, WorkerPool
from validator.upload.remote import list_folders
from validator.upload.sending import PRESENT, Outcome, Retried, State
from validator.upload.starting import WorkersAhead
from validator.upload.sweeping import Sweep, sweep_uploads
from validator.upload.transfer import Transfer
from validator.workflows.admission import Admission
from validator.workflows.receipts import keep_receipt
from validator.workflows.stopping import StopRequest, stop_request
from validator.workflows.time_limit import TimeLimit
from validator.workflows.upload_recall import Recall
from validator.workflows.upload_request import UploadRequest
from validator.workflows.upload_result import Notice, Planned, Tell, UploadResult
from validator.workflows.upload_source import original_settings
from validator.workflows.upload_unsent import unsent_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from validator.workflows.upload_provenance import WrittenProvenance

TO_SEND = (Action.SEND, Action.RESUME)
TO_DO = (*TO_SEND, Action.COMPARE)
BEFORE, AFTER = 1, 2
"""The two listings of the destination."""
NO_SHA256 = "the store does not take SHA-256s: it compared MD5s; the SHA-256s stand in the receipt"
FILES_LOOKED_AT = 1000
"""Of these it is found out how they are sent; other kinds of files are asked for by whoever sends one."""
NOTES = 1000
"""So many times, at most, the number of files is shown."""
MANY_JOURNALS = 12
"""Files of runs that had nothing to say are put together when there are so many."""


class UploadRun:
    """One run with the lock held.

    Parameters
    ----------
    request, destination
        What was asked for.
    folder
        State folder of the destination.
    client
        For everything but the files themselves.
    progress
        Where long steps are shown.
    lock
        Tells when somebody else took over.
    limit
        When to stop.
    keys
        Waits for other keys when they have expired.
    ahead
        Workers that somebody has started already.
    """

    def __init__(
        self,
        request: UploadRequest,
        destination: Destination,
        folder: Path,
        client: "S3Client",
        progress: Progress,
        lock: UploadLock,
        limit: TimeLimit,
        keys: KeyWait,
        ahead: WorkersAhead | None = None,
    ) -> None:
        self.request = request
        self.destination = destination
        self.bucket = destination.bucket
        self.folder = folder
        self.client = client
        self.progress = progress
        self.lock = lock
        self.limit = limit
        self.keys = keys
        self.ahead = ahead or WorkersAhead(request.jobs)
        self.side_by_side = False

    def carry_out(
        self, files: SelectedFiles, dataset: Dataset, admission: Admission, tell: Tell
    ) -> UploadResult:
        """Plan, send, verify, write the receipt."""
        prefix = granted_prefix(self.destination, dataset.names)
        with self.ahead, self._checkpoints(prefix) as checkpoints:
            return self._carry_out(files, dataset, admission, prefix, checkpoints, tell)

    def _carry_out(
        self,
        files: SelectedFiles,
        dataset: Dataset,
        admission: Admission,
        prefix: str,
        checkpoints: Checkpoints,
        tell: Tell,
    ) -> UploadResult:
        began = datetime.now(UTC)
        # Asked for even if nothing is to be sent: options that cannot be followed are always said.
        original = original_settings(self.request, self.client, files.entry(0))
        ledger = Ledger(files, self.folder)
        unsent = tuple(unsent_of(dataset, self.request.selection))
        planned = Planned(ledger, self.destination, _ignored(dataset), len(dataset.junk), unsent)
        recall = Recall(self.client, self.bucket, prefix, self.folder, ledger)
        journal = self._plan(ledger)
        recall.apply(journal.last_run + 1, tell, rehash=self.request.rehash)
        transfer = None
        if any(ledger.planned[action] for action in TO_DO) or leftovers(ledger, journal.uploads.values()):
            transfer = self._work(planned, journal, original, checkpoints, tell)
        else:
            tell(planned)
        if self.request.dry_run:
            return UploadResult(admission, planned)
        if transfer is not None:
            self._list(ledger, AFTER, "verifying")
        by_checksum = compare_with_listing(ledger, AFTER if transfer else BEFORE)
        if transfer is not None and transfer.checksum_refused:
            tell(Notice(NO_SHA256))
        seconds = (datetime.now(UTC) - began).total_seconds()
        sweep = self._sweep(ledger, journal, changed=transfer is not None)
        kept = keep_receipt(
            self.client,
            self.request,
            self.destination,
            self.folder,
            dataset,
            admission,
            ledger,
            self.progress,
            planned.failing,
        )
        if kept.key:
            checkpoints.forget(recall.superseded() if self.request.selection.everything else ())
        return UploadResult(
            admission,
            planned,
            ledger,
            transfer.bytes_sent if transfer else 0,
            sweep,
            kept.summary,
            kept.key,
            seconds,
            receipt_held=kept.held,
            receipts_of_batches=kept.of_batches,
            provenance=self._provenance(ledger, dataset),
            bytes_copied=transfer.bytes_copied if transfer else 0,
            by_checksum=by_checksum,
        )

    def _provenance(self, ledger: Ledger, dataset: Dataset) -> "list[WrittenProvenance]":
        if self.request.recipe is None:
            return []
        from validator.workflows.upload_provenance import read_manifests, write_provenance  # noqa: PLC0415  few have a recipe

        return write_provenance(
            self.client,
            self.bucket,
            ledger.outcomes(*PRESENT),
            dataset.layout,
            self.request.recipe,
            self.request.replace,
            read_manifests(dataset),
        )

    def _list(self, ledger: Ledger, listing: int, label: str) -> int:
        """Look what lies at the keys; at how many of them something does."""
        seen = 0
        with self.progress.step(label, unit="objects") as step:
            for remote in list_folders(self.client, self.bucket, ledger.files):
                if ledger.see(remote, listing):
                    seen += 1
                    step.advance()
        return seen

    def _plan(self, ledger: Ledger) -> JournalState:
        """Decide for every file, from a listing and the journals."""
        there = self._list(ledger, BEFORE, "listing the bucket")
        if there < len(ledger) and not self.request.dry_run:
            # Something will be sent: they get ready while it is found out what.
            missing = ledger.files.size * (len(ledger) - there) // len(ledger)
            self.side_by_side = self.request.origin is None and missing >= WORTH_BYTES
            self.ahead.start()
        journal = read_journal(self.folder, None if self.request.rehash else ledger.know)
        unfinished = journal.by_key()
        for position, entry in ledger.plan_new(self.request.part_size, unfinished):
            account = ledger.account(position)
            item = plan_file(
                entry,
                account.remote(entry.key),
                account.digest,
                unfinished.get(entry.key, ()),
                part_size=self.request.part_size,
                replace=self.request.replace,
            )
            ledger.plan(position, item)
        return journal

    def _work(
        self,
        planned: Planned,
        journal: JournalState,
        original: OriginalSettings | None,
        checkpoints: Checkpoints,
        tell: Tell,
    ) -> Transfer | None:
        """Read what must be read to decide, and send; ``None`` after a dry run, and where nothing was to be sent."""
        ledger, request, run = planned.ledger, self.request, journal.last_run + 1
        control = None
        if original is None:
            where = (self.client, self.bucket, request.s3.writing)
            control = open_control_plane(*where, self.folder, run, ledger.in_parts)
        settings = PoolSettings(
            request.s3,
            self.bucket,
            self.folder,
            run,
            request.jobs,
            request.bandwidth,
            original,
            self._head_start(ledger) if original is None else None,
            client_soon=ledger.in_parts > 0 and control is None,
            side_by_side=self.side_by_side,
        )
        with (
            checkpoints.putting(run),
            WorkerPool(settings, self.ahead.take(), control) as pool,
            stop_request(
                lambda: self.lock.lost, self.limit, lambda words: tell(Notice(words, now=True))
            ) as should_stop,
        ):
            self.keys.should_stop = should_stop
            compare_files(
                pool,
                ledger,
                journal.by_key(),
                request.part_size,
                request.replace,
                self.progress,
                should_stop,
                self.keys,
            )
            self._require_lock()
            should_stop.require_going_on("nothing was sent yet")
            tell(planned)
            if request.dry_run:
                return None
            abort_leftovers(pool, ledger, journal.uploads.values())

            def told(news: Outcome | Retried) -> None:
                if isinstance(news, Outcome):
                    checkpoints.note(news)
                tell(news)

            transfer = self._transfer(pool, ledger, journal.intents, should_stop, told)
            pool.finish()
            pool.wait(5)
            self._raise_if_stopped(should_stop, ledger, transfer)
        return transfer

    def _head_start(self, ledger: Ledger) -> dict[str, Any] | None:
        """What workers are told so that those who only send files need no boto3; see `validator.s3.wire.head_start`."""
        writing, kinds = self.request.s3.writing, dict[str, Mapping[str, Any]]()
        for _, item in islice(ledger.items(*TO_SEND), FILES_LOOKED_AT):
            arguments = writing.object_arguments(item.entry.key)
            kinds[str(arguments)] = arguments
        where = (self.client, self.request.s3, self.bucket)
        start = make_head_start(*where, kinds.values(), writing.request_arguments())
        return start.to_message() if start is not None else None

    def _checkpoints(self, prefix: str) -> Checkpoints:
        every = EVERY_SECONDS if self.request.remote_receipt and not self.request.dry_run else 0
        return Checkpoints(self.client, self.bucket, prefix, self.folder, every)

    def _transfer(
        self,
        pool: WorkerPool,
        ledger: Ledger,
        intents: Iterable[str],
        should_stop: StopRequest,
        tell: Callable[[Outcome | Retried], None],
    ) -> Transfer:
        files, total = planned_to_send(ledger)
        of_all, every = f"of {counted(files, 'file')}", max(1, files // NOTES)
        positions: dict[str, int] = {}

        def wanted() -> Iterator[PlanItem]:
            for position, item in ledger.items(*TO_SEND):
                positions[item.entry.key] = position
                yield item

        with self.progress.step("uploading", total, "B") as step:
            transfer = Transfer(
                pool, wanted(), step, intents, should_stop, should_stop.patience, tell, self.keys
            )
            for number, outcome in enumerate(transfer.run(), start=1):
                ledger.settle(positions.pop(outcome.item.entry.key), outcome)
                tell(outcome)
                if number % every == 0 or number == files:
                    step.note(f"{number:,} {of_all}")
            return transfer

    def _require_lock(self) -> None:
        if self.lock.lost:
            raise CpgateError(
                "Another upload to this place took over while this one stood still",
                "Wait for it; then the same command goes on where it stopped",
            )

    def _raise_if_stopped(self, should_stop: StopRequest, ledger: Ledger, transfer: Transfer) -> None:
        self._require_lock()
        if transfer.is_complete and not should_stop.signal_number:
            return  # the time was up with the last file: verifying and the receipt are all that is missing
        safe = sum(ledger.states[state] for state in PRESENT)
        parts = f" and {counted(transfer.parts_safe, 'part')} of this run" if transfer.parts_safe else ""
        words = f"{counted(safe, 'file')}{parts} {'is' if safe == 1 and not parts else 'are'} safe"
        if transfer.ends and (transfer.parts_safe or transfer.parts_held):
            last = datetime.fromisoformat(transfer.ends).astimezone()
            words += f" (a rule of the bucket throws parts away on {last:%Y-%m-%d})"
        should_stop.require_going_on(words)

    def _sweep(self, ledger: Ledger, before: JournalState, *, changed: bool) -> Sweep:
        journal = read_journal(self.folder) if changed else before
        kept = {outcome.item.entry.key for outcome in ledger.outcomes(State.FAILED) if outcome.kept}
        sweep = sweep_uploads(self.client, self.bucket, ledger.files, journal, kept)
        self._require_lock()
        unfinished = bool(journal.uploads or journal.intents)
        # A first run has written each thing once already, and recalled nothing.
        added = changed and (before.files or ledger.states[State.UNCHANGED])
        if not kept and (added or unfinished or journal.files > MANY_JOURNALS):
            compact(
                self.folder,
                journal.last_run,
                settled=ledger.files if sweep.leaves_nothing else NOBODY,
                known=ledger.known(),
                replaced=ledger.files.__contains__,
            )
        return sweep


def planned_to_send(ledger: Ledger) -> tuple[int, int]:
    """Files to be sent, and their bytes."""
    return sum(ledger.planned[a] for a in TO_SEND), sum(ledger.planned_bytes[a] for a in TO_SEND)


def _ignored(dataset: Dataset) -> list[IgnoredFiles]:
    configuration = dataset.configuration
    return [entry for entry in configuration.ignored if entry.files] if configuration else []
