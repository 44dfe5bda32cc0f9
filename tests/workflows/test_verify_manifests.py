"""Provenance manifests and lists of checksums against a bucket and a disk, and long manifests in any order."""

import hashlib
import json
import os
import random
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from validator.errors import ExitCode, RemoteError, UnreadableFile, UsageError
from validator.models.claim import Claim
from validator.s3.client import S3Settings
from validator.workflows import verify as verifying
from validator.workflows import verify_claims, verify_differences
from validator.workflows.verify import verify_local, verify_remote
from validator.workflows.verify_claims import sorted_claims

PLACE = "cpg0099-example/broad/workspace/profiles_assembled"
PART = 5 * 1024 * 1024
LARGE = b"p" * PART + b"arquet"


@dataclass
class Products:
    """Two products in a bucket, below a folder, and in a manifest."""

    store: object
    folder: Path

    def __post_init__(self):
        self.root = self.folder / "cpg0099-example" / "broad"
        self.etags = {"orf": self.put("orf", LARGE), "crispr": self.put("crispr", b"small")}
        self.manifest = self.folder / "profile_index.json"

    def key(self, subset):
        return f"{PLACE}/{subset}/v1.0/profiles.parquet"

    def put(self, subset, data):
        path = self.folder / self.key(subset)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        where = {"Bucket": self.store.bucket, "Key": self.key(subset)}
        if len(data) <= PART:
            return self.store.client.put_object(**where, Body=data)["ETag"].strip('"')
        upload = self.store.client.create_multipart_upload(**where)["UploadId"]
        parts = []
        for number, start in enumerate(range(0, len(data), PART), start=1):
            body = data[start : start + PART]
            answer = self.store.client.upload_part(**where, UploadId=upload, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        return self.store.client.complete_multipart_upload(
            **where, UploadId=upload, MultipartUpload={"Parts": parts}
        )["ETag"].strip('"')

    def write(self, **changes):
        entries = [
            {
                "subset": subset,
                "url": f"https://{self.store.bucket}.s3.amazonaws.com/{self.key(subset)}",
                "etag": etag,
                **changes.get(subset, {}),
            }
            for subset, etag in self.etags.items()
        ]
        self.manifest.write_text(json.dumps(entries))
        return self.manifest

    def remote(self, path=None, **more):
        return verify_remote(path or self.manifest, S3Settings(self.store.endpoint, attempts=1), **more)

    def list(self, *lines):
        path = self.folder / "list.txt"
        path.write_text("".join(f"{line}\n" for line in lines))
        return path


@pytest.fixture
def products(tmp_path, store):
    return Products(store, tmp_path)


def told(result):
    return [(finding.rule, finding.key) for finding in result.findings]


def test_a_provenance_manifest_agrees(products):
    products.write()
    for result in (products.remote(), verify_local(products.manifest, products.root)):
        assert told(result) == []
        assert (result.agreeing, result.exit_code) == (2, ExitCode.CLEAN)
    assert products.remote().where == f"s3://{products.store.bucket} at {products.store.endpoint}"


def test_products_that_are_gone_or_other(products):
    products.write()
    products.store.client.delete_object(Bucket=products.store.bucket, Key=products.key("orf"))
    products.put("crispr", b"SMALL")
    assert told(products.remote()) == [("CPG702", products.key("crispr")), ("CPG701", products.key("orf"))]
    (products.folder / products.key("orf")).unlink()
    result = verify_local(products.manifest, products.root)
    assert told(result) == [("CPG704", products.key("crispr")), ("CPG703", products.key("orf"))]


def test_what_is_stated_twice_is_not_proven(products):
    manifest = products.write()
    manifest.write_text(manifest.read_text().replace('"etag"', f'"etag": "{"0" * 32}", "etag"', 1))
    for result in (products.remote(), verify_local(products.manifest, products.root)):
        assert told(result) == [("CPG706", products.key("orf"))]
        assert "has the field etag more than once" in result.findings[0].message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("d41d8cd98f00b204e9800998ecf8427e  a.tiff\n".encode("utf-16"), "UTF-16"),
        (b'[{"subset": }]', "is no whole provenance manifest. It is not JSON"),
    ],
)
def test_what_cannot_be_read_is_named(products, content, words):
    products.manifest.write_bytes(content)
    with pytest.raises(UnreadableFile, match=re.escape(words)) as refused:
        products.remote()
    assert str(products.manifest) in refused.value.what


def test_a_version_that_is_not_there_is_told_from_an_object_that_is_not(products):
    where = {"Bucket": products.store.bucket, "Key": products.key("crispr")}
    products.store.client.put_bucket_versioning(
        Bucket=products.store.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    gone = products.store.client.put_object(**where, Body=b"small")["VersionId"]
    there = products.store.client.put_object(**where, Body=b"small")["VersionId"]
    products.store.client.delete_object(**where, VersionId=gone)
    products.write(crispr={"version_id": there})
    assert told(products.remote()) == []
    products.write(crispr={"version_id": gone})
    [finding] = products.remote().findings
    assert (finding.rule, "same ETag lies there" in finding.message) == ("CPG701", True)
    assert there in finding.actual
    products.store.client.put_object(**where, Body=b"other")
    assert "an object of another version lies there" in products.remote().findings[0].message
    products.store.client.delete_object(**where)
    assert products.remote().findings[0].message == "Nothing lies there in the bucket"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"etag": ""}, "neither an ETag nor a checksum"),
        ({"etag": "abc"}, "no ETag of S3"),
        ({"url": "https://example.org/a.parquet"}, "no address of an object in S3"),
        ({"sha256": "abc"}, "as its sha256 is none"),
    ],
)
def test_what_states_nothing_is_no_success(products, change, words):
    products.write(crispr=change)
    for result in (products.remote(), verify_local(products.manifest, products.root)):
        [finding] = result.findings
        assert finding.rule == "CPG706"
        assert words in finding.message
        assert (result.agreeing, result.exit_code) == (1, ExitCode.FINDINGS)


def test_what_else_a_manifest_states_is_compared(products):
    right = {"size": 5, "sha256": hashlib.sha256(b"small").hexdigest()}
    products.write(crispr=right, orf={"part_size": PART})
    assert verify_local(products.manifest, products.root).findings == []
    assert products.remote().findings == []
    for wrong in ({"size": 6}, {"sha256": "0" * 64}):
        products.write(crispr=right | wrong)
        assert told(verify_local(products.manifest, products.root)) == [("CPG704", products.key("crispr"))]
    products.write(crispr={"size": 6})
    assert told(products.remote()) == [("CPG702", products.key("crispr"))]


def test_other_parts_are_told_from_other_bytes(products):
    products.write(orf={"etag": "0" * 32 + "-2", "part_size": 8 * 1024 * 1024})
    [finding] = products.remote().findings
    assert finding.rule == "CPG702"
    assert "in parts of 5,242,880 bytes instead of 8,388,608" in finding.message


def test_a_checksum_of_the_whole_decides_where_etags_cannot(products):
    where = {"Bucket": products.store.bucket, "Key": products.key("crispr")}
    products.store.client.put_object(**where, Body=b"small", ChecksumAlgorithm="SHA256")
    listed = products.list(f"{hashlib.sha256(b'small').hexdigest()}  crispr/v1.0/profiles.parquet")
    bucket = f"s3://{products.store.bucket}/{PLACE}"
    assert told(products.remote(listed, bucket=bucket)) == []
    listed = products.list(f"{'0' * 64}  crispr/v1.0/profiles.parquet")
    assert [rule for rule, _ in told(products.remote(listed, bucket=bucket))] == ["CPG702"]
    listed = products.list(f"{'0' * 64}  orf/v1.0/profiles.parquet")
    assert [rule for rule, _ in told(products.remote(listed, bucket=bucket))] == ["CPG706"]


@pytest.mark.parametrize("asked_each", [0, 1000])
def test_lists_against_a_bucket(products, monkeypatch, asked_each):
    monkeypatch.setattr(verifying, "ASKED_EACH", asked_each)
    bucket = f"s3://{products.store.bucket}/{PLACE}"
    lines = [
        f"{products.etags['orf']}  orf/v1.0/profiles.parquet",
        f"{hashlib.md5(b'small').hexdigest()}  ./crispr/v1.0/profiles.parquet",
    ]
    assert told(products.remote(products.list(*lines), bucket=bucket)) == []
    lines += [f"{'0' * 32}  crispr/v1.0/profiles.parquet", f"{'0' * 32}  nothing/there", f"{'0' * 32}  a"]
    result = products.remote(products.list(*lines), bucket=bucket)
    assert told(result) == [
        ("CPG701", "a"),
        ("CPG702", "crispr/v1.0/profiles.parquet"),
        ("CPG701", "nothing/there"),
    ]
    assert result.agreeing == 2
    with pytest.raises(UsageError, match="does not say where its files lie"):
        products.remote(products.list(*lines))
    with pytest.raises(RemoteError, match="there is no bucket nowhere-at-all"):
        products.remote(products.list(*lines), bucket="s3://nowhere-at-all")


def test_names_that_lead_out_of_the_folder_are_not_read(products):
    (products.folder / "secret").write_bytes(b"secret")
    digest = hashlib.md5(b"secret").hexdigest()
    lines = [f"{digest}  ../secret", f"{digest}  {products.folder}/secret", f"{digest}  a/../../secret"]
    result = verify_local(products.list(*lines), products.root)
    assert [rule for rule, _ in told(result)] == ["CPG703"] * 3


def test_a_pipe_is_not_waited_for(products):
    os.mkfifo(products.folder / "pipe")
    [finding] = verify_local(products.list(f"{'0' * 32}  pipe"), products.folder).findings
    assert "not a file" in finding.message


def test_names_with_accents_taken_apart(products):
    (products.folder / "u\u0308ber").mkdir()
    (products.folder / "u\u0308ber" / "e\u0301.tif").write_bytes(b"x")
    listed = products.list(f"{hashlib.md5(b'x').hexdigest()}  \u00fcber/\u00e9.tif")
    assert verify_local(listed, products.folder).findings == []


def test_long_manifests_are_sorted_in_pieces(monkeypatch):
    monkeypatch.setattr(verify_claims, "RUN_LENGTH", 700)
    claims = [Claim(f"{number:05d}", checksums={"md5": bytes(16)}, size=number) for number in range(5000)]
    mixed = random.Random(1).sample(claims, len(claims))
    assert list(sorted_claims(mixed, in_order=False)) == claims


def test_many_findings_do_not_stay_in_memory(products, monkeypatch):
    monkeypatch.setattr(verify_differences, "KEPT", 3)
    listed = products.list(*(f"{'0' * 32}  {number}" for number in range(9)))
    everything = []
    result = verify_local(listed, products.folder, record=everything.append)
    assert (len(result.findings), result.left_out, len(everything)) == (3, 6, 9)
    assert (result.agreeing, result.exit_code) == (0, ExitCode.FINDINGS)
