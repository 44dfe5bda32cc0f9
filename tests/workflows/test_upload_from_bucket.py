"""Uploads from one bucket to another: the command, real servers, objects of many shapes."""

import os

import pytest
from servers import CREDENTIALS, counting_proxy, moto_server, s3_client

from validator.cli.main import run
from validator.manifests.receipt import Receipt

pytestmark = pytest.mark.full  # half a minute and more

MIB = 1024 * 1024
HOME = "cpg0099-example/broad"
BIG = f"{HOME}/workspace/analysis/2024_03_05_Run1/BR00123401/analysis/BR00123401-A01-1/outlines/A01_s1--cell_outlines.png"


def put_in_parts(store, key: str, data: bytes, part_size: int) -> str:
    upload = store.client.create_multipart_upload(Bucket=store.bucket, Key=key)["UploadId"]
    pieces = [data[start : start + part_size] for start in range(0, len(data), part_size)]
    parts = [
        {
            "PartNumber": number,
            "ETag": store.client.upload_part(
                Bucket=store.bucket, Key=key, UploadId=upload, PartNumber=number, Body=piece
            )["ETag"],
        }
        for number, piece in enumerate(pieces, start=1)
    ]
    done = store.client.complete_multipart_upload(
        Bucket=store.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
    )
    return done["ETag"].strip('"')


@pytest.fixture
def lab(store, build_dataset):
    """A lab's bucket with a dataset, one object of it in parts of 5 MiB as rclone makes them."""
    dataset = build_dataset()
    contents = {}
    for path in dataset.rglob("*"):
        if path.is_file():
            key = f"{HOME}/{path.relative_to(dataset).as_posix()}"
            contents[key] = path.read_bytes()
            store.put(f"ours/{key}", contents[key])
    contents[BIG] = os.urandom(12 * MIB)
    put_in_parts(store, f"ours/{BIG}", contents[BIG], 5 * MIB)
    return contents


@pytest.fixture
def staging(store):
    store.client.create_bucket(Bucket=f"staging-{store.bucket}")
    return f"staging-{store.bucket}"


@pytest.fixture
def upload(store, staging, tmp_path, monkeypatch, capsys):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(*options, endpoint=store.endpoint):
        source = f"s3://{store.bucket}/ours/cpg0099-example"
        state = ("--state", str(tmp_path / "state"))
        code = run(["upload", source, f"s3://{staging}", *state, "--endpoint-url", endpoint, *options])
        said = capsys.readouterr()
        return code, " ".join((said.out + said.err).split())  # where lines break depends on names of folders

    return call


def etags(client, bucket: str, prefix: str) -> dict[str, str]:
    found = client.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    return {
        item["Key"].removeprefix(prefix): item["ETag"] for item in found if "/_cpgate/" not in item["Key"]
    }


@pytest.mark.parametrize("way", ["store", pytest.param("through-here", marks=pytest.mark.full)])
def test_everything_arrives_with_the_etags_it_had(upload, lab, store, staging, way, tmp_path):
    with counting_proxy(store.endpoint) as (endpoint, traffic):
        code, said = upload("--copy", way, endpoint=endpoint)
    assert code == 0, said
    assert etags(store.client, staging, "") == etags(store.client, store.bucket, "ours/")
    for key, data in lab.items():
        assert store.client.get_object(Bucket=staging, Key=key)["Body"].read() == data
    assert (traffic.bytes_up > 12 * MIB) == (way == "through-here")
    assert ("by the store itself, nothing went through this machine" in " ".join(said.split())) == (
        way == "store"
    )
    assert ", 0 B in" not in said
    [path] = (tmp_path / "work").glob("*.jsonl")
    records = {record.key: record for record in Receipt(path).objects()}
    assert set(records) == set(lab)
    assert records[BIG].part_size == 5 * MIB
    code, said = upload("--copy", way)
    assert code == 0
    assert "send 0 (0 B)" in said


@pytest.mark.full
def test_a_lost_journal_copies_nothing_again(upload, lab, tmp_path):
    assert upload()[0] == 0
    code, said = upload("--state", str(tmp_path / "another"))
    assert code == 0
    assert f"unchanged {len(lab)}" in said


@pytest.mark.full
def test_other_bytes_are_a_conflict_and_stay(upload, lab, store, staging):
    key = min(key for key in lab if key.endswith(".tiff"))
    store.client.put_object(Bucket=staging, Key=key, Body=b"other")
    code, said = upload()
    assert code == 1
    assert f"conflict {key}" in said
    assert store.client.get_object(Bucket=staging, Key=key)["Body"].read() == b"other"


@pytest.mark.full
@pytest.mark.usefixtures("lab")
def test_an_object_that_was_replaced_is_sent_afresh(upload, store, staging):
    assert upload()[0] == 0
    data = os.urandom(12 * MIB)
    put_in_parts(store, f"ours/{BIG}", data, 5 * MIB)
    code, said = upload()
    assert code == 1
    assert f"conflict {BIG}" in said
    assert upload("--replace", BIG)[0] == 0
    assert store.client.get_object(Bucket=staging, Key=BIG)["Body"].read() == data


@pytest.mark.usefixtures("lab")
def test_the_check_decides_for_a_bucket_too(upload, store, staging):
    store.put(f"ours/{HOME}/imagess/x.tiff", b"x")
    code, said = upload()
    assert code == 1
    assert "refused" in said
    assert store.client.list_objects_v2(Bucket=staging)["KeyCount"] == 0


@pytest.mark.full
@pytest.mark.usefixtures("lab")
def test_two_stores_with_keys_of_their_own(upload, store, staging, tmp_path):
    keys = tmp_path / "lab-keys"
    keys.write_text("[default]\naws_access_key_id = lab\naws_secret_access_key = lab-secret\n")
    with moto_server() as endpoint:
        other = s3_client(endpoint)
        other.create_bucket(Bucket=staging)
        code, said = upload(
            *("--source-endpoint-url", store.endpoint, "--source-credentials-file", str(keys)),
            endpoint=endpoint,
        )
        assert code == 0, said
        assert etags(other, staging, "") == etags(store.client, store.bucket, "ours/")
        code, said = upload("--copy", "store", "--source-endpoint-url", store.endpoint, endpoint=endpoint)
    assert code == 2
    assert "The store cannot copy by itself" in said
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in said


def test_options_of_the_source_are_for_buckets(tmp_path, capsys):
    assert run(["upload", str(tmp_path), "s3://b", "--source-profile", "lab"]) == 2
    assert "--source-profile is for a source that is a bucket" in capsys.readouterr().err
    assert run(["upload", "s3://b/cpg0001-x/y", "s3://some-bucket", "--sha256"]) == 2
    assert "--sha256 reads files on this machine" in capsys.readouterr().err


@pytest.mark.full
@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("way", ["store", "through-here"])
@pytest.mark.parametrize("replaced", [False, True])
def test_a_stop_in_the_midst_goes_on_where_it_stopped(
    upload, store, staging, tmp_path, monkeypatch, way, replaced
):
    key = f"{HOME}/workspace/qc/BR00123401.sqlite"
    data = os.urandom(40 * MIB)
    put_in_parts(store, f"ours/{key}", data, 5 * MIB)
    journals = (tmp_path / "state").rglob

    def parts() -> int:
        return sum(path.read_bytes().count(b'"t":"part"') for path in journals("*.journal"))

    with monkeypatch.context() as patched:
        over = property(lambda limit: limit.seconds is not None and parts() >= 2)
        patched.setattr("validator.workflows.time_limit.TimeLimit.is_over", over)
        code, said = upload("--copy", way, "--jobs", "1", "--include", "*.sqlite", "--time-limit", "1h")
    assert code == 124, said
    safe = parts()
    assert 2 <= safe < 8
    if replaced:
        data = os.urandom(40 * MIB)
        put_in_parts(store, f"ours/{key}", data, 5 * MIB)
    code, said = upload("--copy", way, "--include", "*.sqlite")
    assert code == 0, said
    assert ("resume 1" in said) != replaced
    assert store.client.get_object(Bucket=staging, Key=key)["Body"].read() == data
    assert not store.client.list_multipart_uploads(Bucket=staging).get("Uploads")
    assert etags(store.client, staging, "") == {
        key: etag
        for key, etag in etags(store.client, store.bucket, "ours/").items()
        if key.endswith("sqlite")
    }


def test_options_of_objects_hold_for_copies_that_the_store_makes(upload, lab, store, staging):
    small = min(key for key in lab if key.endswith(".tiff"))
    code, said = upload(
        *("--copy", "store", "--sse", "aws:kms", "--sse-kms-key-id", "lab"),
        *("--storage-class", "STANDARD_IA", "--metadata", "lab=heart"),
    )
    assert code == 0, said
    for key in (small, BIG):
        told = store.client.head_object(Bucket=staging, Key=key)
        assert (told["StorageClass"], told["ServerSideEncryption"]) == ("STANDARD_IA", "aws:kms")
        assert told["Metadata"] == {"lab": "heart"}
        assert told["ContentType"] == ("image/tiff" if key == small else "image/png")


@pytest.mark.usefixtures("lab")
def test_sha256s_need_the_bytes_here(upload):
    code, said = upload("--checksum", "sha256")
    assert code == 2
    assert "Add --copy through-here" in said
