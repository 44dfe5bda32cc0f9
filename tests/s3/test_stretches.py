"""A long listing in several stretches at once, from stores that keep to the rules and from others."""

from bisect import bisect_right
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import RemoteError
from validator.s3.client import S3Settings, make_client
from validator.s3.lean_listing import Page
from validator.s3.listing import list_objects
from validator.s3.remote_object import RemoteObject
from validator.s3.stretches import list_stretches

PAGE = 3
NOW = datetime(2026, 11, 29, tzinfo=UTC)
KEYS = st.lists(st.text("ab/-é", min_size=1, max_size=4), min_size=PAGE + 1, max_size=40, unique=True)


class Bucket:
    """Answers with pages of three objects; the token is the number of the object that comes next."""

    def __init__(self, keys, *, knows_after=True) -> None:
        self.keys = keys
        self.knows_after = knows_after
        self.asked: list[tuple[str | None, str | None]] = []

    def ask(self, token=None, *, after=None) -> Page:
        self.asked.append((token, after))
        first = int(token or 0)
        if after is not None and self.knows_after:
            first = bisect_right(self.keys, after)
        objects = [RemoteObject(key, 1, "0", NOW) for key in self.keys[first : first + PAGE]]
        end = first + PAGE
        return Page(objects, [], str(end) if end < len(self.keys) else None)

    def rest(self, starts) -> tuple[list[str], bool]:
        """What follows the first page, and whether that is said to be all."""
        found, whole = [], False
        page = self.ask()

        def listing():
            nonlocal whole
            whole = yield from list_stretches(self.ask, page.next, page.objects[-1].key, starts)

        found += [there.key for there in listing()]
        return found, whole


@given(KEYS, st.data())
def test_everything_comes_once_wherever_the_stretches_begin(keys, data):
    bucket = Bucket(sorted(keys))
    last = bucket.keys[PAGE - 1]
    starts = data.draw(st.lists(st.text("ab/-é", min_size=1, max_size=4), max_size=5, unique=True))
    found, whole = bucket.rest(sorted(start for start in starts if start > last))
    assert whole
    assert sorted(found) == bucket.keys[PAGE:]


def test_each_stretch_is_asked_for_only_as_far_as_it_goes():
    bucket = Bucket([f"{number:02}" for number in range(24)])
    pages = ["03 04 05", "09 10 11", "15 16 17", "06 07 08", "12 13 14", "18 19 20", "21 22 23"]
    assert bucket.rest(["08", "14"]) == (" ".join(pages).split(), True)
    assert len(bucket.asked) == 1 + 7


def test_a_store_that_always_begins_at_the_beginning_is_found_out():
    bucket = Bucket([f"{number:02}" for number in range(24)], knows_after=False)
    assert bucket.rest(["08"]) == (["03", "04", "05"], False)


@pytest.mark.parametrize("keys", ["abcdfeghi", "abcghidef"])
def test_a_store_with_another_order_is_found_out(keys):
    found, whole = Bucket(list(keys)).rest(["e"])
    assert not whole
    assert set(found) <= set(keys)


@pytest.mark.parametrize("knows_after", [True, False])
def test_all_is_listed_whatever_the_store_can_do(monkeypatch, knows_after):
    bucket = Bucket([f"{number:02}" for number in range(24)], knows_after=knows_after)

    def list_page(_client, _bucket, _prefix, token=None, *, after=None, **_):
        return bucket.ask(token, after=after)

    monkeypatch.setattr("validator.s3.listing.list_page", list_page)
    asked = []

    def divide(after):
        asked.append(after)
        return ["08", "14"]

    found = [there.key for there in list_objects(None, "bucket", "", divide=divide)]
    assert sorted(set(found)) == bucket.keys
    assert len(found) == len(bucket.keys) or not knows_after
    assert asked == ["02"]


def test_a_real_store_lists_in_stretches(store):
    keys = sorted(f"p/{folder}/a b-{number}.tiff" for folder in ("x", "x y", "z+") for number in range(5))
    for key in [*keys, "p2/other"]:
        store.put(key, b"1")
    client = make_client(S3Settings(store.endpoint, attempts=1))
    listed = list_objects(client, store.bucket, "p/", page_size=2, divide=lambda _: [keys[4], keys[9]])
    assert sorted(there.key for there in listed) == keys


def test_what_the_store_says_against_one_stretch_is_raised():
    bucket = Bucket([f"{number:02}" for number in range(24)])

    def ask(token=None, *, after=None):
        if after is not None:
            raise RemoteError("The store said no", "Ask later")
        return bucket.ask(token)

    with pytest.raises(RemoteError, match="said no"):
        list(list_stretches(ask, "3", "02", ["08"]))
