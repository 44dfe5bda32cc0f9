"""Upload a dataset: check it, plan, send, verify, write the receipt."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from validator.checks.dataset import Dataset
from validator.checks.unproven_products import MANIFEST_KIND
from validator.errors import CpgateError, NothingChecked, UsageError
from validator.manifests.provenance import LARGEST_MANIFEST
from validator.models.listing import Entry
from validator.models.progress import Progress, SilentProgress
from validator.s3.client import endpoint_of, make_client
from validator.s3.grant import READWRITE
from validator.s3.objects import RemoteObject, list_objects
from validator.upload.comparing import abort_leftovers, compare_files
from validator.upload.destination import Destination, granted_prefix, parse_destination
from validator.upload.finishing import (
    PRESENT,
    Sweep,
    compare_with_listing,
    sweep_uploads,
)
from validator.upload.journal import compact, read_journal
from validator.upload.key_wait import KeyWait, patient
from validator.upload.lock import UploadLock
from validator.upload.plan import Action, PlanItem, make_plan
from validator.upload.pool import PoolSettings, WorkerPool
from validator.upload.remote import list_remote
from validator.upload.sending import Outcome, State
from validator.upload.state import default_state_root, destination_folder
from validator.upload.tasks import Failure
from validator.upload.transfer import Transfer
from validator.workflows.admission import Admission, admit
from validator.workflows.configuration import settings_in_force
from validator.workflows.listing import list_dataset
from validator.workflows.receipts import check_receipt_place, keep_receipt
from validator.workflows.stopping import StopRequest, stop_request
from validator.workflows.time_limit import LimitedProgress, TimeLimit
from validator.workflows.upload_provenance import WrittenProvenance, check_recipe_fits, write_provenance
from validator.workflows.upload_request import UploadRequest
from validator.workflows.upload_result import Planned, Tell, UploadResult
from validator.workflows.upload_source import open_upload_source, original_settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAMES_SHOWN = 8
TO_DO = frozenset({Action.SEND, Action.RESUME, Action.COMPARE})


def upload(
    request: UploadRequest, progress: Progress | None = None, tell: Tell = lambda _: None
) -> UploadResult:
    """Check a dataset and send what is selected of it, going on where an earlier run stopped.

    Parameters
    ----------
    request
        What, where to, how.
    progress
        Where long steps are shown.
    tell
        Is told what the check said and what is planned, as soon as it is known.

    Raises
    ------
    UsageError
        If the path or the destination cannot be used.
    NothingChecked
        If nothing is selected.
    CredentialsError
        If keys are missing, refused or expired; the same call goes on where it stopped.
    RemoteError
        If the store cannot be reached or fails again and again.
    Interrupted
        If SIGINT or SIGTERM asked it to stop; the same call goes on where it stopped.
    TimeIsUp
        If ``time_limit`` came first; the same call goes on where it stopped.
    """
    limit = TimeLimit.from_now(request.time_limit)
    progress = progress or SilentProgress()
    unhurried, progress = progress, LimitedProgress(progress, limit)
    destination = parse_destination(request.destination)
    settings = settings_in_force(
        request.folder,
        config=request.config,
        dataset=request.dataset,
        policy=request.policy,
        scope=request.scope,
    )
    request = replace(request, dataset=settings.dataset)
    source = open_upload_source(request, settings)
    dataset, listing = list_dataset(source, settings, progress=progress)
    entries = [
        entry
        for placed in dataset.folders
        for entry in request.selection.entries(placed.folder, placed.place)
    ]
    if not entries:
        raise _nothing_selected(request, dataset)
    if not dataset.names:
        raise UsageError(
            f"No folder of {request.place} says which project and source it belongs to",
            "Name the dataset's folder, or say --dataset project/source",
        )
    destination.check(entry.key for entry in entries)
    if request.recipe is not None:
        check_recipe_fits(request.recipe, (entry.key for entry in entries), dataset.layout)
    if request.receipt is not None:
        check_receipt_place(request.receipt, request.path)
    s3 = request.s3.at(destination.bucket, granted_prefix(destination, dataset.names), READWRITE)
    client = make_client(s3)
    request = replace(request, s3=replace(s3, endpoint_url=endpoint_of(client)))
    folder = destination_folder(
        request.state or default_state_root(),
        endpoint=request.s3.endpoint_url,
        bucket=destination.bucket,
        names=dataset.names,
        dataset_root=request.path,
    )
    keys = KeyWait(
        request.s3,
        destination.bucket,
        granted_prefix(destination, dataset.names),
        request.credential_wait,
        tell,
    )
    # A wrong bucket is said now, not after hours of checking images.
    next(
        list_objects(client, destination.bucket, granted_prefix(destination, dataset.names), page_size=1),
        None,
    )
    with UploadLock(folder) as lock, patient(client, keys):
        admission = admit(dataset, listing, request, folder, progress)
        tell(admission)
        if admission.errors and not request.force:
            return UploadResult(admission)
        limit.require("nothing was sent yet")
        run = _Run(request, destination, folder, client, unhurried, lock, limit, keys)
        return run.carry_out(entries, dataset, admission, tell)


def _nothing_selected(request: UploadRequest, dataset: Dataset) -> NothingChecked:
    selection = request.selection
    if selection.everything:
        return NothingChecked(f"There are no files in {request.place}", "Check the path")
    what = f"Nothing in {request.place} is selected"
    for option, entity in ((selection.plates, "plate"), (selection.batches, "batch")):
        if option:
            known = sorted({p.place.entities[entity] for p in dataset.survey if entity in p.place.entities})
            return NothingChecked(what, f"Known here by {entity}: {_some(known)}")
    example = next((entry.key for p in dataset.folders for entry in p.folder.entries()), "")
    return NothingChecked(
        what, f"Globs are matched with keys, whole or below project/source/; a key is {example}"
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN]) or "nothing"
    return f"{shown} and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else shown


class _Run:
    """One run with the lock held."""

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

    def carry_out(
        self, entries: Sequence[Entry], dataset: Dataset, admission: Admission, tell: Tell
    ) -> UploadResult:
        """Plan, send, verify, write the receipt."""
        keys = [entry.key for entry in entries]
        journal = read_journal(self.folder)
        pool_settings = PoolSettings(
            self.request.s3,
            self.bucket,
            self.folder,
            journal.last_run + 1,
            self.request.jobs,
            self.request.bandwidth,
            original_settings(self.request, self.client, entries[0]),
        )
        remote = self._list(keys, "listing the bucket")
        items = make_plan(
            entries, remote, journal, part_size=self.request.part_size, replace=self.request.replace
        )
        nothing_to_send = not any(item.action in TO_DO for item in items)
        if not nothing_to_send:
            remote.clear()  # listed again afterwards: what matters of it is in the plan
        began = datetime.now(UTC)
        with (
            WorkerPool(pool_settings) as pool,
            stop_request(lambda: self.lock.lost, self.limit) as should_stop,
        ):
            self.keys.should_stop = should_stop
            items = compare_files(
                pool, items, journal, self.request.part_size, self.request.replace, self.progress, should_stop
            )
            self._require_lock()
            should_stop.require_going_on("nothing was sent yet")
            planned = Planned(items, self.destination, dataset.ignored_files)
            tell(planned)
            if self.request.dry_run:
                return UploadResult(admission, planned)
            abort_leftovers(pool, items, journal)
            intents = journal.intents
            del journal  # a large one: two million files are a gigabyte
            outcomes, transfer = self._transfer(pool, items, intents, should_stop, tell)
            pool.finish()
            pool.wait(5)
            self._raise_if_stopped(should_stop, outcomes, transfer)
        outcomes = [*outcomes, *_settled(items)]
        if not nothing_to_send:
            remote = self._list(keys, "verifying")
        outcomes = compare_with_listing(outcomes, remote)
        seconds = (datetime.now(UTC) - began).total_seconds()
        sweep = self._sweep(outcomes)
        kept = keep_receipt(
            self.client,
            self.request,
            self.destination,
            self.folder,
            dataset,
            admission,
            outcomes,
            self.progress,
        )
        return UploadResult(
            admission,
            planned,
            outcomes,
            transfer.bytes_sent,
            sweep,
            kept.summary,
            kept.key,
            seconds,
            receipt_held=kept.held,
            receipts_of_batches=kept.of_batches,
            provenance=self._provenance(outcomes, dataset),
        )

    def _provenance(self, outcomes: Sequence[Outcome], dataset: Dataset) -> list[WrittenProvenance]:
        if self.request.recipe is None:
            return []
        local = {}
        for manifest in dataset.files(MANIFEST_KIND):
            with dataset.open(manifest.entry) as stream:
                local[manifest.entry.key] = stream.read(LARGEST_MANIFEST + 1)
        return write_provenance(
            self.client,
            self.bucket,
            outcomes,
            dataset.layout,
            self.request.recipe,
            self.request.replace,
            local,
        )

    def _require_lock(self) -> None:
        if self.lock.lost:
            raise CpgateError(
                "Another upload to this place took over while this one stood still",
                "Wait for it; then the same command goes on where it stopped",
            )

    def _list(self, keys: Sequence[str], label: str) -> dict[str, RemoteObject]:
        with self.progress.step(label, unit="objects") as step:
            return list_remote(self.client, self.bucket, keys, step)

    def _transfer(
        self,
        pool: WorkerPool,
        items: Sequence[PlanItem],
        intents: Iterable[str],
        should_stop: StopRequest,
        tell: Tell,
    ) -> tuple[list[Outcome], Transfer]:
        wanted = [item for item in items if item.action in {Action.SEND, Action.RESUME}]
        with self.progress.step("uploading", sum(item.entry.size for item in wanted), "B") as step:
            transfer = Transfer(
                pool, wanted, step, intents, should_stop, should_stop.patience, tell, self.keys
            )
            outcomes = []
            for outcome in transfer.run():
                outcomes.append(outcome)
                tell(outcome)
                step.note(f"{len(outcomes):,} of {len(wanted):,} files")
            return outcomes, transfer

    def _raise_if_stopped(
        self, should_stop: StopRequest, outcomes: Sequence[Outcome], transfer: Transfer
    ) -> None:
        self._require_lock()
        if transfer.is_complete and not should_stop.signal_number:
            return  # the time was up with the last file: verifying and the receipt are all that is missing
        safe = sum(outcome.state in PRESENT for outcome in outcomes)
        should_stop.require_going_on(f"{safe:,} files and {transfer.parts_safe:,} parts of this run are safe")

    def _sweep(self, outcomes: Sequence[Outcome]) -> Sweep:
        journal = read_journal(self.folder)
        kept = {outcome.item.entry.key for outcome in outcomes if outcome.kept}
        keys = {outcome.item.entry.key for outcome in outcomes}
        sweep = sweep_uploads(self.client, self.bucket, keys, journal, kept)
        self._require_lock()
        if not kept:
            compact(self.folder, journal.last_run, settled=keys if sweep.listed else ())
        return sweep


def _settled(items: Iterable[PlanItem]) -> list[Outcome]:
    """Outcomes of files that needed no transfer."""
    outcomes = []
    for item in items:
        if item.action is Action.UNCHANGED:
            outcomes.append(Outcome(item, State.UNCHANGED, item.digest, version_id=item.version_id))
        elif item.action is Action.FAILED:
            outcomes.append(Outcome(item, State.FAILED, failure=Failure.UNREADABLE, reason=item.reason))
        elif item.action is Action.CONFLICT:
            there = item.there
            reason = f"other bytes lie there ({there.size:,} bytes, ETag {there.etag})" if there else ""
            outcomes.append(Outcome(item, State.CONFLICT, failure=Failure.CONFLICT, reason=reason))
    return outcomes
