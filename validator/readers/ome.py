"""OME-TIFF stacks by their headers: what the OME-XML says of the axes, and how many pages there are."""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, BinaryIO
from xml.etree import ElementTree as ET

from validator.errors import UnreadableFile
from validator.readers.images import judge_page, opened_tiff

if TYPE_CHECKING:
    from tifffile import TiffFile

AXES = "TZCYX"
_ORDERS = frozenset({"XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC"})  # OME model, DimensionOrder


@dataclass(frozen=True, slots=True)
class StackFacts:
    """What an image says about itself.

    Attributes
    ----------
    sizes
        Lengths of the axes T, Z, C, Y and X; ``None`` when it has no OME-XML. What the OME-XML does not say is 1.
    order
        Order of the pages as five letters, the slowest axis first: ``TZCYX``.
    pages
        How many the file has.
    pages_needed
        How many the OME-XML promises.
    """

    sizes: dict[str, int] | None
    order: str
    pages: int
    pages_needed: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths in the order T, Z, C, Y, X."""
        return tuple(self.sizes[axis] for axis in AXES) if self.sizes else ()


def read_stack(stream: BinaryIO, size: int) -> StackFacts:
    """Open a TIFF, see that its first and last page are whole, and read its OME-XML.

    Parameters
    ----------
    stream
        Its bytes, seekable.
    size
        How many there are.

    Raises
    ------
    TruncatedImage
        If its end is missing.
    UnreadableFile
        If it is not a TIFF or is damaged.
    OSError
        If the system refuses to read it.
    """
    with opened_tiff(stream, size) as tiff:
        pages = len(tiff.pages)
        judge_page(tiff.pages.first, size)
        if pages > 1:
            last = tiff.pages[pages - 1]
            judge_page(last.aspage(), size)
        return _facts(_ome_xml(tiff), pages)


def _ome_xml(tiff: "TiffFile") -> str:
    text = tiff.pages.first.description
    return text if "<OME" in text[:4096] else ""


def _facts(xml: str, pages: int) -> StackFacts:
    no_ome = StackFacts(None, "", pages, pages)
    if not xml or "<!DOCTYPE" in xml or "<!ENTITY" in xml:  # entities can be made to fill the memory
        return no_ome
    try:
        root = ET.fromstring(xml)  # noqa: S314  without entities
    except (ET.ParseError, ValueError):
        return no_ome
    pixels = root.find("{*}Image/{*}Pixels")
    if pixels is None:
        return no_ome
    sizes = {axis: _number(pixels.get(f"Size{axis}", "1")) for axis in AXES}
    order = pixels.get("DimensionOrder", "")
    if order not in _ORDERS or 0 in sizes.values():
        return no_ome
    channel = pixels.find("{*}Channel")
    samples = _number(channel.get("SamplesPerPixel", "1")) if channel is not None else 1
    needed = prod(sizes[axis] for axis in "TZC") // max(1, samples)
    return StackFacts(sizes, order[::-1], pages, needed)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def read_planes(stream: BinaryIO, size: int) -> "tuple[StackFacts, object]":
    """Read a whole stack with its pixels, as an array with the axes T, Z, C, Y, X.

    Raises
    ------
    UnreadableFile
        If it is damaged, or its pages are not those that its OME-XML promises.
    OSError
        If the system refuses to read it.
    """
    with opened_tiff(stream, size) as tiff:
        facts = _facts(_ome_xml(tiff), len(tiff.pages))
        if facts.sizes is None or facts.pages < facts.pages_needed:
            raise UnreadableFile(
                "It is not an OME-TIFF whose axes are known", "write it as OME-TIFF with the axes TZCYX"
            )
        import numpy  # noqa: PLC0415, ICN001  only who wants pixels needs it

        wanted = [tiff.pages[index].aspage() for index in range(facts.pages_needed)]
        pixels = numpy.stack([page.asarray() for page in wanted])
        slow = facts.order[:3]
        pixels = pixels.reshape(*(facts.sizes[axis] for axis in slow), *pixels.shape[1:])
        return facts, numpy.moveaxis(pixels, [slow.index(axis) for axis in "TZC"], [0, 1, 2])
