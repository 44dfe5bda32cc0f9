"""Lists a source once: places every folder, sorts out junk, counts, and takes a digest of the listing."""

import hashlib
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, Protocol

from validator.checks.dataset import Dataset
from validator.index.building import IndexBuilder
from validator.index.index import FolderIndex
from validator.models.listing import Entry, Folder, Scan, SourceFacts, Trouble
from validator.models.place import Place
from validator.models.progress import Progress, SilentProgress, Step
from validator.models.report import Listing
from validator.rulebook.junk import is_junk_folder, junk_among
from validator.rulebook.layout import load_layout
from validator.rulebook.policy import load_policy
from validator.rulebook.scope import find_scope
from validator.sources.keys import RECEIPTS
from validator.sources.listed import ListedSource
from validator.workflows.configuration import Settings
from validator.workflows.ignoring import LeftOut
from validator.workflows.listing_hands import Hands


class Source(Protocol):
    """Where entries come from: a folder, a bucket.

    Attributes
    ----------
    root
        What it is called in texts.
    complete
        Whether it holds whole datasets.
    facts
        What sort of source it is, and what it cannot tell.
    """

    root: str
    complete: bool
    facts: SourceFacts

    def scan(self) -> Scan:
        """Every folder that holds files, in the order of the keys, and what could not be listed."""

    def open(self, entry: Entry) -> BinaryIO:
        """Open one entry for reading."""


def list_dataset(
    source: Source,
    policy: str | Settings = "contribution",
    scope: str | None = None,
    progress: Progress | None = None,
    hands: Hands | None = None,
) -> tuple[Dataset, Listing]:
    """List everything below a source and place it.

    Parameters
    ----------
    source
        What to list.
    policy
        Name of the policy of the rulebook whose levels hold; or all that holds, the scope too.
    scope
        What is required (``arrayed``, ``pooled``, ``addition``, ``derived``); found from the folders when
        it is not said.
    progress
        Where the step is shown.
    hands
        Who reads a long listing; they are ended.

    Returns
    -------
    dataset : Dataset
        Folders with their places; junk and receipts are not among their files.
    listing : Listing
        Counts and the digest.

    Raises
    ------
    UsageError
        If there is no such policy.
    """
    began = time.monotonic()
    settings = policy if isinstance(policy, Settings) else Settings(load_policy(policy), scope)
    left_out = LeftOut(settings.ignoring)
    with (progress or SilentProgress()).step("listing") as step:
        folders, junk, troubles = _index(source, left_out, step, hands or Hands())
    places = [placed.place for placed in folders.survey]
    dataset = Dataset(
        root=source.root,
        names=dataset_names(places),
        complete=source.complete,
        layout=load_layout(),
        policy=settings.policy,
        scope=settings.scope or find_scope(places),
        folders=folders,
        junk=junk,
        troubles=troubles,
        configuration=left_out.record(settings.record),
        opener=None if "contents" in source.facts.unknown else source.open,
    )
    return dataset, listing_of(folders, troubles, source, began)


def listing_of(folders: FolderIndex, troubles: list[Trouble], source: Source, began: float) -> Listing:
    """What a report says of a listing that began then, by the monotonic clock."""
    sizes_known = "sizes" not in source.facts.unknown
    return Listing(
        files=folders.files,
        size=folders.size if sizes_known else 0,
        digest=_digest(folders, troubles),
        index=folders.bytes_on_disk,
        seconds=round(time.monotonic() - began, 3),
        source=source.facts.kind,
        unknown=list(source.facts.unknown),
    )


def _digest(folders: FolderIndex, troubles: list[Trouble]) -> str:
    """Digest of all files, and of what could not become one: a link that is mended changes it."""
    if not troubles:
        return folders.digest
    digest = hashlib.sha256(folders.digest.encode())
    for trouble in sorted(troubles, key=lambda trouble: (trouble.key, trouble.kind, trouble.line)):
        said = (trouble.kind, trouble.key, trouble.detail, str(trouble.line), str(trouble.count))
        digest.update("\0".join(("", *said)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _index(
    source: Source, left_out: LeftOut, step: Step, hands: Hands
) -> tuple[FolderIndex, list[Entry], list[Trouble]]:
    """Examine every folder; a long listing in columns, unless patterns must be matched with every key."""
    found: list[Entry] = []
    scan: Scan
    if isinstance(source, ListedSource) and source.large is not None and left_out.ignoring is None:
        from validator.workflows.large_listing import index_listing  # noqa: PLC0415  few listings are large

        index, listed = index_listing(source, source.large, step, hands)
        found, scan = listed.junk, chain(listed.troubles, listed.rest)
    else:
        hands.end()
        index, scan = IndexBuilder(load_layout()), source.scan()
    junk, troubles = sort_out(left_out.filter(scan), index, step)
    # However a listing is read, what is odd in it comes in the order of the keys.
    junk = sorted([*found, *junk], key=lambda entry: entry.key)
    return index.finish(), junk, sorted(troubles, key=lambda trouble: trouble.key)


def dataset_names(places: Iterable[Place]) -> tuple[str, ...]:
    """``project/source`` of each dataset that some folder belongs to."""
    named = (place.entities for place in places)
    return tuple(sorted({f"{e['project']}/{e['source']}" for e in named if "project" in e and "source" in e}))


def in_key_order(folders: Iterable[Folder]) -> Iterator[tuple[Folder, int, int]]:
    """Runs of files whose keys follow each other, as S3 would list them.

    The files of a folder stand before and after those of its subfolders (``a-1``, ``a/b``, ``a1``).

    Yields
    ------
    tuple
        A folder and the bounds of a run of its names.
    """
    open_folders: list[tuple[Folder, int]] = []
    for folder in folders:
        while open_folders and not folder.key.startswith(open_folders[-1][0].key):
            done, begin = open_folders.pop()
            yield done, begin, len(done.names)
        if open_folders:
            outer, begin = open_folders[-1]
            end = bisect_left(outer.names, folder.key[len(outer.key) :], begin)
            yield outer, begin, end
            open_folders[-1] = (outer, end)
        open_folders.append((folder, 0))
    while open_folders:
        done, begin = open_folders.pop()
        yield done, begin, len(done.names)


def sort_out(scan: Scan, index: IndexBuilder, step: Step) -> tuple[list[Entry], list[Trouble]]:
    """Enter every folder into an index; junk, and what could not be listed, is returned instead."""
    junk: list[Entry] = []
    troubles: list[Trouble] = []
    for found in scan:
        if isinstance(found, Trouble):
            troubles.append(found)
            continue
        step.advance(len(found.names))
        segments = found.key.split("/")
        if RECEIPTS in segments:
            continue
        if any(is_junk_folder(segment) for segment in segments):
            junk.extend(found.entries())
            continue
        clean = _without_junk(found, junk)
        if clean.names:
            index.add(clean)
    return junk, troubles


def _without_junk(folder: Folder, junk: list[Entry]) -> Folder:
    """The folder in the order of its names and without junk, which is added to the list."""
    names = folder.names
    unwanted = junk_among(names)
    if not unwanted and names == sorted(names):
        return folder
    if unwanted:
        junk.extend(entry for entry, name in zip(folder.entries(), names, strict=True) if name in unwanted)
    kept = sorted((i for i, name in enumerate(names) if name not in unwanted), key=names.__getitem__)
    return folder.only(kept)
