"""Looks at the files of many folders at once, in columns; finds what `examine` finds one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from validator.index.examine import STRANGE_IN_FILE, digest_of, place_names, plain_folders, remarkable_folders
from validator.index.index import Partition
from validator.index.listed_files import KnownFolder, ListedFiles, Mask, begins_of, each_once, junk_in
from validator.index.name_columns import Bytes, Ints
from validator.index.partition import Group, PartitionFacts
from validator.index.placed import Sign
from validator.index.store import OnDisk, Store
from validator.index.unsorted import Files
from validator.models.listing import Entry, Trouble
from validator.rulebook.forms import Form, Forms
from validator.rulebook.layout import Layout
from validator.s3.limits import MAX_KEY_BYTES

_STRANGE = np.array([STRANGE_IN_FILE.match(chr(byte)) is not None for byte in range(256)])


@dataclass
class Examined:
    """Partitions of the store, and what is no part of them."""

    partitions: list[Partition] = field(default_factory=list)
    junk: list[Entry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def examine_columns(
    files: Files,
    folders: Sequence[KnownFolder | None],
    layout: Layout,
    store: Store,
    *,
    condense: bool = True,
) -> Examined:
    """Examine the files of some partitions and write them to the store.

    Parameters
    ----------
    files
        ASCII only.
    folders
        What each folder of the files is, those of one partition together; ``None`` for those that are left out.
    layout
        Places them.
    store
        Where they are written to.
    condense
        See `grouped`.
    """
    examined = Examined()
    listed, alike = each_once(ListedFiles.of(files, folders), examined.troubles)
    junk = junk_in(listed)
    examined.junk += [listed.entry(row) for row in np.flatnonzero(junk).tolist()]
    listed, alike = listed.only(~junk), alike[~junk]
    if not len(listed.folder):
        return examined
    forms = Forms(layout)
    form = np.array([forms.of(folder.key).index for folder in listed.folders])
    changes = [before.partition != folder.partition for before, folder in pairwise(listed.folders)]
    partition = np.concatenate([np.zeros(1, np.int64), np.cumsum(changes, dtype=np.int64)])
    signs = _signs(listed, alike, layout)
    kinds, misfits = _places(listed, form, list(forms), partition, layout)
    signs[misfits] |= np.uint8(Sign.MISFIT)
    examined.partitions = _written(
        listed, signs, form, forms, partition, kinds, layout, store, condense=condense
    )
    return examined


def _signs(listed: ListedFiles, alike: Mask, layout: Layout) -> Bytes:
    """What is remarkable about each file, but whether it has a place."""
    signs = np.zeros(len(listed.folder), np.uint8)
    empty = np.flatnonzero(listed.sizes == 0)
    meant = listed.names.gather(empty).is_in(sorted(layout.may_be_empty)).to_numpy()
    signs[empty[~meant]] |= np.uint8(Sign.EMPTY)
    signs[listed.text.holding(_STRANGE)] |= np.uint8(Sign.STRANGE)
    room = np.array([MAX_KEY_BYTES - len(folder.key) for folder in listed.folders])
    if int(listed.text.lengths.max()) > int(room.min()):
        signs[listed.text.lengths > room[listed.folder]] |= np.uint8(Sign.LONG)
    rows = np.flatnonzero(alike)
    seen: dict[tuple[int, str], list[int]] = {}
    for row, f, name in zip(
        rows.tolist(), listed.folder[rows].tolist(), listed.names.gather(rows), strict=True
    ):
        seen.setdefault((f, name.lower()), []).append(row)
    for group in seen.values():
        if len(group) > 1:
            signs[group] |= np.uint8(Sign.ALIKE)
    return signs


def _places(
    listed: ListedFiles, form: Ints, forms: Sequence[Form], partition: Ints, layout: Layout
) -> tuple[list[set[str]], Ints]:
    """Kinds of the files of each partition, and the files that have no place (or are in a folder with such)."""
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    kinds: list[set[str]] = [set() for _ in range(int(partition.max()) + 1)]
    anything = np.array([layout.holds_anything(some.place) for some in forms])
    single = ~anything & np.array([layout.depends_on_names_above(some.place) for some in forms])
    for number, some in {
        *zip(partition[anything[form]].tolist(), form[anything[form]].tolist(), strict=True)
    }:
        kinds[number].add(forms[some].place.kind)
    begins = np.append(begins_of(listed.folder), len(listed.folder))
    misfits: list[Ints] = []
    for f in np.flatnonzero(single[form]).tolist():
        begin, end = begins[f], begins[f + 1]
        place = layout.place_folder(listed.folders[f].key)
        if place_names(listed.names[begin:end].to_list(), place, layout, kinds[partition[f]]):
            misfits.append(np.arange(begin, end))
    # Elsewhere each name is placed once for all folders at the same step of the tree.
    steps = {layout.step_of(some.place): some.place for some in forms}
    numbers = {step: number for number, step in enumerate(steps)}
    step = np.array([numbers[layout.step_of(some.place)] for some in forms])[form]
    rows = np.flatnonzero((~anything & ~single)[form][listed.folder])
    here = listed.folder[rows]
    table = pl.DataFrame(
        {"step": step[here], "partition": partition[here], "name": listed.names.gather(rows)}
    )
    places = list(steps.values())
    wrong = set()
    for number, part, name in table.unique().iter_rows():
        if place_names([name], places[number], layout, kinds[part]):
            wrong.add((number, name))
    suspect = table.with_row_index().filter(pl.col("name").is_in([name for _, name in wrong]))
    found = [
        row
        for row, number, name in suspect.select("index", "step", "name").iter_rows()
        if (number, name) in wrong
    ]
    misfits.append(rows[np.array(found, np.int64)])
    return kinds, np.concatenate(misfits)


def _written(
    listed: ListedFiles,
    file_signs: Bytes,
    form: Ints,
    forms: Forms,
    partition: Ints,
    kinds: Sequence[set[str]],
    layout: Layout,
    store: Store,
    *,
    condense: bool,
) -> list[Partition]:
    """Write folders and files to the store, and sum up each partition."""
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    begins = begins_of(listed.folder)
    keys = [folder.key for folder in listed.folders]
    numbers = np.diff(np.append(begins, len(listed.folder)))
    sizes = np.add.reduceat(listed.sizes, begins)
    signs = np.bitwise_or.reduceat(file_signs, begins)
    block = store.reserve()
    folder_table = pl.DataFrame(
        {
            "key": keys,
            "path": [folder.path.encode() for folder in listed.folders],
            "files": numbers,
            "size": sizes,
            "signs": signs,
            "at": begins,
        }
    )
    files = pl.DataFrame({"name": listed.names, "size": listed.sizes, "time": listed.times})
    rows = np.flatnonzero(file_signs)
    remarkable = files[rows].with_columns(row=pl.Series(rows), signs=pl.Series(file_signs[rows]))
    store.write(block, folder_table, files, remarkable)
    groups = _groups(listed.folders, numbers, sizes, form, list(forms), partition, condense=condense)
    sums = (np.add.reduceat(lane, begins) for lane in listed.text.sums(listed.sizes, listed.times))
    digests = [
        digest_of(*folder)
        for folder in zip(keys, numbers.tolist(), *(lane.tolist() for lane in sums), strict=True)
    ]
    plain = plain_folders("", keys, forms.folders)
    partitions = []
    ends = np.append(np.flatnonzero(np.diff(partition)) + 1, len(partition)).tolist()
    for first, end, some, here in zip([0, *ends], ends, kinds, groups, strict=False):
        facts = PartitionFacts(
            listed.folders[first].partition,
            files=int(numbers[first:end].sum()),
            size=int(sizes[first:end].sum()),
            signs=Sign(int(np.bitwise_or.reduce(signs[first:end]))),
            kinds=frozenset(some),
            groups=here,
            digest=sum(digests[first:end]),
        )
        if not plain:
            remarkable_folders(facts, keys[first:end], layout)
        partitions.append(Partition(facts, OnDisk(store, block, first, end - first)))
    return partitions


def _groups(
    folders: Sequence[KnownFolder],
    numbers: Ints,
    sizes: Ints,
    form: Ints,
    forms: Sequence[Form],
    partition: Ints,
    *,
    condense: bool,
) -> list[list[Group]]:
    """Groups of the folders of each partition, as `grouped` makes them."""
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    rows = np.arange(len(folders))
    sorts = np.array([some.number for some in forms])[form]
    alone = np.array([some.sort is None for some in forms])[form]
    outermost = np.array([len(folder.key) <= len(folder.partition) for folder in folders])
    alone |= outermost & np.array([some.place.misfit is None for some in forms])[form]
    if not condense:
        alone[:] = True
    table = pl.DataFrame(
        {
            "partition": partition,
            "sort": np.where(alone, -1 - rows, sorts),
            "row": rows,
            "files": numbers,
            "size": sizes,
        }
    )
    groups: list[list[Group]] = [[] for _ in range(int(partition[-1]) + 1)]
    found = table.group_by("partition", "sort", maintain_order=True).agg(
        pl.col("row").first(), pl.col("files").sum(), pl.col("size").sum(), folders=pl.len()
    )
    for number, _, row, files, size, some in found.iter_rows():
        groups[number].append(Group(folders[row].key, files, size, some))
    return groups
