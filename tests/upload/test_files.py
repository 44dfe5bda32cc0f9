from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.models.listing import Entry, Folder
from validator.upload import files as files_module
from validator.upload.files import FolderChoice, SelectedFiles

SEGMENT = st.sampled_from(["a", "b", "a-x", "a b", "ü", "a.", "aa"])
KEYS = st.sets(st.lists(SEGMENT, min_size=1, max_size=5).map("/".join), max_size=20)


def selected(keys) -> SelectedFiles:
    """What a disk would list: no key is the folder of another."""
    keys = {key for key in keys if not any(other.startswith(f"{key}/") for other in keys)}
    folders: dict[str, Folder] = {}
    for number, key in enumerate(sorted(keys)):
        parent, slash, name = key.rpartition("/")
        folder = folders.setdefault(parent, Folder(parent + slash, f"/disk/{parent}".rstrip("/")))
        folder.add(name, number, number * 7)
    by_key = {folder.key: folder for folder in folders.values()}
    choices = [FolderChoice(f.key, len(f.names), sum(f.sizes)) for f in reversed(by_key.values())]
    return SelectedFiles(choices, by_key.__getitem__)


@given(KEYS, KEYS)
def test_positions_follow_the_keys(keys, others):
    files = selected(keys)
    entries = list(files)
    listed = [entry.key for entry in entries]
    assert listed == sorted(listed)
    assert set(listed) <= keys
    assert len(files) == len(listed)
    assert files.size == sum(range(len(listed)))
    for position, entry in enumerate(entries):
        assert entry == Entry(entry.key, f"/disk/{entry.key}", position, position * 7)
        assert files.position(entry.key) == position
        assert files.entry(position) == entry
    for other in others - set(listed):
        assert files.position(other) is None
        assert other not in files
    assert set(files.folders()) == {"".join(key.rpartition("/")[:2]) for key in listed}


@given(KEYS, st.data())
def test_positions_do_not_depend_on_what_was_asked_before(keys, data):
    """The file after the one asked for last is found in another way than any other."""
    files = selected(keys)
    where = {entry.key: position for position, entry in enumerate(files)}
    runs = [(key, f"{key}x") for key in where]
    asked = (
        data.draw(st.lists(st.sampled_from(runs + [(key,) for key in where] * 3), max_size=30))
        if runs
        else []
    )
    for key in (key for run in asked for key in run):
        assert files.position(key) == where.get(key)
    for key in list(where) * 2:
        assert files.position(key) == where[key]


def test_nothing_but_a_key_is_among_them():
    assert None not in selected({"a/b"})


def test_only_some_folders_are_at_hand(monkeypatch):
    monkeypatch.setattr("validator.upload.files.NAMES_AT_HAND", 5)
    files = selected({f"{folder}/{name}" for folder in "abcd" for name in "1234"})
    assert [files.position(entry.key) for entry in files] == list(range(16))
    assert sum(len(folder.names) for folder in files._at_hand.values()) <= 5


def test_some_files_of_a_folder():
    folder = Folder("a/", "/disk/a")
    for name in "1234":
        folder.add(name, int(name), 0)
    files = SelectedFiles([FolderChoice("a/", 2, 6, array("q", [1, 3]))], lambda _: folder)
    assert [entry.key for entry in files] == ["a/2", "a/4"]
    assert (files.position("a/2"), files.position("a/3"), files.position("a/4")) == (0, None, 1)
    assert files.size == 6


@given(KEYS, st.integers(1, 6), st.integers(1, 4), st.text("ab", max_size=2))
def test_stretches_of_a_listing_are_about_equal(keys, stretch, stretches, after):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files_module, "STRETCH", stretch)
        patch.setattr(files_module, "STRETCHES", stretches)
        files = selected(keys)
        prefix = min((entry.key for entry in files), default="").rpartition("/")[0]
        prefix += "/" if prefix else ""
        wanted = [entry.key for entry in files if entry.key.startswith(prefix)]
        starts = files.dividing(prefix, after)
    assert starts == sorted(set(starts))
    assert set(starts) <= set(wanted)
    assert all(start > after for start in starts)
    assert len(starts) < max(1, min(stretches, len(wanted) // stretch))
    if starts and not after:
        edges = [0, *(wanted.index(start) for start in starts), len(wanted)]
        lengths = [end - begin for begin, end in pairwise(edges)]
        assert max(lengths) - min(lengths) <= 1
        assert min(lengths) >= stretch


def test_no_stretches_where_nothing_is_sent():
    assert selected(["a/b", "a/c"]).dividing("z/", "") == []
