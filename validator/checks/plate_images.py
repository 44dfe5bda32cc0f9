"""What the names of a plate's raw images say: its wells, sites and channels."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from threading import local

import numpy as np

from validator.checks.dataset import Dataset, PlacedFolder
from validator.checks.pool import in_threads
from validator.checks.wells import Well
from validator.rulebook.imagers import ImageColumns, Ints

READ_SHARE = 0.9
"""Share of a plate's images whose names must be of a known form; otherwise nothing is said about the plate."""
THREADS = 2
PAIRS = 1_000_000
"""Up to so many possible pairs of a channel and a site are marked in a table."""
LAYOUTS_REMEMBERED = 50
"""Sets of sites of which it is known how they spread over the wells."""


class _Reader(local):
    """Each thread has its own."""

    def __init__(self) -> None:
        self.columns = ImageColumns()
        self._by_well: dict[bytes, Mapping[Well, frozenset[int]]] = {}

    def by_well(self, sites: Ints) -> Mapping[Well, frozenset[int]]:
        """Sites of each well; most plates have the same."""
        known = self._by_well.get(sites.tobytes())
        if known is None:
            if len(self._by_well) >= LAYOUTS_REMEMBERED:
                self._by_well.clear()
            found: dict[Well, set[int]] = defaultdict(set)
            for number in sites.tolist():
                row, column, site = self.columns.sites[number]
                found[Well(row, column)].add(site)
            same: dict[frozenset[int], frozenset[int]] = {}  # most wells have the same sites
            known = {
                well: same.setdefault(some, some)
                for well, some in ((w, frozenset(s)) for w, s in found.items())
            }
            self._by_well[sites.tobytes()] = known
        return known


_reader = _Reader()
USUAL_SHARE = 0.5
"""A channel is expected at every site when more than this share of the sites has it."""


@dataclass(frozen=True, slots=True)
class PlateImages:
    """One plate with the images that it has.

    Attributes
    ----------
    home, batch, plate
        ``project/source/``, the batch and the plate.
    key
        Key of its folder.
    sites
        Sites of each well.
    channels
        Channels, as the names write them.
    lacking
        Wells and sites that lack a channel which more than half of the sites have, by the channel.
    """

    home: str
    batch: str
    plate: str
    key: str
    sites: Mapping[Well, frozenset[int]]
    channels: frozenset[str]
    lacking: Mapping[str, tuple[tuple[Well, int], ...]]

    @property
    def site_numbers(self) -> frozenset[int]:
        """Sites that any well has."""
        return frozenset[int]().union(*self.sites.values())


def read_plates(dataset: Dataset) -> Iterator[PlateImages]:
    """Every plate whose images have names of a known form, in the order of the keys."""
    raw = (
        placed
        for placed in dataset.folders.of_kinds(frozenset({"images.raw"}))
        if placed.place.kind == "images.raw" and "full_plate" in placed.place.entities
    )
    plates = ((place, list(group)) for place, group in groupby(raw, key=_plate))
    return (found for found in in_threads(_read, plates, THREADS) if found is not None)


def _plate(placed: PlacedFolder) -> tuple[str, str, str]:
    entities = placed.place.entities
    return f"{entities['project']}/{entities['source']}/", entities["batch"], entities["plate"]


def _read(found: tuple[tuple[str, str, str], list[PlacedFolder]]) -> PlateImages | None:
    (home, batch, plate), folders = found
    columns = _reader.columns
    parts = [
        columns.read(folder.column()) if folder.column is not None else columns.read_list(folder.folder.names)
        for folder in folders
    ]
    images, read = sum(part.images for part in parts), sum(part.read for part in parts)
    if not read or read < images * READ_SHARE:
        return None
    site, channel = (
        np.concatenate(some) for some in zip(*((p.sites, p.channels) for p in parts), strict=True)
    )
    channel, site = _each_pair(channel, site)
    sites = np.unique(site)
    key = "/".join(folders[0].key.split("/")[:6]) + "/"
    return PlateImages(
        home=home,
        batch=batch,
        plate=plate,
        key=key,
        sites=_reader.by_well(sites),
        channels=frozenset(columns.channels[number] for number in np.unique(channel).tolist()),
        lacking=_lacking(sites, site, channel, columns),
    )


def _each_pair(channel: Ints, site: Ints) -> tuple[Ints, Ints]:
    """Each pair once, in their order."""
    wide = int(site.max()) + 1
    codes, many = channel * wide + site, (int(channel.max()) + 1) * wide
    if many <= PAIRS:
        there = np.zeros(many, bool)
        there[codes] = True
        codes = np.flatnonzero(there)
    else:
        codes = np.unique(codes)
    channel, site = np.divmod(codes, wide)
    return channel, site


def _lacking(
    sites: Ints, site: Ints, channel: Ints, columns: ImageColumns
) -> Mapping[str, tuple[tuple[Well, int], ...]]:
    """Sites without a channel that is usual; sites and channels are numbers, each pair of them once."""
    lacking: dict[str, tuple[tuple[Well, int], ...]] = {}
    numbers, counts = np.unique(channel, return_counts=True)
    for number in numbers[counts > len(sites) * USUAL_SHARE].tolist():
        gaps = np.setdiff1d(sites, site[channel == number], assume_unique=True).tolist()
        if gaps:
            places = (columns.sites[gap] for gap in gaps)
            lacking[columns.channels[number]] = tuple(
                sorted((Well(place.row, place.column), place.site) for place in places)
            )
    return dict(sorted(lacking.items()))
