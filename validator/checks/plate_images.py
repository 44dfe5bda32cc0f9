"""What the names of a plate's raw images say: its wells, sites and channels."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from validator.checks.dataset import Dataset, PlacedFolder
from validator.checks.wells import Well
from validator.rulebook.imagers import read_image_names

IMAGE_ENDINGS = (".tif", ".tiff")
READ_SHARE = 0.9
"""Share of a plate's images whose names must be of a known form; otherwise nothing is said about the plate."""
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
    for (home, batch, plate), group in groupby(raw, key=_plate):
        found = _read(home, batch, plate, list(group))
        if found is not None:
            yield found


def _plate(placed: PlacedFolder) -> tuple[str, str, str]:
    entities = placed.place.entities
    return f"{entities['project']}/{entities['source']}/", entities["batch"], entities["plate"]


def _read(home: str, batch: str, plate: str, folders: list[PlacedFolder]) -> PlateImages | None:
    channels_of: dict[tuple[Well, int], set[str]] = defaultdict(set)
    images = read = 0
    for placed in folders:
        names = [name for name in placed.folder.names if name.lower().endswith(IMAGE_ENDINGS)]
        images += len(names)
        number, channels = read_image_names(names)
        read += number
        for (row, column, site), found in channels.items():
            channels_of[Well(row, column), site] |= found
    if not read or read < images * READ_SHARE:
        return None
    sites: dict[Well, set[int]] = defaultdict(set)
    for well, site in channels_of:
        sites[well].add(site)
    key = "/".join(folders[0].key.split("/")[:6]) + "/"
    return PlateImages(
        home=home,
        batch=batch,
        plate=plate,
        key=key,
        sites={well: frozenset(found) for well, found in sites.items()},
        channels=frozenset[str]().union(*channels_of.values()),
        lacking=_lacking(channels_of),
    )


def _lacking(channels_of: Mapping[tuple[Well, int], set[str]]) -> Mapping[str, tuple[tuple[Well, int], ...]]:
    usual = Counter(channel for channels in channels_of.values() for channel in channels)
    expected = {channel for channel, number in usual.items() if number > len(channels_of) * USUAL_SHARE}
    lacking: dict[str, list[tuple[Well, int]]] = defaultdict(list)
    for place, channels in channels_of.items():
        for channel in expected - channels:
            lacking[channel].append(place)
    return {channel: tuple(sorted(places)) for channel, places in sorted(lacking.items())}
