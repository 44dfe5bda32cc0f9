"""LocalStack, a server of others, that checks what S3 checks: checksums, sizes and conditions of completions."""

import hashlib
import os
import subprocess
import sys
import time
from itertools import count

import pytest
from localstack import localstack_server, why_not
from s3_fixtures import Store
from servers import CREDENTIALS, counting_proxy, s3_client
from small_dataset import make_small_dataset
from strict_store import checksum_of
from troubled_proxy import NOTHING, Fault, flipped, troubled_proxy

from validator.cli.main import run
from validator.manifests.receipt import Receipt
from validator.s3 import multipart, objects
from validator.s3.client import S3Settings, make_client
from validator.s3.failures import AlreadyThere, BytesDamaged, RequestRefused
from validator.s3.objects import Condition

REASON = why_not()
pytestmark = [pytest.mark.full, pytest.mark.skipif(bool(REASON), reason=REASON)]
MIB = 1024 * 1024
PART = 5 * MIB
HOME = "cpg0099-example/broad"
BIG = f"{HOME}/workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite"
KMS = ("--sse", "aws:kms")
_numbers = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with localstack_server(tmp_path_factory.mktemp("localstack") / "log") as endpoint:
        yield endpoint


@pytest.fixture
def strict(server, monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    bucket, client = f"bucket-{next(_numbers)}", s3_client(server)
    client.create_bucket(Bucket=bucket)
    return Store(server, bucket, client)


@pytest.fixture
def dataset(tmp_path):
    root = make_small_dataset(tmp_path)
    (tmp_path / BIG).write_bytes(os.urandom(4 * PART + 17))
    return root


def arguments(dataset, store, tmp_path, *more, state="state"):
    return [
        *("upload", str(dataset), f"s3://{store.bucket}", "--endpoint-url", store.endpoint, "--force"),
        *("--state", str(tmp_path / state), "--part-size", "5MiB", *more),
    ]


@pytest.fixture
def upload(dataset, strict, tmp_path, capsys):
    """Upload the dataset; gives exit code and what was said."""
    number = count(1)

    def call(*more, state="state", endpoint=None):
        place = Store(endpoint or strict.endpoint, strict.bucket, strict.client)
        receipt = ("--receipt", str(tmp_path / f"receipt-{next(number)}.jsonl"))
        code = run(arguments(dataset, place, tmp_path, *receipt, *more, state=state))
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


def arrived(dataset, store) -> bool:
    files = {f"{HOME}/{p.relative_to(dataset).as_posix()}": p for p in dataset.rglob("*") if p.is_file()}
    keys = [key for key in store.object_keys() if "/_cpgate/" not in key]
    same = all(store.read(key) == files[key].read_bytes() for key in keys)
    return sorted(keys) == sorted(files) and same and store.unfinished() == []


def head(store, key=BIG):
    return store.client.head_object(Bucket=store.bucket, Key=key, ChecksumMode="ENABLED")


@pytest.mark.parametrize("encryption", [(), KMS])
@pytest.mark.parametrize("checksum", ["auto", "sha256"])
def test_checksums_are_kept_and_verified(upload, strict, dataset, tmp_path, capsys, checksum, encryption):
    code, said = upload("--checksum", checksum, *encryption)
    assert code == 0, said
    assert arrived(dataset, strict)
    told, receipt = head(strict), tmp_path / "receipt-1.jsonl"
    [big] = [record for record in Receipt(receipt).objects() if record.key == BIG]
    if checksum == "auto":
        assert (told["ChecksumType"], told["ChecksumCRC64NVME"]) == ("FULL_OBJECT", big.crc64nvme)
    else:
        assert (told["ChecksumType"], told["ChecksumSHA256"]) == ("COMPOSITE", big.sha256_parts)
    assert told["ServerSideEncryption"] == (encryption or ("", "AES256"))[1]
    assert big.etag_stored is None, "its ETags are MD5s also of what it calls encrypted"
    assert run(["verify", str(receipt), "--endpoint-url", strict.endpoint]) == 0
    code, said = upload("--checksum", checksum, *encryption)
    assert code == 0
    assert "unchanged 9" in said
    code, said = upload("--checksum", checksum, *encryption, "--rehash", state="other")
    assert code == 0, said
    assert "unchanged 9" in said
    strict.client.put_object(Bucket=strict.bucket, Key=BIG, Body=b"?" * big.size)
    capsys.readouterr()
    assert run(["verify", str(receipt), "--endpoint-url", strict.endpoint]) == 1
    code, said = upload(*encryption)
    assert code == 1
    assert f"conflict {BIG}" in said


def test_a_bucket_that_encrypts_by_itself(upload, strict, dataset):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    strict.client.put_bucket_encryption(
        Bucket=strict.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    code, said = upload()
    assert code == 0, said
    assert head(strict)["ServerSideEncryption"] == "aws:kms"
    assert "unchanged 9" in upload(state="other")[1]
    assert arrived(dataset, strict)


@pytest.mark.parametrize("checksum", ["auto", "sha256"])
def test_damaged_bytes_are_refused_and_sent_again(upload, strict, dataset, checksum):
    """The proxy changes a byte of the first write of an object, and of the first part."""
    damaged = set()

    def damage(request):
        kind = "part" if request.is_part else "object" if request.writes else ""
        if not kind or kind in damaged:
            return NOTHING
        damaged.add(kind)
        return Fault(body=flipped(0))

    with troubled_proxy(strict.endpoint, damage) as (endpoint, _):
        code, said = upload("--checksum", checksum, endpoint=endpoint)
    assert code == 0, said
    assert damaged == {"part", "object"}
    assert arrived(dataset, strict)


def test_each_wrong_digest_is_refused_by_itself(strict):
    """Without an MD5 that would tell, the checksum does; and the other way round."""
    right = hashlib.md5(b"cells").hexdigest()
    client = make_client(S3Settings(strict.endpoint, attempts=1))
    for wrong in (
        {"ChecksumCRC64NVME": checksum_of("crc64nvme", b"x")},
        {"ChecksumSHA256": checksum_of("sha256", b"x")},
    ):
        with pytest.raises(BytesDamaged):
            objects.put_object(client, strict.bucket, "key", b"cells", right, None, wrong)
    with pytest.raises(BytesDamaged):
        objects.put_object(client, strict.bucket, "key", b"other", right, None)
    assert strict.object_keys() == []


@pytest.fixture
def begun(strict):
    """A multipart upload of two parts, and what completes it."""
    client, pieces = make_client(S3Settings(strict.endpoint, attempts=1)), [bytes(PART), b"tail"]
    upload_id = multipart.begin_upload(client, strict.bucket, "key", checksum="crc64nvme").upload_id
    md5s = [hashlib.md5(piece).hexdigest() for piece in pieces]
    wrong = multipart.part_checksum("crc64nvme", checksum_of("crc64nvme", b"x"))
    for number, (piece, md5) in enumerate(zip(pieces, md5s, strict=True), start=1):
        more = multipart.part_checksum("crc64nvme", checksum_of("crc64nvme", piece))
        with pytest.raises(BytesDamaged):
            multipart.upload_part(client, strict.bucket, "key", upload_id, number, piece, md5, wrong)
        multipart.upload_part(client, strict.bucket, "key", upload_id, number, piece, md5, more)

    def complete(*, size=PART + 4, of=b"".join(pieces)):  # noqa: B008  the same in every call
        whole = multipart.whole_arguments(size, "crc64nvme", checksum_of("crc64nvme", of))
        return multipart.complete_upload(client, strict.bucket, "key", upload_id, md5s, Condition(), whole)

    return complete


def test_a_completion_of_another_size_or_checksum_is_refused(begun, strict):
    with pytest.raises(RequestRefused, match="x-amz-mp-object-size"):
        begun(size=PART + 5)
    with pytest.raises(BytesDamaged):
        begun(of=b"x")
    assert strict.object_keys() == []
    begun()
    assert strict.object_keys() == ["key"]


def test_a_completion_where_something_lies_is_refused(begun, strict):
    strict.put("key", b"somebody else's")
    with pytest.raises(AlreadyThere):
        begun()
    assert strict.read("key") == b"somebody else's"


def test_what_came_meanwhile_is_compared(upload, strict, dataset):
    """While the parts are on their way somebody writes: other bytes are a conflict, the same ones are success."""
    data = (dataset.parents[1] / BIG).read_bytes()
    for bytes_there, expected in ((b"other", 1), (data, 0)):
        written = []

        def write(request, bytes_there=bytes_there, written=written):
            if request.method == "POST" and "uploadId=" in request.target and not written:
                written.append(True)
                put_as_cpgate(strict, bytes_there)
            return NOTHING

        with troubled_proxy(strict.endpoint, write) as (endpoint, _):
            code, said = upload(endpoint=endpoint, state=f"state-{expected}")
        assert written == [True]
        assert code == expected, said
        assert strict.unfinished() == []
        strict.client.delete_object(Bucket=strict.bucket, Key=BIG)


def put_as_cpgate(store, data) -> None:
    """Write in parts of the same size, so that the ETag is the same."""
    place = {"Bucket": store.bucket, "Key": BIG}
    upload_id = store.client.create_multipart_upload(**place)["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": store.client.upload_part(
                **place, UploadId=upload_id, PartNumber=number, Body=data[at : at + PART]
            )["ETag"],
        }
        for number, at in enumerate(range(0, len(data), PART), start=1)
    ]
    store.client.complete_multipart_upload(**place, UploadId=upload_id, MultipartUpload={"Parts": parts})


@pytest.mark.parametrize("encryption", [(), KMS])
@pytest.mark.parametrize("checksum", ["auto", "sha256"])
def test_a_kill_loses_no_part(strict, dataset, tmp_path, checksum, encryption):
    with counting_proxy(strict.endpoint, 6e6) as (endpoint, traffic):
        place = Store(endpoint, strict.bucket, strict.client)
        more = ("--checksum", checksum, *encryption, "--jobs", "1")
        command = [sys.executable, "-m", "validator", *arguments(dataset, place, tmp_path, *more)]
        environment = os.environ | CREDENTIALS
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + 60
        while traffic.bytes_up < 2.5 * PART and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(process.pid, 9)
        process.wait()
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "resume 1" in done.stdout
    assert arrived(dataset, strict)
    assert traffic.bytes_up < 4 * PART + 2.2 * PART, "two parts at most went twice"
