import hashlib
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from validator.digests.parts import multipart_etag
from validator.errors import CredentialsError, RemoteError
from validator.s3.client import S3Settings, make_client
from validator.s3.failures import AlreadyThere, UploadGone
from validator.s3.limits import MIN_PART_SIZE
from validator.s3.multipart import (
    RemotePart,
    RemoteUpload,
    abort_if_empty,
    abort_upload,
    begin_upload,
    complete_upload,
    find_parts,
    list_parts,
    list_uploads,
    try_list_uploads,
    upload_part,
)
from validator.s3.objects import Condition

KEY = "cpg0099-example/broad/workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite"
PIECES = [b"a" * MIN_PART_SIZE, b"b" * MIN_PART_SIZE, b"c"]
MD5S = [hashlib.md5(piece).hexdigest() for piece in PIECES]
WHERE = {"Bucket": "bucket", "Key": KEY, "UploadId": "id"}


@pytest.fixture
def client(store):
    return make_client(S3Settings(store.endpoint, attempts=1))


@pytest.fixture
def stub(client):
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def send(client, store, upload_id: str, *numbers: int) -> None:
    for number in numbers:
        etag = upload_part(
            client, store.bucket, KEY, upload_id, number, PIECES[number - 1], MD5S[number - 1]
        ).etag
        assert etag == MD5S[number - 1]


def test_parts_become_an_object(client, store):
    upload_id = begin_upload(client, store.bucket, KEY).upload_id
    assert list_parts(client, store.bucket, KEY, upload_id) == []
    send(client, store, upload_id, 3, 1, 2)
    assert list_parts(client, store.bucket, KEY, upload_id) == [
        RemotePart(number, len(piece), md5)
        for number, (piece, md5) in enumerate(zip(PIECES, MD5S, strict=True), start=1)
    ]
    assert list(list_uploads(client, store.bucket, "cpg0099-example/")) == [RemoteUpload(KEY, upload_id)]
    assert list(list_uploads(client, store.bucket, "cpg0098")) == []
    etag = complete_upload(client, store.bucket, KEY, upload_id, MD5S, Condition()).etag
    assert etag == multipart_etag(MD5S)
    assert store.read(KEY) == b"".join(PIECES)
    assert store.unfinished() == []


def test_nothing_is_overwritten_unless_named(client, store):
    store.put(KEY, b"other")
    upload_id = begin_upload(client, store.bucket, KEY).upload_id
    send(client, store, upload_id, 1)
    with pytest.raises(AlreadyThere):
        complete_upload(client, store.bucket, KEY, upload_id, MD5S[:1], Condition())
    assert store.read(KEY) == b"other"
    complete_upload(client, store.bucket, KEY, upload_id, MD5S[:1], None)
    assert store.read(KEY) == PIECES[0]


def test_the_object_that_may_be_replaced_is_named(client, stub):
    """moto does not look at this condition."""
    parts = [{"PartNumber": 1, "ETag": f'"{MD5S[0]}"'}]
    expected = WHERE | {"MultipartUpload": {"Parts": parts}, **Condition(MD5S[1]).arguments()}
    stub.add_response("complete_multipart_upload", {"ETag": '"x-1"'}, expected)
    assert complete_upload(client, "bucket", KEY, "id", MD5S[:1], Condition(MD5S[1])).etag == "x-1"


def test_an_answer_without_an_etag(client, stub):
    stub.add_response("complete_multipart_upload", {})
    assert complete_upload(client, "bucket", KEY, "id", MD5S, None).etag == ""


def test_a_part_of_another_content_is_no_part(client, store):
    upload_id = begin_upload(client, store.bucket, KEY).upload_id
    send(client, store, upload_id, 1, 2)
    with pytest.raises(RemoteError):
        complete_upload(client, store.bucket, KEY, upload_id, [MD5S[0], MD5S[2]], None)
    assert store.object_keys() == []


def test_aborting_leaves_nothing_and_twice_is_fine(client, store):
    upload_id = begin_upload(client, store.bucket, KEY).upload_id
    send(client, store, upload_id, 1)
    assert store.unfinished() == [KEY]
    abort_upload(client, store.bucket, KEY, upload_id)
    assert store.unfinished() == []
    abort_upload(client, store.bucket, KEY, upload_id)


def test_only_an_upload_without_parts_is_empty(client, store):
    empty, begun = (begin_upload(client, store.bucket, KEY).upload_id for _ in range(2))
    send(client, store, begun, 1)
    assert abort_if_empty(client, store.bucket, KEY, empty)
    assert not abort_if_empty(client, store.bucket, KEY, begun)
    assert try_list_uploads(client, store.bucket, KEY) == [RemoteUpload(KEY, begun)]


def test_the_store_has_forgotten_the_upload(client, stub):
    for method in ("upload_part", "complete_multipart_upload", "list_parts"):
        stub.add_client_error(method, "NoSuchUpload", http_status_code=404)
    with pytest.raises(UploadGone):
        upload_part(client, "bucket", KEY, "id", 1, b"x", MD5S[0])
    with pytest.raises(UploadGone):
        complete_upload(client, "bucket", KEY, "id", MD5S, None)
    with pytest.raises(UploadGone):
        list_parts(client, "bucket", KEY, "id")


def test_what_is_gone_needs_no_abort(client, stub):
    stub.add_client_error("abort_multipart_upload", "NoSuchUpload", http_status_code=404)
    abort_upload(client, "bucket", KEY, "id")
    stub.add_client_error("list_parts", "NoSuchUpload", http_status_code=404)
    assert not abort_if_empty(client, "bucket", KEY, "id")


def test_an_abort_that_is_refused_is_told(client, stub):
    stub.add_client_error("abort_multipart_upload", "AccessDenied", http_status_code=403)
    with pytest.raises(CredentialsError, match="may not abort the upload of"):
        abort_upload(client, "bucket", KEY, "id")


def test_parts_of_every_page(client, stub):
    pages = [
        {
            "Parts": [{"PartNumber": 1, "Size": 5, "ETag": f'"{MD5S[0]}"'}],
            "IsTruncated": True,
            "NextPartNumberMarker": 1,
        },
        {"Parts": [{"PartNumber": 2, "Size": 6, "ETag": f'"{MD5S[1]}"'}], "IsTruncated": False},
    ]
    stub.add_response("list_parts", pages[0], WHERE)
    stub.add_response("list_parts", pages[1], WHERE | {"PartNumberMarker": 1})
    assert list_parts(client, "bucket", KEY, "id") == [RemotePart(1, 5, MD5S[0]), RemotePart(2, 6, MD5S[1])]


def test_when_a_rule_throws_parts_away(client, stub):
    moment = datetime(2026, 12, 6, 12, tzinfo=UTC)
    parts = {"Parts": [{"PartNumber": 1, "Size": 5, "ETag": f'"{MD5S[0]}"'}], "IsTruncated": False}
    stub.add_response("list_parts", parts | {"AbortDate": moment, "AbortRuleId": "tidy"}, WHERE)
    stub.add_response("list_parts", parts, WHERE)
    assert find_parts(client, "bucket", KEY, "id").ends == moment
    assert find_parts(client, "bucket", KEY, "id").ends is None


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("NotImplemented", 501)])
def test_unfinished_uploads_that_may_not_be_listed(client, stub, code, status):
    """Keys of a grant probably lack this right, and small stores lack the request."""
    stub.add_client_error("list_multipart_uploads", code, http_status_code=status)
    assert try_list_uploads(client, "bucket", "cpg0099-example/") is None


def test_another_failure_of_that_request_tells_nothing(client, stub):
    stub.add_client_error("list_multipart_uploads", "InternalError", http_status_code=500)
    assert try_list_uploads(client, "bucket", "cpg0099-example/") is None
