"""Looks at the folders of a partition one by one."""

import hashlib
import re
import string
from collections.abc import Iterable, Sequence

import numpy as np

from validator.index.name_columns import Ints, NameColumn, apart
from validator.index.partition import FolderRow, FolderTree, PartitionFacts, grouped
from validator.index.placed import Sign
from validator.models.listing import Folder
from validator.models.place import Place
from validator.rulebook.layout import Layout
from validator.s3.limits import MAX_KEY_BYTES

STRANGE_IN_FILE = re.compile(r"[^A-Za-z0-9_.\-\n]")
"""A character that names of files should not hold; between names stands a line break."""
_PLAIN = f"{string.ascii_letters}{string.digits}_/-".encode()
_HALF = 64
_LOWER = (1 << _HALF) - 1


def examine(
    prefix: str, folders: Sequence[Folder], layout: Layout, *, condense: bool = True
) -> tuple[list[FolderRow], PartitionFacts]:
    """Find what is remarkable about the folders of a partition.

    Parameters
    ----------
    prefix
        What their keys begin with.
    folders
        In the order of their keys, with the names in each in their order.
    layout
        Places them.
    condense
        See `grouped`.
    """
    facts = PartitionFacts(prefix)
    places = [layout.place_folder(folder.key) for folder in folders]
    kinds: set[str] = set()
    rows = [_row(folder, place, layout, kinds) for folder, place in zip(folders, places, strict=True)]
    facts.kinds = frozenset(kinds)
    facts.digest = digest_of(folders)
    summed_up(facts, list(zip(rows, places, strict=True)), layout, condense=condense)
    return rows, facts


def summed_up(
    facts: PartitionFacts, rows: Sequence[tuple[FolderRow, Place]], layout: Layout, *, condense: bool = True
) -> None:
    """Complete the facts by what the rows of the folders say."""
    prefix = facts.prefix
    facts.files = sum(row.files for row, _ in rows)
    facts.size = sum(row.size for row, _ in rows)
    for sign in {row.signs for row, _ in rows}:
        facts.signs |= sign
    facts.groups = grouped(prefix, rows, condense=condense)
    remarkable_folders(facts, [row.key for row, _ in rows], layout)


def remarkable_folders(facts: PartitionFacts, keys: Sequence[str], layout: Layout) -> None:
    """Complete the facts by what the names of folders say."""
    if not plain_folders(facts.prefix, keys):
        tree = FolderTree(layout, facts.prefix.count("/"))
        for key in keys:
            tree.add(key)
        facts.strange, facts.alike = tree.strange, tree.alike


def plain_folders(prefix: str, keys: Sequence[str]) -> bool:
    """Whether no folder between these keys is remarkable; a quick look at all of them that spares most a long one.

    Parameters
    ----------
    prefix
        What is above it is not looked at.
    keys
        Of folders.
    """
    if not _are_plain(keys):
        return False
    above, level = set[str](), set(keys)
    while level:
        above |= level
        level = {key[: key.rfind("/", 0, -1) + 1] for key in level if len(key) > len(prefix)} - above
    return len({key.lower() for key in above}) == len(above)


def plain_names(names: Sequence[str], parents: Ints) -> bool:
    """The same for all folders of a tree.

    Parameters
    ----------
    names
        Of folders, each once.
    parents
        What tells the folders in which these lie from each other.
    """
    if not _are_plain(names):
        return False
    numbers = np.sort(NameColumn.of(names).folded() ^ apart(parents))
    return not bool((numbers[1:] == numbers[:-1]).any())


def _are_plain(names: Sequence[str]) -> bool:
    return not "".join(names).encode("utf-8", "surrogatepass").translate(None, _PLAIN)


def _row(folder: Folder, place: Place, layout: Layout, kinds: set[str]) -> FolderRow:
    names = folder.names
    signs = Sign.NONE
    if 0 in folder.sizes and any(
        size == 0 and name not in layout.may_be_empty for name, size in zip(names, folder.sizes, strict=True)
    ):
        signs |= Sign.EMPTY
    if strange_names(names):
        signs |= Sign.STRANGE
    room = MAX_KEY_BYTES - len(folder.key.encode())
    if 4 * max(map(len, names), default=0) > room and any(len(name.encode()) > room for name in names):
        signs |= Sign.LONG
    if len({name.casefold() for name in names}) < len(names):
        signs |= Sign.ALIKE
    if place_names(names, place, layout, kinds):
        signs |= Sign.MISFIT
    return FolderRow(folder.key, folder.path, len(names), folder.size, signs)


def strange_names(names: Sequence[str]) -> bool:
    """Whether any name holds characters that names of files should not hold."""
    return STRANGE_IN_FILE.search("\n".join(names)) is not None or any("\n" in name for name in names)


def place_names(names: Iterable[str], place: Place, layout: Layout, kinds: set[str]) -> bool:
    """Place the files of a folder: enter their kinds, and say whether one has no place although its folder has."""
    if layout.holds_anything(place):
        kinds.add(place.kind)
        return False
    misfit = False
    for name in names:
        placed = layout.place_file(place, name)
        kinds.add(placed.kind)
        misfit = misfit or placed.misfit is not None
    return misfit and place.misfit is None and not layout.is_opaque(place)


def digest_of(folders: Sequence[Folder]) -> int:
    """Digest of some folders: two numbers in one, which do not depend on the order of folders and files.

    Of each file a number is made from its name, its size and its time; of each folder one from its key, how many files
    it holds, and the sum of the numbers of these. All are modulo 2**64, and all is done twice with other factors.
    """
    column = NameColumn.of([name for folder in folders for name in folder.names])
    sizes, times = (
        np.frombuffer(b"".join(columns), np.int64)
        for columns in ([folder.sizes for folder in folders], [folder.mtimes_ns for folder in folders])
    )
    files = np.array([len(folder.names) for folder in folders])
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(files)])
    sums = []
    for numbers in column.sums(sizes, times)[2:]:
        total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(numbers)])
        sums.append(np.diff(total[bounds]))
    _, _, first, second = NameColumn.of([folder.key for folder in folders]).sums(files, *sums)
    return joined_digest(int(first.sum()), int(second.sum()))


def joined_digest(first: int, second: int) -> int:
    """Two numbers in one."""
    return first << _HALF | second


def added(digests: Iterable[int]) -> int:
    """Digest of everything from those of its parts."""
    found = list(digests)
    first, second = sum(digest >> _HALF for digest in found), sum(digest & _LOWER for digest in found)
    return joined_digest(first & _LOWER, second & _LOWER)


def whole_digest(total: int) -> str:
    """SHA-256 of what the digests of all folders come to."""
    return hashlib.sha256(f"{total:032x}".encode()).hexdigest()
