"""Finds the version of every object of a receipt: the one whose bytes were uploaded and verified."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from validator.checks.objects import OBJECT_DIFFERS, OBJECT_MISSING
from validator.checks.pool import in_threads
from validator.errors import CredentialsError
from validator.models.counts import counted
from validator.models.finding import Finding
from validator.models.progress import Progress, Step
from validator.models.receipt import ReceiptObject
from validator.s3.objects import listed_etag
from validator.s3.versions import NO_VERSION, ObjectVersion, head_version
from validator.workflows.version_listing import versions_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(slots=True)
class FoundVersions:
    """What the bucket holds of a receipt's objects.

    Attributes
    ----------
    chosen
        Version of each object that has the receipt's size and ETag, by key.
    findings
        One for each object that is missing, or of which no version has the receipt's bytes.
    replaced
        Keys where other bytes lie by now; the receipt's are an older version.
    unversioned
        Keys that were stored while the bucket kept no versions.
    """

    chosen: dict[str, ObjectVersion] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unversioned: list[str] = field(default_factory=list)


def find_versions(
    client: "S3Client",
    bucket: str,
    records: Mapping[str, ReceiptObject],
    earlier: Mapping[str, str],
    jobs: int,
    progress: Progress,
) -> FoundVersions:
    """Find the version ids of a receipt's objects: by listing, or one by one where that is not allowed.

    Parameters
    ----------
    client, bucket
        Where they lie.
    records
        Objects of the receipt by key.
    earlier
        Version ids that an earlier revision of the package names, by key: they are kept where they have the
        same bytes, so that whoever has them need not fetch them again.
    jobs
        Requests at once, where they are asked for one by one.
    progress
        Where the step is shown.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    with progress.step("looking up versions", len(records), "objects") as step:
        try:
            versions = _listed(client, bucket, records, step)
        except CredentialsError:
            versions = _asked_for(client, bucket, records.values(), jobs, step)
    found = FoundVersions()
    for key, record in sorted(records.items()):
        _choose(found, record, versions.get(key, []), earlier.get(key))
    return found


def _listed(
    client: "S3Client", bucket: str, keys: Collection[str], step: Step
) -> dict[str, list[ObjectVersion]]:
    found: dict[str, list[ObjectVersion]] = {}
    for version in versions_of(client, bucket, keys):
        if version.key in keys:
            known = found.setdefault(version.key, [])
            known.append(version)
            step.advance(len(known) == 1)
    return found


def _asked_for(
    client: "S3Client", bucket: str, records: Iterable[ReceiptObject], jobs: int, step: Step
) -> dict[str, list[ObjectVersion]]:
    def ask(record: ReceiptObject) -> tuple[str, list[ObjectVersion]]:
        there = head_version(client, bucket, record.key)
        replaced = there is not None and not _fits(there, record)
        if replaced and record.version_id:
            return record.key, [
                v for v in (head_version(client, bucket, record.key, record.version_id), there) if v
            ]
        return record.key, [there] if there is not None else []

    found: dict[str, list[ObjectVersion]] = {}
    for key, versions in in_threads(ask, records, jobs):
        step.advance()
        found[key] = versions
    return found


def _choose(
    found: FoundVersions, record: ReceiptObject, versions: list[ObjectVersion], earlier: str | None
) -> None:
    """Enter what there is of one object.

    Of several versions with its bytes the one that is published already is taken, else the one that the receipt
    names (in another bucket there is no such version), else the newest.
    """
    expected = f"{counted(record.size, 'byte')}, ETag {record.etag}"
    if not versions:
        message = "The bucket does not hold it"
        found.findings.append(OBJECT_MISSING.finding(record.key, message, expected=expected))
        return
    fitting = [version for version in versions if _fits(version, record)]
    if not fitting:
        actual = f"{counted(versions[0].size, 'byte')}, ETag {versions[0].etag}"
        message = "Other bytes lie there than were uploaded"
        found.findings.append(OBJECT_DIFFERS.finding(record.key, message, expected=expected, actual=actual))
        return
    by_id = {version.version_id: version for version in fitting}
    chosen = by_id.get(earlier or "") or by_id.get(record.version_id or "") or fitting[0]
    found.chosen[record.key] = chosen
    if chosen.version_id == NO_VERSION:
        found.unversioned.append(record.key)
    if not any(version.latest for version in fitting):
        found.replaced.append(record.key)


def _fits(version: ObjectVersion, record: ReceiptObject) -> bool:
    return version.size == record.size and listed_etag(version.etag) in (record.etag, record.etag_stored)
