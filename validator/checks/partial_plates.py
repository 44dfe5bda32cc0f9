"""Plates that have only some of the wells, sites or channels that the others of their batch have (CPG156-CPG158)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from validator.checks.dataset import Dataset
from validator.checks.plate_images import PlateImages, read_plates
from validator.checks.registry import dataset_check
from validator.checks.row_words import ranges, shown
from validator.checks.wells import well_ranges
from validator.checks.wording import counted
from validator.models.finding import Finding, Level
from validator.models.rule import Rule

WELLS_PARTIAL = Rule(
    id="CPG156",
    slug="plate-wells-partial",
    title="Every plate has images of the same wells as the other plates of its batch",
    why="A copy that stopped leaves the first wells of a plate; what is there looks complete, and profiles of the plate are made "
    "without its controls.",
    mend="Copy the images of the missing wells, or say in the batch's README why they were not imaged.",
    family="layout",
    level=Level.WARNING,
    source="cpgate; found in published data",
)
SITES_PARTIAL = Rule(
    id="CPG157",
    slug="plate-sites-partial",
    title="Every well has as many sites as the others of its plate and batch",
    why="Wells with fewer sites have fewer cells: they differ in every profile, and not because of their treatment.",
    mend="Copy the images of the missing sites, or say in the batch's README why they were not imaged.",
    family="layout",
    level=Level.WARNING,
    source="cpgate; found in published data",
)
CHANNELS_PARTIAL = Rule(
    id="CPG158",
    slug="plate-channels-partial",
    title="Every site has the channels that the others of its plate and batch have",
    why="A site without one of its channels cannot be analysed, and a plate without one cannot be joined with the others.",
    mend="Copy the images of the missing channel, or say in the batch's README why it was not imaged.",
    family="layout",
    level=Level.WARNING,
    source="cpgate; found in published data",
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Lack:
    """What one plate lacks, in words, and how many places that are."""

    plate: PlateImages
    words: str
    count: int


@dataset_check(WELLS_PARTIAL, SITES_PARTIAL, CHANNELS_PARTIAL)
def plates_are_complete(dataset: Dataset) -> Iterator[Finding]:
    """Compare the plates of each batch, as far as the names of their images can be read."""
    tables = {
        (entities["project"] + "/" + entities["source"] + "/", entities["batch"], entities["plate"])
        for placed in dataset.survey
        if placed.place.kind == "workspace.load_data_plate" and (entities := placed.place.entities)
    }
    # In the order of the keys the plates of a batch follow each other; those of one batch are in memory at a time.
    for _, group in groupby(read_plates(dataset), key=lambda plate: (plate.home, plate.batch)):
        plates = list(group)
        # What lacks within a plate is told by its load_data, image by image, where it has one.
        alone = [plate for plate in plates if (plate.home, plate.batch, plate.plate) not in tables]
        yield from _told(WELLS_PARTIAL, "wells", plates, list(_wells(plates)))
        yield from _told(SITES_PARTIAL, "sites", plates, [*_sites(plates), *_thin_wells(alone)])
        yield from _told(CHANNELS_PARTIAL, "channels", plates, [*_channels(plates), *_gaps(alone)])


def usual(sets: Iterable[Iterable[T]]) -> frozenset[T]:
    """Return what more than half of the sets have; of two sets the one that holds the other, if one does.

    Examples
    --------
    >>> sorted(usual([{1, 2}, {1, 2, 3}, {2, 3}])), sorted(usual([{1}, {1, 2}])), sorted(usual([{1, 3}, {1, 2}]))
    ([1, 2, 3], [1, 2], [1])
    """
    listed = [frozenset(found) for found in sets]
    if len(listed) == 2:  # neither is the majority
        return (
            max(listed, key=len)
            if listed[0] <= listed[1] or listed[1] <= listed[0]
            else listed[0] & listed[1]
        )
    numbers = Counter(thing for found in listed for thing in found)
    return frozenset(thing for thing, number in numbers.items() if number * 2 > len(listed))


def _wells(plates: Sequence[PlateImages]) -> Iterator[_Lack]:
    expected = usual(plate.sites for plate in plates)
    for plate in plates:
        missing = expected - plate.sites.keys()
        if missing:
            there = len(expected) - len(missing)
            words = f"{there:,} of {counted(len(expected), 'well')}; not there: {well_ranges(missing)}"
            yield _Lack(plate, words, len(missing))


def _sites(plates: Sequence[PlateImages]) -> Iterator[_Lack]:
    expected = usual(plate.site_numbers for plate in plates)
    for plate in plates:
        missing = expected - plate.site_numbers
        if missing:
            there = len(expected) - len(missing)
            yield _Lack(plate, f"{there:,} of {counted(len(expected), 'site')} in each well", len(missing))


def _channels(plates: Sequence[PlateImages]) -> Iterator[_Lack]:
    expected = usual(plate.channels for plate in plates)
    for plate in plates:
        missing = sorted(expected - plate.channels)
        if missing:
            yield _Lack(plate, f"no image of channel {', '.join(missing)}", len(missing))


def _thin_wells(plates: Sequence[PlateImages]) -> Iterator[_Lack]:
    for plate in plates:
        numbers = Counter(len(sites) for sites in plate.sites.values())
        most, wells = numbers.most_common(1)[0]
        thin = [well for well, sites in plate.sites.items() if len(sites) < most]
        if thin and wells * 2 > len(plate.sites):
            words = f"fewer than {most} sites in {counted(len(thin), 'well')} ({well_ranges(thin)})"
            yield _Lack(plate, words, len(thin))


def _gaps(plates: Sequence[PlateImages]) -> Iterator[_Lack]:
    for plate in plates:
        for channel, places in plate.lacking().items():
            well = places[0][0]
            sites = ranges(site for other, site in places if other == well)
            more = sum(other != well for other, _ in places)
            words = f"channel {channel} is missing in {well_ranges([well])} site {sites}"
            yield _Lack(plate, words + (f" and at {more:,} other sites" if more else ""), len(places))


def _told(rule: Rule, what: str, plates: Sequence[PlateImages], lacks: Sequence[_Lack]) -> Iterator[Finding]:
    if not lacks:
        return
    first = lacks[0]
    concerned = list(dict.fromkeys(lack.plate.plate for lack in lacks))
    where = f"{first.plate.home}images/{first.plate.batch}/images/"
    message = (
        f"Plate {shown(first.plate.plate)} has only some of its {what}: {first.words}"
        if len(lacks) == 1
        else f"{len(concerned):,} of {counted(len(plates), 'plate')} of batch {shown(first.plate.batch)} "
        f"{'has' if len(concerned) == 1 else 'have'} only some of {'its' if len(concerned) == 1 else 'their'} {what}"
    )
    yield rule.finding(
        first.plate.key if len(concerned) == 1 else where,
        message,
        count=sum(lack.count for lack in lacks),
        examples=[f"{lack.plate.plate}: {lack.words}" for lack in lacks],
    )
