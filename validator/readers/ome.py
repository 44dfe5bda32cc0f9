"""OME-TIFF stacks by their headers: what the OME-XML says of the axes, and how many pages there are."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from math import prod
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree import ElementTree as ET

from validator.errors import UnreadableFile
from validator.readers.images import judge_page, opened_tiff

if TYPE_CHECKING:
    import numpy.typing as npt
    from tifffile import TiffFile

    Pixels = npt.NDArray[Any]

AXES = "TZCYX"
_ROOT = re.compile(r"<(?:[\w.-]+:)?OME[\s>]")
_DECODED = frozenset({1, 8, 32946, 32773})  # TIFF tag Compression: none, Deflate twice, PackBits
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
    samples
        How many channels lie in each pixel; 1 unless it is a colour image.
    elsewhere
        Name of the file that holds the OME-XML, where this one only refers to it.
    """

    sizes: dict[str, int] | None
    order: str
    pages: int
    pages_needed: int
    samples: int = 1
    elsewhere: str = ""

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
    return text if _ROOT.search(text[:4096]) else ""


def _facts(xml: str, pages: int) -> StackFacts:
    no_ome = StackFacts(None, "", pages, pages)
    if not xml or "<!DOCTYPE" in xml or "<!ENTITY" in xml:  # entities can be made to fill the memory
        return no_ome
    try:
        root = ET.fromstring(xml)  # noqa: S314  without entities
    except (ET.ParseError, ValueError):
        return no_ome
    reference = root.find("{*}BinaryOnly")
    if reference is not None:
        return StackFacts(None, "", pages, pages, elsewhere=reference.get("MetadataFile", "another file"))
    pixels = root.find("{*}Image/{*}Pixels")
    if pixels is None:
        return no_ome
    sizes = {axis: _number(pixels.get(f"Size{axis}", "1")) for axis in AXES}
    order = pixels.get("DimensionOrder", "")
    if order not in _ORDERS or 0 in sizes.values():
        return no_ome
    channel = pixels.find("{*}Channel")
    samples = max(1, _number(channel.get("SamplesPerPixel", "1"))) if channel is not None else 1
    needed = prod(sizes[axis] for axis in "TZC") // samples
    return StackFacts(sizes, order[::-1], pages, needed, samples)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def read_projection(stream: BinaryIO, size: int) -> "Pixels":
    """Maximum over Z of every channel at the first time point, page after page.

    Parameters
    ----------
    stream
        The image, seekable.
    size
        Its bytes.

    Returns
    -------
    Pixels
        An array with the axes channel, Y, X.

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
        import numpy as np  # noqa: PLC0415  only who wants pixels needs it

        _judge_pixels(tiff)
        slow = facts.order[:3]
        numbers = np.arange(facts.pages_needed).reshape([facts.sizes[axis] for axis in slow])
        by_channel = np.moveaxis(numbers, [slow.index(axis) for axis in "TZC"], [0, 1, 2])[0].T
        channels = []
        for pages in by_channel:
            highest = tiff.pages[int(pages[0])].aspage().asarray()
            for page in pages[1:]:
                highest = np.maximum(highest, tiff.pages[int(page)].aspage().asarray())
            channels.append(highest)
        return np.stack(channels)


def _judge_pixels(tiff: "TiffFile") -> None:
    page = tiff.pages.first
    if len(page.shape) != 2:
        raise UnreadableFile("It is a colour image", "write every channel as a plane of its own")
    if page.compression not in _DECODED and find_spec("imagecodecs") is None:
        from tifffile import COMPRESSION  # noqa: PLC0415  as above

        name = COMPRESSION(page.compression).name.replace("_", " ")
        raise UnreadableFile(
            f"Its pixels are compressed with {name}, which is decoded by a package that is not installed here",
            "install it: pip install imagecodecs",
        )
