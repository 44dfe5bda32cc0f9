"""The index keeps every folder with its files, in memory and on disk, and tells what is remarkable."""

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validator.index.building import IndexBuilder
from validator.index.placed import Sign
from validator.models.listing import Folder
from validator.rulebook.layout import load_layout

HOME = "cpg0099-example/broad/"
SEGMENTS = st.sampled_from(
    [
        "images",
        "workspace",
        "analysis",
        "2024_03_05_Run1",
        "BR01",
        "BR01-A01-1",
        "BR01-A01-2",
        "Images",
        "a b",
        "A",
    ]
)
NAMES = st.sampled_from(
    ["Cells.csv", "cells.csv", "Image.csv", "what.xyz", "a b.tif", "µ.tif", "r01c01f01p01-ch1.tiff"]
)
FILES = st.dictionaries(NAMES, st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=5)


def folder(key, files):
    names = sorted(files)
    return Folder(
        HOME + key,
        f"/data/\udcff/{key}",
        names,
        array("q", [files[name][0] for name in names]),
        array("q", [files[name][1] for name in names]),
        {name: f"{name}~" for name in names if not name.isascii()},
    )


def build(folders, **options):
    builder = IndexBuilder(load_layout(), **options)
    for some in folders:
        builder.add(some)
    return builder.finish()


@settings(max_examples=40)  # each writes an index to the disk
@given(
    st.dictionaries(
        st.lists(SEGMENTS, max_size=7).map(lambda s: "".join(f"{p}/" for p in s)), FILES, max_size=12
    ),
    st.randoms(),
)
def test_an_index_on_disk_holds_what_one_in_memory_holds(tree, random):
    folders = [folder(key, files) for key, files in sorted(tree.items())]
    shuffled = random.sample(folders, len(folders))
    for order, most in ((folders, 10**6), (folders, 3), (shuffled, 10**6), (shuffled, 3)):
        index = build(order, files_in_memory=most)
        assert [placed.folder for placed in index] == folders
        assert [(p.key, p.files, p.size) for p in index] == [
            (f.key, len(f.names), sum(f.sizes)) for f in folders
        ]
        assert len(index) == len(folders)
        assert (index.files, index.size) == (
            sum(len(f.names) for f in folders),
            sum(sum(f.sizes) for f in folders),
        )
        assert (index.bytes_on_disk > 0) == (most == 3 and index.files >= 3)
        for some in folders:
            found = index.get(some.key)
            assert found is not None
            assert found.folder == some
            assert [p.key for p in index.below(some.key)] == [
                f.key for f in folders if f.key.startswith(some.key)
            ]
        assert index.digest == build(folders).digest


@given(
    st.dictionaries(
        st.lists(SEGMENTS, max_size=7).map(lambda s: "".join(f"{p}/" for p in s)), FILES, max_size=12
    )
)
def test_a_survey_leaves_nothing_out(tree):
    folders = [folder(key, files) for key, files in sorted(tree.items())]
    index, slow = build(folders), build(folders, condense=False)
    assert sum(p.files for p in index.survey) == sum(p.files for p in slow.survey) == index.files
    assert [p.key for p in slow.survey] == [f.key for f in folders]
    assert {p.key for p in index.survey} <= {f.key for f in folders}
    for sign in Sign:
        assert [p.key for p in index.with_sign(sign)] == [p.key for p in slow.with_sign(sign)]


@pytest.mark.parametrize(
    ("name", "size", "sign"),
    [
        ("Cells.csv", 0, Sign.EMPTY),
        ("a b.csv", 1, Sign.STRANGE),
        ("n" * 1000 + ".csv", 1, Sign.LONG),
        ("image.csv", 1, Sign.ALIKE),
        ("what.xyz", 1, Sign.MISFIT),
    ],
)
def test_what_is_remarkable(name, size, sign):
    key = "workspace/analysis/2024_03_05_Run1/BR01/analysis/BR01-A01-1/"
    index = build([folder(key, {"Image.csv": (5, 1), name: (size, 1)})])
    assert [p.key for p in index.with_sign(sign)] == [HOME + key]
    quiet = build([folder(key, {"Image.csv": (5, 1), "Nuclei.csv": (6, 1)})])
    assert not list(quiet.with_sign(sign))


def test_sites_of_a_plate_are_one_folder_of_the_survey():
    key = "workspace/analysis/2024_03_05_Run1/BR01/analysis/"
    sites = [folder(f"{key}BR01-A01-{site}/", {"Image.csv": (5, 1)}) for site in range(1, 10)]
    index = build(
        [
            *sites,
            folder("workspace/analysis/2024_03_05_Run1/BR02/analysis/BR02-A01-1/", {"Image.csv": (5, 1)}),
        ]
    )
    assert [(p.place.entities["plate"], p.files) for p in index.survey] == [("BR01", 9), ("BR02", 1)]
    assert index.survey[0].folder.names == ["Image.csv"]


def test_objects_keep_their_marks():
    some = folder("images/2024_03_05_Run1/images/BR01/", {"a.tif": (1, 1), "b.tif": (2, 2)})
    some.marks = array("q", [7, 8])
    (found,) = build([some], files_in_memory=1)
    assert found.folder == some
