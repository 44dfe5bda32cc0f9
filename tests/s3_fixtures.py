"""A real S3 server for all tests of a run, and a bucket of its own for each test."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Any

import pytest
from servers import CREDENTIALS, moto_server, s3_client

_numbers = count(1)
_client_for = cache(s3_client)  # making one takes as long as many requests


@dataclass(frozen=True)
class Store:
    """A server, a fresh bucket in it, and a plain boto3 client to look at it from outside."""

    endpoint: str
    bucket: str
    client: Any

    def object_keys(self, prefix: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def fresh_bucket(self) -> "Store":
        """Another bucket in the same server."""
        bucket = f"bucket-{next(_numbers)}"
        self.client.create_bucket(Bucket=bucket)
        return replace(self, bucket=bucket)

    def unfinished(self) -> list[str]:
        uploads = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        return [upload["Key"] for upload in uploads]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def store(s3_server, monkeypatch) -> Store:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{next(_numbers)}"
    client = _client_for(s3_server)
    client.create_bucket(Bucket=bucket)
    return Store(s3_server, bucket, client)


@pytest.fixture(scope="session")
def quilt_folders(tmp_path_factory) -> None:
    """Keep what quilt3 caches out of the home folder; it looks once, when it is imported."""
    from validator.s3.quilt import import_quilt

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        import_quilt()
