"""Upload a dataset: check it, then plan, send, verify, write the receipt."""

from collections.abc import Sequence
from dataclasses import replace

from validator.checks.dataset import Dataset
from validator.digests.kernel_loading import WORTH_BYTES
from validator.errors import NothingChecked, UsageError
from validator.models.listing import Folder
from validator.models.progress import Progress, SilentProgress
from validator.s3.client import endpoint_of, make_client
from validator.s3.grant import READWRITE
from validator.s3.objects import list_objects
from validator.upload.destination import granted_prefix, parse_destination
from validator.upload.files import SelectedFiles
from validator.upload.key_wait import KeyWait, patient
from validator.upload.lock import UploadLock
from validator.upload.selection import Selection
from validator.upload.starting import WorkersAhead
from validator.upload.state import default_state_root, destination_folder
from validator.workflows.admission import admit
from validator.workflows.configuration import settings_in_force
from validator.workflows.listing import list_dataset
from validator.workflows.receipt_place import check_receipt_place
from validator.workflows.stopping import ctrl_c_told
from validator.workflows.time_limit import LimitedProgress, TimeLimit
from validator.workflows.upload_request import UploadRequest
from validator.workflows.upload_result import Tell, UploadResult
from validator.workflows.upload_run import UploadRun
from validator.workflows.upload_source import is_package_source, open_upload_source, package_prefix

NAMES_SHOWN = 8


@ctrl_c_told()
def upload(
    request: UploadRequest,
    progress: Progress | None = None,
    tell: Tell = lambda _: None,
    ahead: WorkersAhead | None = None,
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
    ahead
        Workers that were started before this was imported.

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
    prefix = ""
    if is_package_source(source):
        from validator.workflows.package_listing import list_package  # noqa: PLC0415  most are no packages

        package, listing = list_package(source, settings, progress)
        prefix = package_prefix(package, destination)
        dataset: Dataset = package
    else:
        dataset, listing = list_dataset(source, settings, progress=progress)
    files = select_files(dataset, request.selection, prefix)
    if ahead is not None and files.size >= WORTH_BYTES and request.origin is None:
        ahead.expect_much()
    if not len(files):
        raise _nothing_selected(request, dataset)
    if not dataset.names:
        raise UsageError(
            f"No folder of {request.place} says which project and source it belongs to",
            "Name the dataset's folder, or say --dataset project/source",
        )
    destination.check(files.examples())
    if request.recipe is not None:
        from validator.workflows.upload_provenance import check_recipe_fits  # noqa: PLC0415  few have a recipe

        check_recipe_fits(request.recipe, (entry.key for entry in files), dataset.layout)
    if request.receipt is not None:
        check_receipt_place(request.receipt, request.path, destination)
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
        run = UploadRun(request, destination, folder, client, unhurried, lock, limit, keys, ahead)
        return run.carry_out(files, below(prefix, dataset), admission, tell)


def select_files(dataset: Dataset, selection: Selection, prefix: str = "") -> SelectedFiles:
    """The files of a dataset that are selected, in the order of their keys.

    Parameters
    ----------
    dataset, selection
        What was listed, and what is wanted of it.
    prefix
        What keys get in front: of a package the prefix that was named.
    """
    folders = dataset.folders

    def load(key: str) -> Folder:
        found = folders.get(key.removeprefix(prefix))
        return replace(found.folder, key=key) if found is not None else Folder(key, "")

    chosen = (
        selection.choose(placed.key, placed.files, placed.size, placed.load)
        for placed in folders
        if selection.takes_folder(placed.place.entities)
    )
    return SelectedFiles((replace(choice, key=prefix + choice.key) for choice in chosen), load)


def below(prefix: str, dataset: Dataset) -> Dataset:
    """A dataset as it is seen in the bucket: the keys of a package get the prefix in front."""
    if not prefix:
        return dataset
    troubles = [replace(trouble, key=prefix + trouble.key) for trouble in dataset.troubles]
    return replace(dataset, layout=dataset.layout.below(prefix), troubles=troubles)


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
