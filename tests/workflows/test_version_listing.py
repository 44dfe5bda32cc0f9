"""Versions of many objects are listed in few requests, and none is missed."""

import pytest

from validator.errors import CredentialsError
from validator.s3.versions import ObjectVersion
from validator.workflows import version_listing
from validator.workflows.version_listing import versions_of


class Bucket:
    """A bucket in memory that counts what is asked for."""

    def __init__(self, keys, allowed=""):
        self.keys, self.allowed, self.asked = sorted(keys), allowed, []

    def list_versions(self, _client, _bucket, prefix, *, direct=False):
        self.asked.append(prefix)
        if not prefix.startswith(self.allowed):
            raise CredentialsError("not allowed", "ask")
        for key in self.keys:
            if key.startswith(prefix) and not (direct and "/" in key[len(prefix) :]):
                yield ObjectVersion(key, "v2", 1, "e", latest=True)
                yield ObjectVersion(key, "v1", 1, "e", latest=False)


NODES = [f"lab/cells/{group}/n{number}/info/load" for group in ("fovs", "wells") for number in range(30)]


@pytest.fixture
def listed(monkeypatch):
    def run(bucket, keys):
        monkeypatch.setattr(version_listing, "list_versions", bucket.list_versions)
        found = [(v.key, v.version_id) for v in versions_of(None, "b", keys)]
        return {item for item in found if item[0] in set(keys)}

    return run


def both(keys):
    return {(key, version) for key in keys for version in ("v1", "v2")}


def test_a_package_is_listed_once(listed):
    bucket = Bucket([*NODES, "lab/other/x"])
    assert listed(bucket, NODES[::2]) == both(NODES[::2])
    assert bucket.asked == ["lab/cells/"]


def test_a_few_folders_of_a_large_bucket(listed, monkeypatch):
    monkeypatch.setattr(version_listing, "PAGE", 10)
    keys = ["p/s/images/b1/images/x", "p/s/images/b9/images/x", "p/s/README.md"]
    bucket = Bucket([*keys, *(f"p/s/images/b5/images/{number:03}" for number in range(500))])
    assert listed(bucket, keys) == both(keys)
    assert bucket.asked == ["p/s/", "p/s/images/b9/images/"]


def test_what_lies_above_may_not_be_listed(listed):
    keys = ["p/s/images/b1/images/x", "p/s/images/b1/illum/BR1/y"]
    bucket = Bucket(keys, allowed="p/s/images/b1/i")
    assert listed(bucket, keys) == both(keys)
    with pytest.raises(CredentialsError):
        listed(Bucket(keys, allowed="elsewhere"), keys)


def test_keys_at_the_root(listed):
    assert listed(Bucket(["a", "b/c"]), ["a", "b/c"]) == both(["a", "b/c"])
    assert listed(Bucket([]), []) == set()
