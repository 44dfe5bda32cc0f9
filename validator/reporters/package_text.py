"""What became of a package, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from validator.reporters.escape import shown
from validator.reporters.numbers import counted, number, size

SHORT = 10
"""Digits of a revision's hash that are shown; six suffice for quilt3."""


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What is said about a package.

    Attributes
    ----------
    name, address
        What it is called, and how Quilt names the revision.
    entries, total, bytes_
        Entries, objects that the receipts name, bytes of the entries.
    hash_type
        Type of the hashes.
    earlier
        Hash of the revision before; empty for the first.
    added, changed, removed, kept
        Numbers of entries.
    metadata
        Whether the metadata of the package changes.
    published, dry_run
        What was done.
    replaced
        Keys at which other bytes lie by now.
    unversioned
        Entries without a version id.
    errors
        Errors that the uploads overrode.
    """

    name: str
    address: str
    entries: int
    total: int
    bytes_: int
    hash_type: str
    earlier: str
    added: int
    changed: int
    removed: int
    kept: int
    metadata: bool
    published: bool
    dry_run: bool
    replaced: tuple[str, ...]
    unversioned: int
    errors: int


def package_lines(facts: PackageFacts) -> Iterator[str]:
    """Lines of the text."""
    part = f" of {number(facts.total)}: a subset" if facts.entries < facts.total else ""
    yield f"package  {facts.name} · {counted(facts.entries, 'object')}{part} · {size(facts.bytes_)} · {facts.hash_type}\n"
    if facts.errors:
        yield f"note     it was uploaded in spite of {counted(facts.errors, 'error')} of the check; the metadata says so\n"
    if facts.replaced:
        other = "other bytes lie there by now; the package holds the version that was verified"
        yield f"note     {counted(len(facts.replaced), 'object')}, the first is {shown(facts.replaced[0])}: {other}\n"
    if facts.unversioned:
        yield f"note     {counted(facts.unversioned, 'object')} without a version id: whoever writes there changes the package\n"
    yield f"revision {_revision(facts)}\n"
    if facts.dry_run:
        yield "dry run  nothing was written\n"
    elif facts.published:
        yield f"published {facts.address}\n"
    else:
        yield f"nothing to publish: {facts.address} is the same\n"


def _revision(facts: PackageFacts) -> str:
    if not facts.earlier:
        return "the first"
    changes = [
        f"{number(amount)} {word}"
        for amount, word in ((facts.added, "added"), (facts.changed, "changed"), (facts.removed, "removed"))
        if amount
    ]
    if facts.metadata:
        changes.append("other metadata")
    return f"{', '.join([*changes, f'{number(facts.kept)} unchanged'])} since {facts.earlier[:SHORT]}"
