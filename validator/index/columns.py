"""Looks at the files of many folders at once, in columns; finds what `examine` finds one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from validator.index.examine import (
    STRANGE_IN_FILE,
    joined_digest,
    place_names,
    plain_names,
    remarkable_folders,
)
from validator.index.images import holds_images, image_reader, images_table
from validator.index.listed_files import ListedFiles, begins_of, each_once, junk_in
from validator.index.name_columns import Bytes, Ints, Mask, apart, distinct
from validator.index.partition import Group, PartitionFacts
from validator.index.placed import Sign
from validator.index.store import Tables
from validator.index.unsorted import Files
from validator.models.listing import Entry, Trouble
from validator.rulebook.forms import Form, Forms
from validator.rulebook.layout import Layout
from validator.s3.limits import MAX_KEY_BYTES

if TYPE_CHECKING:
    import polars as pl

_STRANGE = np.array([STRANGE_IN_FILE.match(chr(byte)) is not None for byte in range(256)])


@dataclass(frozen=True, slots=True)
class Part:
    """A partition in a block: what is known of it, its first folder, and how many it has."""

    facts: PartitionFacts
    first: int
    folders: int


@dataclass
class Examined:
    """Partitions of a block and the tables that are to be written, and what is no part of them.

    The table of the files is made where they lie, when somebody asks for it: all but the rows that are left out.
    """

    parts: list[Part] = field(default_factory=list)
    tables: Tables | None = None
    left_out: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    junk: list[Entry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def examine_columns(
    files: Files,
    keys: Sequence[str | None],
    prefixes: Sequence[str | None],
    layout: Layout,
    *,
    condense: bool = True,
) -> Examined:
    """Examine the files of some partitions.

    Parameters
    ----------
    files
        ASCII only.
    keys
        Key of each folder of the files; ``None`` for those that are left out.
    prefixes
        What names each partition.
    layout
        Places them.
    condense
        See `grouped`.
    """
    examined, forms = Examined(), Forms(layout)
    listed, steps = ListedFiles.of(files, keys, forms)
    kept, alike = each_once(listed, examined.troubles)
    junk = junk_in(listed, steps)
    examined.junk += listed.entries(np.flatnonzero(junk & kept))
    kept &= ~junk
    listed, alike = listed.only(kept), alike[kept]
    if not len(listed.folder):
        return examined
    signs = _signs(listed, alike, layout)
    kinds, misfits = _places(listed, list(forms), layout)
    signs[misfits] |= np.uint8(Sign.MISFIT)
    summary = _Summary(listed, signs, list(forms))
    examined.tables = summary.tables()
    examined.left_out = np.delete(np.arange(len(files.folder)), listed.row)
    plain = plain_names(steps.names, steps.parents)
    for part in summary.parts(prefixes, None if plain else layout, condense=condense):
        part.facts.kinds = frozenset(kinds[int(listed.partition[part.first])])
        examined.parts.append(part)
    return examined


def _signs(listed: ListedFiles, alike: Mask, layout: Layout) -> Bytes:
    """What is remarkable about each file, but whether it has a place."""
    signs = np.zeros(len(listed.folder), np.uint8)
    empty = np.flatnonzero(listed.sizes == 0)
    meant = np.array([name in layout.may_be_empty for name in listed.names.some(empty)], bool)
    signs[empty[~meant]] |= np.uint8(Sign.EMPTY)
    signs[listed.names.holding(_STRANGE)] |= np.uint8(Sign.STRANGE)
    room = MAX_KEY_BYTES - listed.key_column.lengths
    if int(listed.names.lengths.max()) > int(room.min()):
        signs[listed.names.lengths > room[listed.folder]] |= np.uint8(Sign.LONG)
    rows = np.flatnonzero(alike)
    seen: dict[tuple[int, str], list[int]] = {}
    for row, f, name in zip(
        rows.tolist(), listed.folder[rows].tolist(), listed.names.some(rows), strict=True
    ):
        seen.setdefault((f, name.lower()), []).append(row)
    for group in seen.values():
        if len(group) > 1:
            signs[group] |= np.uint8(Sign.ALIKE)
    return signs


def _places(listed: ListedFiles, forms: Sequence[Form], layout: Layout) -> tuple[list[set[str]], Ints]:
    """Kinds of the files of each partition, and the files that have no place (or are in a folder with such)."""
    partition, form = listed.partition, listed.form
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
        rows = np.arange(begins[f], begins[f + 1])
        place = layout.place_folder(listed.keys[f])
        if place_names(listed.names.some(rows), place, layout, kinds[partition[f]]):
            misfits.append(rows)
    rows = np.flatnonzero((~anything & ~single)[form][listed.folder])
    misfits.append(rows[_placed_by_step(listed, rows, forms, layout, kinds)])
    return kinds, np.concatenate(misfits)


def _placed_by_step(
    listed: ListedFiles, rows: Ints, forms: Sequence[Form], layout: Layout, kinds: list[set[str]]
) -> Mask:
    """Place each name once for all folders at the same step of the tree: which of the files have no place."""
    steps = {layout.step_of(some.place): some.place for some in forms}
    places = list(steps.values())
    numbers = {step: number for number, step in enumerate(steps)}
    step = np.array([numbers[layout.step_of(some.place)] for some in forms])[listed.form]
    here = listed.folder[rows]
    each, _, which = distinct(listed.numbers[rows] ^ apart(step)[here])
    verdicts: dict[tuple[frozenset[str], bool], int] = {}
    found = []
    for number, name in zip(step[here[each]].tolist(), listed.names.some(rows[each]), strict=True):
        some: set[str] = set()
        wrong = place_names([name], places[number], layout, some)
        found.append(verdicts.setdefault((frozenset(some), wrong), len(verdicts)))
    verdict = np.array(found, np.int64)[which]
    there = np.zeros((len(kinds), len(verdicts)), bool)
    there[listed.partition[here], verdict] = True
    every = list(verdicts)
    for part, number in np.argwhere(there).tolist():
        kinds[part] |= every[number][0]
    return np.array([wrong for _, wrong in every], bool)[verdict]


class _Summary:
    """What is known of the folders, and of the partitions."""

    def __init__(self, listed: ListedFiles, signs: Bytes, forms: Sequence[Form]) -> None:
        self._listed = listed
        self._file_signs = signs
        self._forms = forms
        self._begins = begins_of(listed.folder)
        self._files = np.diff(np.append(self._begins, len(listed.folder)))
        self._sizes = np.add.reduceat(np.maximum(listed.sizes, 0), self._begins)  # unknown ones are -1
        self._signs = np.bitwise_or.reduceat(signs, self._begins)

    def tables(self) -> Tables:
        """What the store keeps."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

        listed = self._listed
        moved = listed.raw != listed.keys
        paths = {"path": pl.Series(listed.raw).str.strip_suffix("/").cast(pl.Binary)} if moved else {}
        folders = pl.DataFrame(
            {
                "row": np.arange(len(listed.keys)),
                "key": pl.Series(listed.keys, dtype=pl.String),
                **paths,
                "files": self._files,
                "size": self._sizes,
                "signs": self._signs,
                "at": self._begins,
            }
        )
        rows = np.flatnonzero(self._file_signs)
        remarkable = pl.DataFrame(
            {
                "name": pl.Series(listed.names.some(rows), dtype=pl.String),
                "size": listed.sizes[rows],
                "time": listed.times[rows],
                "row": rows,
                "signs": self._file_signs[rows],
            }
        )
        return Tables(folders, None, self._images(), remarkable)

    def _images(self) -> "pl.DataFrame":
        wanted = np.array([holds_images(form.place) for form in self._forms])[self._listed.form]
        rows = np.flatnonzero(wanted).tolist()
        reader, found = image_reader(), []
        for row in rows:
            begin = int(self._begins[row])
            here = slice(begin, begin + int(self._files[row]))
            found.append(reader.read(self._listed.numbers[here], partial(self._names_from, begin)))
        return images_table(rows, found)

    def _names_from(self, begin: int, rows: Ints) -> list[str]:
        return self._listed.names.some(rows + begin)

    def parts(
        self, prefixes: Sequence[str | None], layout: Layout | None, *, condense: bool
    ) -> Iterator[Part]:
        """What is known of each partition but the kinds of its files; without a layout no folder is remarkable."""
        keys, partition = self._listed.keys, self._listed.partition
        column = self._listed.key_column
        groups = self._groups(column.lengths, prefixes, condense=condense)
        sums = (np.add.reduceat(lane, self._begins) for lane in self._listed.sums)
        _, _, *digests = column.sums(self._files, *sums)
        ends = np.append(np.flatnonzero(np.diff(partition)) + 1, len(partition)).tolist()
        for first, end in zip([0, *ends], ends, strict=False):
            facts = PartitionFacts(
                prefixes[int(partition[first])] or "",
                files=int(self._files[first:end].sum()),
                size=int(self._sizes[first:end].sum()),
                signs=Sign(int(np.bitwise_or.reduce(self._signs[first:end]))),
                groups=groups[int(partition[first])],
                digest=joined_digest(*(int(lane[first:end].sum()) for lane in digests)),
            )
            if layout is not None:
                remarkable_folders(facts, keys[first:end], layout)
            yield Part(facts, first, end - first)

    def _groups(
        self, lengths: Ints, prefixes: Sequence[str | None], *, condense: bool
    ) -> dict[int, list[Group]]:
        """Groups of the folders of each partition, as `grouped` makes them."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large listings only

        keys, partition = self._listed.keys, self._listed.partition
        rows = np.arange(len(keys))
        sorts = np.array([form.number for form in self._forms])[self._listed.form]
        outermost = lengths <= np.array([len(prefix or "") for prefix in prefixes])[partition]
        alone = outermost & np.array([form.place.misfit is None for form in self._forms])[self._listed.form]
        alone |= np.array([form.sort is None for form in self._forms])[self._listed.form]
        sorts = np.where(alone, -1 - rows, sorts) if condense else rows
        columns = {
            "partition": partition,
            "sort": sorts,
            "row": rows,
            "files": self._files,
            "size": self._sizes,
        }
        found = (
            pl.DataFrame(columns)
            .group_by("partition", "sort", maintain_order=True)
            .agg(pl.col("row").first(), pl.col("files").sum(), pl.col("size").sum(), folders=pl.len())
        )
        groups: dict[int, list[Group]] = {}
        for number, _, row, files, size, folders in found.iter_rows():
            groups.setdefault(number, []).append(Group(keys[row], files, size, folders))
        return groups
