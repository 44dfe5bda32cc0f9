"""Junk is found, and data are never taken for junk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.rulebook.junk import is_junk, is_junk_folder, junk_among


@pytest.mark.parametrize(
    "name",
    [".DS_Store", "Thumbs.db", "thumbs.DB", "._r01c01.tiff", "desktop.ini", ".nfs000000000123", "~$layout.xlsx", "a.py~", ".a.txt.swp", ".~lock.x.ods#"],
)  # fmt: skip
def test_junk_files(name):
    assert is_junk(name)


@pytest.mark.parametrize(
    "name",
    ["r01c01f01p01-ch1sk1fk1fl1.tiff", "Index.idx.xml", "load_data.csv", ".zgroup", ".zattrs", "DS_Store", "_x.csv", "nfs.txt", "x.bmp", ""],
)  # fmt: skip
def test_data_files(name):
    assert not is_junk(name)


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir",
        ".Spotlight-V100",
        ".Trashes",
        ".fseventsd",
        "__MACOSX",
        "$RECYCLE.BIN",
        ".Trash-1000",
        ".git",
    ],
)
def test_junk_folders(name):
    assert is_junk_folder(name)


@pytest.mark.parametrize(
    "name", ["images", "Images", "_cpgate", "eaDir", "MACOSX", "2021_04_26_Batch1", "x.zarr", "recycle"]
)
def test_data_folders(name):
    assert not is_junk_folder(name)


@given(st.lists(st.text("._~$Thumbs.dbDS_Storetmp \n", max_size=12)))
def test_junk_among_names_is_what_each_name_is(names):
    names += ["Thumbs.db", "~$plan.xlsx", ".DS_Store", "a.tiff", ""]
    assert junk_among(names) == {name for name in names if is_junk(name)}
