"""Make a Quilt package of what a receipt proves: no byte is downloaded or copied."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from validator.errors import CpgateError, ExitCode, NothingChecked, UsageError
from validator.manifests.receipt import Receipt
from validator.models.counts import counted
from validator.models.finding import Finding
from validator.models.progress import Progress, SilentProgress
from validator.models.quilt import (
    HashType,
    PackageAddress,
    PackageEntry,
    PackageHash,
    PhysicalKey,
    check_package_name,
)
from validator.models.receipt import ReceiptObject
from validator.s3.client import S3Settings, endpoint_of, make_client
from validator.s3.grant import READ
from validator.s3.quilt import Changes, PackageRevision, import_quilt
from validator.s3.versions import NO_VERSION
from validator.upload.destination import parse_destination
from validator.workflows.package_associations import associated_subset
from validator.workflows.package_content import (
    PlacedObject,
    closed_subset,
    hashes_of,
    package_metadata,
    package_root,
    parse_selection,
    place_objects,
    shared_folder,
)
from validator.workflows.package_links import stored_links
from validator.workflows.package_versions import FoundVersions, find_versions

DEFAULT_JOBS = 16


@dataclass(frozen=True, slots=True)
class PackageRequest:
    """What to publish, and where.

    Attributes
    ----------
    name
        ``namespace/name`` of the package.
    receipts
        Receipts of the uploads; where several name a key, the last counts.
    registry
        ``s3://bucket`` in whose registry the package is, or is to be.
    message
        What this revision is for.
    dest_registry
        Another bucket to publish in, for keys that may not write ``.quilt/`` in the registry.
    select
        ``entity=glob``: a closed subset.
    bucket
        ``s3://bucket`` where the data are by now, if not where the receipts say.
    meta
        A file with a JSON object: further metadata of the package.
    workflow
        Workflow of the registry; ``None`` for its default one, empty for none.
    hash_type
        Which hashes of the receipts are taken for all entries.
    allow_unversioned
        Publish although the bucket keeps no versions.
    dry_run
        Find out all, write nothing.
    s3
        How to reach the store. A grant is for the data: the registry is written with the keys behind it.
    jobs
        Requests at once where versions are asked for one by one.
    """

    name: str
    receipts: tuple[Path, ...]
    registry: str
    message: str
    dest_registry: str | None = None
    select: tuple[str, ...] = ()
    bucket: str | None = None
    meta: Path | None = None
    workflow: str | None = None
    hash_type: HashType = "CRC64NVME"
    allow_unversioned: bool = False
    dry_run: bool = False
    s3: S3Settings = field(default_factory=S3Settings)
    jobs: int = DEFAULT_JOBS


@dataclass(frozen=True, slots=True)
class PackageResult:
    """What was published, or why nothing was.

    Attributes
    ----------
    address
        The package; with the revision's hash when one was published, or stays.
    entries, size
        Its entries and their bytes.
    total
        How many objects the receipts name.
    hash_type
        The one type of hash in it.
    findings
        Objects that are not in the bucket as the receipt says; then nothing is published.
    changes
        What differs from the earlier revision.
    earlier
        Hash of that revision; empty for the first one.
    published
        Whether a revision was written.
    replaced
        Keys at which other bytes lie by now; the package holds the version that was verified.
    unversioned
        How many entries have no version id.
    errors
        Errors of the checks that the uploads overrode.
    """

    address: PackageAddress
    entries: int
    size: int
    total: int
    hash_type: HashType
    findings: list[Finding]
    changes: Changes | None = None
    earlier: str = ""
    published: bool = False
    replaced: tuple[str, ...] = ()
    unversioned: int = 0
    errors: int = 0

    @property
    def exit_code(self) -> ExitCode:
        """0, or 1 when the bucket does not hold what the receipt says."""
        return ExitCode.FINDINGS if self.findings else ExitCode.CLEAN


def make_package(request: PackageRequest, progress: Progress | None = None) -> PackageResult:
    """Publish what receipts prove as a Quilt package, or as a new revision of one.

    Raises
    ------
    UsageError
        If quilt3 is not installed, an option cannot be used, the bucket keeps no versions, or a workflow of the
        registry refuses the package.
    UnreadableFile
        If a receipt is not whole.
    RemoteError, CredentialsError
        If the store refuses.

    Examples
    --------
    >>> from pathlib import Path
    >>> from validator.workflows.package import PackageRequest, make_package
    >>> request = PackageRequest("lab/heart", (Path("receipt.jsonl"),), "s3://registry", "First")
    >>> make_package(request).published  # doctest: +SKIP
    True
    """
    progress = progress or SilentProgress()
    check_package_name(request.name)
    registry, destination = _registry(request.registry), _registry(request.dest_registry or request.registry)
    said = _said_metadata(request.meta)
    wanted = parse_selection(request.select)
    import_quilt()
    receipts = [Receipt(path) for path in request.receipts]
    records = _records(receipts)
    root = package_root(records)
    objects = place_objects(records.values(), root)
    bucket = _bucket(receipts, request.bucket)
    client = make_client(request.s3.at(bucket, shared_folder(records), READ), request.jobs)
    _trust(receipts, endpoint_of(client))
    chosen = objects
    if wanted and root is None:
        chosen = closed_subset(objects, wanted)
    elif wanted:
        links = stored_links(client, bucket, objects, request.jobs, progress)
        chosen = associated_subset(objects, wanted, links)
    hashes = hashes_of(chosen, request.hash_type)
    meta = package_metadata(receipts, chosen, len(objects), wanted, said)
    revision = PackageRevision(request.name, destination, registry, replace(request.s3, grant=None))
    earlier = {e.place.key: e.place.version_id or "" for e in revision.entries() if e.place.bucket == bucket}
    selected = {item.record.key: item.record for item in chosen}
    found = find_versions(client, bucket, selected, earlier, request.jobs, progress)
    address = PackageAddress(destination.removeprefix("s3://"), request.name)
    facts: dict[str, Any] = {
        "entries": len(chosen),
        "size": meta["size"],
        "total": len(objects),
        "hash_type": request.hash_type,
        "earlier": revision.earlier,
        "replaced": tuple(found.replaced),
        "unversioned": len(found.unversioned),
        "errors": sum(receipt.header.errors for receipt in receipts),
    }
    if found.findings:
        return PackageResult(address, findings=found.findings, **facts)
    if found.unversioned and not request.allow_unversioned:
        raise _unversioned(bucket, found, len(chosen))
    changes = revision.compose(_entries(chosen, hashes, bucket, found), meta)
    revision.judge(request.message, request.workflow)
    publishing = (changes.any or not revision.here) and not request.dry_run
    top_hash = revision.publish(request.message, request.workflow) if publishing else revision.earlier
    address = PackageAddress(address.bucket, request.name, "" if request.dry_run else top_hash)
    return PackageResult(address, findings=[], changes=changes, published=publishing, **facts)


def _registry(text: str) -> str:
    destination = parse_destination(text)
    if destination.prefix:
        raise UsageError(
            f"{text} is not a registry: a registry is a whole bucket.",
            f"Write s3://{destination.bucket}; the package lies below its .quilt/, the data stay where they are.",
        )
    return str(destination)


def _said_metadata(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        said = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = (error.strerror or "the system gave no reason").lower()
        raise UsageError(f"{path} cannot be read: {reason}", "Check the path.") from error
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise UsageError(
            f"{path} is not a JSON object.", 'Write the metadata as { "name": "value", ... } in UTF-8.'
        )
    return said


def _records(receipts: Sequence[Receipt]) -> dict[str, ReceiptObject]:
    """Objects of all receipts by key.

    Raises
    ------
    UsageError
        If one leaves out files that its upload was asked to send.
    NothingChecked
        If there are none.
    """
    records: dict[str, ReceiptObject] = {}
    for receipt in receipts:
        records.update((record.key, record) for record in receipt.objects())
        end = receipt.end
        if end is not None and end.conflicts + end.failed:
            raise UsageError(
                f"{receipt.path} is not of everything that was to be uploaded: "
                f"{counted(end.conflicts + end.failed, 'file')} did not get there.",
                "Run the upload again until it ends with nothing left, and take that receipt.",
            )
    if not records:
        raise NothingChecked(
            "Nothing is packaged: the receipt names no object.", "Take the receipt of an upload."
        )
    return records


def _bucket(receipts: Sequence[Receipt], said: str | None) -> str:
    if said is not None:
        return parse_destination(said).bucket
    buckets = sorted({parse_destination(receipt.header.destination).bucket for receipt in receipts})
    if len(buckets) > 1:
        raise UsageError(
            f"The receipts are of several buckets: {', '.join(buckets)}.",
            "Make a package of each, or say with --bucket where all of it is by now.",
        )
    return buckets[0]


def _trust(receipts: Sequence[Receipt], endpoint: str | None) -> None:
    """A receipt may come from anybody: it must not decide to whom credentials are shown and who is believed."""
    stray = next((r.header.endpoint for r in receipts if r.header.endpoint and endpoint is None), None)
    if stray is not None:
        raise UsageError(
            f"The receipt speaks of the store {stray}, not of AWS",
            "If you trust it, say so: --endpoint-url and that address",
        )


def _entries(
    objects: Sequence[PlacedObject], hashes: Sequence[PackageHash], bucket: str, found: FoundVersions
) -> Iterator[PackageEntry]:
    for item, digest in zip(objects, hashes, strict=True):
        key = item.record.key
        version = found.chosen[key].version_id
        place = PhysicalKey(bucket, key, None if version == NO_VERSION else version)
        yield PackageEntry(item.logical_key, place, item.record.size, digest, item.meta)


def _unversioned(bucket: str, found: FoundVersions, entries: int) -> CpgateError:
    first, number = found.unversioned[0], len(found.unversioned)
    what = (
        f"s3://{bucket} keeps no versions"
        if number == entries
        else f"s3://{bucket} kept no versions yet when {number:,} of {counted(entries, 'object')} came, the first is {first}"
    )
    return UsageError(
        f"{what}: whoever writes over or deletes an object there would change what the package holds.",
        "Switch versioning on and upload again, or publish all the same with --allow-unversioned.",
    )
