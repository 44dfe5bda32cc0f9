from datetime import UTC, datetime, timedelta, timezone

import pytest
from botocore.stub import Stubber
from servers import losing_proxy

from validator.manifests.receipt import ReceiptSummary, write_receipt
from validator.models.receipt import ReceiptHeader
from validator.s3.client import S3Settings, make_client
from validator.s3.failures import AlreadyThere
from validator.workflows.receipts import put_receipt, receipt_path

MOMENT = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
NAMES = ["cpg0099-example/broad"]
PREFIX = "cpg0099-example/broad/"


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name in ("here", "state", "data/cpg0099-example/broad/images"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def path_for(here, names=NAMES, batches=(), moment=MOMENT):
    return receipt_path(names, batches, moment, here / "data" / "cpg0099-example" / "broad", here / "state")


@pytest.mark.parametrize(
    ("names", "batches", "name"),
    [
        (NAMES, [], "cpg0099-example_broad_20261120T140533Z.jsonl"),
        (NAMES, ["2024_03_05_Run1"], "cpg0099-example_broad_2024_03_05_Run1_20261120T140533Z.jsonl"),
        (NAMES, ["2024_*", "2023_*"], "cpg0099-example_broad_2024___20261120T140533Z.jsonl"),
        ([*NAMES, "cpg0099-example/source_4"], [], "cpg0099-example_20261120T140533Z.jsonl"),
        (["cpg0099-example/../x y"], [], "cpg0099-example_.._x_y_20261120T140533Z.jsonl"),
    ],
)
def test_names(here, names, batches, name):
    assert path_for(here, names, batches) == here / "here" / name


def test_the_time_in_the_name_is_utc(here):
    local = MOMENT.astimezone(timezone(timedelta(hours=-5)))
    assert path_for(here, moment=local) == path_for(here)


def test_two_of_the_same_second_have_two_names(here):
    first = path_for(here)
    first.touch()
    second = path_for(here)
    second.touch()
    third = path_for(here)
    assert [p.name[-10:] for p in (first, second, third)] == ["533Z.jsonl", "3Z-2.jsonl", "3Z-3.jsonl"]


@pytest.mark.parametrize("inside", ["data/cpg0099-example/broad", "data/cpg0099-example/broad/images"])
def test_nothing_is_written_into_the_dataset(here, monkeypatch, inside):
    monkeypatch.chdir(here / inside)
    assert path_for(here).parent == here / "state"


@pytest.fixture
def receipt(tmp_path) -> ReceiptSummary:
    header = ReceiptHeader(
        datasets=NAMES,
        destination="s3://staging",
        tool="0.1.0",
        rulebook="1.0",
        policy="contribution",
        report="0" * 64,
        errors=0,
        forced=False,
        created=MOMENT,
    )
    return write_receipt(tmp_path / "receipt.jsonl", header, [])


def test_the_copy_in_the_bucket(store, receipt):
    client = make_client(S3Settings(store.endpoint, attempts=1))
    key = put_receipt(client, store.bucket, PREFIX, receipt)
    assert key == f"{PREFIX}_cpgate/20261120T140533Z_{receipt.end.digest[:16]}.jsonl"
    assert store.read(key) == receipt.path.read_bytes()


def test_a_copy_that_is_there_already_is_fine(store, receipt):
    client = make_client(S3Settings(store.endpoint, attempts=1))
    assert put_receipt(client, store.bucket, PREFIX, receipt) == put_receipt(
        client, store.bucket, PREFIX, receipt
    )


def test_an_answer_that_was_lost(store, receipt):
    with losing_proxy(store.endpoint) as (endpoint, losses):
        losses.left = 1
        key = put_receipt(make_client(S3Settings(endpoint, attempts=2)), store.bucket, PREFIX, receipt)
        assert losses.left == 0
    assert store.read(key) == receipt.path.read_bytes()


def test_another_object_at_its_place_is_never_overwritten(store, receipt):
    client = make_client(S3Settings(store.endpoint, attempts=1))
    key = put_receipt(client, store.bucket, PREFIX, receipt)
    store.put(key, b"something else")
    with pytest.raises(AlreadyThere):
        put_receipt(client, store.bucket, PREFIX, receipt)
    assert store.read(key) == b"something else"


def test_a_place_that_was_taken_and_is_empty_again_is_told(store, receipt):
    client = make_client(S3Settings(store.endpoint, attempts=1))
    with Stubber(client) as stub:
        stub.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
        stub.add_client_error("head_object", "404", http_status_code=404)
        with pytest.raises(AlreadyThere):
            put_receipt(client, "bucket", PREFIX, receipt)
