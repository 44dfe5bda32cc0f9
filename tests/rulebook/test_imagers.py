"""Names of raw images are read where their form is known, and only there."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.rulebook.imagers import load_imagers, read_image_names


@pytest.mark.parametrize("spec", [spec for spec, _ in load_imagers()], ids=lambda spec: spec.name)
def test_every_example_is_read_by_its_own_form(spec):
    for example in spec.examples:
        assert re.fullmatch(spec.pattern, example)
        assert read_image_names([example])[0] == 1


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("r02c24f09p01-ch5sk1fk1fl1.tiff", ((2, 24, 9), "5")),
        ("r16c01f1200p001-ch11sk10fk1fl1.tif", ((16, 1, 1200), "11")),
        ("P01_X1_AF48_T0001F006L01A03Z01C05.tif", ((32, 48, 6), "05")),
        ("my screen_h24_s4_w122dcfa40-9b9b-48e0-bf67-4b3d5189f327.tif", ((8, 24, 4), "1")),
    ],
)
def test_names(name, meant):
    site, channel = meant
    assert read_image_names([name]) == (1, {site: {channel}})


@pytest.mark.parametrize(
    "name",
    [
        "r02c24f09p01-ch5sk1fk1fl1.tiff.part",
        "A01.tif",
        "x_a01_s1_thumb122DCFA40-9B9B-48E0-BF67-4B3D5189F327.tif",
        "Index.idx.xml",
        "",
        "r1c1f1.tiff",
        "x\nr02c24f09p01-ch5sk1fk1fl1.tiff\ny",
    ],
)
def test_of_other_names_nothing_is_said(name):
    assert read_image_names([name]) == (0, {})


@given(
    st.lists(st.text(max_size=40) | st.from_regex(r"r\d{2}c\d{2}f\d{2}p01-ch\dsk1fk1fl1\.tiff"), max_size=5)
)
def test_no_name_is_read_twice(names):
    assert read_image_names(names)[0] <= len(names)


def test_a_long_name_is_no_trap():
    began = time.perf_counter()
    assert read_image_names(["_A01_T0001F001" * 400, "_a01_s1_w1" * 400]) == (0, {})
    assert time.perf_counter() - began < 1
