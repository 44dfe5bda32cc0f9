"""Listing side by side gives what a plain listing gives, in the same order, with few more requests."""

import random
import string
import threading
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import RemoteError
from validator.s3.failures import RequestRefused
from validator.s3.objects import RemoteObject, list_objects
from validator.s3.pages import Page
from validator.sources import bucket_listing
from validator.sources.bucket_listing import list_side_by_side


class Shelf:
    """Keys in memory, listed as S3 does; answers come late and out of order."""

    def __init__(self, keys, delay=0.0):
        self.keys = sorted(keys)
        self.delay = delay
        self.requests = Counter()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    def list_page(self, client, bucket, prefix, token=None, *, direct=False, size=1000):  # noqa: ARG002  as list_page
        with self.lock:
            self.requests[prefix] += 1
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
        time.sleep(self.delay * random.random())
        try:
            return self.page(prefix, token, direct, size)
        finally:
            with self.lock:
                self.at_once -= 1

    def page(self, prefix, token, direct, size):
        items = []
        for key in self.keys:
            if not key.startswith(prefix) or (token is not None and key <= token):
                continue
            rest = key[len(prefix) :]
            item = prefix + rest.partition("/")[0] + "/" if direct and "/" in rest else key
            if items and items[-1] == item:
                continue
            if len(items) == size:
                return self.made(items, items[-1])
            items.append(item)
        return self.made(items, None)

    def made(self, items, token):
        folders = [item for item in items if item.endswith("/")]
        return Page([RemoteObject(i, 1, "e", None) for i in items if i not in folders], folders, token)


@pytest.fixture
def shelve(monkeypatch):
    def make(keys, delay=0.0):
        shelf = Shelf(keys, delay)
        monkeypatch.setattr(bucket_listing, "list_page", shelf.list_page)
        return shelf

    return make


def listed(prefix="", **options):
    return [found.key for found in list_side_by_side(None, "bucket", prefix, **options)]


NAMES = st.text("ab-0/", min_size=1, max_size=8).filter(lambda name: name[-1] != "/" and "//" not in name)


@given(keys=st.sets(NAMES, max_size=40), size=st.integers(2, 7))
def test_every_tree_comes_whole_and_in_order(keys, size):
    shelf = Shelf(keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket_listing, "list_page", shelf.list_page)
        assert listed(page_size=size, threads=3) == shelf.keys


def test_plates_are_listed_side_by_side(shelve):
    plates = [
        f"p/s/images/b/images/BR{number:02}/Images/{site}.tif" for number in range(30) for site in range(50)
    ]
    shelf = shelve([*plates, "p/s/README.md", "p/s/workspace/x/y.csv"], delay=0.01)
    assert listed("p/s/", page_size=10) == shelf.keys
    assert shelf.most_at_once > 8
    assert shelf.requests.total() < 1.7 * len(shelf.keys) / 10


def test_many_small_folders_are_not_asked_for_one_by_one(shelve, monkeypatch):
    monkeypatch.setattr(bucket_listing, "MOST_FOLDERS", 5)
    shelf = shelve([f"sites/{site}/{file}" for site in range(8) for file in range(20)])
    assert listed(page_size=10) == shelf.keys
    assert set(shelf.requests) == {"", "sites/"}


def test_what_fits_on_a_page_is_one_request(shelve):
    shelf = shelve(["a/b", "c"])
    assert listed() == ["a/b", "c"]
    assert shelf.requests.total() == 1


def test_little_is_held_while_nobody_takes_it(shelve):
    shelf = shelve([f"{folder}/{number:04}" for folder in string.ascii_lowercase for number in range(400)])
    found = list_side_by_side(None, "bucket", "", page_size=10)
    assert next(found).key == "a/0000"
    time.sleep(0.2)
    assert shelf.requests.total() < 3 + 26 * (bucket_listing.PAGES_AHEAD + 2)
    assert [first.key for first in found] == shelf.keys[1:]


def test_refusal_ends_the_listing(shelve, monkeypatch):
    shelf = shelve([f"{folder}/{number}" for folder in "abc" for number in range(30)])

    def refuse(client, bucket, prefix, *rest, **options):
        if prefix == "b/":
            raise RequestRefused("no")
        return shelf.list_page(client, bucket, prefix, *rest, **options)

    monkeypatch.setattr(bucket_listing, "list_page", refuse)
    with pytest.raises(RemoteError):
        listed(page_size=10)


def test_a_real_store_gives_the_same(store):
    names = ["a b+c", "ü/ö", "a/b/1", "a/b/2", "a/c/1", "a-1", "a1", "a/b.txt", "x/", "a/%20", "z/z/z/z"]
    for name in names:
        store.put(f"p/{name}", name.encode())
    plain = list(list_objects(store.client, store.bucket, "p/"))
    assert len(plain) == len(names)
    for size in (2, 3, 1000):
        assert list(list_side_by_side(store.client, store.bucket, "p/", page_size=size)) == plain
