"""What the names of a plate's raw images say: its wells, sites and channels."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby
from threading import local

from validator.checks.dataset import Dataset, PlacedFolder
from validator.checks.pool import in_threads
from validator.checks.wells import Well
from validator.rulebook.imagers import ImageColumns, ImagedSite, read_image_names

IMAGE_ENDINGS = (".tif", ".tiff")
READ_SHARE = 0.9
"""Share of a plate's images whose names must be of a known form; otherwise nothing is said about the plate."""
THREADS = 2


class _Reader(local):
    """Each thread has its own."""

    def __init__(self) -> None:
        self.columns = ImageColumns()


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
    channels_of: dict[tuple[Well, int], frozenset[str]] = {}
    images = read = 0
    for placed in folders:
        endings, number, channels = _read_folder(placed)
        images += endings
        read += number
        for (row, column, site), names in channels.items():
            place = Well(row, column), site
            channels_of[place] = channels_of[place] | names if place in channels_of else frozenset(names)
    if not read or read < images * READ_SHARE:
        return None
    sites: dict[Well, set[int]] = defaultdict(set)
    for well, site in channels_of:
        sites[well].add(site)
    known: dict[frozenset[int], frozenset[int]] = {}  # most wells have the same sites
    key = "/".join(folders[0].key.split("/")[:6]) + "/"
    return PlateImages(
        home=home,
        batch=batch,
        plate=plate,
        key=key,
        sites={
            well: known.setdefault(some, some) for well, some in ((w, frozenset(s)) for w, s in sites.items())
        },
        channels=frozenset[str]().union(*set(channels_of.values())),
        lacking=_lacking(channels_of),
    )


def _read_folder(placed: PlacedFolder) -> tuple[int, int, Mapping[ImagedSite, AbstractSet[str]]]:
    """Number of images in a folder, of those whose name can be read, and the channels of their sites."""
    if placed.column is not None:
        column = placed.column()
        return int(column.str.contains(r"(?i)\.tiff?$").sum()), *_reader.columns.read(column)
    names = [name for name in placed.folder.names if name.lower().endswith(IMAGE_ENDINGS)]
    return len(names), *read_image_names(names)


def _lacking(
    channels_of: Mapping[tuple[Well, int], frozenset[str]],
) -> Mapping[str, tuple[tuple[Well, int], ...]]:
    usual: Counter[str] = Counter()
    for channels, number in Counter(channels_of.values()).items():
        usual.update(dict.fromkeys(channels, number))
    expected = {channel for channel, number in usual.items() if number > len(channels_of) * USUAL_SHARE}
    lacking: dict[str, list[tuple[Well, int]]] = defaultdict(list)
    for place, channels in channels_of.items():
        if not expected <= channels:
            for channel in expected - channels:
                lacking[channel].append(place)
    return {channel: tuple(sorted(places)) for channel, places in sorted(lacking.items())}
