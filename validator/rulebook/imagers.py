"""What the names of raw images say: well, site and channel."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from validator.models.late_model import LateModel
from validator.rulebook.locate import read_rulebook_file

NEW_SHARE = 0.1
"""Share of new names from which on they are remembered; a few odd ones of each plate are not."""
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

IMAGE_ENDINGS = (".tif", ".tiff")
FEW = 100
_NEW = -1
_ROW, _COLUMN = 40, 24
PAIRS = 1_000_000
"""Up to so many possible pairs of a site and a channel are marked in a table."""
_CHANNEL = 40
_SITE = (1 << _CHANNEL - 1) - 1
"""Bits of the site in the number that stands for a name."""
_PLACE_BITS = 17
_PLACE_SHIFT = np.uint64(64 - _PLACE_BITS)
NAMES_REMEMBERED = 100_000
"""Names of images of which it is known what they say."""


class ImagerSpec(LateModel):
    """One form of names, as ``imagers.yaml`` writes it.

    Attributes
    ----------
    name
        Microscopes, or their software, that write such names.
    pattern
        Regular expression for a whole name, with the groups ``site`` and ``channel``, and ``well`` or ``row`` and ``column``.
    examples
        Names that it reads.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    pattern: str
    examples: tuple[str, ...] = Field(min_length=1)


class ImagersSpec(LateModel):
    """The whole of ``imagers.yaml``.

    Attributes
    ----------
    imagers
        Forms of names; the first that reads a name is taken.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    imagers: tuple[ImagerSpec, ...]


class ImagedSite(NamedTuple):
    """A site of a well; row and column are counted from 1."""

    row: int
    column: int
    site: int

    @property
    def number(self) -> int:
        """All three in one number."""
        return (self.row << _ROW) | (self.column << _COLUMN) | self.site

    @classmethod
    def of(cls, number: int) -> "ImagedSite":
        """The site that a number stands for."""
        return cls(number >> _ROW, number >> _COLUMN & (1 << _ROW - _COLUMN) - 1, number & (1 << _COLUMN) - 1)


@cache
def load_imagers() -> tuple[tuple[ImagerSpec, re.Pattern[str]], ...]:
    """Every form of names with its pattern, which finds such names in a text with one name a line."""
    specs = ImagersSpec.model_validate(read_rulebook_file("imagers.yaml")).imagers
    return tuple((spec, re.compile(f"^(?:{spec.pattern})$", re.MULTILINE)) for spec in specs)


def read_image_names(names: Sequence[str]) -> tuple[int, dict[ImagedSite, set[str]]]:
    """What the names of images of one folder say.

    Parameters
    ----------
    names
        Names of files; thousands are read in one go.

    Returns
    -------
    number : int
        How many names have a known form.
    channels : dict
        Channels of every site, as the names write them.
    """
    text = "\n".join(names)
    if text.count("\n") >= len(names) > 0:  # a line break inside a name must not make two names of it
        text = "\n".join(name for name in names if "\n" not in name)
    for _, pattern in load_imagers():
        found = pattern.findall(text)
        if found:
            return len(found), _channels(found, pattern.groupindex)
    return 0, {}


@dataclass(frozen=True, slots=True)
class FolderImages:
    """What the names of the images of one folder say.

    Attributes
    ----------
    images
        How many of its names end like those of images.
    read
        How many of them have a known form.
    sites
        Every site, as `ImagedSite.number` has it; sorted.
    channels
        Every channel, as the names write them; sorted.
    pairs
        Which sites have which channel: the index of the site times the number of channels, and the index of the channel;
        sorted.
    """

    images: int
    read: int
    sites: Ints
    channels: list[str]
    pairs: Ints

    @classmethod
    def of(
        cls, images: int, read: int, sites: Ints, channel: Ints, channels: Sequence[str]
    ) -> "FolderImages":
        """Put together what single images say.

        Parameters
        ----------
        images, read
            See above.
        sites, channel
            Of each image: its site, and the index of its channel; side by side, some perhaps more than once.
        channels
            Every channel, perhaps more than there are.
        """
        each, site = np.unique(sites, return_inverse=True)
        there, channel = np.unique(channel, return_inverse=True)
        names = [channels[number] for number in there.tolist()]
        order = sorted(range(len(names)), key=names.__getitem__)
        ranks = np.empty(len(names), np.int64)
        ranks[order] = np.arange(len(names))
        pairs = np.zeros(len(each) * len(names), bool)
        pairs[site * len(names) + ranks[channel]] = True
        return cls(images, read, each, [names[number] for number in order], np.flatnonzero(pairs))


class _Known:
    """Names that were read: the numbers that stand for them, and what each says."""

    def __init__(self) -> None:
        self._numbers = np.empty(0, np.uint64)
        self._codes = np.empty(0, np.int64)
        # Most are found at the place that the upper bits of their number name; few share one with another.
        self._at = np.full(1 << _PLACE_BITS, -1)

    def look_up(self, numbers: Words) -> Ints:
        if not len(self._numbers):
            return np.full(len(numbers), _NEW)
        at = self._at[(numbers >> _PLACE_SHIFT).view(np.int64)]
        found = np.where(self._numbers[at] == numbers, self._codes[at], _NEW)
        rows = np.flatnonzero(found == _NEW)
        at = np.minimum(np.searchsorted(self._numbers, numbers[rows]), len(self._numbers) - 1)
        found[rows] = np.where(self._numbers[at] == numbers[rows], self._codes[at], _NEW)
        return found

    def enter(self, numbers: Words, codes: Ints) -> None:
        if not len(numbers):
            return
        if len(self._numbers) <= NAMES_REMEMBERED:
            numbers, codes = np.concatenate([self._numbers, numbers]), np.concatenate([self._codes, codes])
        order = np.argsort(numbers)
        self._numbers, self._codes = numbers[order], codes[order]
        self._at[:] = -1
        self._at[(self._numbers >> _PLACE_SHIFT).view(np.int64)] = np.arange(len(order))


class ImageColumns:
    """Reads names of images in columns; plates of one microscope repeat their names, which are read once.

    For one thread.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = defaultdict(_Known)
        self._site_numbers: dict[ImagedSite, int] = {}
        self._sites: list[int] = []
        self._site_column = np.empty(0, np.int64)
        self._channel_numbers: dict[str, int] = {}

    def read(self, numbers: Words, names: Callable[[Ints], list[str]]) -> FolderImages:
        """What the names of the images of one folder say.

        Parameters
        ----------
        numbers
            A number for each name that tells it from all others.
        names
            Gives some of the names, by their indices.
        """
        images = 0
        for spec, pattern in load_imagers():
            codes = self._codes(spec, pattern, numbers, names)
            images = int((codes & 1).sum())
            found = codes[codes > 1]
            if len(found):
                return self._put_together(images, len(found), (found >> 1 & _SITE) - 1, found >> _CHANNEL)
        nothing = np.empty(0, np.int64)
        return FolderImages(images, 0, nothing, [], nothing)

    def _put_together(self, images: int, read: int, site: Ints, channel: Ints) -> FolderImages:
        if len(self._site_column) < len(self._sites):
            self._site_column = np.array(self._sites)
        sites, channels = self._site_column, [*self._channel_numbers]
        if len(sites) * len(channels) > PAIRS:
            return FolderImages.of(images, read, sites[site], channel, channels)
        there = np.zeros((len(sites), len(channels)), bool)
        there.ravel()[site * len(channels) + channel] = True
        rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
        rows = rows[np.argsort(sites[rows])]
        names = sorted(columns.tolist(), key=channels.__getitem__)
        pairs = np.flatnonzero(there[rows][:, names])
        return FolderImages(images, read, sites[rows], [channels[number] for number in names], pairs)

    def _codes(
        self,
        spec: ImagerSpec,
        pattern: re.Pattern[str],
        numbers: Words,
        names: Callable[[Ints], list[str]],
    ) -> Ints:
        """What each name says in this form, in one number: channel, site (from 1; 0 for none), whether it is an image."""
        known = self._known[spec.name]
        codes = known.look_up(numbers)
        rows = np.flatnonzero(codes == _NEW)
        if len(rows):
            new = names(rows)
            few = len(new) <= max(FEW, int(len(numbers) * NEW_SHARE))
            codes[rows] = found = self._parsed_few(pattern, new) if few else self._parsed(spec, pattern, new)
            kept = found > 1 if few else slice(None)  # odd names of one plate are hardly those of another
            known.enter(numbers[rows][kept], found[kept])
        return codes

    def _parsed_few(self, pattern: re.Pattern[str], names: list[str]) -> Ints:
        codes = []
        for name in names:
            code = int(name.lower().endswith(IMAGE_ENDINGS))
            match = pattern.fullmatch(name) if "\n" not in name else None
            if match is not None:
                site = _site([match[part] for part in _place_of(pattern)])
                code |= (self._site_number(site) + 1) << 1
                code |= self._channel_number(match["channel"]) << _CHANNEL
            codes.append(code)
        return np.array(codes, np.int64)

    def _parsed(self, spec: ImagerSpec, pattern: re.Pattern[str], names: list[str]) -> Ints:
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large datasets only

        place = _place_of(pattern)
        groups = pl.col("name").str.extract_groups(f"^(?:{spec.pattern})$").struct.unnest()
        image = pl.col("name").str.contains(r"(?i)\.tiff?$").cast(pl.Int64)
        read = pl.DataFrame({"name": names}).with_columns(groups, image=image)
        # Numbers may be written in several ways, 01 and 001; thousands of images are of one site.
        sites = read.select(place).drop_nulls("site").unique()
        numbers = [self._site_number(_site(where)) + 1 for where in sites.iter_rows()]
        sites = sites.with_columns(pl.Series("at", numbers, pl.Int64))
        channels = read.select("channel").drop_nulls().unique()
        numbers = [self._channel_number(channel) for channel in channels.get_column("channel")]
        channels = channels.with_columns(pl.Series("of", numbers, pl.Int64))
        read = read.join(sites, on=place, how="left", maintain_order="left")
        read = read.join(channels, on="channel", how="left", maintain_order="left").fill_null(0)
        images, at, of = (read.get_column(column).to_numpy() for column in ("image", "at", "of"))
        codes: Ints = images | (at << 1) | (of << _CHANNEL)
        return codes

    def _site_number(self, site: ImagedSite) -> int:
        number = self._site_numbers.setdefault(site, len(self._sites))
        if number == len(self._sites):
            self._sites.append(site.number)
        return number

    def _channel_number(self, channel: str) -> int:
        return self._channel_numbers.setdefault(channel, len(self._channel_numbers))


def images_in(names: Sequence[str]) -> FolderImages:
    """What the names of the images of one folder say, from a list of its files."""
    images = [name for name in names if name.lower().endswith(IMAGE_ENDINGS)]
    read, found = read_image_names(images)
    channels = sorted(set().union(*found.values()))
    numbers = {channel: number for number, channel in enumerate(channels)}
    pairs = [(site.number, numbers[channel]) for site, some in found.items() for channel in some]
    sites, channel = np.array(pairs, np.int64).reshape(-1, 2).T
    return FolderImages.of(len(images), read, sites, channel, channels)


def _place_of(pattern: re.Pattern[str]) -> list[str]:
    return [name for name in ("well", "row", "column", "site") if name in pattern.groupindex]


def _channels(found: Sequence[tuple[str, ...]], groups: Mapping[str, int]) -> dict[ImagedSite, set[str]]:
    place = itemgetter(*(groups[name] - 1 for name in ("well", "row", "column", "site") if name in groups))
    channel = itemgetter(groups["channel"] - 1)
    written: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for parts in found:  # many for each site: numbers are read once for a site, not for each image
        written[place(parts)].add(channel(parts))
    channels: dict[ImagedSite, set[str]] = defaultdict(set)
    for parts, names in written.items():
        channels[_site(parts)] |= names
    return dict(channels)


def _site(parts: Sequence[str]) -> ImagedSite:
    *well, site = parts
    if len(well) > 1:
        return ImagedSite(int(well[0]), int(well[1]), int(site))
    letters = well[0].upper().rstrip("0123456789")
    row = 0
    for letter in letters:
        row = row * 26 + ord(letter) - ord("A") + 1
    return ImagedSite(row, int(well[0][len(letters) :]), int(site))
