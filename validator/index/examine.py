"""Looks at the folders of a partition one by one."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from validator.index.partition import FolderRow, FolderTree, PartitionFacts, grouped
from validator.index.placed import Sign
from validator.models.listing import Folder
from validator.models.place import Place
from validator.rulebook.layout import Layout
from validator.s3.limits import MAX_KEY_BYTES

STRANGE_IN_FILE = re.compile(r"[^A-Za-z0-9_.\-\n]")
"""A character that names of files should not hold; between names stands a line break."""
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_/\-\n]")
DIGEST_BITS = 256


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
    facts.digest = sum(folder_digest(folder) for folder in folders)
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
    keys = [row.key for row, _ in rows]
    if not plain_folders(prefix, keys):
        tree = FolderTree(layout, prefix.count("/"))
        for key in keys:
            tree.add(key)
        facts.strange, facts.alike = tree.strange, tree.alike


def plain_folders(prefix: str, keys: Sequence[str]) -> bool:
    """Whether no folder between these keys is remarkable; a quick look at all of them that spares most a long one."""
    if _NOT_PLAIN.search("\n".join(keys)) is not None:
        return False
    folders: set[str] = set()
    level = set(keys)
    while level:
        folders |= level
        level = {key[: key.rfind("/", 0, -1) + 1] for key in level if len(key) > len(prefix)} - folders
    return len({key.lower() for key in folders}) == len(folders)


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
    return FolderRow(folder.key, folder.path, len(names), sum(folder.sizes), signs)


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


def folder_digest(folder: Folder) -> int:
    """Digest of a folder: its key, and key, size and time of its files."""
    lines = [
        f"{name}\0{size}\0{time}\n"
        for name, size, time in zip(folder.names, folder.sizes, folder.mtimes_ns, strict=True)
    ]
    return digest_of(folder.key, "".join(lines).encode("utf-8", "surrogatepass"))


def digest_of(folder_key: str, lines: bytes) -> int:
    """SHA-256 of a folder as a number: its key and one ``name NUL size NUL time`` line for each file."""
    digest = hashlib.sha256(folder_key.encode("utf-8", "surrogatepass") + b"\n" + lines)
    return int.from_bytes(digest.digest(), "big")


def whole_digest(total: int) -> str:
    """Digest of a listing from the sum of those of its folders: it does not depend on their order."""
    return f"{total % (1 << DIGEST_BITS):064x}"
