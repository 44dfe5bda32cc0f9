"""What the names of raw images say, kept beside the folders on disk: no check reads millions of names again."""

from collections.abc import Sequence
from threading import local
from typing import TYPE_CHECKING

import numpy as np

from validator.models.place import Place
from validator.rulebook.imagers import FolderImages, ImageColumns

if TYPE_CHECKING:
    import polars as pl

IMAGES_OF_PLATES = frozenset({"images.raw"})


class _Reader(local):
    """Each thread has its own."""

    def __init__(self) -> None:
        self.columns = ImageColumns()


_reader = _Reader()


def image_reader() -> ImageColumns:
    """What reads names of images, for this thread."""
    return _reader.columns


def holds_images(place: Place) -> bool:
    """Whether a folder may hold raw images of one plate."""
    return place.kind in IMAGES_OF_PLATES and "full_plate" in place.entities


def images_table(rows: Sequence[int], found: Sequence[FolderImages]) -> "pl.DataFrame":
    """What is known of the images of some folders, as a block of the store has it.

    Parameters
    ----------
    rows
        Indices of the folders, in order.
    found
        What their images say.
    """
    import polars as pl  # noqa: PLC0415  a fifth of a second, needed for large datasets only

    return pl.DataFrame(
        [
            pl.Series("folder", rows, pl.Int64),
            pl.Series("images", [some.images for some in found], pl.Int64),
            pl.Series("read", [some.read for some in found], pl.Int64),
            pl.Series("sites", [some.sites.astype("<i8").tobytes() for some in found], pl.Binary),
            pl.Series("channels", [some.channels for some in found], pl.List(pl.String)),
            pl.Series("pairs", [some.pairs.astype("<u4").tobytes() for some in found], pl.Binary),
        ]
    )


def images_of(table: "pl.DataFrame", row: int) -> FolderImages | None:
    """What is known of the images of a folder; ``None`` when nothing is."""
    at = int(np.searchsorted(table.get_column("folder").to_numpy(), row))
    if at == len(table) or table.get_column("folder")[at] != row:
        return None
    sites, channels, pairs = (table.get_column(name)[at] for name in ("sites", "channels", "pairs"))
    return FolderImages(
        table.get_column("images")[at],
        table.get_column("read")[at],
        np.frombuffer(sites, "<i8"),
        channels.to_list(),
        np.frombuffer(pairs, "<u4").astype(np.int64),
    )
