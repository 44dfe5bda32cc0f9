"""Keys of a bucket or a listing become folders; what cannot be a key is told."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UsageError
from validator.models.listing import UNKNOWN_SIZE, Folder, Trouble
from validator.rulebook.layout import load_layout
from validator.sources.keys import KeyFolders, Relocation, names_below, place_keys, shared_beginning

HOME = "cpg0099-example/broad/"


def sort_out(keys, prefix="", key_prefix="", size=1):
    folders = KeyFolders("s3://bucket/")
    for key in keys:
        folders.add(key, size, 0)
    found = list(Relocation(prefix, key_prefix).move(folders.take_all()))
    files = [entry for item in found if isinstance(item, Folder) for entry in item.entries()]
    return files, [item for item in found if not isinstance(item, Folder)]


def test_entries_know_their_key_and_where_they_lie():
    (entry,), _ = sort_out(["lab/x/images/b/a b+c.tiff"], "lab/x/", HOME)
    assert entry.key == f"{HOME}images/b/a b+c.tiff"
    assert entry.path == "s3://bucket/lab/x/images/b/a b+c.tiff"


def test_keys_outside_of_the_prefix_are_left_out():
    files, _ = sort_out(["lab/x/a", "lab/xy/b", "index.html"], "lab/x/", HOME)
    assert [entry.key for entry in files] == [f"{HOME}a"]


def test_folder_markers_are_no_files():
    assert sort_out([f"{HOME}images/"], size=0) == ([], [])
    assert sort_out([f"{HOME}images/"], size=UNKNOWN_SIZE) == ([], [])
    files, (trouble,) = sort_out([f"{HOME}images/"], size=7)
    assert (files, trouble.kind) == ([], "special-file")
    assert trouble.detail == "an object of 7 bytes whose key ends with a slash"


def test_decomposed_letters():
    raw = unicodedata.normalize("NFD", f"{HOME}qc/Düsseldorf/ü.txt")
    (entry,), troubles = sort_out([raw])
    assert troubles == []
    assert entry.key == f"{HOME}qc/Düsseldorf/ü.txt"
    assert entry.path == f"s3://bucket/{raw}"


def test_two_forms_of_one_name():
    keys = [f"{HOME}qc/{unicodedata.normalize(form, 'ü.txt')}" for form in ("NFC", "NFD")]
    files, (trouble,) = sort_out(keys)
    assert (len(files), trouble.kind) == (1, "same-key")
    keys = [f"{HOME}qc/{unicodedata.normalize(form, 'ü')}/a.txt" for form in ("NFC", "NFD")]
    files, (trouble,) = sort_out(keys)
    assert (len(files), trouble.kind) == (1, "same-key")


def test_names_that_are_not_utf8():
    files, troubles = sort_out([f"{HOME}qc/caf\udce9.txt", f"{HOME}caf\udce9/a.txt", f"{HOME}qc/a.txt"])
    assert [entry.key for entry in files] == [f"{HOME}qc/a.txt"]
    assert {(trouble.kind, trouble.key) for trouble in troubles} == {
        ("not-utf8", rf"{HOME}qc/caf\xe9.txt"),
        ("not-utf8", rf"{HOME}caf\xe9/"),
    }


def test_a_key_that_is_listed_twice():
    folders = KeyFolders()
    for size in (1, 2):
        folders.add(f"{HOME}a.txt", size, 0)
    trouble, folder = sorted(Relocation("", "").move(folders.take_all()), key=str, reverse=True)
    assert (trouble.kind, trouble.key) == ("listed-twice", f"{HOME}a.txt")
    assert [entry.size for entry in folder.entries()] == [2]


def test_folders_are_handed_out_when_they_are_complete():
    folders = KeyFolders()
    out = []
    for key in ("a/b/1", "a/b/2", "a/c/1", "a/z", "b/1"):
        folders.add(key, 1, 0)
        out.append([folder.key for folder in folders.take_before(key)])
    assert out == [[], [], ["a/b/"], ["a/c/"], ["a/"]]
    assert [folder.key for folder in folders.take_all()] == ["b/"]


def test_what_a_prefix_stands_for():
    assert place_keys("", None, ["cpg0099-example", "other"], "x") == ""
    assert place_keys("cpg0099-example/broad/", None, ["images"], "x") == HOME
    assert place_keys("data/cpg0099-example/broad/images/", None, ["b"], "x") == f"{HOME}images/"
    assert place_keys("lab/", "cpg0099-example/broad", ["images"], "x") == HOME
    with pytest.raises(UsageError, match="begin with a project"):
        place_keys("", None, ["lab", "other"], "x")


def test_shared_beginnings():
    assert shared_beginning([]) == ""
    assert shared_beginning(["lab/a/images/", "other/images/"]) == ""
    assert shared_beginning(["data/cpg0099-example/broad/"]) == "data/"
    assert names_below("lab/", ["lab/a/images/", "lab/b/", "other/"]) == {"a", "b"}


@given(
    st.lists(st.text(st.sampled_from("ab/.\u00fcu\u0308 \n\0\udce9"), min_size=1, max_size=12), max_size=8)
)
def test_no_key_is_lost_without_a_word(keys):
    files, troubles = sort_out(keys)
    layout = load_layout()
    for entry in files:
        entry.key.encode()
        assert layout.place_folder(entry.key.rpartition("/")[0] + "/").kind
    named = {key for key in keys if not key.endswith("/")}
    twice = sum(trouble.kind == "listed-twice" for trouble in troubles)
    lost = sum(trouble.kind in ("same-key", "not-utf8") for trouble in troubles)
    assert len(files) <= len(named)
    assert len(files) == len(named) or lost
    assert twice <= len(keys)


def test_marks_stay_with_their_objects():
    folders = KeyFolders("s3://b/")
    names = ["b.txt", "u\u0308.txt", "a.txt", "b.txt"]
    for number, name in enumerate(names, start=1):
        folders.add(f"x/{name}", 10, 0, number)
    found = list(Relocation("x/", "p/s/").move(folders.take_all()))
    [folder], [trouble] = ([f for f in found if isinstance(f, kind)] for kind in (Folder, Trouble))
    assert trouble.kind == "listed-twice"
    assert {entry.key: entry.mark for entry in folder.entries()} == {
        "p/s/a.txt": 3,
        "p/s/b.txt": 4,
        "p/s/\u00fc.txt": 2,
    }
    assert [folder.entry(n) for n in range(3)] == list(folder.entries())
    assert all(entry.stamp == entry.mark for entry in folder.entries())
    assert [entry.mark for entry in folder.only([2, 0]).entries()] == [folder.marks[2], folder.marks[0]]
