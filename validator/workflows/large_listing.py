"""Makes the index of a listing that is too long for memory: sorted on disk, then examined in columns."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

import numpy as np

from validator.index.building import IndexBuilder
from validator.index.columns import Part
from validator.index.index import Partition
from validator.index.partition import prefix_of
from validator.index.store import OnDisk
from validator.index.unsorted import Unsorted, batches
from validator.models.listing import Entry, Scan, Trouble
from validator.models.progress import Step
from validator.rulebook.layout import load_layout
from validator.sources.keys import KeyFolders, Relocation, shared_beginning
from validator.sources.listed import LargeText, ListedSource
from validator.sources.listing_blocks import Stretch, blocks_of, stretches_of
from validator.sources.listing_columns import read_block
from validator.sources.listing_text import AwsLines, KeyLines
from validator.workflows.listing_hands import MUCH, Hands
from validator.workflows.listing_work import ExamineTask, SortTask, examine_files, sort_lines

FILES_AT_ONCE = 150_000
"""Files of the partitions that are examined together."""
SEGMENTS = 6
"""Parts of a key that name a partition, behind what all keys begin with."""
SAMPLE = 4 * 1024 * 1024
"""Bytes of the text that tell with what all keys begin."""
SHALLOW = 2
"""Slashes in the key of a folder in which a configuration may lie."""


@dataclass
class Listed:
    """What the listing holds.

    Attributes
    ----------
    troubles, junk
        As in `Dataset`.
    rest
        Folders that must be looked at one by one: names with letters outside ASCII, files of 10 GB and more, and
        what lies high up.
    """

    troubles: list[Trouble] = field(default_factory=list)
    junk: list[Entry] = field(default_factory=list)
    rest: Scan = field(default_factory=lambda: iter(()))


def index_listing(
    source: ListedSource,
    text: LargeText,
    step: Step,
    hands: Hands,
    *,
    condense: bool = True,
) -> tuple[IndexBuilder, Listed]:
    """Read a long listing and examine what it holds.

    Parameters
    ----------
    source
        The listing.
    text
        Its text.
    step
        Is told how many files were read.
    hands
        Who does the work; they are ended.
    condense
        See `grouped`.

    Returns
    -------
    index : IndexBuilder
        With all partitions but those of the rest.
    listed : Listed
        What is no part of them.

    Raises
    ------
    NothingChecked, UsageError, UnreadableFile
        As `ListedSource.scan` raises them.
    CpgateError
        If there is no room for the index, or a process ends.
    """
    unusual, unsorted = KeyFolders(), Unsorted()
    lines = AwsLines(unusual) if text.sort == "aws-ls" else KeyLines(unusual)
    with ExitStack() as undone, hands:
        undone.callback(unsorted.close)
        segments, keys = _sort_on_disk(source, text, unsorted, lines, hands, step)
        listed = Listed(lines.troubles(source.root, keys))
        relocation = source.settle({*unsorted.prefixes(), *unusual.folder_keys()})
        wanted = _set_apart(unsorted, unusual, relocation, segments)
        builder = IndexBuilder(load_layout(), condense=condense, segments=segments + relocation.longer_by)
        store = builder.store
        store.size += unsorted.size
        tasks = (
            ExamineTask(
                unsorted.blocks.home,
                unsorted.runs(prefixes),
                store.home,
                store.reserve(),
                prefixes,
                relocation,
                condense,
            )
            for prefixes in batches(wanted, unsorted.weight, FILES_AT_ONCE)
        )
        for done in hands.results(examine_files, tasks):
            if done.size:
                files = partial(unsorted.table, done.prefixes, done.left_out)
                store.enter(done.block, done.size, marked=True, files=files)
            _remember_places(done.parts)
            builder.enter(
                Partition(part.facts, OnDisk(store, done.block, part.first, part.folders))
                for part in done.parts
            )
            listed.junk += done.junk
            listed.troubles += done.troubles
        undone.pop_all()  # the index reads files where they lie
    listed.rest = relocation.move(unusual.take_all())
    return builder, listed


def _remember_places(parts: Iterable[Part]) -> None:
    """Place what checks will ask for, while processes do something else."""
    import polars  # noqa: PLC0415, F401, ICN001  a fifth of a second, needed for large listings only

    layout = load_layout()
    for group in chain.from_iterable(part.facts.groups for part in parts):
        layout.place_folder(group.key)


def _sort_on_disk(
    source: ListedSource,
    text: LargeText,
    unsorted: Unsorted,
    lines: AwsLines | KeyLines,
    hands: Hands,
    step: Step,
) -> tuple[int, int]:
    """Bring the files of each partition together; return how many parts name one, and the number of keys."""
    if text.size >= MUCH:
        hands.expect_much()
    keys = segments = lines_before = 0
    with text.opened() as stream:
        blocks: Iterator[bytes | Stretch] = iter(
            blocks_of(stream) if text.path is None else stretches_of(text.path)
        )
        beginning = next(blocks)
        first = beginning if isinstance(beginning, bytes) else beginning.read()
        some = first[: first.rfind(b"\n", 0, SAMPLE) + 1] or first
        folders = read_block(text.sort, some).folders()
        segments = SEGMENTS + max(shared_beginning(folders).count("/"), source.said_depth)
        tasks = (
            SortTask(unsorted.blocks.home, number, text.sort, segments, block)
            for number, block in enumerate(_growing(chain([beginning], blocks), hands))
        )
        for block in hands.results(sort_lines, tasks):
            unsorted.enter(block.number, block.runs, block.size)
            keys += block.files
            step.advance(block.files)
            for place, line in block.unusual:
                lines.read(lines_before + place + 1, line)
            lines_before += block.lines
    return segments, keys


def _growing(blocks: Iterable[bytes | Stretch], hands: Hands) -> Iterator[bytes | Stretch]:
    """The blocks; after many of them the hands know that there is much to do."""
    size = 0
    for block in blocks:
        if size >= MUCH:
            hands.expect_much()
        size += len(block) if isinstance(block, bytes) else block.size
        yield block


def _set_apart(unsorted: Unsorted, unusual: KeyFolders, relocation: Relocation, segments: int) -> list[str]:
    """Move the partitions that cannot be examined in columns to the unusual files; return the others."""
    apart = {prefix_of(key, segments) for key in unusual.folder_keys()}
    wanted = []
    for prefix in unsorted.prefixes():
        key = relocation.key_of(prefix)
        if prefix in apart or (key is not None and key.count("/") <= SHALLOW):
            files = unsorted.blocks.take(unsorted.runs([prefix]))
            names = files.names.some(np.arange(len(files.folder)))
            columns = files.folder.tolist(), names, files.sizes.tolist(), files.times.tolist()
            for f, name, size, time in zip(*columns, strict=True):
                unusual.add(files.folders[f] + name, size, time)
        elif key is not None:
            wanted.append(prefix)
    return wanted
