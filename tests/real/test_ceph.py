"""The uploader against Ceph's gateway, which proves what moto does not: signatures, MD5s, conditions."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from itertools import count

import pytest
from ceph import ceph_gateway, missing_programs
from grants_server import access_gate
from s3_fixtures import Store
from servers import CREDENTIALS, counting_proxy, s3_client

from validator.cli.main import run
from validator.manifests.receipt import Receipt
from validator.s3.client import S3Settings, make_client
from validator.s3.failures import AlreadyThere, BytesDamaged, UploadGone
from validator.s3.multipart import abort_upload, list_parts
from validator.s3.objects import Condition, put_object

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        bool(missing_programs()), reason=f"Ceph is not installed: {', '.join(missing_programs())}"
    ),
]
MIB = 1024 * 1024
HOME = "cpg0099-example/broad"
BIG = f"{HOME}/workspace/analysis/2024_03_05_Run1/BR00123401/analysis/BR00123401-A01-1/outlines/A01_s1--cell_outlines.png"
_numbers = count(1)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with ceph_gateway(tmp_path_factory.mktemp("ceph")) as endpoint:
        yield endpoint


@pytest.fixture
def ceph(gateway, monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    bucket, client = f"bucket-{next(_numbers)}", s3_client(gateway)
    client.create_bucket(Bucket=bucket)
    return Store(gateway, bucket, client)


@pytest.fixture
def dataset(build_dataset):
    root = build_dataset()
    (root.parents[1] / BIG).write_bytes(os.urandom(40 * MIB + 17))
    return root


def upload(dataset, store, tmp_path, *more):
    return run(
        [
            *("upload", str(dataset), f"s3://{store.bucket}", "--endpoint-url", store.endpoint),
            *("--state", str(tmp_path / "state"), "--receipt", str(tmp_path / "receipt.jsonl"), *more),
        ]
    )


def test_everything_arrives_and_is_verified(ceph, dataset, tmp_path, capsys):
    assert upload(dataset, ceph, tmp_path) == 0, capsys.readouterr()
    for path in dataset.rglob("*"):
        if path.is_file():
            key = f"{HOME}/{path.relative_to(dataset).as_posix()}"
            assert hashlib.md5(ceph.read(key)).digest() == hashlib.md5(path.read_bytes()).digest()
    assert ceph.unfinished() == []
    receipt = tmp_path / "receipt.jsonl"
    assert run(["verify", str(receipt), "--endpoint-url", ceph.endpoint]) == 0
    assert run(["verify", str(receipt), "--local", str(dataset)]) == 0
    [big] = [record for record in Receipt(receipt).objects() if record.key == BIG]
    assert big.parts == 6
    ceph.put(BIG, b"something else")
    assert run(["verify", str(receipt), "--endpoint-url", ceph.endpoint]) == 1
    assert "object-differs" in capsys.readouterr().out


def test_a_second_run_without_the_journal_reads_and_sends_nothing(ceph, dataset, tmp_path, capsys):
    upload(dataset, ceph, tmp_path)
    capsys.readouterr()
    code = run(
        [
            *("upload", str(dataset), f"s3://{ceph.bucket}", "--endpoint-url", ceph.endpoint),
            *("--state", str(tmp_path / "other"), "--receipt", str(tmp_path / "second.jsonl")),
        ]
    )
    assert code == 0
    assert "send 0 (0 B)" in capsys.readouterr().out


def test_other_bytes_stay(ceph, dataset, tmp_path, capsys):
    ceph.put(BIG, b"somebody else's")
    assert upload(dataset, ceph, tmp_path) == 1
    assert "conflict 1" in capsys.readouterr().out
    assert ceph.read(BIG) == b"somebody else's"
    (tmp_path / "receipt.jsonl").unlink()
    assert upload(dataset, ceph, tmp_path, "--replace", BIG) == 0
    assert len(ceph.read(BIG)) == 40 * MIB + 17


def test_kills_lose_nothing(ceph, dataset, tmp_path):
    with counting_proxy(ceph.endpoint, 12e6) as (endpoint, traffic):
        command = [sys.executable, "-m", "validator", "upload", str(dataset), f"s3://{ceph.bucket}"]
        command += ["--endpoint-url", endpoint, "--state", str(tmp_path / "state"), "--jobs", "2"]
        for seconds in (1.6, 2.0, 1.8):
            process = subprocess.Popen(
                command,
                cwd=tmp_path,
                env=os.environ | CREDENTIALS,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        done = subprocess.run(
            command, cwd=tmp_path, env=os.environ | CREDENTIALS, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        hashlib.md5(ceph.read(BIG)).digest() == hashlib.md5((dataset.parents[1] / BIG).read_bytes()).digest()
    )
    assert ceph.unfinished() == []
    assert traffic.bytes_up < 1.1 * 41 * MIB + 4 * 2 * 8 * MIB


def test_a_wrong_secret_is_told_and_not_shown(ceph, dataset, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret-of-anybody")
    assert upload(dataset, ceph, tmp_path) == 5
    error = capsys.readouterr().err
    assert "does not accept these AWS credentials (SignatureDoesNotMatch)" in error
    assert "not-the-secret" not in error


def test_damaged_bytes_and_taken_keys_are_refused_by_the_store(ceph):
    client = make_client(S3Settings(ceph.endpoint))
    right = hashlib.md5(b"data").hexdigest()
    with pytest.raises(BytesDamaged):
        put_object(client, ceph.bucket, "key", b"dama", right, None)
    put_object(client, ceph.bucket, "key", b"data", right, Condition())
    with pytest.raises(AlreadyThere):
        put_object(client, ceph.bucket, "key", b"data", right, Condition())
    put_object(client, ceph.bucket, "key", b"data", right, Condition(replaces=right))


def test_what_is_encrypted_with_kms(ceph, dataset, tmp_path, capsys):
    """A gateway that keeps no checksum and whose ETags stay MD5s: they prove it."""
    kms = ("--sse", "aws:kms", "--sse-kms-key-id", "lab")
    assert upload(dataset, ceph, tmp_path, *kms) == 0, capsys.readouterr()
    told = ceph.client.head_object(Bucket=ceph.bucket, Key=BIG)
    assert (told["ServerSideEncryption"], told["SSEKMSKeyId"]) == ("aws:kms", "lab")
    assert ceph.read(BIG) == (dataset.parents[1] / BIG).read_bytes()
    receipt = tmp_path / "receipt.jsonl"
    assert all(record.etag_stored is None for record in Receipt(receipt).objects())
    assert run(["verify", str(receipt), "--endpoint-url", ceph.endpoint]) == 0
    capsys.readouterr()
    other = ("--state", str(tmp_path / "other"), "--rehash")
    assert upload(dataset, ceph, tmp_path, *kms, *other) == 0
    assert "send 0 (0 B)" in capsys.readouterr().out
    ceph.client.put_object(Bucket=ceph.bucket, Key=BIG, Body=bytes(40 * MIB + 17))
    assert upload(dataset, ceph, tmp_path, *kms) == 1


@pytest.mark.parametrize("checksum", ["crc64nvme", "sha256"])
def test_a_store_that_passes_checksums_over(ceph, dataset, tmp_path, capsys, checksum):
    assert upload(dataset, ceph, tmp_path, "--checksum", checksum) == 0, capsys.readouterr()
    assert ceph.read(BIG) == (dataset.parents[1] / BIG).read_bytes()
    [big] = [record for record in Receipt(tmp_path / "receipt.jsonl").objects() if record.key == BIG]
    assert (big.sha256_parts is None) is (checksum == "crc64nvme")


def test_an_upload_that_is_gone(ceph):
    client = make_client(S3Settings(ceph.endpoint))
    with pytest.raises(UploadGone):
        list_parts(client, ceph.bucket, "key", "2~nobodysuploadid")
    abort_upload(client, ceph.bucket, "key", "2~nobodysuploadid")


@pytest.fixture
def contributor(ceph, monkeypatch):
    """The gateway as a contributor sees it: keys of a grant, and a role that holds little."""
    with access_gate(ceph.endpoint, f"{ceph.bucket}/{HOME}/", lifetime=8) as gate:
        for name, value in gate.environment().items():
            monkeypatch.setenv(name, value)
        yield gate


def test_a_contributors_upload(ceph, contributor, dataset, tmp_path, capsys):
    through_gate = Store(contributor.address, ceph.bucket, ceph.client)
    more = ("--access-grants", "--bandwidth", "4M")
    assert upload(dataset, through_gate, tmp_path, *more) == 0, capsys.readouterr()
    assert ceph.read(BIG) == (dataset.parents[1] / BIG).read_bytes()
    assert ceph.unfinished() == []
    # Keys are good for 8 s: who sends asks by itself, and the parent again.
    assert len(contributor.asked) >= 3
    # The one thing that it asks for in vain; a busy machine may also use a key at the moment of its end.
    assert all("uploads" in refused for refused in contributor.refused if "ExpiredToken" not in refused)
    receipt = tmp_path / "receipt.jsonl"
    assert run(["verify", str(receipt), "--endpoint-url", contributor.address, "--access-grants"]) == 0
    assert {asked["permission"] for asked in contributor.asked} == {"READWRITE", "READ"}


def test_whoami_writes_nothing(ceph, contributor, capsys):
    place = f"s3://{ceph.bucket}/{HOME}"
    assert run(["whoami", place, "--endpoint-url", contributor.address, "--access-grants"]) == 0
    told = capsys.readouterr().out
    for right in ("list", "put", "resume", "abort"):
        assert re.search(rf"^ +{right} +yes", told, re.MULTILINE), told
    assert re.search(r"^ +find uploads +no", told, re.MULTILINE), told
    read_only = ("--access-grants", "--grant", "permission=READ")
    assert run(["whoami", place, "--endpoint-url", contributor.address, *read_only]) == 0
    assert re.search(r"^ +put +no", capsys.readouterr().out, re.MULTILINE)
    assert ceph.object_keys() == []
    assert ceph.unfinished() == []


def test_unfinished_uploads_of_others_are_aborted_by_age(ceph, tmp_path, capsys):
    begun = ceph.client.create_multipart_upload(Bucket=ceph.bucket, Key=BIG)
    ceph.client.upload_part(
        Bucket=ceph.bucket, Key=BIG, UploadId=begun["UploadId"], PartNumber=1, Body=b"x" * 5 * MIB
    )
    place = [f"s3://{ceph.bucket}", "--endpoint-url", ceph.endpoint, "--state", str(tmp_path), "--others"]
    assert run(["multipart", "list", *place]) == 0
    assert "5.2 MB in 1 part" in capsys.readouterr().out
    assert run(["multipart", "abort", *place, "--older-than", "1h"]) == 0
    assert "left out: 1 upload, younger" in capsys.readouterr().out
    assert ceph.unfinished() == [BIG]
    assert run(["multipart", "abort", *place, "--older-than", "0"]) == 0
    assert ceph.unfinished() == []


@pytest.mark.parametrize("way", ["store", "through-here"])
def test_from_bucket_to_bucket_etags_stay_and_other_bytes_too(ceph, dataset, tmp_path, capsys, way):
    assert upload(dataset, ceph, tmp_path) == 0, capsys.readouterr()
    target = f"{ceph.bucket}-staging"
    ceph.client.create_bucket(Bucket=target)
    taken = next(key for key in ceph.object_keys(HOME) if key.endswith(".tiff"))
    ceph.client.put_object(Bucket=target, Key=taken, Body=b"other bytes")
    command = [
        *("upload", f"s3://{ceph.bucket}/cpg0099-example", f"s3://{target}", "--endpoint-url", ceph.endpoint),
        *("--state", str(tmp_path / "state-2"), "--copy", way, "--receipt"),
    ]
    assert run([*command, str(tmp_path / "first.jsonl")]) == 1
    assert f"conflict {taken}" in capsys.readouterr().out
    there = {
        item["Key"]: item["ETag"]
        for item in ceph.client.list_objects_v2(Bucket=target)["Contents"]
        if "/_cpgate/" not in item["Key"]
    }
    source = {
        item["Key"]: item["ETag"]
        for item in ceph.client.list_objects_v2(Bucket=ceph.bucket)["Contents"]
        if "/_cpgate/" not in item["Key"]
    }
    assert ceph.client.get_object(Bucket=target, Key=taken)["Body"].read() == b"other bytes"
    assert there | {taken: source[taken]} == source
    assert run([*command, str(tmp_path / "second.jsonl"), "--replace", "*.tiff"]) == 0, capsys.readouterr()
    copied = {record.key: record for record in Receipt(tmp_path / "second.jsonl").objects()}
    sent = {record.key: record for record in Receipt(tmp_path / "receipt.jsonl").objects()}
    assert {key: record.crc64nvme for key, record in copied.items()} == {
        key: record.crc64nvme for key, record in sent.items()
    }
