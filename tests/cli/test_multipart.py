"""Uploads that were begun and never ended: who may see them, and who throws away what."""

import os
import socket

import pytest
from grants_server import access_gate

from validator.digests.files import FileState
from validator.upload.journal import Journal, UploadRecord
from validator.upload.lock import UploadLock
from validator.upload.state import UPLOADS, folder_name

HOME = "cpg0099-example/broad"
MIB = 1024 * 1024


@pytest.fixture
def begin(store, tmp_path):
    """Begin an upload with one part; the journal of this machine knows it, unless it is somebody else's."""

    def make(name, *, mine=True, endpoint=None, parts=1):
        key = f"{HOME}/images/{name}"
        upload_id = store.client.create_multipart_upload(Bucket=store.bucket, Key=key)["UploadId"]
        for number in range(1, parts + 1):
            store.client.upload_part(
                Bucket=store.bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=b"x" * 5 * MIB
            )
        if mine:
            folder = make.folder(endpoint)
            folder.mkdir(parents=True, exist_ok=True)
            journal = Journal(folder, len(list(folder.glob("*.journal"))) + 1, "w001")
            journal.begin(UploadRecord(upload_id, key, 5 * MIB, FileState(50 * MIB, 0)))
            journal.close()
        return key

    def folder(endpoint=None):
        return tmp_path / "state" / UPLOADS / folder_name(endpoint or store.endpoint, store.bucket, HOME)

    make.folder = folder
    return make


@pytest.fixture
def multipart(cpgate, store, tmp_path):
    def run(what, *more, endpoint=None, place=f"/{HOME}", environment=None):
        return cpgate(
            *("multipart", what, f"s3://{store.bucket}{place}", "--endpoint-url", endpoint or store.endpoint),
            *("--state", tmp_path / "state", *more),
            environment=environment,
        )

    return run


def test_ones_own_are_shown_and_aborted_and_those_of_others_left_alone(multipart, begin, store):
    mine, other = begin("mine.tiff", parts=2), begin("other.tiff", mine=False)
    shown = multipart("list")
    assert shown.returncode == 0, shown.stderr
    assert "1 unfinished upload, 10.5 MB" in shown.stdout
    assert f"10.5 MB in 2 parts         this machine   {mine}" in shown.stdout
    assert other not in shown.stdout
    assert "left out: 1 upload of others or of other machines (--others)" in shown.stdout
    assert store.unfinished() == [mine, other]
    done = multipart("abort")
    assert done.returncode == 0, done.stderr
    assert "aborted 1 upload (10.5 MB)" in done.stdout
    assert store.unfinished() == [other]
    again = multipart("abort")
    assert "aborted 0 uploads" in again.stdout
    assert again.returncode == 0


def test_those_of_others_need_an_age(multipart, begin, store):
    begin("mine.tiff")
    other = begin("other.tiff", mine=False)
    shown = multipart("list", "--others")
    assert "5.2 MB in 1 part" in shown.stdout
    assert other in shown.stdout
    refused = multipart("abort", "--others")
    assert refused.returncode == 2
    assert "--others --older-than 7d" in refused.stderr
    done = multipart("abort", "--others", "--older-than", "0")
    assert done.returncode == 0, done.stderr
    assert store.unfinished() == []


def test_another_place_and_another_store_are_not_meant(multipart, begin, store):
    begin("mine.tiff")
    begin("elsewhere.tiff", endpoint="http://127.0.0.1:1")
    assert "no unfinished uploads" in multipart("list", place="/cpg0001-other").stdout
    assert multipart("abort", place="").returncode == 0
    assert store.unfinished() == [f"{HOME}/images/elsewhere.tiff"]


def test_a_running_upload_is_left_alone(multipart, begin, store):
    key = begin("mine.tiff")
    with UploadLock(begin.folder()):
        refused = multipart("abort")
    assert refused.returncode == 4
    assert (
        f"another upload to this place is running (process {os.getpid()} on {socket.gethostname()}"
        in refused.stdout
    )
    assert store.unfinished() == [key]


def test_where_listing_is_refused_the_journal_counts(multipart, begin, store):
    with access_gate(store.endpoint, f"{store.bucket}/{HOME}/") as gate:
        mine = begin("mine.tiff", endpoint=gate.address)
        other = begin("other.tiff", mine=False)
        grants = {"endpoint": gate.address, "environment": gate.environment()}
        shown = multipart("list", "--access-grants", **grants)
        assert shown.returncode == 0, shown.stderr
        assert "may not list the bucket's unfinished uploads" in shown.stdout
        assert f"5.2 MB in 1 part           this machine   {mine}" in shown.stdout
        assert other not in shown.stdout
        assert multipart("abort", "--access-grants", **grants).returncode == 0
        assert store.unfinished() == [other]
        assert "no unfinished uploads" in multipart("list", "--access-grants", **grants).stdout
