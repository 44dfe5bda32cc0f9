"""The two pieces of work by which a long listing is indexed; what they are told and answer can go to other processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from validator.index.columns import Part, examine_columns
from validator.index.name_columns import Ints
from validator.index.sorted_files import Run, sort_files
from validator.index.unsorted import Blocks, Runs
from validator.models.listing import Entry, Trouble
from validator.rulebook.layout import load_layout
from validator.sources.keys import Relocation
from validator.sources.listing_blocks import Stretch
from validator.sources.listing_columns import read_block


@dataclass(frozen=True, slots=True)
class SortTask:
    """Lines whose files are to be sorted by their folders.

    Attributes
    ----------
    home, number
        Where they are written to, and the number of the block there.
    sort
        What the listing is.
    segments
        How many parts of a key name its partition.
    text
        The lines, or where they stand.
    """

    home: Path
    number: int
    sort: Literal["aws-ls", "keys"]
    segments: int
    text: bytes | Stretch


@dataclass(frozen=True, slots=True)
class SortedBlock:
    """What came of it.

    Attributes
    ----------
    number
        Of the block.
    files, lines
        How many they are.
    size
        Bytes that were written.
    runs
        Where the files of each partition lie.
    unusual
        Lines that must be read one by one, with their indices.
    """

    number: int
    files: int
    lines: int
    size: int
    runs: list[Run]
    unusual: list[tuple[int, str]]


def sort_lines(task: SortTask) -> SortedBlock:
    """Read lines and write their files, sorted by folder."""
    data = task.text if isinstance(task.text, bytes) else task.text.read()
    found = read_block(task.sort, data)
    files = sort_files(found)
    size = Blocks(task.home).write(task.number, files)
    return SortedBlock(
        task.number, len(files.sizes), found.lines, size, files.runs(task.segments), found.unusual
    )


@dataclass(frozen=True, slots=True)
class ExamineTask:
    """Partitions whose files are to be examined together.

    Attributes
    ----------
    home, runs
        Where their files are.
    store, block
        Folder of the index, and the number of the block that is to be written there.
    prefixes
        Names of the partitions, as they are listed.
    relocation
        Turns them into keys of the Gallery.
    condense
        See `grouped`.
    """

    home: Path
    runs: Runs
    store: Path
    block: int
    prefixes: Sequence[str]
    relocation: Relocation
    condense: bool


@dataclass(frozen=True, slots=True)
class ExaminedBlock:
    """What came of it.

    Attributes
    ----------
    block, size
        Number of the block, and its bytes; 0 when there was nothing to write.
    prefixes, parts
        Names of the partitions as they are listed, and what was found out about them.
    left_out
        Which of their files are not in the index, see `Unsorted.table`.
    junk, troubles
        As in `Dataset`.
    """

    block: int
    size: int
    prefixes: Sequence[str]
    parts: list[Part]
    left_out: Ints
    junk: list[Entry]
    troubles: list[Trouble]


def examine_files(task: ExamineTask) -> ExaminedBlock:
    """Examine the files of partitions and write them to the index."""
    files = Blocks(task.home).take(task.runs)
    keys, moved = task.relocation.keys_of(files.folders), task.relocation.keys_of(task.prefixes)
    found = examine_columns(files, keys, moved, load_layout(), condense=task.condense)
    size = found.tables.write(task.store, task.block) if found.tables is not None else 0
    return ExaminedBlock(
        task.block, size, task.prefixes, found.parts, found.left_out, found.junk, found.troubles
    )
