"""Which unfinished uploads are meant."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from validator.errors import CredentialsError, ExitCode, RemoteError
from validator.s3.client import S3Settings
from validator.upload.unfinished import Search, Unfinished, own_uploads
from validator.workflows.multipart import (
    Aborted,
    MultipartRequest,
    UnfinishedUploads,
    _meant,
    list_unfinished,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINE = Unfinished("a/b/1", "1", Path("state"), NOW - timedelta(days=8))
YOUNG = Unfinished("a/b/2", "2", Path("state"), NOW - timedelta(days=6))
NO_AGE = Unfinished("a/b/3", "3", Path("state"))
OTHER = Unfinished("a/b/4", "4", None, NOW - timedelta(days=9))
FOUND = Search(True, (MINE, YOUNG, NO_AGE, OTHER))


def meant(**more):
    found = _meant(MultipartRequest("s3://bucket/a", S3Settings(), **more), "s3://bucket/a", FOUND, NOW)
    return [upload.upload_id for upload in found.meant], found.of_others, found.younger


def test_only_ones_own_unless_others_are_said():
    assert meant() == (["1", "2", "3"], 1, 0)
    assert meant(others=True) == (["1", "2", "3", "4"], 0, 0)


def test_what_is_young_or_of_unknown_age_is_left_out_and_counted():
    assert meant(older_than=7 * 86_400) == (["1"], 1, 2)
    assert meant(older_than=7 * 86_400, others=True) == (["1", "4"], 0, 2)


def test_exit_codes():
    found = UnfinishedUploads("s3://bucket", True, [MINE])
    assert Aborted(found).exit_code is ExitCode.CLEAN
    assert Aborted(found, [(MINE, RemoteError("no"))]).exit_code is ExitCode.FAILURE
    assert Aborted(found, [(MINE, CredentialsError("no")), (MINE, RemoteError("no"))]).exit_code == 5


def test_without_any_journal(store, tmp_path):
    assert own_uploads(tmp_path, store.endpoint, store.bucket, "") == {}
    request = MultipartRequest(f"s3://{store.bucket}", S3Settings(store.endpoint), state=tmp_path)
    assert list_unfinished(request) == UnfinishedUploads(f"s3://{store.bucket}", True, [])
