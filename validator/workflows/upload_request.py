"""What to upload, where to, and how: the options of ``cpgate upload`` as one plain object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from validator.s3.limits import DEFAULT_PART_SIZE
from validator.s3.settings import S3Settings
from validator.upload.selection import Selection
from validator.upload.timetable import Timetable
from validator.workflows.sources import Origin

if TYPE_CHECKING:
    from validator.manifests.recipe import Recipe


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What to upload, where to, and how.

    Attributes
    ----------
    path
        The dataset's folder.
    origin
        Where the dataset lies when that is not the folder ``path``: a bucket.
    copy
        ``store`` lets the store copy from the bucket of the origin by itself, ``through-here`` fetches and sends;
        ``auto`` finds out whether the keys of the destination may read the origin.
    destination
        ``s3://bucket`` or ``s3://bucket/prefix``.
    dataset
        ``project/source``, where the names of the folders do not say it.
    policy, scope, config
        By which levels, what is required, and a configuration; see `CheckRequest`.
    selection
        Which files go.
    s3
        How to reach the store.
    jobs
        Requests at once; ``None`` lets the uploader find out how many the network and the store bear.
    bandwidth
        How fast all processes together may send, by the time of the day.
    credential_wait
        Seconds to wait for other keys when those in use have expired; infinite where a person is there.
    time_limit
        Seconds after which nothing new is begun; ``None`` for as long as it takes.
    part_size
        Bytes of a part; larger files are sent as multipart uploads.
    replace
        Globs of keys whose objects may be replaced by other bytes.
    force
        Upload although the check found errors; the receipt says so.
    dry_run
        Plan only.
    rehash
        Whether files whose objects are there are read again, whatever journals, checkpoints and receipts say.
    state
        Folder for journals; ``None`` for the user's state folder.
    report
        A report to use or to write; ``None`` chooses.
    receipt
        Where the receipt goes; ``None`` chooses a name in the current folder.
    remote_receipt
        Whether a copy of the receipt goes into the bucket.
    receipt_per_batch
        Whether the receipt is also written once for each batch.
    notes
        What the receipt says in the contributor's own words: a text by its name.
    recipe
        What made the derived products; with it their provenance is written into the bucket.
    sha256
        Whether the receipt holds SHA-256s of all files, which costs another read of each.
    """

    path: Path
    destination: str
    dataset: str | None = None
    policy: str | None = None
    scope: str | None = None
    config: Path | None = None
    selection: Selection = field(default_factory=Selection)
    s3: S3Settings = field(default_factory=S3Settings)
    jobs: int | None = None
    bandwidth: Timetable | None = None
    credential_wait: float = 0.0
    time_limit: float | None = None
    part_size: int = DEFAULT_PART_SIZE
    replace: tuple[str, ...] = ()
    force: bool = False
    dry_run: bool = False
    rehash: bool = False
    state: Path | None = None
    report: Path | None = None
    receipt: Path | None = None
    remote_receipt: bool = True
    receipt_per_batch: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)
    sha256: bool = False
    recipe: "Recipe | None" = None
    origin: Origin | None = None
    copy: Literal["auto", "store", "through-here"] = "auto"

    @property
    def folder(self) -> Path | None:
        """The folder that is sent; ``None`` when it is a bucket."""
        return self.path if self.origin is None or self.origin.in_folder else None

    @property
    def place(self) -> str:
        """What is sent, as the user named it."""
        return str(self.path) if self.origin is None else self.origin.place
