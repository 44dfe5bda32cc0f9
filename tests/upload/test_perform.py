"""One task against a real store; what moto does not do is answered by botocore's Stubber."""

import hashlib
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.stub import ANY, Stubber
from remembered import Remembered, remember
from servers import losing_proxy

from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest, digest_bytes, encode_crc64nvme, join_parts
from validator.recordlog.log import read_log
from validator.s3.client import S3Settings, make_client
from validator.s3.limits import MIN_PART_SIZE
from validator.s3.wire.connections import open_data_path
from validator.s3.writing import ChecksumChoice
from validator.upload.journal import DoneRecord, Journal
from validator.upload.perform import Performer
from validator.upload.tasks import Answer, Do, Failure, Task

KEY = "cpg0099-example/broad/workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite"
PART = MIN_PART_SIZE
DATA = b"a" * PART + b"b" * PART + b"c" * 100
PIECES = [DATA[:PART], DATA[PART : 2 * PART], DATA[2 * PART :]]
PARTS = [digest_bytes(piece) for piece in PIECES]
WHOLE = join_parts(PARTS, PART)
OTHER_MD5 = "f" * 32


class Desk:
    """A performer with its journal, a file, and the tasks that one would give it."""

    def __init__(self, store, folder: Path):
        self.store = store
        self.folder = folder / "state"
        self.folder.mkdir()
        self.path = folder / "BR01.sqlite"
        self.client = make_client(S3Settings(store.endpoint, attempts=1), 2)
        self.journal = Journal(self.folder, 1, "w001")
        self.performer = Performer(self.client, store.bucket, self.journal)
        self.opened = []
        self.connect(store.endpoint, 1)
        self.write(DATA)

    def connect(self, endpoint: str, attempts: int) -> None:
        settings = S3Settings(endpoint, attempts=attempts)
        self.performer.client = make_client(settings, 2)
        connections = open_data_path(self.performer.client, settings, self.store.bucket)
        self.performer.connections = connections
        self.opened.append(connections)

    def write(self, data: bytes) -> None:
        self.path.write_bytes(data)
        status = self.path.stat()
        self.state = FileState(status.st_size, status.st_mtime_ns)

    def task(self, do: Do, **more) -> Task:
        values = {
            "key": KEY,
            "path": str(self.path),
            "size": self.state.size,
            "mtime_ns": self.state.mtime_ns,
            "part_size": PART,
        }
        return Task(1, do, **(values | more))

    def perform(self, do: Do, **more) -> Answer:
        return self.performer.perform(self.task(do, **more))

    def succeed(self, do: Do, **more) -> dict:
        answer = self.perform(do, **more)
        assert answer.failure is None, answer
        return answer.values

    def fail(self, failure: Failure, do: Do, **more) -> Answer:
        answer = self.perform(do, **more)
        assert answer.failure is failure, answer
        assert answer.what
        assert answer.values == {}
        return answer

    def begin(self) -> str:
        return self.succeed(Do.BEGIN)["upload_id"]

    def completion(self, upload_id: str, **more) -> dict:
        md5s = tuple(part.md5 for part in PARTS)
        return {"upload_id": upload_id, "etags": md5s, "expected": WHOLE.etag, "crc": WHOLE.crc64nvme} | more

    def send_parts(self, upload_id: str, *numbers: int) -> None:
        for number in numbers or (1, 2, 3):
            self.succeed(Do.PART, upload_id=upload_id, number=number)

    def known(self) -> Remembered:
        return remember(self.folder)

    def stub(self) -> Stubber:
        self.performer.client, self.performer.connections = self.client, None  # a store only boto3 reaches
        return Stubber(self.client)


@pytest.fixture
def desk(store, tmp_path):
    desk = Desk(store, tmp_path)
    yield desk
    desk.journal.close()
    for connections in desk.opened:
        connections.close()


@pytest.fixture
def lossy(desk):
    """Let the desk's client talk through a connection that may lose answers."""
    with losing_proxy(desk.store.endpoint) as (endpoint, losses):
        desk.connect(endpoint, 2)
        yield losses


# PUT


def small(desk, data: bytes = b"cells") -> ObjectDigest:
    desk.write(data)
    return ObjectDigest(
        len(data), hashlib.md5(data).hexdigest(), None, 1, encode_crc64nvme(digest_bytes(data).crc64nvme)
    )


@pytest.mark.parametrize("data", [b"cells", b""])
def test_a_file_is_put_and_written_down(desk, store, data):
    digest = small(desk, data)
    values = desk.succeed(Do.PUT)
    assert store.read(KEY) == data
    assert values == {
        "etag": digest.etag, "part_size": None, "parts": 1, "crc": digest.crc64nvme, "at": values["at"], "version_id": None, "sent": len(data)
    }  # fmt: skip
    assert desk.known().done == {KEY: DoneRecord(KEY, desk.state, digest, values["at"])}
    assert values["at"].endswith("+00:00")


def test_the_same_bytes_are_there_already(desk, store):
    """As after a lost answer: 412, and what lies there is one's own."""
    small(desk)
    store.put(KEY, b"cells")
    values = desk.succeed(Do.PUT)
    assert values["sent"] == 0
    assert KEY in desk.known().done


def test_an_answer_to_a_put_that_was_really_lost(desk, store, lossy):
    digest = small(desk)
    lossy.left = 1
    values = desk.succeed(Do.PUT)
    assert lossy.requests == [f"PUT /{store.bucket}/{KEY}"]
    assert values["etag"] == digest.etag
    assert store.read(KEY) == b"cells"


@pytest.mark.parametrize("other", [b"other", b"cellz", b""])
def test_other_bytes_are_never_overwritten(desk, store, other):
    small(desk)
    store.put(KEY, other)
    answer = desk.fail(Failure.CONFLICT, Do.PUT)
    assert f"{len(other):,} bytes" in answer.what
    assert hashlib.md5(other).hexdigest() in answer.what
    assert store.read(KEY) == other
    assert desk.known().done == {}


def test_what_was_named_is_replaced_and_nothing_else(desk, store):
    small(desk)
    store.put(KEY, b"old")
    desk.fail(Failure.CONFLICT, Do.PUT, replaces=OTHER_MD5)
    assert store.read(KEY) == b"old"
    desk.succeed(Do.PUT, replaces=hashlib.md5(b"old").hexdigest())
    assert store.read(KEY) == b"cells"


def test_what_should_be_replaced_is_gone(desk):
    small(desk)
    with desk.stub() as stub:
        stub.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
        stub.add_client_error("head_object", "404", http_status_code=404)
        answer = desk.fail(Failure.CONFLICT, Do.PUT, replaces=OTHER_MD5)
    assert "no longer there" in answer.what


def test_without_a_condition_it_is_written_in_any_case(desk, store):
    small(desk)
    store.put(KEY, b"old")
    desk.succeed(Do.PUT, conditional=False)
    assert store.read(KEY) == b"cells"


@pytest.mark.parametrize(
    ("answered", "failure"),
    [
        ({"ETag": f'"{OTHER_MD5}"'}, Failure.REMOTE),
        ({"ETag": '"0123-abc"'}, Failure.UNVERIFIABLE),
        ({"ETag": f'"{OTHER_MD5}"', "ServerSideEncryption": "aws:kms"}, Failure.UNVERIFIABLE),
        ({"ETag": f'"{OTHER_MD5}"', "SSECustomerAlgorithm": "AES256"}, Failure.UNVERIFIABLE),
        ({}, Failure.REMOTE),
    ],
)
def test_an_etag_that_is_not_that_of_the_bytes(desk, answered, failure):
    small(desk)
    with desk.stub() as stub:
        stub.add_response("put_object", answered)
        desk.fail(failure, Do.PUT)
    assert desk.known().done == {}


# A multipart upload


def test_an_upload_from_begin_to_end(desk, store):
    upload_id = desk.begin()
    begun = desk.known()
    assert begun.intents == set()
    assert (begun.uploads[upload_id].key, begun.uploads[upload_id].part_size) == (KEY, PART)
    assert begun.uploads[upload_id].state == desk.state
    for number, (piece, part) in enumerate(zip(PIECES, PARTS, strict=True), start=1):
        values = desk.succeed(Do.PART, upload_id=upload_id, number=number)
        assert values == {"size": len(piece), "md5": part.md5, "crc": part.crc64nvme, "sent": len(piece)}
        assert desk.known().uploads[upload_id].parts[number] == part
    listed = desk.succeed(Do.PARTS, upload_id=upload_id)
    assert listed == {"parts": [[n, part.size, part.md5, ""] for n, part in enumerate(PARTS, start=1)]}
    values = desk.succeed(Do.COMPLETE, **desk.completion(upload_id))
    assert (values["etag"], values["parts"], values["crc"]) == (WHOLE.etag, 3, WHOLE.crc64nvme)
    assert store.read(KEY) == DATA
    assert store.unfinished() == []
    known = desk.known()
    assert known.uploads == {}
    assert known.done == {KEY: DoneRecord(KEY, desk.state, WHOLE, values["at"])}


@pytest.mark.parametrize("checksum", ["crc64nvme", "sha256", ""])
def test_parts_and_completion_follow_what_the_upload_was_begun_with(desk, checksum):
    """It may have been begun by another process, or by a run with another --checksum."""
    sent = {}

    def look(params, model, **_):
        sent[model.name] = {name.lower(): value for name, value in params["headers"].items()}

    desk.performer.connections = None
    desk.performer.client.meta.events.register("before-call.s3", look)
    desk.performer.checksums = ChecksumChoice(checksum or "none")
    values = desk.succeed(Do.BEGIN)
    assert values["checksum"] == checksum
    assert desk.known().uploads[values["upload_id"]].checksum == checksum
    desk.performer.checksums = ChecksumChoice("none" if checksum else "crc64nvme")
    upload_id, sums = values["upload_id"], []
    for number, part in enumerate(PARTS, start=1):
        found = desk.succeed(Do.PART, upload_id=upload_id, number=number, checksum=checksum)
        assert ("sha256" in found) is (checksum == "sha256")
        sums.append(found.get("sha256") or encode_crc64nvme(part.crc64nvme))
    desk.succeed(Do.COMPLETE, **desk.completion(upload_id, checksum=checksum, sums=sums if checksum else []))
    for name in ("crc64nvme", "sha256"):
        assert (f"x-amz-checksum-{name}" in sent["UploadPart"]) is (name == checksum)
    whole = sent["CompleteMultipartUpload"]
    assert ("x-amz-checksum-crc64nvme" in whole) is (checksum == "crc64nvme")
    assert whole.get("x-amz-mp-object-size") == (str(len(DATA)) if checksum else None)
    assert sent["CreateMultipartUpload"].get("x-amz-checksum-algorithm", "") == checksum.upper()


def test_the_wish_is_written_before_the_store_is_asked(desk):
    with desk.stub() as stub:
        stub.add_client_error("create_multipart_upload", "InternalError", http_status_code=500)
        desk.fail(Failure.REMOTE, Do.BEGIN)
    assert desk.known().intents == {KEY}
    assert desk.known().uploads == {}


def test_recovering_aborts_only_uploads_of_this_key_that_hold_nothing(desk, store):
    where = {"Bucket": store.bucket}
    lost = store.client.create_multipart_upload(**where, Key=KEY)["UploadId"]
    with_part = store.client.create_multipart_upload(**where, Key=KEY)["UploadId"]
    store.client.upload_part(**where, Key=KEY, UploadId=with_part, PartNumber=1, Body=b"x")
    other_key = store.client.create_multipart_upload(**where, Key=f"{KEY}-journal")["UploadId"]
    mine = desk.succeed(Do.BEGIN, recover=True)["upload_id"]
    left = store.client.list_multipart_uploads(**where)["Uploads"]
    assert {upload["UploadId"] for upload in left} == {with_part, other_key, mine}
    assert lost not in {with_part, other_key, mine}


def test_without_recovering_nothing_is_aborted(desk, store):
    store.client.create_multipart_upload(Bucket=store.bucket, Key=KEY)
    desk.begin()
    assert store.unfinished() == [KEY, KEY]


def test_keys_that_may_not_list_uploads_can_begin(desk):
    with desk.stub() as stub:
        stub.add_client_error("list_multipart_uploads", "AccessDenied", http_status_code=403)
        stub.add_response("create_multipart_upload", {"UploadId": "new"})
        assert desk.succeed(Do.BEGIN, recover=True) == {"upload_id": "new", "checksum": "crc64nvme"}


def test_an_answer_to_a_begin_that_was_lost_leaves_one_to_recover(desk, store, lossy):
    lossy.left = 1
    desk.begin()
    assert len(store.unfinished()) == 2
    assert desk.known().intents == {KEY}, "the end of the run must look for the other one"
    desk.succeed(Do.BEGIN, recover=True)
    assert len(store.unfinished()) == 1
    assert desk.known().intents == {KEY}, "an earlier beginning may still be on its way"


def test_a_part_that_is_there_is_not_sent_again(desk):
    with desk.stub():  # any request would be an error
        values = desk.succeed(Do.PART, upload_id="id", number=3, etag=PARTS[2].md5)
    assert values == {"size": 100, "md5": PARTS[2].md5, "crc": PARTS[2].crc64nvme, "sent": 0}


def test_a_part_with_other_bytes_is_sent_again(desk, store):
    upload_id = desk.begin()
    store.client.upload_part(Bucket=store.bucket, Key=KEY, UploadId=upload_id, PartNumber=3, Body=b"z" * 100)
    values = desk.succeed(Do.PART, upload_id=upload_id, number=3, etag=hashlib.md5(b"z" * 100).hexdigest())
    assert values["sent"] == 100
    assert desk.succeed(Do.PARTS, upload_id=upload_id)["parts"] == [[3, 100, PARTS[2].md5, ""]]


def test_an_answer_to_a_part_that_was_lost(desk, lossy):
    upload_id = desk.begin()
    lossy.left = 1
    desk.send_parts(upload_id, 3)
    assert len(lossy.requests) == 1
    assert desk.known().uploads[upload_id].parts == {3: PARTS[2]}


@pytest.mark.parametrize(("etag", "failure"), [(OTHER_MD5, Failure.REMOTE), ("no-md5", Failure.UNVERIFIABLE)])
def test_a_part_whose_etag_is_not_that_of_its_bytes_is_not_written_down(desk, etag, failure):
    with desk.stub() as stub:
        stub.add_response("upload_part", {"ETag": f'"{etag}"'})
        desk.fail(failure, Do.PART, upload_id="id", number=3)
    [log] = desk.folder.glob("*.journal")
    assert [record["t"] for record in read_log(log)] == ["run"]


@pytest.mark.parametrize(
    ("do", "method", "more"),
    [
        (Do.PART, "upload_part", {"number": 3}),
        (Do.PARTS, "list_parts", {}),
    ],
)
def test_the_store_has_forgotten_the_upload(desk, do, method, more):
    with desk.stub() as stub:
        stub.add_client_error(method, "NoSuchUpload", http_status_code=404)
        desk.fail(Failure.GONE, do, upload_id="id", **more)


def head_of(digest: ObjectDigest, etag: str | None = None) -> dict:
    return {
        "ContentLength": digest.size,
        "ETag": f'"{etag or digest.etag}"',
        "LastModified": datetime.now(UTC),
    }


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("NoSuchUpload", 404),
        ("InternalError", 500),
        ("RequestTimeout", 400),
        ("ConditionalRequestConflict", 409),
    ],
)
def test_completed_although_the_store_says_otherwise(desk, code, status):
    """The answer to the first try was lost, and the second finds what the first has done."""
    with desk.stub() as stub:
        stub.add_client_error("complete_multipart_upload", code, http_status_code=status)
        stub.add_response("head_object", head_of(WHOLE), {"Bucket": ANY, "Key": KEY})
        if code != "NoSuchUpload":  # were they the bytes of another uploader, our parts would stay
            stub.add_response("abort_multipart_upload", {}, {"Bucket": ANY, "Key": KEY, "UploadId": "id"})
        values = desk.succeed(Do.COMPLETE, **desk.completion("id"))
        stub.assert_no_pending_responses()
    assert values["etag"] == WHOLE.etag
    assert KEY in desk.known().done


@pytest.mark.parametrize(
    ("code", "status", "failure"),
    [
        ("NoSuchUpload", 404, Failure.GONE),
        ("InternalError", 500, Failure.REMOTE),
        ("ConditionalRequestConflict", 409, Failure.GONE),
    ],
)
@pytest.mark.parametrize("there", [None, "f" * 32])
def test_not_completed(desk, code, status, failure, there):
    with desk.stub() as stub:
        stub.add_client_error("complete_multipart_upload", code, http_status_code=status)
        if there is None:
            stub.add_client_error("head_object", "404", http_status_code=404)
        else:
            stub.add_response("head_object", head_of(WHOLE, there))
        if status == 409:  # it is begun again, so the parts are thrown away
            stub.add_response("abort_multipart_upload", {}, {"Bucket": ANY, "Key": KEY, "UploadId": "id"})
        desk.fail(failure, Do.COMPLETE, **desk.completion("id"))
    assert desk.known().done == {}


def test_keys_that_run_out_while_completing(desk):
    with desk.stub() as stub:
        stub.add_client_error("complete_multipart_upload", "ExpiredToken", http_status_code=400)
        answer = desk.fail(Failure.EXPIRED, Do.COMPLETE, **desk.completion("id"))
    assert "expired" in answer.what
    assert "goes on where it stopped" in answer.mend


def test_an_answer_to_complete_that_was_really_lost(desk, store, lossy):
    upload_id = desk.begin()
    desk.send_parts(upload_id)
    lossy.left = 1
    values = desk.succeed(Do.COMPLETE, **desk.completion(upload_id))
    assert len(lossy.requests) == 1
    assert lossy.requests[0].startswith("POST")
    assert values["etag"] == WHOLE.etag
    assert store.read(KEY) == DATA
    assert store.unfinished() == []
    assert desk.known().uploads == {}


def test_completing_over_other_bytes_is_a_conflict_and_leaves_nothing_behind(desk, store):
    upload_id = desk.begin()
    desk.send_parts(upload_id)
    store.put(KEY, b"other")
    answer = desk.fail(Failure.CONFLICT, Do.COMPLETE, **desk.completion(upload_id))
    assert "5 bytes" in answer.what
    assert store.read(KEY) == b"other"
    assert store.unfinished() == []
    assert desk.known().uploads == {}
    assert desk.known().done == {}


def test_completing_over_ones_own_bytes_is_success(desk, store):
    """Sent twice, because the first completion was neither answered nor written down."""
    first, second = desk.begin(), desk.begin()
    desk.send_parts(first)
    desk.send_parts(second)
    desk.succeed(Do.COMPLETE, **desk.completion(first))
    values = desk.succeed(Do.COMPLETE, **desk.completion(second))
    assert values["etag"] == WHOLE.etag
    assert store.unfinished() == []
    assert desk.known().uploads == {}


@pytest.mark.parametrize(("etag", "failure"), [(WHOLE.etag, None), ("f" * 32 + "-3", Failure.REMOTE)])
def test_a_completion_answered_without_an_etag_is_looked_at(desk, etag, failure):
    with desk.stub() as stub:
        stub.add_response("complete_multipart_upload", {})
        stub.add_response("head_object", head_of(WHOLE, etag))
        assert desk.perform(Do.COMPLETE, **desk.completion("id")).failure is failure


@pytest.mark.parametrize(
    ("etag", "failure"), [("f" * 32 + "-3", Failure.REMOTE), ("no-md5", Failure.UNVERIFIABLE)]
)
def test_an_object_with_another_etag_than_computed_has_failed(desk, etag, failure):
    with desk.stub() as stub:
        stub.add_response("complete_multipart_upload", {"ETag": f'"{etag}"'})
        desk.fail(failure, Do.COMPLETE, **desk.completion("id"))
    assert desk.known().done == {}


def test_aborting_is_written_down_and_may_be_repeated(desk, store):
    upload_id = desk.begin()
    desk.send_parts(upload_id, 3)
    assert desk.succeed(Do.ABORT, upload_id=upload_id) == {}
    assert store.unfinished() == []
    assert desk.known().uploads == {}
    desk.succeed(Do.ABORT, upload_id=upload_id)


# Files that are not what they were


READING = [(Do.PUT, {}), (Do.PART, {"upload_id": "id", "number": 2}), (Do.DIGEST, {"etag": OTHER_MD5})]


@pytest.mark.parametrize(("do", "more"), READING)
def test_a_file_that_changed_before_it_was_read_is_not_sent(desk, do, more):
    before = desk.state
    desk.path.write_bytes(b"shorter")
    with desk.stub():
        answer = desk.fail(Failure.CHANGED, do, size=before.size, mtime_ns=before.mtime_ns, **more)
    assert str(desk.path) in answer.what
    assert "wait until nothing writes to it" in answer.mend


@pytest.mark.parametrize(("do", "more"), READING)
def test_a_file_that_changes_while_it_is_read_is_not_sent(desk, monkeypatch, do, more):
    real = os.read

    def read(descriptor, length):
        data = real(descriptor, length)
        with desk.path.open("r+b") as stream:
            stream.write(b"new")
        os.utime(desk.path, (5, 5))
        return data

    monkeypatch.setattr(os, "read", read)
    with desk.stub():
        desk.fail(Failure.CHANGED, do, **more)


@pytest.mark.parametrize(("do", "more"), READING)
def test_a_file_that_cannot_be_read(desk, do, more):
    desk.path.unlink()
    with desk.stub():
        answer = desk.fail(Failure.UNREADABLE, do, **more)
    assert f"{desk.path} cannot be read: No such file" in answer.what


# Comparing with what lies there


def put_in_parts(store, *pieces: bytes) -> str:
    upload_id = store.client.create_multipart_upload(Bucket=store.bucket, Key=KEY)["UploadId"]
    where = {"Bucket": store.bucket, "Key": KEY, "UploadId": upload_id}
    parts = [
        {"PartNumber": n, "ETag": store.client.upload_part(**where, PartNumber=n, Body=piece)["ETag"]}
        for n, piece in enumerate(pieces, start=1)
    ]
    return store.client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})["ETag"].strip(
        '"'
    )


def test_an_object_is_compared_with_its_own_part_size(desk, store):
    odd = MIN_PART_SIZE + 1234
    etag = put_in_parts(store, DATA[:odd], DATA[odd:])
    values = desk.succeed(Do.DIGEST, etag=etag)
    assert (values["etag"], values["part_size"], values["parts"]) == (etag, odd, 2)
    assert values["crc"] == WHOLE.crc64nvme
    assert desk.known().digests[KEY] == (desk.state, ObjectDigest(len(DATA), etag, odd, 2, WHOLE.crc64nvme))


def test_an_object_that_was_put_at_once(desk):
    with desk.stub():
        values = desk.succeed(Do.DIGEST, etag=OTHER_MD5)
    assert (values["etag"], values["part_size"]) == (hashlib.md5(DATA).hexdigest(), None)


@pytest.mark.parametrize("data", [DATA[:1000], b""])
def test_an_object_of_one_part(desk, data):
    desk.write(data)
    etag = hashlib.md5(hashlib.md5(data).digest()).hexdigest() + "-1"
    with desk.stub():
        assert desk.succeed(Do.DIGEST, etag=etag)["etag"] == etag


def test_where_the_store_does_not_tell_the_usual_part_sizes_are_tried(desk):
    with desk.stub() as stub:
        stub.add_response(
            "head_object", {"ContentLength": len(DATA)}, {"Bucket": ANY, "Key": KEY, "PartNumber": 1}
        )
        values = desk.succeed(Do.DIGEST, etag=WHOLE.etag)  # rclone's 5 MiB
    assert (values["etag"], values["part_size"]) == (WHOLE.etag, PART)


def test_other_bytes_have_another_etag(desk, store):
    etag = put_in_parts(store, PIECES[1], PIECES[0], PIECES[2])
    assert desk.succeed(Do.DIGEST, etag=etag)["etag"] == WHOLE.etag != etag


@pytest.mark.parametrize("etag", ["no-md5", "", "encrypted-" + OTHER_MD5])
def test_an_etag_that_is_no_md5_cannot_be_compared(desk, etag):
    with desk.stub():
        answer = desk.fail(Failure.UNVERIFIABLE, Do.DIGEST, etag=etag)
    assert "cannot be verified" in answer.what


def test_a_number_of_parts_that_no_tool_makes_cannot_be_compared(desk):
    with desk.stub() as stub:
        stub.add_response("head_object", {"ContentLength": len(DATA)})
        desk.fail(Failure.UNVERIFIABLE, Do.DIGEST, etag=OTHER_MD5 + "-1234")


# What goes wrong elsewhere


@pytest.mark.parametrize(
    ("do", "more"),
    [(Do.PUT, {}), (Do.BEGIN, {}), (Do.DIGEST, {"etag": OTHER_MD5}), (Do.ABORT, {"upload_id": "id"})],
)
def test_a_journal_that_cannot_be_written_is_told(desk, do, more):
    small(desk)
    desk.journal.close()
    with desk.stub() as stub:
        if do is Do.PUT:
            stub.add_response("put_object", {"ETag": f'"{hashlib.md5(b"cells").hexdigest()}"'})
        if do is Do.ABORT:
            stub.add_response("abort_multipart_upload", {})
        answer = desk.fail(Failure.JOURNAL, do, **more)
    assert "the journal cannot be written" in answer.what
    assert str(desk.folder) in answer.what


def test_refused_keys_are_told(desk):
    small(desk)
    with desk.stub() as stub:
        stub.add_client_error("put_object", "InvalidAccessKeyId", http_status_code=403)
        desk.fail(Failure.CREDENTIALS, Do.PUT)


def test_a_store_that_went_away(desk):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    desk.connect(endpoint, 1)
    small(desk)
    assert "cannot be reached" in desk.fail(Failure.REMOTE, Do.PUT).what


# Versions


def test_the_version_of_what_was_written_is_kept(desk, store):
    store.client.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration={"Status": "Enabled"})
    small(desk)
    put = desk.succeed(Do.PUT)
    there = store.client.head_object(Bucket=store.bucket, Key=KEY)["VersionId"]
    assert put["version_id"] == there
    assert desk.known().done[KEY].version_id == there
    # A lost answer: the version is the one that lies there.
    assert desk.succeed(Do.PUT)["version_id"] == there


def test_keys_that_may_not_list_parts_can_go_on(desk):
    with desk.stub() as stub:
        stub.add_client_error("list_parts", "AccessDenied", http_status_code=403)
        assert desk.succeed(Do.PARTS, upload_id="id") == {"parts": None}


def test_a_rule_that_throws_parts_away_is_told_when_an_upload_is_resumed(desk):
    moment = datetime(2026, 12, 6, 12, tzinfo=UTC)
    with desk.stub() as stub:
        stub.add_response("list_parts", {"Parts": [], "AbortDate": moment})
        told = desk.succeed(Do.PARTS, upload_id="id")
    assert told == {"parts": [], "ends": "2026-12-06T12:00:00+00:00"}
