"""Inventories in the bucket where S3 wrote them give the same as on disk, and damage is named by its address."""

import pytest
from listings import csv_inventory, objects_of, orc_inventory, parquet_inventory
from small_dataset import make_small_dataset

from validator.cli.main import run
from validator.errors import NothingChecked, UnreadableFile, UsageError
from validator.s3.client import S3Settings
from validator.sources.inventory_bucket import inventory_source
from validator.workflows.sources import Origin

MANIFEST = "inventories/bucket/daily/2024-03-05T01-00Z/manifest.json"


@pytest.fixture
def objects(tmp_path):
    make_small_dataset(tmp_path / "nas")
    return objects_of(tmp_path / "nas")


def put(store, manifest, data="inventories/bucket/daily/data/"):
    """Upload an inventory as S3 writes it."""
    store.put(MANIFEST, manifest.read_bytes())
    for path in (manifest.parents[1] / "data").iterdir():
        store.put(data + path.name, path.read_bytes())


def opened(store, key=MANIFEST, **options):
    return inventory_source(f"s3://{store.bucket}/{key}", S3Settings(endpoint_url=store.endpoint), **options)


def entries_of(source):
    return sorted((entry.key, entry.size) for folder in source.scan() for entry in folder.entries())


@pytest.mark.parametrize("write", [csv_inventory, parquet_inventory, orc_inventory])
@pytest.mark.parametrize(
    "data", ["inventories/bucket/daily/data/", "inventories/bucket/daily/2024-03-05T01-00Z/"]
)
def test_inventory_in_its_bucket(store, tmp_path, objects, write, data, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    put(store, write(tmp_path / "inventory", objects), data)
    source = opened(store)
    assert entries_of(source) == [(key, path.stat().st_size) for key, path in objects]
    assert source.root == f"s3://{store.bucket}/{MANIFEST}"
    assert source.facts.kind == "inventory"
    assert list(scratch.iterdir()) == []
    assert entries_of(opened(store, MANIFEST.rpartition("/")[0] + "/")) == entries_of(source)


def test_damage_is_named_by_its_address(store, tmp_path, objects):
    manifest = csv_inventory(tmp_path / "inventory", objects)
    put(store, manifest)
    store.put("inventories/bucket/daily/data/one.csv.gz", b"other bytes")
    with pytest.raises(UnreadableFile, match=f"one.csv.gz of s3://{store.bucket}/{MANIFEST} is not the one"):
        entries_of(opened(store))
    store.client.delete_object(Bucket=store.bucket, Key="inventories/bucket/daily/data/one.csv.gz")
    with pytest.raises(UnreadableFile, match="its data file one\\.csv\\.gz is missing"):
        entries_of(opened(store))
    store.put(MANIFEST, b'{"a": 1}')
    with pytest.raises(UnreadableFile, match="is not the manifest of an S3 Inventory"):
        opened(store)
    with pytest.raises(NothingChecked, match="there is no object"):
        opened(store, "elsewhere/manifest.json")


def test_what_is_an_inventory_in_a_bucket():
    assert Origin(f"s3://bucket/{MANIFEST}").is_remote_inventory
    assert Origin("s3://bucket/daily", "inventory").is_remote_inventory
    assert not Origin("s3://bucket/cpg0099-example/broad").is_remote_inventory
    Origin(f"s3://bucket/{MANIFEST}", prefix="cpg0099-example").check()
    with pytest.raises(UsageError, match="--from is for listings"):
        Origin("s3://bucket/daily", "keys").check()


def test_command_checks_an_inventory_in_its_bucket(store, tmp_path, objects, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    put(store, parquet_inventory(tmp_path / "inventory", objects))
    place = f"s3://{store.bucket}/{MANIFEST}"
    run(["check", place, "--endpoint-url", store.endpoint, "--prefix", "cpg0099-example/broad"])
    said = capsys.readouterr().out
    assert f"{len(objects)} files" in said
    assert "an S3 Inventory holds no bytes" in " ".join(said.split())
