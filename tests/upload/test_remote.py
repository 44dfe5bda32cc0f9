import pytest
from hypothesis import given
from hypothesis import strategies as st
from selected import select

from validator.s3.client import S3Settings, make_client
from validator.upload.remote import list_folders, listing_prefixes

SEGMENT = st.sampled_from(["a", "b", "a-x", "a b", "ü", "a.", "aa"])
KEYS = st.lists(st.lists(SEGMENT, min_size=1, max_size=8).map("/".join), min_size=1, max_size=12)


@given(KEYS)
def test_every_key_is_covered_once(keys):
    deep, shallow = listing_prefixes(keys)
    assert all(prefix.endswith("/") for prefix in deep)
    assert all(prefix.endswith("/") or prefix == "" for prefix in shallow)
    for key in keys:
        folder = key.rpartition("/")[0]
        lists = [prefix for prefix in deep if key.startswith(prefix)]
        lists += [prefix for prefix in shallow if prefix.rstrip("/") == folder]
        assert len(lists) == 1, (key, deep, shallow)


@given(KEYS)
def test_nothing_is_listed_that_holds_no_key(keys):
    deep, shallow = listing_prefixes(keys)
    for prefix in [*deep, *shallow]:
        assert any(key.startswith(prefix) for key in keys)


@pytest.mark.parametrize(
    ("keys", "deep", "shallow"),
    [
        (["p/s/images/batch/images/plate/a.tiff", "p/s/images/batch/images/other/a.tiff"], ["p/s/images/batch/images/"], []),
        (["p/s/images/batch/illum/BR1/a.npy"], ["p/s/images/batch/illum/"], []),
        (["p/s/workspace/README.md", "p/s/README.md"], [], ["p/s/", "p/s/workspace/"]),
        (["p/s/workspace/qc/a.csv", "p/s/workspace/qc/batch/b.csv"], ["p/s/workspace/qc/"], []),
        ([], [], []),
    ],
)  # fmt: skip
def test_what_is_listed(keys, deep, shallow):
    assert listing_prefixes(keys) == (deep, shallow)


def test_nodes_side_by_side_are_asked_for_together():
    nodes = [f"lab/cells/fovs/fov_{number}/{part}/load" for number in range(60) for part in ("info", "image")]
    keys = ["lab/cells/SCHEMA", "lab/cells/lines/line_A/info/load", *nodes]
    assert listing_prefixes(keys) == (["lab/cells/fovs/", "lab/cells/lines/line_A/info/"], ["lab/cells/"])
    assert len(listing_prefixes(nodes[:20])[0]) == 20  # few are not worth what else may lie there


def test_what_lies_in_a_listed_folder_is_not_asked_for_again():
    keys = [f"a/b/n{number}/{'x/' * deep}f" for number in range(60) for deep in (0, 2)]
    assert listing_prefixes(keys) == (["a/b/"], [])


def test_all_that_lies_in_the_folders_comes(store):
    mine = ["p/s/README.md", "p/s/images/batch/images/plate/a b.tiff", "p/s/workspace/x.csv"]
    for key in [*mine, "p/s/images/batch/images/other/b.tiff", "p/s/images/later/a.tiff", "p/t/a"]:
        store.put(key, key.encode())
    client = make_client(S3Settings(store.endpoint, attempts=1))
    found = {remote.key: remote for remote in list_folders(client, store.bucket, select(*mine))}
    assert sorted(found) == sorted([*mine, "p/s/images/batch/images/other/b.tiff"])
    assert all(found[key].size == len(key) for key in mine)
    assert list(list_folders(client, store.bucket, select())) == []
