import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from validator.errors import CredentialsError, RemoteError
from validator.s3.client import S3Settings, make_client
from validator.s3.failures import AlreadyThere
from validator.s3.objects import (
    Condition,
    bare_etag,
    first_part_size,
    head_object,
    list_objects,
    md5_header,
    put_object,
)

KEY = "cpg0099-example/broad/images/2024_03_05_Run1/images/BR01/r01c01f01p01-ch1sk1fk1fl1.tiff"


@pytest.fixture
def client(store):
    return make_client(S3Settings(store.endpoint, attempts=1))


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def put(client, store, key, data, condition=None):
    return put_object(client, store.bucket, key, data, md5(data), condition).etag


def test_what_was_put_is_there(client, store):
    assert put(client, store, KEY, b"cells") == md5(b"cells")
    assert store.read(KEY) == b"cells"
    there = head_object(client, store.bucket, KEY)
    assert (there.key, there.size, there.etag) == (KEY, 5, md5(b"cells"))
    assert there.modified.tzinfo is UTC
    assert abs(datetime.now(UTC) - there.modified) < timedelta(minutes=5)


def test_nothing_is_there(client, store):
    assert head_object(client, store.bucket, KEY) is None


def test_an_empty_object(client, store):
    assert put(client, store, KEY, b"") == md5(b"")
    assert head_object(client, store.bucket, KEY).size == 0


def test_nothing_is_overwritten_unless_named(client, store):
    nothing_there = Condition()
    assert nothing_there.arguments() == {"IfNoneMatch": "*"}
    put(client, store, KEY, b"first", nothing_there)
    with pytest.raises(AlreadyThere, match="another object lies at"):
        put(client, store, KEY, b"second", nothing_there)
    with pytest.raises(AlreadyThere):
        put(client, store, KEY, b"second", Condition(md5(b"something else")))
    assert store.read(KEY) == b"first"
    put(client, store, KEY, b"second", Condition(md5(b"first")))
    assert store.read(KEY) == b"second"
    put(client, store, KEY, b"third", None)
    assert store.read(KEY) == b"third"


def test_listing_goes_through_every_page_in_the_order_of_keys(client, store):
    keys = [f"cpg0099-example/broad/images/{number:03d}" for number in range(12)]
    for key in reversed(keys):
        store.put(key, key.encode())
    listed = list(list_objects(client, store.bucket, "cpg0099-example/", page_size=5))
    assert [item.key for item in listed] == keys
    assert all(item.etag == md5(item.key.encode()) for item in listed)
    assert [item.key for item in list_objects(client, store.bucket, f"{keys[3][:-1]}")] == keys[:10]
    assert list(list_objects(client, store.bucket, "cpg0098")) == []


def test_listing_only_what_lies_directly_in_a_folder(client, store):
    for key in ("a/b/file", "a/b/c/deep", "a/bc", "a/b/zz"):
        store.put(key, b"")
    found = [item.key for item in list_objects(client, store.bucket, "a/b/", direct=True)]
    assert found == ["a/b/file", "a/b/zz"]


@pytest.mark.parametrize(
    "name",
    ["a b+c%20d", "Zähler", "#&?=;:@$,", "日本", "a'b\"c", "tab\tin it", "..", "a//b", "%2F", "plus+ "],
)
def test_keys_come_back_as_they_went(client, store, name):
    key = f"cpg0099-example/broad/{name}"
    put(client, store, key, b"x")
    assert [item.key for item in list_objects(client, store.bucket, "cpg0099-example/broad/")] == [key]
    assert head_object(client, store.bucket, key).key == key


def multipart_object(store, key, *pieces: bytes) -> None:
    upload = store.client.create_multipart_upload(Bucket=store.bucket, Key=key)["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": store.client.upload_part(
                Bucket=store.bucket, Key=key, UploadId=upload, PartNumber=number, Body=piece
            )["ETag"],
        }
        for number, piece in enumerate(pieces, start=1)
    ]
    store.client.complete_multipart_upload(
        Bucket=store.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
    )


def test_the_part_size_of_an_object_is_learnt_from_the_store(client, store):
    size = 5 * 1024 * 1024
    multipart_object(store, KEY, b"a" * size, b"b" * size, b"c")
    assert first_part_size(client, store.bucket, KEY) == size
    assert head_object(client, store.bucket, KEY).etag.endswith("-3")


def test_an_object_that_was_put_at_once_has_no_part_size(client, store):
    put(client, store, KEY, b"cells")
    assert first_part_size(client, store.bucket, KEY) is None


def test_a_bucket_that_does_not_exist(client):
    with pytest.raises(RemoteError, match="there is no bucket nowhere-at-all"):
        list(list_objects(client, "nowhere-at-all", ""))
    with pytest.raises(RemoteError, match="there is no bucket nowhere-at-all"):
        put_object(client, "nowhere-at-all", KEY, b"", md5(b""), None)


def test_a_bucket_that_cannot_be_one(client):
    with pytest.raises(RemoteError, match="is not a name that S3 accepts"):
        list(list_objects(client, "no bucket", ""))


def test_keys_that_run_out_while_listing(store, client):
    """The second page is refused: nothing pretends that the first was all."""
    for number in range(4):
        store.put(f"a/{number}", b"")
    listing = list_objects(client, store.bucket, "a/", page_size=2)
    assert next(listing).key == "a/0"

    def refuse(**_):
        raise ClientError({"Error": {"Code": "ExpiredToken"}}, "ListObjectsV2")

    client.meta.events.register("before-call.s3.ListObjectsV2", refuse)
    with pytest.raises(CredentialsError, match="expired"):
        list(listing)


def test_forms_of_digests():
    assert bare_etag('"abc"') == bare_etag("abc") == "abc"
    assert md5_header("d41d8cd98f00b204e9800998ecf8427e") == "1B2M2Y8AsgTpgAmY7PhCfg=="
