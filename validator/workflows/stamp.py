"""Fill the ETags of a provenance manifest, from the bucket or from files; all of them or none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from validator.checks.pool import in_threads
from validator.errors import CpgateError, ExitCode, UnreadableFile, UsageError
from validator.manifests.claims import ClaimFile
from validator.manifests.provenance import LARGEST_MANIFEST, ManifestEntry, read_provenance, recognise_content
from validator.manifests.provenance_edits import FieldValue, columns_of, edit_provenance
from validator.manifests.receipt import LONGEST_LINE
from validator.models.progress import Progress, SilentProgress
from validator.reporters.outfile import OutFile, reason
from validator.s3.client import S3Settings
from validator.workflows.stamp_sources import BucketFacts, FileFacts, Found, ProductFacts

REQUESTS_AT_ONCE = 8
DETAILS = ("size", "part_size", "version_id")
"""Fields that ``--details`` adds; those that a product has are kept true in any case."""


@dataclass(frozen=True, slots=True)
class StampRequest:
    """What to stamp, and from what.

    Attributes
    ----------
    path
        The manifest.
    s3
        How to reach the store.
    bucket
        Another bucket than that of the urls (``s3://name``), for products that are still in staging.
    local
        A folder to compute ETags from instead.
    dataset
        ``project/source`` of that folder, where its names do not say it.
    part_size
        With a folder: bytes of a part in which the products are sent; by default what the manifest states for each, or
        else what ``cpgate upload`` uses.
    details
        Add `DETAILS` where the store tells them.
    update
        Write over ETags that are other ones than what is there now.
    check
        Only tell what would change.
    """

    path: Path
    s3: S3Settings = field(default_factory=S3Settings)
    bucket: str | None = None
    local: Path | None = None
    dataset: str | None = None
    part_size: int | None = None
    details: bool = False
    update: bool = False
    check: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a product that changes.

    Attributes
    ----------
    product
        Its subset.
    field
        Name of the field.
    before, after
        What it says, and what it will say.
    """

    product: str
    field: str
    before: FieldValue
    after: FieldValue


@dataclass(frozen=True, slots=True)
class Failure:
    """A product that cannot be stamped.

    Attributes
    ----------
    product, url
        Which.
    why
        The reason, one sentence.
    exit_code
        What it means for the shell.
    mend
        What to do, where more can be said than the reason does.
    """

    product: str
    url: str
    why: str
    exit_code: ExitCode = ExitCode.FINDINGS
    mend: str = ""


@dataclass(frozen=True, slots=True)
class StampResult:
    """What was stamped.

    Attributes
    ----------
    products
        Number of products.
    changes
        What changed, or would.
    failures
        Products that cannot be stamped; then nothing was written.
    written
        Whether the file was.
    check
        Whether it was only asked.
    """

    products: int
    changes: list[Change]
    failures: list[Failure]
    written: bool
    check: bool

    @property
    def exit_code(self) -> ExitCode:
        """0; 1 when something would change or does not fit; 3, 4, 5 as everywhere."""
        if self.failures:
            return max(failure.exit_code for failure in self.failures)
        if not self.products:
            return ExitCode.NOTHING_CHECKED
        return ExitCode.FINDINGS if self.check and self.changes else ExitCode.CLEAN


def stamp(request: StampRequest, progress: Progress | None = None) -> StampResult:
    """Ask for every product by its own url, and write what changed: only those fields, or nothing at all.

    Raises
    ------
    UsageError
        If the file cannot be read or is no provenance manifest.
    UnreadableFile
        If it is damaged, or cannot be changed in place.
    CredentialsError
        If there are no keys.
    CpgateError
        If it cannot be written.
    """
    content = _read(request.path)
    try:
        entries, columns = read_provenance(content).entries, columns_of(content)
    except UnreadableFile as error:
        if recognise_content(content[:LONGEST_LINE]) == "receipt":
            raise UnreadableFile(
                f"{request.path} is a receipt: it says already what was sent, and is never changed",
                "name a provenance manifest such as profile_index.json",
            ) from error
        what = f"{request.path} is no provenance manifest that can be stamped. {error.what}"
        raise UnreadableFile(what, error.mend, error.where) from error
    file = ClaimFile(request.path, "provenance")
    facts: ProductFacts
    if request.local is not None:
        facts = FileFacts(file, request.local, request.dataset, request.part_size)
    else:
        facts = BucketFacts(file, request.s3, request.bucket)

    def look(entry: ManifestEntry) -> "list[Change] | Failure":
        return _stamp_entry(entry, facts.look, request, columns)

    changes: dict[int, list[Change]] = {}
    failures: list[Failure] = []
    readers = REQUESTS_AT_ONCE if request.local is None else 2
    with (progress or SilentProgress()).step("asking for products", len(entries), "products") as step:
        for entry, outcome in zip(entries, in_threads(look, entries, readers), strict=True):
            step.advance()
            if isinstance(outcome, Failure):
                failures.append(outcome)
            elif outcome:
                changes[entry.position] = outcome
    written = bool(changes) and not failures and not request.check
    if written or (changes and not failures):
        values = {
            position: {change.field: change.after for change in made} for position, made in changes.items()
        }
        edited = edit_provenance(content, values)
        if written:
            _write(request.path, content, edited)
    told = [change for made in changes.values() for change in made]
    return StampResult(len(entries), told, failures, written, request.check)


def _stamp_entry(
    entry: ManifestEntry,
    look: Callable[[ManifestEntry], Found],
    request: StampRequest,
    columns: list[str] | None,
) -> "list[Change] | Failure":
    product, url = entry.text("subset") or f"entry {entry.position + 1}", entry.text("url") or ""
    if entry.problems:
        first = entry.problems[0]
        words = {
            "missing": "is missing",
            "not-text": "is not text",
            "not-number": "is no number of bytes",
            "twice": "stands there twice",
            "differs": "is another address than its url",
        }
        return Failure(product, url, f"its field {first.field} {words[first.kind]}")
    try:
        found = look(entry)
    except CpgateError as error:
        return Failure(product, url, error.what, error.exit_code, error.mend)
    recorded = (entry.text("etag") or "").strip().strip('"').lower()
    if recorded and recorded != found.etag and not request.update:
        return Failure(
            product,
            url,
            f"the manifest has the ETag {recorded}, what is there has {found.etag}; --update writes it over",
        )
    unknown = _no_longer_true(entry, found, changed=recorded != found.etag)
    if unknown:
        why = f"its {unknown} was that of other bytes, and the new one is not known here; remove the field"
        return Failure(product, url, why)
    wanted = _wanted(entry, found, request, columns)
    return [
        Change(product, name, entry.fields.get(name), value)
        for name, value in wanted.items()
        if name not in entry.fields or entry.fields[name] != _as_written(value, columns)
    ]


def _wanted(
    entry: ManifestEntry, found: Found, request: StampRequest, columns: list[str] | None
) -> Mapping[str, FieldValue]:
    """Fields and what they are to say: the ETag, what the product has of the others, and what was asked for."""
    wanted: dict[str, FieldValue] = {"etag": found.etag}
    present = {name for name in found.values if name in entry.fields}
    asked = set(DETAILS) if request.details else set()
    if request.local is not None and entry.text("etag") != found.etag:
        asked.add("part_size")  # without it nobody could compute this ETag again
    for name, value in found.values.items():
        may_add = name in asked and value is not None and (columns is None or name in columns)
        if may_add or (name in present and value is not None):
            wanted[name] = value
        elif name == "part_size" and name in present and "-" not in found.etag:
            wanted[name] = None
    return wanted


def _no_longer_true(entry: ManifestEntry, found: Found, *, changed: bool) -> str:
    """Name of a field that describes the bytes before, when nobody knows what it should say now."""
    if not changed or not entry.text("etag"):
        return ""
    names = ("size", "version_id", "checksum", "sha256")
    return next((name for name in names if entry.fields.get(name) and found.values.get(name) is None), "")


def _as_written(value: FieldValue, columns: list[str] | None) -> FieldValue:
    if columns is None:
        return value
    return "" if value is None else str(value)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_MANIFEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {reason(error)}", "check the path") from error


def _write(path: Path, before: bytes, after: bytes) -> None:
    """Put the new manifest in place at once, with the rights that the old one has."""
    place = path.resolve()  # a link stays a link
    with OutFile(place, "manifest") as file:
        file.write(after.decode())
        if place.read_bytes() != before:
            raise CpgateError(f"{path} was changed by somebody else meanwhile", "run the same command again")
        file.keep_mode()
        file.commit()
