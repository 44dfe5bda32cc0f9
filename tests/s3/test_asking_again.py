"""An answer that breaks off in its head is no answer: above all it is no empty listing."""

import hashlib
import io
from dataclasses import replace

import pytest
from troubled_proxy import NOTHING, Fault, cut, refused, troubled_proxy

from validator.errors import RemoteError
from validator.s3.asking_again import is_cut
from validator.s3.client import S3Settings, make_client
from validator.s3.multipart import list_uploads
from validator.s3.objects import head_object, list_objects, put_object

HEAD = 40
"""Bytes of an answer: its status and half of a header."""


@pytest.fixture
def cutting(store, monkeypatch):
    """Call it with how many answers are cut in their head; get a client and what was asked."""
    monkeypatch.setattr("validator.s3.asking_again.waiting_time", lambda _: 0.0)
    store.put("project/key", b"cells")
    store.client.create_multipart_upload(Bucket=store.bucket, Key="project/key")
    with troubled_proxy(store.endpoint) as (endpoint, troubles):

        def cut_answers(count: int):
            def decide(request):
                short = Fault(answer=lambda answer: answer[:HEAD], act=cut)
                return short if request.number <= count else NOTHING

            troubles.decide = decide
            return make_client(S3Settings(endpoint, attempts=3)), troubles

        yield cut_answers


ASKED = {
    "objects": lambda client, bucket: [remote.key for remote in list_objects(client, bucket, "project/")],
    "uploads": lambda client, bucket: [upload.key for upload in list_uploads(client, bucket, "project/")],
    "head": lambda client, bucket: [head_object(client, bucket, "project/key").key],
}


@pytest.mark.parametrize("what", ASKED)
def test_it_is_asked_again(cutting, store, what):
    client, troubles = cutting(2)
    assert ASKED[what](client, store.bucket) == ["project/key"]
    assert len(troubles.requests) == 3


def test_half_an_etag_is_none(cutting, store):
    client, troubles = cutting(2)
    cut_in_head = troubles.decide
    troubles.decide = lambda request: (
        replace(cut_in_head(request), answer=lambda answer: answer[: answer.lower().index(b"etag:") + 12])
        if request.number <= 2
        else NOTHING
    )
    assert head_object(client, store.bucket, "project/key").etag == hashlib.md5(b"cells").hexdigest()
    assert len(troubles.requests) == 3


def test_bytes_that_were_damaged_on_their_way_are_sent_again(cutting, store):
    client, troubles = cutting(0)
    troubles.decide = lambda request: refused(400, "BadDigest") if request.number <= 2 else NOTHING
    with io.BytesIO(b"receipt") as stream:
        put_object(client, store.bucket, "project/receipt", stream, hashlib.md5(b"receipt").hexdigest(), None)
    assert store.read("project/receipt") == b"receipt"
    assert len(troubles.requests) == 3


@pytest.mark.parametrize("what", ASKED)
def test_not_for_ever(cutting, store, what):
    client, troubles = cutting(9)
    with pytest.raises(RemoteError, match="broke off the connection"):
        ASKED[what](client, store.bucket)
    assert len(troubles.requests) == 3


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, True),
        (200, {"content-length": "0"}, False),
        (200, {"transfer-encoding": "chunked"}, False),
        (200, {"connection": "Close"}, False),
        (200, {"connection": "keep-alive"}, True),
        (204, {}, False),
        (304, {}, False),
    ],
)
def test_where_an_answer_ends(status, headers, expected):
    assert is_cut(status, headers) is expected
