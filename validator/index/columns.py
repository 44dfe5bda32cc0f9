"""Looks at the files of many folders at once, in columns; finds what `examine` finds one by one."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from validator.index.building import folder_table
from validator.index.examine import digest_of, place_names, summed_up
from validator.index.index import Partition
from validator.index.partition import FolderRow, PartitionFacts
from validator.index.placed import Sign
from validator.index.store import OnDisk, Store
from validator.models.listing import Entry, Trouble
from validator.models.place import Place
from validator.rulebook.junk import is_junk, is_junk_folder, junk_patterns
from validator.rulebook.layout import Layout
from validator.s3.limits import MAX_KEY_BYTES

if TYPE_CHECKING:
    import polars as pl

_STRANGE = r"[^A-Za-z0-9_.\-]"


@dataclass
class Examined:
    """Partitions of the store, and what is no part of them."""

    partitions: list[Partition] = field(default_factory=list)
    junk: list[Entry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder: its key, its path, its place, the partition in which it is."""

    key: str
    path: str
    place: Place
    partition: str


def examine_columns(
    files: "pl.DataFrame",
    keys: Mapping[str, tuple[str, str]],
    layout: Layout,
    store: Store,
    *,
    condense: bool = True,
) -> Examined:
    """Examine the files of some partitions and write them to the store.

    Parameters
    ----------
    files
        Columns ``folder, name, size, time``; ASCII only; in the order in which they were listed.
    keys
        Key and name of the partition of each folder; folders that are not here are left out.
    layout
        Places them.
    store
        Where they are written to.
    condense
        See `grouped`.
    """
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    examined = Examined()
    meant = sorted((key, raw, partition) for raw, (key, partition) in keys.items())
    table = pl.DataFrame(
        {"folder": [raw for _, raw, _ in meant]}, schema={"folder": pl.String}
    ).with_row_index("f")
    files = files.join(table, on="folder", how="inner", maintain_order="left").drop("folder")
    folders = [
        _Folder(key, raw.removesuffix("/"), layout.place_folder(key), partition)
        for key, raw, partition in meant
    ]
    files = _each_once(files.sort("f", "name", maintain_order=True), folders, examined)
    files = _without_junk(files, folders, examined)
    if not len(files):
        return examined
    signs = _signs(files, folders, layout)
    kinds, misfits = _places(files, folders, layout)
    numbers = files.group_by("f", maintain_order=True).agg(
        pl.len(),
        pl.col("size").sum(),
        pl.concat_str("name", pl.lit("\0"), "size", pl.lit("\0"), "time", pl.lit("\n")).str.join(""),
    )
    rows: list[FolderRow] = []
    found: list[_Folder] = []
    facts: dict[str, PartitionFacts] = {}
    for f, number, size, lines in numbers.iter_rows():
        folder = folders[f]
        sign = signs.get(f, Sign.NONE)
        if f in misfits:
            sign |= Sign.MISFIT
        rows.append(FolderRow(folder.key, folder.path, number, size, sign))
        found.append(folder)
        known = facts.setdefault(folder.partition, PartitionFacts(folder.partition))
        known.digest += digest_of(folder.key, lines.encode())
    block = store.reserve()
    store.write(block, folder_table(rows), files.select("name", "size", "time"))
    first = 0
    while first < len(rows):
        partition = found[first].partition
        end = first
        while end < len(rows) and found[end].partition == partition:
            end += 1
        known = facts[partition]
        known.kinds = frozenset(kinds[partition])
        placed = [(row, folder.place) for row, folder in zip(rows[first:end], found[first:end], strict=True)]
        summed_up(known, placed, layout, condense=condense)
        examined.partitions.append(Partition(known, OnDisk(store, block, first, end - first)))
        first = end
    return examined


def _entry(folder: _Folder, name: str, size: int, time: int) -> Entry:
    return Entry(folder.key + name, f"{folder.path}/{name}", size, time)


def _without_junk(files: "pl.DataFrame", folders: Sequence[_Folder], examined: Examined) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    # Names that could be junk are singled out by one expression; the rulebook's own comparison decides.
    possible = pl.Series([folder.key for folder in folders], dtype=pl.String).str.contains(
        "(?i)(?:^|/)" + _one_of(junk_patterns("folders"), "[^/]") + "/"
    )
    unwanted = [
        f for f in possible.arg_true().to_list() if any(map(is_junk_folder, folders[f].key.split("/")))
    ]
    suspect = pl.col("name").str.contains("(?i)^" + _one_of(junk_patterns("files"), ".") + "$")
    if unwanted:
        suspect |= pl.col("f").is_in(unwanted)
    files = files.with_row_index("row")
    closed = frozenset(unwanted)
    junk = []
    for row, name, size, time, f in (
        files.filter(suspect).select("row", "name", "size", "time", "f").iter_rows()
    ):
        if f in closed or is_junk(name):
            junk.append(row)
            examined.junk.append(_entry(folders[f], name, size, time))
    if junk:
        files = files.filter(~pl.col("row").is_in(junk))
    return files.drop("row")


def _one_of(patterns: Iterable[str], letter: str) -> str:
    """Expression for names of these patterns; ``letter`` stands for any one."""
    wild = {"*": f"{letter}*", "?": letter}
    return "(?:" + "|".join("".join(wild.get(c, re.escape(c)) for c in some) for some in patterns) + ")"


def _each_once(files: "pl.DataFrame", folders: Sequence[_Folder], examined: Examined) -> "pl.DataFrame":
    """The last of each name, and the names that came more than once."""
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    again = (pl.col("f") == pl.col("f").shift(-1)) & (pl.col("name") == pl.col("name").shift(-1))
    twice = files.filter(again.fill_null(value=False)).select("f", "name").unique(maintain_order=True)
    if not len(twice):
        return files
    for f, name in twice.iter_rows():
        folder = folders[f]
        examined.troubles.append(Trouble("listed-twice", folder.key + name, f"{folder.path}/{name}"))
    return files.filter(~again.fill_null(value=False))


def _signs(files: "pl.DataFrame", folders: Sequence[_Folder], layout: Layout) -> dict[int, Sign]:
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    lower = pl.struct("f", pl.col("name").str.to_lowercase()).is_duplicated()
    name = pl.col("name")
    found = (
        files.select(
            "f",
            empty=(pl.col("size") == 0) & ~name.is_in(sorted(layout.may_be_empty)),
            strange=name.str.contains(_STRANGE),
            long=name.str.len_bytes()
            > pl.Series([MAX_KEY_BYTES - len(folder.key) for folder in folders]).gather(files["f"]),
            alike=lower,
        )
        .filter(pl.any_horizontal("empty", "strange", "long", "alike"))
        .group_by("f")
        .agg(pl.all().any())
    )
    signs = {}
    for f, empty, strange, long, alike in found.select("f", "empty", "strange", "long", "alike").iter_rows():
        sign = Sign.EMPTY if empty else Sign.NONE
        sign |= Sign.STRANGE if strange else Sign.NONE
        sign |= Sign.LONG if long else Sign.NONE
        signs[f] = sign | (Sign.ALIKE if alike else Sign.NONE)
    return signs


def _places(
    files: "pl.DataFrame", folders: Sequence[_Folder], layout: Layout
) -> tuple[dict[str, set[str]], set[int]]:
    """Kinds of the files of each partition, and the folders with files that have no place."""
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    kinds: dict[str, set[str]] = {folder.partition: set() for folder in folders}
    alike: list[tuple[int, int, int]] = []  # folder, step of the tree, partition
    single: list[int] = []
    partitions = {name: number for number, name in enumerate(kinds)}
    steps: dict[int, Place] = {}
    for f in files.get_column("f").unique().to_list():
        folder = folders[f]
        if layout.holds_anything(folder.place):
            kinds[folder.partition].add(folder.place.kind)
        elif layout.depends_on_names_above(folder.place):
            single.append(f)
        else:
            step = layout.step_of(folder.place)
            steps[step] = folder.place
            alike.append((f, step, partitions[folder.partition]))
    misfits = set()
    if single:
        some = files.filter(pl.col("f").is_in(single)).group_by("f").agg("name")
        for f, names in some.iter_rows():
            folder = folders[f]
            if place_names(names, folder.place, layout, kinds[folder.partition]):
                misfits.add(f)
    if alike:
        misfits |= _places_by_step(files, alike, steps, list(kinds.values()), layout)
    return kinds, misfits


def _places_by_step(
    files: "pl.DataFrame",
    folders: Sequence[tuple[int, int, int]],
    steps: Mapping[int, Place],
    kinds: Sequence[set[str]],
    layout: Layout,
) -> set[int]:
    """Place each name once for all folders at the same step of the tree; return the folders of misfits."""
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

    table = pl.DataFrame(
        folders, schema={"f": pl.UInt32, "step": pl.Int64, "partition": pl.UInt32}, orient="row"
    )
    names = files.select("f", "name").join(table, on="f", how="inner")
    wrong: list[tuple[int, str]] = []
    for step, partition, name in names.select("step", "partition", "name").unique().iter_rows():
        if place_names([name], steps[step], layout, kinds[partition]):
            wrong.append((step, name))
    if not wrong:
        return set()
    misfits = pl.DataFrame(wrong, schema={"step": pl.Int64, "name": pl.String}, orient="row").unique()
    return set(names.join(misfits, on=["step", "name"], how="semi").get_column("f").to_list())
