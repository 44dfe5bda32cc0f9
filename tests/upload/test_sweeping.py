"""What is left of multipart uploads at the keys of a run."""

import pytest
from botocore.exceptions import ClientError
from selected import select

from validator.digests.files import FileState
from validator.s3.client import S3Settings, make_client
from validator.s3.limits import MIN_PART_SIZE
from validator.upload.journal import UploadRecord
from validator.upload.journal_reading import JournalState
from validator.upload.sweeping import Sweep, sweep_uploads

KEY = "cpg0099-example/broad/images/2024_03_05_Run1/images/BR01/a.tiff"
HIGH_KEY = "cpg0099-example/broad/README.md"
STATE = FileState(20, 1_700_000_000_123_456_789)


class Uploads:
    """Unfinished uploads in a real store, and the journal that knows of some."""

    def __init__(self, store):
        self.store = store
        self.client = make_client(S3Settings(store.endpoint, attempts=1))
        self.journal = JournalState()

    def begin(self, key: str, *, ours: bool, parts: int = 0) -> str:
        where = {"Bucket": self.store.bucket, "Key": key}
        upload_id = self.client.create_multipart_upload(**where)["UploadId"]
        for number in range(1, parts + 1):
            self.client.upload_part(**where, UploadId=upload_id, PartNumber=number, Body=b"x")
        if ours:
            self.journal.uploads[upload_id] = UploadRecord(upload_id, key, MIN_PART_SIZE, STATE)
        return upload_id

    def sweep(self, *keys: str, kept: tuple[str, ...] = ()) -> Sweep:
        return sweep_uploads(self.client, self.store.bucket, select(*keys), self.journal, set(kept))


@pytest.fixture
def uploads(store):
    return Uploads(store)


def test_what_this_journal_began_is_thrown_away(uploads, store):
    uploads.begin(KEY, ours=True, parts=1)
    uploads.begin(HIGH_KEY, ours=True)
    assert uploads.sweep(KEY, HIGH_KEY) == Sweep(listed=True, aborted=2)
    assert store.unfinished() == []


def test_what_waits_for_the_next_run_is_kept(uploads, store):
    uploads.begin(KEY, ours=True, parts=1)
    assert uploads.sweep(KEY, kept=(KEY,)) == Sweep(listed=True, kept=1)
    assert store.unfinished() == [KEY]


def test_what_could_not_be_thrown_away_is_not_forgotten(uploads, store):
    def refuse(**_):
        raise ClientError({"Error": {"Code": "SlowDown"}}, "AbortMultipartUpload")

    uploads.begin(KEY, ours=True, parts=1)
    uploads.client.meta.events.register("before-call.s3.AbortMultipartUpload", refuse)
    assert not uploads.sweep(KEY).leaves_nothing
    assert store.unfinished() == [KEY]
    assert Sweep(listed=True, aborted=1, foreign=1).leaves_nothing
    assert not Sweep(listed=False).leaves_nothing


def test_what_others_began_is_theirs(uploads, store):
    uploads.begin(KEY, ours=False)
    uploads.begin(KEY, ours=False, parts=1)
    assert uploads.sweep(KEY) == Sweep(listed=True, foreign=2)
    assert store.unfinished() == [KEY, KEY]


def test_an_unanswered_beginning_is_thrown_away_as_long_as_it_holds_nothing(uploads, store):
    uploads.journal.intents.add(KEY)
    uploads.begin(KEY, ours=False)
    uploads.begin(KEY, ours=False, parts=1)
    assert uploads.sweep(KEY) == Sweep(listed=True, aborted=1, foreign=1)
    assert store.unfinished() == [KEY]


def test_other_keys_are_not_touched(uploads, store):
    uploads.begin(KEY + "x", ours=True)
    assert uploads.sweep(KEY) == Sweep(listed=True)
    assert store.unfinished() == [KEY + "x"]


def test_each_upload_counts_once_where_folders_overlap(uploads):
    """A file high up in the tree makes everything below it listed."""
    uploads.begin(KEY, ours=True)
    uploads.begin(KEY, ours=False)
    assert uploads.sweep(KEY, HIGH_KEY, kept=(KEY,)) == Sweep(listed=True, kept=1, foreign=1)


def test_keys_that_may_not_list_uploads(uploads):
    from botocore.exceptions import ClientError

    def refuse(**_):
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListMultipartUploads")

    uploads.begin(KEY, ours=True)
    uploads.client.meta.events.register("before-call.s3.ListMultipartUploads", refuse)
    assert uploads.sweep(KEY) == Sweep(listed=False)
