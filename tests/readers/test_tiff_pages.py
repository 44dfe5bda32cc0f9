"""Stacks of TIFF pages that are cut off anywhere behind the first page."""

import io

import numpy as np
import pytest
import tifffile

from validator.readers.images import read_tiff
from validator.readers.tiff_header import TruncatedImage

STACK = np.random.default_rng(1).integers(0, 4_000, (6, 64, 64), dtype=np.uint16)


def stack(**options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, STACK, photometric="minisblack", **options)
    return stream.getvalue()


def page_by_page():
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        for plane in STACK:
            writer.write(plane, contiguous=False, photometric="minisblack")
    return stream.getvalue()


def imagej(**options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, STACK, imagej=True, **options)
    return stream.getvalue()


FORMS = {
    "one behind the other": stack(),
    "without a description": stack(metadata=None),
    "compressed": stack(compression="zlib"),
    "tiled": stack(tile=(16, 16)),
    "many strips": stack(rowsperstrip=8),
    "big-endian": stack(byteorder=">"),
    "BigTIFF": stack(bigtiff=True),
    "OME": stack(ome=True),
    "page by page": page_by_page(),
    "ImageJ": imagej(),
}


def read(data):
    return read_tiff(io.BytesIO(data), len(data))


@pytest.mark.parametrize("form", FORMS)
def test_whole(form):
    assert read(FORMS[form]).shape == (64, 64)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("share", [0.99, 0.9, 0.6, 0.3])
def test_cut_off(form, share):
    whole = FORMS[form]
    with pytest.raises(TruncatedImage):
        read(whole[: int(len(whole) * share)])


def test_planes_of_imagej_under_one_page():
    planes = STACK[:, :32, :32].astype(">u2").tobytes()
    stream = io.BytesIO()
    tifffile.imwrite(
        stream,
        STACK[0, :32, :32],
        byteorder=">",
        metadata=None,
        description="ImageJ=1.53c\nimages=6\nslices=6\n",
        photometric="minisblack",
    )
    data = stream.getvalue()
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        place = tiff.pages.first.dataoffsets[0]
    whole = data[:place] + planes
    assert read(whole).shape == (32, 32)
    with pytest.raises(TruncatedImage):
        read(whole[:-1])


def test_pages_in_a_circle_end():
    data = bytearray(page_by_page())
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as tiff:
        first, second = tiff.pages[0].offset, tiff.pages[1].offset
        entries = len(tiff.pages[1].tags)
    at = second + 2 + 12 * entries
    data[at : at + 4] = first.to_bytes(4, "little")
    assert read(bytes(data)).shape == (64, 64)
