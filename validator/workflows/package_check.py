"""Compares the entries of a published package with the objects that they point to."""

from collections.abc import Iterator, Mapping, Sequence

from validator.checks.pool import in_threads
from validator.errors import CredentialsError
from validator.models.counts import counted
from validator.models.listing import Trouble, TroubleKind
from validator.models.progress import Progress, Step
from validator.models.quilt import PackageEntry, PhysicalKey
from validator.s3.versions import ObjectVersion, head_version
from validator.sources.quilt import QuiltSource
from validator.workflows.version_listing import versions_of

FEW = 200
"""Entries that are asked for one by one; above it a listing, with 1,000 objects a request, is quicker."""
THREADS = 16

Found = dict[tuple[str, str | None], ObjectVersion]
"""Versions by key and version id; what lies there now also without one."""


def entry_troubles(source: QuiltSource, progress: Progress) -> list[Trouble]:
    """What is wrong with where the entries of a package point to: nothing there, another size, no version id.

    Parameters
    ----------
    source
        The package.
    progress
        Where the step is shown.

    Raises
    ------
    RemoteError, CredentialsError
        If a store refuses.
    """
    buckets: dict[str, list[PackageEntry]] = {}
    for entry in source.entries.values():
        buckets.setdefault(entry.place.bucket, []).append(entry)
    troubles: list[Trouble] = []
    with progress.step("looking up objects", len(source.entries), "objects") as step:
        for bucket, entries in sorted(buckets.items()):
            found = _find(source, bucket, entries, step)
            troubles += (trouble for entry in entries for trouble in _judge(entry, found))
    return troubles


def _find(source: QuiltSource, bucket: str, entries: Sequence[PackageEntry], step: Step) -> Found:
    wanted = {entry.place.key: entry.place for entry in entries}
    if len(entries) > FEW:
        try:
            return _listed(source, bucket, wanted, step)
        except CredentialsError:  # a public bucket may hand out versions without listing them
            pass
    places = [entry.place for entry in entries]

    def ask(place: PhysicalKey) -> ObjectVersion | None:
        return head_version(source.client, place.bucket, place.key, place.version_id)

    found: Found = {}
    for place, version in zip(places, in_threads(ask, places, THREADS), strict=True):
        step.advance()
        if version is not None:
            found[place.key, place.version_id] = version
    return found


def _listed(source: QuiltSource, bucket: str, wanted: Mapping[str, PhysicalKey], step: Step) -> Found:
    found: Found = {}
    for version in versions_of(source.client, bucket, wanted):
        if version.key in wanted:
            found[version.key, version.version_id] = version
            if version.latest:
                step.advance((version.key, None) not in found)
                found[version.key, None] = version
    return found


def _judge(entry: PackageEntry, found: Found) -> Iterator[Trouble]:
    version = found.get((entry.place.key, entry.place.version_id))
    if version is None:
        which = "this version of it" if entry.place.version_id else "it"
        yield _trouble("package-object-missing", entry, f"s3://{entry.place.bucket} does not hold {which}")
    elif version.size != entry.size:
        detail = f"the package says {counted(entry.size, 'byte')}, there are {version.size:,}"
        yield _trouble("package-object-differs", entry, detail)
    if entry.place.version_id is None:
        yield _trouble("package-unversioned", entry, "")


def _trouble(kind: TroubleKind, entry: PackageEntry, detail: str) -> Trouble:
    return Trouble(kind, entry.logical_key, str(entry.place), detail)
