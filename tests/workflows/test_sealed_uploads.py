"""Uploads to a store that checks what it is told, and to buckets that encrypt with KMS, where no ETag is an MD5."""

import base64
import hashlib
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from servers import CREDENTIALS, s3_client
from small_dataset import make_small_dataset
from strict_store import Refused, checksum_of, strict_store

from validator.cli.main import run
from validator.manifests.receipt import Receipt
from validator.models.receipt import ReceiptObject

pytestmark = pytest.mark.full  # half a minute and more

MIB = 1024 * 1024
HOME = "cpg0099-example/broad"
BIG = f"{HOME}/workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite"
PART = 5 * MIB


@pytest.fixture
def strict(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with strict_store() as (endpoint, store):
        store.endpoint = endpoint
        yield store


@pytest.fixture
def dataset(tmp_path):
    root = make_small_dataset(tmp_path)
    (root.parents[1] / BIG).write_bytes(os.urandom(2 * PART + 1000))
    return root


@pytest.fixture
def cpgate(strict, dataset, tmp_path, monkeypatch, capsys):
    """Upload the dataset, or call another command; gives exit code, stdout, stderr."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(*arguments, state="state", command="upload", source=None):
        more = ["--endpoint-url", strict.endpoint]
        if command == "upload":
            place = [source or str(dataset), "s3://strict", "--force"]
            more += ["--state", str(tmp_path / state), "--part-size", "5MiB", "--receipt", "receipt.jsonl"]
        else:
            place = []
        code = run([command, *place, *map(str, arguments), *more])
        said = capsys.readouterr()
        return code, " ".join(said.out.split()), " ".join(said.err.split())

    return call


def objects(strict):
    return {key: thing for key, thing in strict.objects.items() if "/_cpgate/" not in key}


def records(path="receipt.jsonl") -> dict[str, ReceiptObject]:
    return {record.key: record for record in Receipt(Path(path)).objects()}


def arrived(strict, dataset) -> bool:
    files = {
        f"{HOME}/{path.relative_to(dataset).as_posix()}": path.read_bytes()
        for path in dataset.rglob("*")
        if path.is_file()
    }
    return {key: thing.data for key, thing in objects(strict).items()} == files and not strict.uploads


# What S3 checks


@pytest.mark.parametrize("checksum", ["auto", "crc64nvme", "sha256", "none"])
def test_every_checksum_is_accepted(cpgate, strict, dataset, checksum):
    code, out, err = cpgate("--checksum", checksum)
    assert code == 0, out + err
    assert arrived(strict, dataset)
    name = {"auto": "crc64nvme", "none": ""}.get(checksum, checksum)
    sent = [*strict.requests("PUT object"), *strict.requests("PUT part")]
    with_one = [headers for headers in sent if f"x-amz-checksum-{name or 'crc64nvme'}" in headers]
    receipts = sum("/_cpgate/" in key for key in strict.objects)
    assert len(with_one) == (len(sent) - receipts if name else 0)
    [completion] = strict.requests("POST upload")
    assert ("x-amz-mp-object-size" in completion) is bool(name)
    assert completion["if-none-match"] == "*"
    assert cpgate("receipt.jsonl", command="verify")[0] == 0


@pytest.mark.parametrize("checksum", ["auto", "sha256"])
def test_bytes_that_were_damaged_on_their_way_are_refused_and_sent_again(cpgate, strict, dataset, checksum):
    strict.damages = 3
    code, out, err = cpgate("--checksum", checksum, "--jobs", "2")
    assert code == 0, out + err
    assert strict.damages == 0
    assert arrived(strict, dataset)


@pytest.mark.parametrize("checksum", ["auto", "sha256"])
def test_a_store_that_does_not_know_the_checksum_is_sent_none(cpgate, strict, dataset, checksum):
    strict.refuses = {"crc64nvme", "sha256"}
    code, out, err = cpgate("--checksum", checksum)
    assert code == 0, out + err
    assert arrived(strict, dataset)
    assert (records()[BIG].sha256_parts is not None) is (checksum == "sha256")


def test_who_insists_on_crc64nvme_is_told(cpgate, strict):
    strict.refuses = {"crc64nvme"}
    code, out, _ = cpgate("--checksum", "crc64nvme")
    assert code == 4
    assert objects(strict) == {}
    assert "InvalidRequest" in out


def test_sha256_of_parts_stands_in_the_receipt_and_is_verified(cpgate, strict, dataset):
    cpgate("--checksum", "sha256")
    known = records()
    data = (dataset.parents[1] / BIG).read_bytes()
    joined = b"".join(hashlib.sha256(data[at : at + PART]).digest() for at in range(0, len(data), PART))
    composite = f"{base64.b64encode(hashlib.sha256(joined).digest()).decode()}-3"
    assert known[BIG].sha256_parts == composite == strict.objects[BIG].checksums["sha256"]
    assert known[BIG].sha256 is None
    small = next(record for record in known.values() if record.parts == 1 and record.part_size is None)
    assert small.sha256 == hashlib.sha256(strict.objects[small.key].data).hexdigest()
    assert small.sha256_parts is None
    assert run(["verify", "receipt.jsonl", "--local", str(dataset)]) == 0
    (dataset.parents[1] / BIG).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert run(["verify", "receipt.jsonl", "--local", str(dataset)]) == 1


def test_a_wrong_sha256_of_parts_in_a_receipt_is_found(cpgate, strict):
    cpgate("--checksum", "sha256")
    strict.objects[BIG].checksums["sha256"] = f"{checksum_of('sha256', b'')}-3"
    strict.objects[BIG].etag = "f" * 32 + "-3"
    code, out, _ = cpgate("receipt.jsonl", command="verify")
    assert code == 1
    assert "SHA-256 of the parts" in out


@pytest.mark.parametrize("encryption", ["AES256", "aws:kms"])
def test_answers_that_were_lost(cpgate, strict, dataset, encryption):
    """The second try is told that there is no such upload, or that something lies there: it is one's own."""
    strict.encryption, strict.loses = encryption, {"PUT object", "POST upload"}
    code, out, err = cpgate()
    assert code == 0, out + err
    assert strict.loses == set()
    assert arrived(strict, dataset)
    assert bool(records()[BIG].etag_stored) is (encryption == "aws:kms")


def test_other_bytes_that_came_meanwhile_are_a_conflict(cpgate, strict):
    """The completion is refused (412), and what lies there is compared."""
    begun, begin = threading.Event(), strict.begin

    def begin_and_write(key, headers):
        upload_id = begin(key, headers)
        strict.put(key, b"somebody else's", {})
        begun.set()
        return upload_id

    strict.begin = begin_and_write
    code, out, _ = cpgate()
    assert begun.is_set()
    assert code == 1
    assert strict.objects[BIG].data == b"somebody else's"
    assert "conflict 1" in out
    assert strict.uploads == {}


def test_a_completion_of_another_size_is_refused(cpgate, strict):
    """A store that lost bytes of a part while it kept its ETag: MpuObjectSize tells."""
    part = strict.part

    def lose_a_byte(upload_id, number, data, headers):
        kept = part(upload_id, number, data, headers)
        kept.data = kept.data[:-1]
        return kept

    strict.part = lose_a_byte
    code, out, _ = cpgate("--checksum", "sha256")
    assert code == 4
    assert BIG not in strict.objects
    assert BIG in out


def test_when_a_rule_of_the_bucket_throws_parts_away_is_said(cpgate, strict):
    strict.rule = "Sun, 06 Dec 2026 12:00:00 GMT"
    part, sent = strict.part, []

    def stop_after_two(upload_id, number, data, headers):
        sent.append(number)
        if len(sent) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return part(upload_id, number, data, headers)

    strict.part = stop_after_two
    code, _, err = cpgate("--jobs", "1")
    assert code == 130
    assert "a rule of the bucket throws parts away on 2026-12-06" in err
    # The rule may be another one by now, and the run that goes on is stopped when it has listed the parts.
    strict.rule, look = "Sat, 05 Dec 2026 12:00:00 GMT", strict.upload

    def stop_at_the_list(upload_id):
        strict.upload = look
        os.kill(os.getpid(), signal.SIGINT)
        return look(upload_id)

    strict.upload = stop_at_the_list
    code, _, err = cpgate("--jobs", "1")
    assert code == 130
    assert "a rule of the bucket throws parts away on 2026-12-05" in err
    assert cpgate()[0] == 0


# KMS


@pytest.fixture(params=["asked for", "by the bucket"])
def kms(request, strict):
    """Options of an upload whose objects are encrypted with KMS."""
    if request.param == "asked for":
        return ["--sse", "aws:kms", "--sse-kms-key-id", "alias/lab"]
    strict.encryption = "aws:kms"
    return []


@pytest.mark.parametrize("checksum", ["auto", "sha256"])
def test_objects_are_proven_by_their_checksums(cpgate, strict, dataset, kms, checksum):
    code, out, err = cpgate(*kms, "--checksum", checksum)
    assert code == 0, out + err
    assert arrived(strict, dataset)
    assert {thing.encryption for thing in strict.objects.values()} == {"aws:kms"}
    if kms:
        ids = {
            headers.get("x-amz-server-side-encryption-aws-kms-key-id")
            for headers in strict.requests("PUT object")
        }
        assert ids == {"alias/lab"}
    for key, record in records().items():
        assert record.etag_stored == strict.objects[key].etag
        assert record.etag != record.etag_stored
    assert records()[BIG].etag.endswith("-3")
    heads = [headers for headers in strict.requests("HEAD object") if "x-amz-checksum-mode" in headers]
    assert heads == [], "the answers had told the checksums already"
    code, out, err = cpgate("receipt.jsonl", command="verify")
    assert code == 0, out + err
    assert "by size and checksum" in out


@pytest.mark.parametrize("checksum", ["auto", "sha256", "none"])
def test_a_store_that_answers_without_checksums_is_asked(cpgate, strict, dataset, checksum):
    strict.encryption, strict.tells = "aws:kms", False
    code, out, err = cpgate("--checksum", checksum)
    assert code == 0, out + err
    assert arrived(strict, dataset)
    asked = [headers for headers in strict.requests("HEAD object") if "x-amz-checksum-mode" in headers]
    assert len(asked) == len(objects(strict))


def test_what_nobody_can_prove_has_failed(cpgate, strict):
    strict.encryption, strict.tells, strict.decrypts = "aws:kms", False, False
    code, out, _ = cpgate()
    assert code == 4
    assert "it cannot be verified" in out
    assert "kms:Decrypt" in out


def test_other_bytes_than_were_sent_are_found(cpgate, strict):
    strict.encryption = "aws:kms"
    put = strict.put

    def put_other(key, data, headers):
        thing = put(key, data, headers)
        if key.endswith(".tiff"):
            thing.checksums = {"crc64nvme": checksum_of("crc64nvme", data + b"x")}
        return thing

    strict.put = put_other
    code, out, _ = cpgate()
    assert code == 4
    assert "its checksum is another one" in out


@pytest.mark.parametrize(
    ("known", "checksum"),
    [
        ("the journal", "auto"),
        ("the journal", "sha256"),
        ("a receipt in the bucket", "sha256"),
        ("nothing", "auto"),
        ("nothing", "sha256"),
    ],
)
def test_a_second_run_finds_its_own_objects(cpgate, strict, known, checksum):
    strict.encryption = "aws:kms"
    assert cpgate("--checksum", checksum)[0] == 0
    before = {key: thing.etag for key, thing in objects(strict).items()}
    if known == "nothing":
        for key in [key for key in strict.objects if "/_cpgate/" in key]:
            del strict.objects[key]
    strict.seen.clear()
    code, out, err = cpgate(state="state" if known == "the journal" else "other")
    assert code == 0, out + err
    assert f"send 0 (0 B) · resume 0 · unchanged {len(before)} · conflict 0" in out
    assert {key: thing.etag for key, thing in objects(strict).items()} == before
    assert all(record.etag_stored == before[key] for key, record in records().items())
    heads = strict.requests("HEAD object")
    assert bool(heads) is (known == "nothing"), "the bucket is asked only where nobody remembers"


def test_other_bytes_are_still_a_conflict(cpgate, strict, dataset):
    strict.encryption = "aws:kms"
    other = bytes((dataset.parents[1] / BIG).stat().st_size)
    strict.put(BIG, other, {"x-amz-server-side-encryption": "aws:kms"})
    code, out, _ = cpgate()
    assert code == 1
    assert "conflict 1" in out
    assert strict.objects[BIG].data == other
    assert cpgate("--replace", BIG)[0] == 0
    assert arrived(strict, dataset)


def test_bytes_that_cannot_be_compared_are_a_conflict_that_says_so(cpgate, strict):
    strict.encryption = "aws:kms"
    assert cpgate()[0] == 0
    for key in [key for key in strict.objects if "/_cpgate/" in key]:
        del strict.objects[key]
    strict.decrypts = False
    code, out, _ = cpgate(state="other")
    assert code == 1
    assert "tells no checksum" in out


def test_a_rewritten_object_is_found_by_the_second_run(cpgate, strict):
    strict.encryption = "aws:kms"
    assert cpgate()[0] == 0
    data = strict.objects[BIG].data
    strict.put(BIG, data[:-1] + b"?", {"x-amz-server-side-encryption": "aws:kms"})
    code, out, _ = cpgate()
    assert code == 1
    assert f"conflict {BIG}" in out
    assert cpgate("receipt.jsonl", command="verify")[0] == 1


def interrupt_after(strict, parts: int) -> None:
    """Refuse every part after so many."""
    part, sent = strict.part, []

    def send_some(upload_id, number, data, headers):
        if len(sent) >= parts:
            raise Refused(400, "InvalidTag")
        sent.append(number)
        return part(upload_id, number, data, headers)

    strict.part = send_some


@pytest.mark.parametrize("journal", ["whole", "without its parts"])
@pytest.mark.parametrize("checksum", ["auto", "sha256"])
def test_parts_are_resumed(cpgate, strict, dataset, tmp_path, journal, checksum):
    """By what the journal holds, or by the checksums that the store lists: the ETags of parts are no MD5s."""
    strict.encryption, part = "aws:kms", strict.part
    interrupt_after(strict, 2)
    code, _, _ = cpgate("--checksum", checksum, "--jobs", "1")
    assert code == 4
    [upload] = strict.uploads.values()
    kept = {number: one.etag for number, one in upload.parts.items()}
    assert len(kept) == 2
    if journal == "without its parts":
        for path in (tmp_path / "state").rglob("*.journal"):
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(line for line in lines if b'"t":"part"' not in line))
    strict.part, sent = part, len(strict.requests("PUT part"))
    code, out, err = cpgate("--checksum", checksum)
    assert code == 0, out + err
    assert arrived(strict, dataset)
    assert len(strict.requests("PUT part")) - sent == 1
    assert records()[BIG].state == "resumed"
    assert records()[BIG].etag_stored == strict.objects[BIG].etag


def test_receipts_of_encrypted_objects_convert_to_true_md5s(cpgate, strict, capsys):
    strict.encryption = "aws:kms"
    assert cpgate()[0] == 0
    assert run(["manifest", "convert", "receipt.jsonl", "--to", "md5sum"]) == 0
    for line in capsys.readouterr().out.splitlines():
        md5, name = line.split(maxsplit=1)
        found = [thing for key, thing in strict.objects.items() if key.endswith(name.lstrip("*"))]
        assert md5 in [hashlib.md5(thing.data).hexdigest() for thing in found]


def test_journals_keep_what_was_proven(cpgate, strict, tmp_path):
    strict.encryption = "aws:kms"
    assert cpgate()[0] == 0
    said = [
        json.loads(line[9:])
        for path in (tmp_path / "state").rglob("*.journal")
        for line in path.read_bytes().splitlines()
    ]
    done = {record["key"]: record for record in said if record["t"] == "done"}
    assert {key: record["stored_as"] for key, record in done.items()} == {
        key: thing.etag for key, thing in objects(strict).items()
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sse-kms-key-id", "alias/lab"], "Say --sse aws:kms"),
        (["--sse-c", "AES256"], "SSE-C"),
        (["--sse-c-key", "fileb://key"], "SSE-C"),
        (["--sse", "aws:kms", "--sse-kms-key-id", "é"], "a header cannot carry"),
    ],
)
def test_what_is_refused_in_a_sentence(cpgate, strict, options, words):
    code, _, err = cpgate(*options)
    assert code == 2
    assert words in err
    assert strict.seen == []


def test_options_of_objects_hold_for_everything_that_is_written(cpgate, strict):
    options = ["--sse", "aws:kms", "--acl", "bucket-owner-full-control", "--request-payer"]
    assert cpgate(*options, "--storage-class", "STANDARD_IA")[0] == 0
    written = [*strict.requests("PUT object"), *strict.requests("POST uploads")]
    assert {headers.get("x-amz-server-side-encryption") for headers in written} == {"aws:kms"}
    assert {headers.get("x-amz-acl") for headers in written} == {"bucket-owner-full-control"}
    assert all(headers.get("x-amz-request-payer") == "requester" for _, _, headers in strict.seen)


def test_the_store_is_a_store_for_others(strict):
    """What the tests rest on: a client that is not of this project is refused as S3 refuses."""
    client = s3_client(strict.endpoint)
    strict.encryption = "aws:kms"
    client.put_object(Bucket="strict", Key="a", Body=b"cells")
    told = client.head_object(Bucket="strict", Key="a", ChecksumMode="ENABLED")
    assert told["ETag"] != f'"{hashlib.md5(b"cells").hexdigest()}"'
    assert told["ChecksumCRC64NVME"] == checksum_of("crc64nvme", b"cells")
    for wrong in (
        {"ChecksumCRC64NVME": checksum_of("crc64nvme", b"x")},
        {"ChecksumSHA256": checksum_of("sha256", b"x")},
        {"ContentMD5": base64.b64encode(hashlib.md5(b"x").digest()).decode()},
    ):
        with pytest.raises(client.exceptions.ClientError, match="BadDigest"):
            client.put_object(Bucket="strict", Key="b", Body=b"cells", **wrong)
    with pytest.raises(client.exceptions.ClientError, match="PreconditionFailed"):
        client.put_object(Bucket="strict", Key="a", Body=b"cells", IfNoneMatch="*")


def test_parts_that_the_store_copies_into_a_bucket_with_kms_are_not_sent(cpgate, strict, dataset):
    """They come here once, because a receipt holds their MD5s; the checksum proves the copy."""
    lab = "lab/"
    for path in dataset.rglob("*"):
        if path.is_file():
            key = f"{HOME}/{path.relative_to(dataset).as_posix()}"
            strict.put(f"{lab}{key}", path.read_bytes(), {})
    data = (dataset.parents[1] / BIG).read_bytes()
    upload_id = strict.begin(f"{lab}{BIG}", {})
    named = ""
    for number in (1, 2, 3):
        part = strict.part(upload_id, number, data[(number - 1) * PART : number * PART], {})
        named += f"<Part><PartNumber>{number}</PartNumber><ETag>{part.etag}</ETag></Part>"
    strict.complete(upload_id, f"<CompleteMultipartUpload>{named}</CompleteMultipartUpload>".encode(), {})
    strict.encryption, strict.seen = "aws:kms", []
    code, out, err = cpgate("--copy", "store", source=f"s3://strict/{lab}{HOME}")
    assert code == 0, out + err
    originals = {key: strict.objects.pop(key) for key in list(strict.objects) if key.startswith(lab)}
    assert arrived(strict, dataset)
    written = [*strict.requests("PUT part"), *strict.requests("PUT object")]
    sent = sum(int(headers["content-length"]) for headers in written if "x-amz-copy-source" not in headers)
    assert sent < 100_000, "receipts and checkpoints alone"
    big = records()[BIG]
    assert big.etag_stored == strict.objects[BIG].etag
    assert big.etag == originals[f"{lab}{BIG}"].etag


# Keys of customers' own


def test_an_object_under_a_key_of_its_owner_is_a_conflict_that_says_so(cpgate, strict, dataset):
    """A HEAD is refused as if one's own keys had ended; a small file, a large one, and one that has another size."""
    small, other = (f"{HOME}/{path.relative_to(dataset)}" for path in sorted(dataset.rglob("*.csv"))[:2])
    encrypted = {"x-amz-server-side-encryption": "SSE-C"}
    strict.put(small, (dataset.parents[1] / small).read_bytes(), encrypted)
    strict.put(BIG, (dataset.parents[1] / BIG).read_bytes(), encrypted)
    strict.objects[BIG].etag += "-3"
    strict.put(other, b"bytes of another size", encrypted)
    code, out, err = cpgate()
    assert code == 1, err
    assert "conflict 3" in out
    assert out.count("an object that is encrypted with a customer's own key (SSE-C) lies there") == 2
    assert "credentials" not in out + err
    code, out, err = cpgate("--replace", "**")
    assert code == 0, out + err
    assert arrived(strict, dataset)


def test_an_object_under_a_key_of_its_owner_that_came_meanwhile(cpgate, strict, dataset):
    begin, put = strict.begin, strict.put
    encrypted = {"x-amz-server-side-encryption": "SSE-C"}

    def write_before_small(key, data, headers):
        if key.endswith("barcode_platemap.csv") and key not in strict.objects:
            put(key, data, encrypted)
        return put(key, data, headers)

    def write_before_large(key, headers):
        put(key, (dataset.parents[1] / BIG).read_bytes(), encrypted)
        return begin(key, headers)

    strict.begin, strict.put = write_before_large, write_before_small
    code, out, err = cpgate()
    assert code == 1, out + err
    assert "conflict 2" in out
    assert out.count("a customer's own key (SSE-C) lies there") == 2
    assert strict.uploads == {}


def test_nothing_is_proven_of_an_object_under_a_key_of_its_owner(cpgate, strict):
    assert cpgate()[0] == 0
    encrypted = {"x-amz-server-side-encryption": "SSE-C"}
    strict.put(BIG, strict.objects[BIG].data, encrypted)
    code, out, err = cpgate("receipt.jsonl", command="verify")
    assert code == 1, err
    assert "encrypted with a customer's own key (SSE-C)" in out
    assert BIG in out
