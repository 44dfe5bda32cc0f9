"""What the names of raw images say: well, site and channel."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from validator.rulebook.locate import read_rulebook_file

if TYPE_CHECKING:
    import polars as pl


NAMES_REMEMBERED = 200_000
"""Names of images of which it is known what they say."""


class ImagerSpec(BaseModel):
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


class ImagersSpec(BaseModel):
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


class ImageColumns:
    """Reads names of images in columns; plates of one microscope repeat their names, which are read once.

    For one thread.
    """

    def __init__(self) -> None:
        self._read: dict[str, pl.DataFrame] = {}

    def read(self, names: "pl.Series") -> tuple[int, dict[ImagedSite, frozenset[str]]]:
        """What the names of images of one folder say, see `read_image_names`.

        Parameters
        ----------
        names
            A polars column of names.
        """
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large datasets only

        column = names.alias("name").to_frame()
        for spec, pattern in load_imagers():
            place = [name for name in ("well", "row", "column", "site") if name in pattern.groupindex]
            parts = self._parts(spec, column)
            if not len(parts):
                continue
            sites = parts.group_by(place).agg(pl.col("channel").unique().sort().str.join("\n"))
            sets = {text: frozenset(text.split("\n")) for text in sites.get_column("channel").unique()}
            channels: dict[ImagedSite, frozenset[str]] = {}
            for *where, text in sites.iter_rows():
                site = _site(where)  # numbers may be written in several ways: 01 and 001
                channels[site] = channels[site] | sets[text] if site in channels else sets[text]
            return len(parts), channels
        return 0, {}

    def _parts(self, spec: ImagerSpec, column: "pl.DataFrame") -> "pl.DataFrame":
        """Well, site and channel of each name of this form."""
        import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large datasets only

        known = self._read.get(spec.name)
        if known is not None and len(known) > NAMES_REMEMBERED:
            known = None
        new = column.unique() if known is None else column.join(known, on="name", how="anti").unique()
        if known is None or len(new):
            read = new.with_columns(
                pl.col("name").str.extract_groups(f"^(?:{spec.pattern})$").struct.unnest()
            )
            known = read if known is None else pl.concat([known, read])
            self._read[spec.name] = known
        return column.join(known, on="name", how="inner").drop_nulls("site")


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
