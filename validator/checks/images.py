"""Rules of single images (CPG301, CPG302) and illumination functions (CPG303, CPG304)."""

import os
from collections.abc import Iterator

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.registry import file_check
from validator.errors import UnreadableFile
from validator.models.counts import counted
from validator.models.finding import Finding, Level
from validator.models.rule import Rule
from validator.readers.arrays import read_array_header
from validator.readers.images import read_tiff
from validator.readers.tiff_header import TruncatedImage

IMAGE_UNREADABLE = Rule(
    id="CPG301",
    slug="image-unreadable",
    title="A TIFF image can be opened",
    why="An image that cannot be opened stops the analysis of its plate, or silently takes its site out of the profiles.",
    mend="Copy it again from the microscope or the archive.",
    family="images",
    source="cpgate; found in published data",
)
IMAGE_TRUNCATED = Rule(
    id="CPG302",
    slug="image-truncated",
    title="A TIFF image is whole",
    why="Images whose end is missing come from copies that were interrupted; some programs read them as half black without a "
    "word.",
    mend="Copy it again from the microscope or the archive.",
    family="images",
    source="cpgate; found in published data",
)
ILLUMINATION_UNREADABLE = Rule(
    id="CPG303",
    slug="illumination-unreadable",
    title="An illumination function can be opened and is whole",
    why="Every image of its plate and channel is divided by it; without it the plate cannot be analysed.",
    mend="Make it again with the illumination pipeline, or copy it again.",
    family="images",
    source="cpgate",
)
ILLUMINATION_FORM = Rule(
    id="CPG304",
    slug="illumination-form",
    title="An illumination function is an image of floating point numbers",
    why="It holds for each pixel the factor by which its illumination differs; whole numbers or another shape are something else.",
    mend="Make it again with the illumination pipeline.",
    family="images",
    level=Level.WARNING,
    source="cpgate",
)

IMAGE_KINDS = (
    "images.raw",
    "images.manipulated",
    "images.pooled_barcoding",
    "images.pooled_painting",
    "images.pooled_processed",
)
_TIFF_ENDINGS = (".tif", ".tiff")


@file_check(IMAGE_UNREADABLE, IMAGE_TRUNCATED, kinds=IMAGE_KINDS)
def image_opens(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Open a TIFF and see that the pixels of its first and last page are there; other formats are not judged."""
    if not file.entry.key.lower().endswith(_TIFF_ENDINGS) or file.entry.size == 0:
        return  # the layout says that a file is empty
    try:
        with dataset.open(file.entry) as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(0)
            read_tiff(stream, size)
    except TruncatedImage as error:
        yield IMAGE_TRUNCATED.finding(
            file.entry.key, f"This image is not whole. {error.what}", size=file.entry.size
        )
    except UnreadableFile as error:
        yield IMAGE_UNREADABLE.finding(
            file.entry.key, f"This image cannot be opened. {error.what}", size=file.entry.size
        )


@file_check(ILLUMINATION_UNREADABLE, ILLUMINATION_FORM, kinds=["images.illum"])
def illumination_function_opens(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Read the header of an illumination function and compare it with its size."""
    if not file.entry.key.lower().endswith(".npy") or file.entry.size == 0:
        return  # the layout says that a file is empty
    key = file.entry.key
    try:
        with dataset.open(file.entry) as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(0)
            facts = read_array_header(stream, size)
    except UnreadableFile as error:
        yield ILLUMINATION_UNREADABLE.finding(
            key, f"This illumination function cannot be opened. {error.what}"
        )
        return
    if facts.missing:
        yield ILLUMINATION_UNREADABLE.finding(
            key,
            f"This illumination function is cut off: it lacks {counted(facts.missing, 'byte')}",
            expected=counted(size + facts.missing, "byte"),
            actual=counted(size, "byte"),
            size=file.entry.size,
        )
        return
    if len(facts.shape) != 2 or 0 in facts.shape or facts.dtype not in ("float32", "float64"):
        shape = " x ".join(f"{length:,}" for length in facts.shape) or "one number"
        kind = "something else than numbers" if facts.dtype == "other" else facts.dtype
        yield ILLUMINATION_FORM.finding(
            key,
            f"This illumination function is {shape} of {kind}",
            expected="rows x columns of float32 or float64",
            actual=f"{shape} of {kind}",
        )
