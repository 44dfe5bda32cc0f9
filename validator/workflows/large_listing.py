"""Makes the index of a listing that is too long for memory: sorted on disk, then examined in columns."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

from validator.index.building import IndexBuilder
from validator.index.columns import Examined, examine_columns
from validator.index.partition import prefix_of
from validator.index.unsorted import Run, Unsorted, batches, sort_block
from validator.models.listing import Entry, Scan, Trouble
from validator.models.progress import Step
from validator.rulebook.layout import load_layout
from validator.sources.keys import KeyFolders, Relocation, shared_beginning
from validator.sources.listed import LargeText, ListedSource
from validator.sources.listing_columns import blocks_of, read_block
from validator.sources.listing_text import AwsLines, KeyLines

THREADS = 2
"""polars uses more by itself."""
FILES_AT_ONCE = 150_000
"""Files of the partitions that are examined together."""
SEGMENTS = 6
"""Parts of a key that name a partition, behind what all keys begin with."""
SHALLOW = 2
"""Slashes in the key of a folder in which a configuration may lie."""

Item = TypeVar("Item")
Result = TypeVar("Result")


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
    source: ListedSource, text: LargeText, step: Step, *, condense: bool = True
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
        If there is no room for the index.
    """
    unusual, unsorted = KeyFolders(), Unsorted()
    lines = AwsLines(unusual) if text.sort == "aws-ls" else KeyLines(unusual)
    with closing(unsorted), ThreadPoolExecutor(THREADS) as pool:
        segments, keys = _sort_on_disk(source, text, unsorted, lines, pool, step)
        listed = Listed(lines.troubles(source.root, keys))
        relocation = source.settle({*unsorted.prefixes(), *unusual.folder_keys()})
        wanted = _set_apart(unsorted, unusual, relocation, segments)
        builder = IndexBuilder(load_layout(), condense=condense, segments=segments + relocation.longer_by)

        def examine(prefixes: list[str]) -> Examined:
            files = unsorted.take(prefixes)
            keys, moved = relocation.keys_of(files.folders), relocation.keys_of(prefixes)
            return examine_columns(files, keys, moved, load_layout(), builder.store, condense=condense)

        for examined in _in_order(pool, examine, batches(wanted, unsorted.weight, FILES_AT_ONCE)):
            builder.enter(examined.partitions)
            listed.junk += examined.junk
            listed.troubles += examined.troubles
    listed.rest = relocation.move(unusual.take_all())
    return builder, listed


def _sort_on_disk(
    source: ListedSource,
    text: LargeText,
    unsorted: Unsorted,
    lines: AwsLines | KeyLines,
    pool: ThreadPoolExecutor,
    step: Step,
) -> tuple[int, int]:
    """Bring the files of each partition together; return how many parts name one, and the number of keys."""
    keys = segments = lines_before = 0
    with text.opened() as stream:
        blocks = iter(blocks_of(stream))
        beginning = next(blocks)
        first = read_block(text.sort, beginning).files.get_column("folder").unique().to_list()
        segments = SEGMENTS + max(shared_beginning(first).count("/"), source.said_depth)

        def sort(item: tuple[int, bytes]) -> _Block:
            block, data = item
            found = read_block(text.sort, data)
            files, folders, runs = sort_block(found.files, segments)
            unsorted.write(block, files, folders)
            return _Block(block, len(files), runs, found.unusual, found.lines)

        for block in _in_order(pool, sort, enumerate(chain([beginning], blocks))):
            unsorted.enter(block.number, block.runs)
            keys += block.files
            step.advance(block.files)
            for place, line in block.unusual:
                lines.read(lines_before + place + 1, line)
            lines_before += block.lines
    return segments, keys


@dataclass(frozen=True, slots=True)
class _Block:
    number: int
    files: int
    runs: list[Run]
    unusual: list[tuple[int, str]]
    lines: int


def _set_apart(unsorted: Unsorted, unusual: KeyFolders, relocation: Relocation, segments: int) -> list[str]:
    """Move the partitions that cannot be examined in columns to the unusual files; return the others."""
    apart = {prefix_of(key, segments) for key in unusual.folder_keys()}
    wanted = []
    for prefix in unsorted.prefixes():
        key = relocation.key_of(prefix)
        if prefix in apart or (key is not None and key.count("/") <= SHALLOW):
            files = unsorted.take([prefix])
            columns = files.folder.tolist(), files.names.to_list(), files.sizes.tolist(), files.times.tolist()
            for f, name, size, time in zip(*columns, strict=True):
                unusual.add(files.folders[f] + name, size, time)
        elif key is not None:
            wanted.append(prefix)
    return wanted


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """Results in the order of the items, of which only a few are under way."""
    under_way: deque[Future[Result]] = deque()
    for item in items:
        under_way.append(pool.submit(work, item))
        if len(under_way) > THREADS:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()
