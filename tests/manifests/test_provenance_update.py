import json

import pytest

from validator.errors import UnreadableFile
from validator.manifests.provenance_update import NewProduct, Overwritten, enter_products

GALLERY = "https://cellpainting-gallery.s3.amazonaws.com/"


def product(key="p/s/workspace/profiles_assembled/ORF/v1.0/a.parquet", etag="1" * 32, subset="orf"):
    fields = {"subset": subset, "url": f"{GALLERY}{key}", "recipe_permalink": "r", "etag": etag, "size": 5}
    return NewProduct(key, "ORF", key.split("/")[-2], fields)


def test_the_first_product():
    made = enter_products(b"", [product()])
    assert json.loads(made.content) == [dict(product().fields)]
    assert (made.added, made.updated) == (1, 0)
    assert enter_products(made.content, [product()]).content == made.content


@pytest.mark.parametrize("form", ["{}", '{{"datasets": {}}}'])
def test_what_is_there_stays_byte_for_byte(form):
    old = form.format('[ {"subset" : "x", "url":"https://a.org/x",   "mine": [1,  2]} ]\n').encode()
    made = enter_products(old, [product()])
    assert made.content.startswith(old[: old.index(b" ]")])
    document = json.loads(made.content)
    entries = document["datasets"] if isinstance(document, dict) else document
    assert [entry["subset"] for entry in entries] == ["x", "orf"]


def test_a_known_product_is_brought_up_to_date_under_its_own_names():
    key = product().key
    old = json.dumps(
        [{"subset": "mine", "profile_url": f"s3://cellpainting-gallery/{key}", "note": "kept", "etag": ""}]
    )
    made = enter_products(old.encode(), [product()])
    [entry] = json.loads(made.content)
    assert (made.added, made.updated, made.overwritten) == (0, 1, ())
    assert (entry["subset"], entry["note"], entry["etag"], entry["size"]) == ("mine", "kept", "1" * 32, 5)
    assert "url" not in entry


def test_a_new_version_has_an_entry_of_its_own():
    first = enter_products(b"", [product()]).content
    newer = product("p/s/workspace/profiles_assembled/ORF/v1.1/a.parquet")
    entries = json.loads(enter_products(first, [newer]).content)
    assert [entry["subset"] for entry in entries] == ["orf", "orf_v1.1"]


def test_other_bytes_at_a_known_place_are_told():
    first = enter_products(b"", [product()]).content
    made = enter_products(first, [product(etag="2" * 32)])
    assert made.overwritten == (Overwritten(product().key, "1" * 32, "2" * 32),)


def test_what_described_the_bytes_before_does_not_stay():
    described = {"part_size": 8 << 20, "version_id": "v", "sha256": "0" * 64}
    before = json.dumps([dict(product().fields) | described]).encode()
    assert enter_products(before, [product()]).content == before
    [entry] = json.loads(enter_products(before, [product(etag="2" * 32)]).content)
    assert {name: entry[name] for name in described} == dict.fromkeys(described)


def test_csv_becomes_json_and_local_entries_are_entered():
    made = enter_products(b"subset,url,etag\nold,https://a.org/x,1\n", [product()])
    assert [entry["subset"] for entry in json.loads(made.content)] == ["old", "orf"]
    local = json.dumps([{"subset": "mine", "url": f"{GALLERY}p/s/other.parquet"}]).encode()
    made = enter_products(b"[]", [product()], local)
    assert [entry["subset"] for entry in json.loads(made.content)] == ["orf", "mine"]
    made = enter_products(b"", [product()], local)
    assert [entry["subset"] for entry in json.loads(made.content)] == ["mine", "orf"]


def test_what_is_no_manifest():
    with pytest.raises(UnreadableFile):
        enter_products(b"no manifest", [product()])
