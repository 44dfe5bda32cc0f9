"""Buckets whose owner lets others pay: each command says that it does, with every request."""

import hashlib
import json
from importlib.util import find_spec

import pytest
from troubled_proxy import troubled_proxy
from uploaded import HOME, Uploaded

from validator.cli.main import run

PRODUCT = f"{HOME}/workspace/profiles_assembled/orf/v1.0/profiles.parquet"


@pytest.fixture
def uploaded(tmp_path, store):
    return Uploaded(tmp_path / "data", store)


@pytest.fixture
def requests(uploaded, desk, capsys):  # noqa: ARG001  the desk is the current folder
    """Run a command; gives the requests that it made."""
    store = uploaded.store

    def ask(*arguments, code=0):
        with troubled_proxy(store.endpoint) as (endpoint, troubles):
            found = run([*map(str, arguments), "--endpoint-url", endpoint])
        said = capsys.readouterr()
        assert found == code, said.out + said.err
        assert troubles.requests
        return [one for one in troubles.requests if not is_free(one)]

    return ask


def is_free(request) -> bool:
    """A question about the bucket itself, which only its owner can pay for, or about the keys."""
    return "?versioning" in request.target or request.target == "/"


def pays(request) -> bool:
    return b"x-amz-request-payer: requester" in request.head.lower()


@pytest.fixture
def commands(uploaded, store, tmp_path):
    """What each command is called with."""
    place = f"s3://{store.bucket}/{HOME}"
    store.put(PRODUCT, b"profiles")
    key = f"{HOME}/images/unfinished.tiff"
    upload = store.client.create_multipart_upload(Bucket=store.bucket, Key=key)
    store.client.upload_part(
        Bucket=store.bucket, Key=key, UploadId=upload["UploadId"], PartNumber=1, Body=b"x"
    )
    manifest = tmp_path / "profile_index.json"
    url = f"https://{store.bucket}.s3.amazonaws.com/{PRODUCT}"
    manifest.write_text(json.dumps([{"subset": "orf", "url": url, "etag": ""}]))
    state = ["--state", tmp_path / "state"]
    return {
        "check": (["check", place, "--report", tmp_path / "report.jsonl"], 1),
        "verify": (["verify", uploaded.receipt], 0),
        "multipart list": (["multipart", "list", place, "--others", *state], 0),
        "multipart abort": (["multipart", "abort", place, "--others", "--older-than", "0d", *state], 0),
        "manifest stamp": (["manifest", "stamp", manifest], 0),
        "whoami": (["whoami", place], 0),
        "upload": (["upload", uploaded.root, f"s3://{store.bucket}", "--force", *state], 0),
    }


@pytest.mark.parametrize(
    "name",
    ["check", "verify", "multipart list", "multipart abort", "manifest stamp", "whoami", "upload"],
)
def test_who_pays_is_said_with_every_request(requests, commands, name):
    arguments, code = commands[name]
    asked = requests(*arguments, "--request-payer", code=code)
    assert [(one.method, one.target) for one in asked if not pays(one)] == []


def test_nobody_pays_who_did_not_say_so(requests, commands):
    assert not any(map(pays, requests(*commands["verify"][0])))


@pytest.mark.skipif(find_spec("quilt3") is None, reason="the extra quilt is not installed")
@pytest.mark.filterwarnings("ignore:(read|open)_text is deprecated:DeprecationWarning")  # quilt3's own
def test_a_package_is_paid_for_too(requests, uploaded, quilt_folders):  # noqa: ARG001
    registry = ["--registry", f"s3://{uploaded.store.bucket}", "-m", "Now", "--request-payer"]
    asked = requests("package", "lab/heart", "--receipt", uploaded.receipt, *registry)
    assert [(one.method, one.target) for one in asked if not pays(one)] == []


def test_a_source_that_is_read_without_keys_is_paid_for_by_nobody(requests, uploaded, tmp_path):
    """A public bucket, and a destination whose owner lets others pay."""
    target = uploaded.store.fresh_bucket()
    for key in uploaded.store.object_keys():
        uploaded.store.client.put_object_acl(Bucket=uploaded.store.bucket, Key=key, ACL="public-read")
    arguments = ["upload", f"s3://{uploaded.store.bucket}/{HOME}", f"s3://{target.bucket}", "--force"]
    arguments += ["--source-no-sign-request", "--copy", "through-here", "--state", tmp_path / "state"]
    asked = requests(*arguments, "--request-payer")
    unpaid = {one.target.split("/")[1].partition("?")[0] for one in asked if not pays(one)}
    assert unpaid == {uploaded.store.bucket}
    assert all(pays(one) for one in asked if one.target.startswith(f"/{target.bucket}"))
    key = f"{HOME}/README.md"
    assert hashlib.md5(target.read(key)).digest() == hashlib.md5(uploaded.store.read(key)).digest()
