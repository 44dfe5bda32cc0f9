"""One file on its way: which tasks it still needs, and what came of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from validator.digests.parts import ObjectDigest, PartDigest, encode_crc64nvme, join_parts
from validator.s3.limits import part_count
from validator.upload.plan import PlanItem
from validator.upload.tasks import Do, Failure, Task


class State(StrEnum):
    """What became of a file."""

    UPLOADED = "uploaded"
    RESUMED = "resumed"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    FAILED = "failed"


PRESENT = frozenset({State.UPLOADED, State.RESUMED, State.UNCHANGED})
"""Of files whose bytes are in the bucket."""


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take four times as long: CONTRIBUTING.md
class Outcome:
    """What became of a file, with the digests and the time of the object (ISO, UTC), or the reason it failed.

    Attributes
    ----------
    version_id
        Of the object, where the bucket keeps versions and the store told it.
    kept
        Whether parts of a failed file wait in the bucket for the next run.
    """

    item: PlanItem
    state: State
    digest: ObjectDigest | None = None
    uploaded_at: str = ""
    failure: Failure | None = None
    reason: str = ""
    mend: str = ""
    kept: bool = False
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Retried:
    """Something had to be done again, of a file or (with an empty key) of several: why, and how many times."""

    key: str
    reason: str
    times: int = 1


@dataclass
class Sending:
    """A file under way.

    Attributes
    ----------
    item
        From the plan.
    upload_id
        Of its multipart upload, once it is known.
    part_size
        Bytes of its parts; ``None`` for a single PUT.
    parts
        Digests of the parts that the bucket holds, by number.
    remote
        Parts that the bucket holds without the journal knowing what they are: ETag and checksum, by number.
    under_way
        Tasks without an answer.
    restarts
        How often it was begun afresh because the store had forgotten its upload.
    problem
        First failure; the tasks still under way are waited for before it counts.
    checksum
        With which its multipart upload was begun; empty for none.
    """

    item: PlanItem
    upload_id: str = ""
    part_size: int | None = None
    parts: dict[int, PartDigest] = field(default_factory=dict)
    remote: dict[int, tuple[str, str]] = field(default_factory=dict)
    under_way: int = 0
    restarts: int = 0
    resumed: bool = False
    completing: bool = False
    problem: tuple[Failure, str, str] | None = None
    checksum: str = ""

    @property
    def count(self) -> int:
        """Number of its parts."""
        return part_count(self.item.entry.size, self.part_size)

    def task(self, task_id: int, do: Do, **more: Any) -> Task:
        """Make a task for this file; the names are those of `Task`."""
        entry, there = self.item.entry, self.item.there
        file = (entry.key, entry.path, entry.size, entry.stamp)
        # Without this an object that appeared meanwhile is never written over (If-None-Match).
        replaces = there.etag if there and self.item.replaces else None
        upload = (self.upload_id, self.part_size)
        return Task(task_id, do, *file, *upload, replaces=replaces, checksum=self.checksum, **more)

    def completion(self, task_id: int) -> Task:
        """Make the task that joins the parts."""
        digest, parts = self.joined(), [self.parts[n] for n in sorted(self.parts)]
        sums: tuple[str, ...] = ()
        if self.checksum:
            sha256 = self.checksum == "sha256"
            sums = tuple(part.sha256 if sha256 else encode_crc64nvme(part.crc64nvme) for part in parts)
        return self.task(
            task_id,
            Do.COMPLETE,
            etags=tuple(part.etag for part in parts),
            sums=sums,
            expected=digest.etag,
            crc=digest.crc64nvme,
            sha256=digest.sha256,
        )

    def sending_of(self, task_id: int, number: int) -> Task:
        """Make the task that sends a part, unless the store has it already."""
        etag, checksum = self.remote.get(number, ("", ""))
        return self.task(task_id, Do.PART, number=number, etag=etag, there=checksum)

    def joined(self) -> ObjectDigest:
        """Digests of the whole, once all parts are known."""
        return join_parts([self.parts[n] for n in sorted(self.parts)], self.part_size)

    def believe(self, listed: list[list[int | str]] | None) -> None:
        """Compare what the journal knows with the parts that the store lists; keep what agrees.

        Where the store does not let one look, the journal is believed: the store confirmed each part with its ETag.

        Parameters
        ----------
        listed
            Number, bytes, ETag and checksum (or nothing) of each part in the bucket; ``None`` where they may not be
            listed.
        """
        if listed is None:
            self.resumed = bool(self.parts)
            return
        there = {int(number): (str(etag), str(checksum)) for number, _, etag, checksum in listed}
        self.parts = {n: part for n, part in self.parts.items() if n in there and there[n][0] == part.etag}
        self.remote = {n: told for n, told in there.items() if n not in self.parts}
        self.resumed = bool(there)

    def restart(self) -> None:
        """Forget the upload, which the store has forgotten too."""
        self.upload_id = ""
        self.parts.clear()
        self.remote.clear()
        self.restarts += 1
        self.resumed = self.completing = False
        self.problem = None
