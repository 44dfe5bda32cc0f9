"""Stacks by their headers."""

import io

import numpy as np
import pytest
import tifffile
from package_builder import ome, plain_tiff

from validator.errors import UnreadableFile
from validator.readers.ome import read_projection, read_stack
from validator.readers.tiff_header import TruncatedImage


def project(content):
    return read_projection(io.BytesIO(content), len(content))


def look(content):
    return read_stack(io.BytesIO(content), len(content))


@pytest.mark.parametrize(
    ("axes", "shape", "whole"),
    [
        ("TZCYX", (2, 3, 4, 8, 9), (2, 3, 4, 8, 9)),
        ("ZCYX", (3, 4, 8, 9), (1, 3, 4, 8, 9)),
        ("ZYX", (3, 8, 9), (1, 3, 1, 8, 9)),
        ("YX", (8, 9), (1, 1, 1, 8, 9)),
    ],
)
def test_axes(axes, shape, whole):
    pixels = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    content = ome(pixels, axes)
    facts = look(content)
    assert (facts.order, facts.shape) == ("TZCYX", whole)
    assert facts.pages == facts.pages_needed == np.prod(whole[:3])
    assert np.array_equal(project(content), pixels.reshape(whole)[0].max(axis=0))


def test_another_order_is_told_and_read_rightly():
    pixels = np.arange(2 * 3 * 8 * 9, dtype=np.uint16).reshape(2, 3, 8, 9)
    content = ome(pixels, "CZYX")
    assert look(content).order == "TCZYX"
    assert np.array_equal(project(content), pixels.max(axis=1))


def test_a_plain_tiff_has_no_axes():
    content = plain_tiff(np.ones((3, 8, 9), np.uint8))
    assert look(content).sizes is None
    with pytest.raises(UnreadableFile, match="not an OME-TIFF"):
        project(content)


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE OME [<!ENTITY a "aaaa">]><OME>&a;</OME>',
        "<OME><Image><Pixels",
        "<OME></OME>",
        '<OME><Image><Pixels DimensionOrder="XYCZT" SizeZ="0"/></Image></OME>',
        '<OME><Image><Pixels DimensionOrder="ZZZ" SizeZ="1"/></Image></OME>',
    ],
)
def test_hostile_xml_is_no_ome(xml):
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.ones((8, 9), np.uint8), description=xml.encode(), metadata=None)
    assert look(stream.getvalue()).sizes is None


def test_a_stack_without_its_end_is_cut():
    content = ome(np.ones((3, 4, 80, 90), np.uint16), "ZCYX")
    with pytest.raises(TruncatedImage):
        look(content[: len(content) - 100_000])


PIXELS = '<{p}Pixels DimensionOrder="XYCZT" Type="uint8" SizeX="9" SizeY="8" SizeZ="3" SizeC="1" SizeT="1"/>'


def described(xml):
    stream = io.BytesIO()
    planes = np.ones((3, 8, 9), np.uint8)
    tifffile.imwrite(stream, planes, description=xml, metadata=None, photometric="minisblack")
    return stream.getvalue()


@pytest.mark.parametrize("version", ["2013-06", "2015-01", "2016-06"])
@pytest.mark.parametrize("prefix", ["", "ome:", "OME:"])
def test_schemas_and_prefixes_of_other_writers(version, prefix):
    name = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    inside = f"<{prefix}Image>{PIXELS.format(p=prefix)}</{prefix}Image>"
    start = f'<?xml version="1.0" encoding="UTF-8"?><!-- Warning: this comment is an OME-XML metadata block --><{prefix}OME'
    xml = f'{start} {name}="http://www.openmicroscopy.org/Schemas/OME/{version}">{inside}</{prefix}OME>'
    assert look(described(xml)).shape == (1, 3, 1, 8, 9)


def test_a_description_that_lies_in_another_file():
    xml = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><BinaryOnly MetadataFile="x.companion.ome" UUID="u"/></OME>'
    facts = look(described(xml))
    assert (facts.sizes, facts.elsewhere) == (None, "x.companion.ome")
