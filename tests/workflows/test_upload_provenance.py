"""Derived products and their provenance, seen from the command."""

import json
from pathlib import Path

import pytest

from validator.cli.main import run
from validator.workflows import upload_provenance
from validator.workflows.manifest import check_manifest

pytestmark = pytest.mark.full  # a store and whole runs for each: `make test` has others like them

COMMIT = "a917fa79342ff92cf0ea05d6d9174d9028a90f8f"
RECIPE = ("--recipe", f"https://github.com/o/recipe/tree/{COMMIT}")
CONFIG = ("--recipe-config", f"https://github.com/o/recipe/blob/{COMMIT}/orf.json")
HOME = "cpg0099-example/broad"
KEY = f"{HOME}/workspace/profiles_assembled/profile_index.json"
PRODUCT = "workspace/profiles_assembled/ORF/v1.0/all.parquet"


@pytest.fixture
def upload(store, build_dataset, tmp_path, monkeypatch, capsys):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    dataset = build_dataset(add={PRODUCT: "@bytes:64"})

    def call(*options):
        where = [f"s3://{store.bucket}", "--endpoint-url", store.endpoint, "--state", str(tmp_path / "state")]
        code = run(["upload", str(dataset), *where, "--force", *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    call.dataset = dataset
    return call


def index(store, tmp_path: Path) -> list[dict]:
    content = store.read(KEY)
    (tmp_path / "index.json").write_bytes(content)
    assert [finding.rule for finding in check_manifest(tmp_path / "index.json")] == []
    return json.loads(content)


def test_the_manifest_has_the_etags_of_that_very_upload(upload, store, tmp_path):
    store.client.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration={"Status": "Enabled"})
    code, said = upload("--only-kind", "derived", *RECIPE, *CONFIG)
    assert code == 0, said
    assert [key for key in store.object_keys() if "/_cpgate/" not in key] == [f"{HOME}/{PRODUCT}", KEY]
    [entry] = index(store, tmp_path)
    there = store.client.head_object(Bucket=store.bucket, Key=f"{HOME}/{PRODUCT}")
    assert entry["etag"] == there["ETag"].strip('"')
    assert there["VersionId"]
    assert "version_id" not in entry  # its url is in another bucket, which has versions of its own
    assert entry["size"] == 64
    assert entry["url"] == f"https://cellpainting-gallery.s3.amazonaws.com/{HOME}/{PRODUCT}"
    assert (entry["subset"], entry["recipe_permalink"]) == ("orf", RECIPE[1])
    assert "1 product: 1 new, 0 changed" in said
    before = store.read(KEY)
    code, said = upload("--only-kind", "derived", *RECIPE, *CONFIG)
    assert (code, store.read(KEY)) == (0, before)
    assert "0 new, 0 changed" in said
    code, said = upload("--only-kind", "derived")
    assert code == 0, said
    second = upload.dataset / PRODUCT.replace("v1.0", "v1.1")
    second.parent.mkdir()
    second.write_bytes(b"other")
    upload("--only-kind", "derived", *RECIPE, *CONFIG)
    assert [entry["subset"] for entry in index(store, tmp_path)][:1] == ["orf"]
    assert len(index(store, tmp_path)) == 2


def test_the_version_is_named_in_the_bucket_of_the_url(upload, store, tmp_path, monkeypatch):
    monkeypatch.setattr(upload_provenance, "BUCKET", store.bucket)
    store.client.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration={"Status": "Enabled"})
    upload("--only-kind", "derived", *RECIPE, *CONFIG)
    there = store.client.head_object(Bucket=store.bucket, Key=f"{HOME}/{PRODUCT}")
    assert index(store, tmp_path)[0]["version_id"] == there["VersionId"]


def test_a_version_that_was_written_over_is_refused_unless_it_was_meant(upload, store):
    upload("--only-kind", "derived", *RECIPE, *CONFIG)
    store.client.delete_object(Bucket=store.bucket, Key=f"{HOME}/{PRODUCT}")
    (upload.dataset / PRODUCT).write_bytes(b"other bytes")
    before = store.read(KEY)
    code, said = upload("--only-kind", "derived", *RECIPE, *CONFIG)
    assert code == 4
    assert "CPG518" in said
    assert store.read(KEY) == before
    code, said = upload("--only-kind", "derived", "--replace", PRODUCT, *RECIPE, *CONFIG)
    assert code == 0, said
    assert "1 changed" in said


def test_the_contributors_own_manifest_is_entered_not_sent(upload, store, tmp_path):
    url = "https://cellpainting-gallery.s3.amazonaws.com/cpg0098-other/broad/workspace/profiles_assembled/X/v1.0/x.parquet"
    own = {
        "subset": "x",
        "url": url,
        "recipe_permalink": RECIPE[1],
        "config_permalink": CONFIG[1],
        "etag": "1" * 32,
        "mine": 1,
    }
    (upload.dataset / "workspace/profiles_assembled/profile_index.json").write_text(
        json.dumps([own], indent=2)
    )
    code, said = upload("--only-kind", "derived", *RECIPE, *CONFIG)
    assert code == 0, said
    entries = index(store, tmp_path)
    assert entries[0] == own
    assert entries[1]["subset"] == "orf"


def test_what_cannot_be_recorded_is_said_before_anything_is_sent(upload, store):
    for options, words in (
        ((*RECIPE,), "--recipe-config is missing"),
        ((*RECIPE, "--recipe-config", f"crispr={CONFIG[1]}"), "subset ORF"),
        ((*RECIPE, *CONFIG, "--include", "images/*"), "none is selected"),
    ):
        code, said = upload(*options)
        assert code == 2
        assert words in said
    assert store.object_keys() == []


def test_a_manifest_in_the_bucket_that_cannot_be_read_stays(upload, store):
    store.put(KEY, b"no manifest")
    code, said = upload("--only-kind", "derived", *RECIPE, *CONFIG)
    assert code == 4
    assert "The products are safe" in said
    assert store.read(KEY) == b"no manifest"
