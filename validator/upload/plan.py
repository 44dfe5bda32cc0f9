"""What an upload would do to each file: a pure function of the files, the bucket, and the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest, join_parts
from validator.models.listing import Entry
from validator.s3.limits import MAX_KEY_BYTES, part_count, part_size_for
from validator.s3.objects import RemoteObject
from validator.upload.journal import UploadRecord
from validator.upload.selection import matches


class Action(StrEnum):
    """What is to be done with a file."""

    SEND = "send"
    RESUME = "resume"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    COMPARE = "compare"
    FAILED = "failed"


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take four times as long: CONTRIBUTING.md
class PlanItem:
    """A file and what is to be done with it.

    Attributes
    ----------
    entry
        The file.
    action
        `COMPARE`: the bucket holds an object of the same size; only reading the file can tell the rest.
        `FAILED`: it cannot be sent, for the reason given.
    part_size
        Bytes of a part if it is sent; ``None`` for a single PUT.
    there
        What lies at the key.
    replaces
        Whether ``--replace`` names the key, so that what lies there may be written over.
    reason
        Why it cannot be sent, or why nobody knows whether what lies there is the same.
    upload
        The unfinished upload that is resumed.
    digest
        Digests of the file, when they are known without reading it again.
    version_id
        Of an unchanged object that this journal saw written to a bucket with versions.
    """

    entry: Entry
    action: Action
    part_size: int | None = None
    there: RemoteObject | None = None
    replaces: bool = False
    reason: str = ""
    upload: UploadRecord | None = None
    digest: ObjectDigest | None = None
    version_id: str | None = None

    @property
    def state(self) -> FileState:
        """State of the file when it was listed."""
        return FileState(self.entry.size, self.entry.stamp)

    @property
    def bytes_there(self) -> int:
        """Bytes of the parts that the bucket already holds."""
        return sum(part.size for part in self.upload.parts.values()) if self.upload else 0


def plan_file(
    entry: Entry,
    there: RemoteObject | None,
    known: ObjectDigest | None = None,
    unfinished: Sequence[UploadRecord] = (),
    *,
    part_size: int,
    replace: tuple[str, ...] = (),
) -> PlanItem:
    """Decide for one file.

    Parameters
    ----------
    entry
        The file.
    there
        What lies at its key.
    known
        Digests of the file in its present state, if it was read before.
    unfinished
        Multipart uploads of the key that were begun and neither completed nor aborted.
    part_size
        Bytes of a part, where the size of the file allows it.
    replace
        Globs of keys whose objects may be replaced by other bytes.
    """
    if _is_too_long(entry.key):
        return PlanItem(entry, Action.FAILED, reason=f"its key is longer than S3's {MAX_KEY_BYTES:,} bytes")
    best = resumable(entry, unfinished)
    if there is None:
        return _send(entry, best, part_size, None)
    digest = _fitting_digest(known, best, there)
    if digest is not None and digest.size == there.size and digest.is_stored_as(there.etag):
        return PlanItem(entry, Action.UNCHANGED, there=there, digest=digest)
    if there.size == entry.size and digest is None:
        return PlanItem(entry, Action.COMPARE, there=there)
    if may_replace(entry.key, replace):
        return _send(entry, best, part_size, there)
    return PlanItem(entry, Action.CONFLICT, there=there)


def goes_whole(entry: Entry, part_size: int) -> bool:
    """Whether a file of which nothing is known is sent with a single PUT."""
    return part_size_for(entry.size, part_size) is None and not _is_too_long(entry.key)


def _is_too_long(key: str) -> bool:
    return len(key) * 4 > MAX_KEY_BYTES and len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES


def resumable(entry: Entry, unfinished: Sequence[UploadRecord]) -> UploadRecord | None:
    """The upload of this very state of the file that has most parts."""
    if not unfinished:
        return None
    state = FileState(entry.size, entry.stamp)
    usable = [upload for upload in unfinished if upload.state == state]
    return max(usable, key=lambda upload: len(upload.parts), default=None)


def settle(
    item: PlanItem,
    digest: ObjectDigest | None,
    unfinished: Sequence[UploadRecord],
    part_size: int,
    replace: tuple[str, ...],
    reason: str = "",
) -> PlanItem:
    """Decide again after the file was read and digested in the way its object was sent.

    Without a digest nothing can be said, for the reason given: the object's ETag is not built from MD5s, and the store
    tells no checksum of it. Then it counts as other bytes.
    """
    there = item.there
    if (
        there is not None
        and digest is not None
        and digest.size == there.size
        and digest.is_stored_as(there.etag)
    ):
        return PlanItem(item.entry, Action.UNCHANGED, there=there, digest=digest)
    if may_replace(item.entry.key, replace):
        return _send(item.entry, resumable(item.entry, unfinished), part_size, there)
    return PlanItem(item.entry, Action.CONFLICT, there=there, digest=digest, reason=reason)


def _send(entry: Entry, upload: UploadRecord | None, part_size: int, there: RemoteObject | None) -> PlanItem:
    """Send or resume; something may lie there only if ``--replace`` names the key."""
    replaces = there is not None
    if upload is not None:
        size = upload.part_size
        return PlanItem(entry, Action.RESUME, part_size=size, there=there, replaces=replaces, upload=upload)
    size_of_parts = part_size_for(entry.size, part_size)
    return PlanItem(entry, Action.SEND, part_size=size_of_parts, there=there, replaces=replaces)


def _fitting_digest(
    known: ObjectDigest | None, upload: UploadRecord | None, there: RemoteObject
) -> ObjectDigest | None:
    """Digests of the file that compare with this very object, from earlier reading; ``None`` if there are none."""
    if known is not None and (known.is_stored_as(there.etag) or known.size != there.size):
        return known
    if upload is not None and len(upload.parts) == part_count(upload.state.size, upload.part_size):
        joined = join_parts([upload.parts[n] for n in sorted(upload.parts)], upload.part_size)
        if joined.etag == there.etag:
            return joined
    return None


def may_replace(key: str, replace: tuple[str, ...]) -> bool:
    """Whether ``--replace`` names this key, whole or below ``project/source/``."""
    return matches(key, replace)
