"""What the names of a plate's raw images say: its wells, sites and channels."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from validator.checks.dataset import Dataset, PlacedFolder
from validator.checks.wells import Well
from validator.index.images import IMAGES_OF_PLATES, holds_images
from validator.rulebook.imagers import FolderImages, ImagedSite, Ints

Mask = NDArray[np.bool_]

READ_SHARE = 0.9
"""Share of a plate's images whose names must be of a known form; otherwise nothing is said about the plate."""
LAYOUTS_REMEMBERED = 50
"""Sets of sites of which it is known how they spread over the wells."""
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
    images
        What the names say.
    """

    home: str
    batch: str
    plate: str
    key: str
    sites: Mapping[Well, frozenset[int]]
    channels: frozenset[str]
    images: FolderImages

    @property
    def site_numbers(self) -> frozenset[int]:
        """Sites that any well has."""
        return frozenset[int]().union(*self.sites.values())

    def lacking(self) -> Mapping[str, tuple[tuple[Well, int], ...]]:
        """Wells and sites that lack a channel which more than half of the sites have, by the channel."""
        return _lacking(self.images)


def read_plates(dataset: Dataset) -> Iterator[PlateImages]:
    """Every plate whose images have names of a known form, in the order of the keys."""
    raw = (placed for placed in dataset.folders.of_kinds(IMAGES_OF_PLATES) if holds_images(placed.place))
    layouts: _Layouts = {}
    for plate, group in groupby(raw, key=_plate):
        found = _read(plate, list(group), layouts)
        if found is not None:
            yield found


_Layouts = dict[bytes, Mapping[Well, frozenset[int]]]


def _plate(placed: PlacedFolder) -> tuple[str, str, str]:
    entities = placed.place.entities
    return f"{entities['project']}/{entities['source']}/", entities["batch"], entities["plate"]


def _read(
    place: tuple[str, str, str], folders: Sequence[PlacedFolder], layouts: _Layouts
) -> PlateImages | None:
    home, batch, plate = place
    images = _together([folder.images for folder in folders])
    if not images.read or images.read < images.images * READ_SHARE:
        return None
    key = "/".join(folders[0].key.split("/")[:6]) + "/"
    return PlateImages(
        home=home,
        batch=batch,
        plate=plate,
        key=key,
        sites=_by_well(images.sites, layouts),
        channels=frozenset(images.channels),
        images=images,
    )


def _together(parts: Sequence[FolderImages]) -> FolderImages:
    """What the images of several folders of a plate say."""
    if len(parts) == 1:
        return parts[0]
    channels = sorted({channel for part in parts for channel in part.channels})
    sites = np.sort(np.concatenate([part.sites for part in parts]))
    sites = sites[np.append(np.ones(min(1, len(sites)), bool), sites[1:] != sites[:-1])]
    there = np.zeros((len(sites), len(channels)), bool)
    for part in parts:
        if part.channels:
            columns = np.array([channels.index(name) for name in part.channels])
            there[np.ix_(np.searchsorted(sites, part.sites), columns)] |= _table(part)
    images, read = sum(part.images for part in parts), sum(part.read for part in parts)
    return FolderImages(images, read, sites, channels, np.flatnonzero(there))


def _table(images: FolderImages) -> Mask:
    """Which site has which channel."""
    there = np.zeros((len(images.sites), len(images.channels)), bool)
    there.ravel()[images.pairs] = True
    return there


def _by_well(sites: Ints, layouts: _Layouts) -> Mapping[Well, frozenset[int]]:
    """Sites of each well; most plates have the same."""
    known = layouts.get(sites.tobytes())
    if known is None:
        if len(layouts) >= LAYOUTS_REMEMBERED:
            layouts.clear()
        found: dict[Well, set[int]] = defaultdict(set)
        for row, column, site in map(ImagedSite.of, sites.tolist()):
            found[Well(row, column)].add(site)
        same: dict[frozenset[int], frozenset[int]] = {}  # most wells have the same sites
        known = {
            well: same.setdefault(some, some) for well, some in ((w, frozenset(s)) for w, s in found.items())
        }
        layouts[sites.tobytes()] = known
    return known


def _lacking(images: FolderImages) -> Mapping[str, tuple[tuple[Well, int], ...]]:
    there = _table(images)
    lacking: dict[str, tuple[tuple[Well, int], ...]] = {}
    for number, channel in enumerate(images.channels):
        gaps = images.sites[~there[:, number]]
        if len(gaps) and len(images.sites) - len(gaps) > len(images.sites) * USUAL_SHARE:
            # In their order, as the numbers are.
            lacking[channel] = tuple(
                (Well(row, column), site) for row, column, site in map(ImagedSite.of, gaps.tolist())
            )
    return lacking
