"""Which columns of a load_data table name images, of which channel, and what they name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.readers.tables import Table

if TYPE_CHECKING:
    import polars as pl

# URL_OrigDNA, URL_DNA, FileName_IllumER, FileName_Cycle01_OrigA, FileName_Cycle01_IllumA
_IMAGE_COLUMN = re.compile(
    r"^(URL|FileName)_(?P<image>(?P<cycle>Cycle\d+_)?(?P<sort>Orig|Illum)?(?P<channel>.+))$"
)

# Columns that tell rows of one well and site apart: focal plane, time point, cycle of barcoding or staining
FURTHER_KEY = re.compile(
    r"^Metadata_(?:Z|Z_?(?:ID|Plane|Slice|Stack|Index|Position)|Position_?Z|Plane(?:ID)?|Slice|Stack|T|"
    r"Time(?:[_-]?Point)?(?:ID)?(?:_?(?:h|hr|hrs|hours?|min|minutes?|s|sec|seconds?|d|days?))?|Day|Hours?|"
    r"Frame|Series|Cycle|SBSCycle|Round|Action|Acquisition|Measurement)$",
    re.IGNORECASE,
)
MEASURED = re.compile(r"^Image_(?:FileName|URL)_.+$")
"""Columns that CellProfiler writes of images as measurements."""


@dataclass(frozen=True, slots=True)
class ImageColumn:
    """A column that names one file per row.

    Attributes
    ----------
    name
        ``URL_OrigDNA`` or ``FileName_OrigDNA``.
    image
        What CellProfiler calls the image, ``OrigDNA``; also in ``PathName_OrigDNA``, ``Frame_OrigDNA``.
    channel
        ``DNA``; of a barcoding cycle ``Cycle01_A``.
    illumination
        Whether it names illumination functions.
    legacy
        Whether it is the form with FileName and PathName.
    """

    name: str
    image: str
    channel: str
    illumination: bool
    legacy: bool


def image_columns(table: Table) -> list[ImageColumn]:
    """Every column that names files, in the order of the table; of URL_DNA and FileName_DNA only the first form."""
    found: dict[str, ImageColumn] = {}
    for name in table.frame.columns:
        match = _IMAGE_COLUMN.match(name)
        if match is None:
            continue
        column = ImageColumn(
            name=name,
            image=match["image"],
            channel=f"{match['cycle'] or ''}{match['channel']}",
            illumination=match["sort"] == "Illum",
            legacy=name.startswith("FileName_"),
        )
        known = found.get(column.image)
        if known is None or known.legacy:
            found[column.image] = column
    return list(found.values())


def is_pooled(columns: Sequence[ImageColumn]) -> bool:
    """Whether the table belongs to barcoding cycles, whose columns are FileName_Cycle01_OrigA."""
    return any(column.channel.startswith("Cycle") for column in columns)


def file_names(table: Table, column: ImageColumn) -> "pl.Series":
    """What a column names, row by row: the address, or folder and file name joined; null where a part is blank."""
    values = table.frame.get_column(column.name)
    if not column.legacy:
        return values
    folder = f"PathName_{column.image}"
    if folder not in table.frame.columns:
        return values
    return (
        table.frame.get_column(folder).str.replace_all("\\", "/", literal=True).str.strip_chars_end("/")
        + "/"
        + values
    )


def frame_columns(table: Table, column: ImageColumn) -> list[str]:
    """Columns that say which frame of its file an image is, ``Frame_OrigDNA`` and ``Series_OrigDNA``."""
    names = {f"{word}_{image}" for word in ("Frame", "Series") for image in (column.image, column.channel)}
    return [name for name in table.frame.columns if name in names]
