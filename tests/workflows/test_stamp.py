"""Stamping: each product by its own url, all or nothing, and nothing else of the file changes."""

import hashlib
import json
import re

import pytest

from validator.errors import ExitCode, UnreadableFile, UsageError
from validator.manifests.provenance import read_provenance
from validator.s3.client import S3Settings
from validator.workflows.stamp import StampRequest, stamp

pytestmark = pytest.mark.full  # a store and whole runs for each: `make test` has others like them

HOME = "cpg0099-example/broad"
SUBSETS = ("orf", "crispr", "compound")
PART = 5 * 1024 * 1024
LARGE = b"p" * PART + b"arquet"


def key(subset):
    return f"{HOME}/workspace/profiles_assembled/{subset}/v1.0/profiles.parquet"


@pytest.fixture
def products(tmp_path, store):
    """Three products in the bucket and in a folder, and a manifest without ETags; the second one is multipart."""
    for subset in SUBSETS:
        data = LARGE if subset == "crispr" else subset.encode()
        path = tmp_path / key(subset)
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        where = {"Bucket": store.bucket, "Key": key(subset)}
        if subset != "crispr":
            store.client.put_object(**where, Body=data)
            continue
        upload = store.client.create_multipart_upload(**where)["UploadId"]
        parts = [
            {
                "PartNumber": number,
                "ETag": store.client.upload_part(
                    **where, UploadId=upload, PartNumber=number, Body=data[start : start + PART]
                )["ETag"],
            }
            for number, start in enumerate(range(0, len(data), PART), start=1)
        ]
        store.client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    return write(tmp_path, store)


def write(folder, store, **fields):
    entries = [
        {
            "subset": subset,
            "url": f"https://{store.bucket}.s3.amazonaws.com/{key(subset)}",
            "note": {"b": 1, "a": []},
            "etag": "",
            **fields.get(subset, {}),
        }
        for subset in SUBSETS
    ]
    path = folder / "profile_index.json"
    path.write_bytes(json.dumps(entries, indent=2).replace("\n", "\r\n").encode())
    return path


def run(path, store, **more):
    return stamp(StampRequest(path, S3Settings(store.endpoint, attempts=1), **more))


def etag(store, subset):
    return store.client.head_object(Bucket=store.bucket, Key=key(subset))["ETag"].strip('"')


def test_only_the_lines_of_etags_change(products, store):
    before = products.read_bytes().split(b"\r\n")
    products.chmod(0o640)
    result = run(products, store)
    assert (result.exit_code, result.written) == (ExitCode.CLEAN, True)
    after = products.read_bytes().split(b"\r\n")
    differing = [new for old, new in zip(before, after, strict=True) if old != new]
    assert differing == [f'    "etag": "{etag(store, subset)}"'.encode() for subset in SUBSETS]
    assert products.stat().st_mode & 0o777 == 0o640
    stamped = products.read_bytes()
    again = run(products, store)
    assert (again.changes, again.written, products.read_bytes()) == ([], False, stamped)


def test_one_product_that_fails_in_the_middle_is_named_and_nothing_changes(products, store):
    store.client.delete_object(Bucket=store.bucket, Key=key("crispr"))
    before, time = products.read_bytes(), products.stat().st_mtime_ns
    result = run(products, store)
    [failure] = result.failures
    assert failure.product == "crispr"
    assert key("crispr") in failure.url
    assert "there is no object" in failure.why
    assert (result.exit_code, result.written) == (ExitCode.FINDINGS, False)
    assert (products.read_bytes(), products.stat().st_mtime_ns) == (before, time)
    assert sorted(path.name for path in products.parent.iterdir()) == [
        "cpg0099-example",
        "profile_index.json",
    ]


@pytest.mark.parametrize(
    ("fields", "words", "code"),
    [
        ({"url": "https://example.org/x"}, "no address of an object in S3", 1),
        ({"url": "s3://nowhere-at-all/x"}, "there is no bucket nowhere-at-all", 4),
        ({"etag": "0" * 32}, "--update writes it over", 1),
        ({"etag": False}, "field etag is not text", 1),
    ],
)
def test_other_failures(products, store, fields, words, code):
    path = write(products.parent, store, crispr=fields)
    before = path.read_bytes()
    result = run(path, store)
    assert [failure.product for failure in result.failures] == ["crispr"]
    assert words in result.failures[0].why
    assert result.exit_code == code
    assert path.read_bytes() == before


def test_another_etag_is_written_over_only_when_that_is_said(products, store):
    path = write(products.parent, store, orf={"etag": "0" * 32})
    assert run(path, store, update=True).written
    assert json.loads(path.read_bytes())[0]["etag"] == etag(store, "orf")


def test_check_writes_nothing_and_says_what_would_change(products, store):
    before = products.read_bytes()
    result = run(products, store, check=True)
    assert (len(result.changes), result.written, result.exit_code) == (3, False, ExitCode.FINDINGS)
    assert products.read_bytes() == before
    run(products, store)
    assert run(products, store, check=True).exit_code is ExitCode.CLEAN


def test_the_order_of_products_does_not_matter(products, store):
    entries = json.loads(products.read_bytes())
    products.write_text(json.dumps(entries[::-1]))
    run(products, store)
    for entry in json.loads(products.read_text()):
        assert entry["etag"] == etag(store, entry["subset"])


def test_details_are_added_and_kept_true(products, store):
    path = write(products.parent, store, orf={"size": 1, "part_size": 7})
    result = run(path, store)
    assert {change.field for change in result.changes if change.product == "orf"} == {
        "etag",
        "size",
        "part_size",
    }
    orf, crispr, _ = json.loads(path.read_bytes())
    assert (orf["size"], orf["part_size"]) == (3, None)
    assert "size" not in crispr
    run(path, store, details=True)
    _, crispr, compound = json.loads(path.read_bytes())
    assert (crispr["size"], crispr["part_size"]) == (len(LARGE), PART)
    assert "part_size" not in compound


def test_a_version_is_that_of_the_bucket_in_the_url(products, store):
    store.client.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration={"Status": "Enabled"})
    store.client.put_object(Bucket=store.bucket, Key=key("orf"), Body=b"orf")
    entries = json.loads(products.read_bytes())[:1]
    elsewhere = entries[0] | {"url": f"https://cellpainting-gallery.s3.amazonaws.com/{key('orf')}"}
    products.write_text(json.dumps([elsewhere]))
    run(products, store, details=True, bucket=f"s3://{store.bucket}")
    [entry] = json.loads(products.read_text())
    assert (entry["etag"], "version_id" in entry) == (etag(store, "orf"), False)
    products.write_text(json.dumps(entries))
    run(products, store, details=True)
    assert json.loads(products.read_text())[0]["version_id"]


def test_what_described_the_bytes_before_does_not_stay(products, store):
    path = write(products.parent, store, orf={"etag": "0" * 32, "sha256": "1" * 64})
    result = run(path, store, update=True)
    assert [failure.product for failure in result.failures] == ["orf"]
    assert "sha256" in result.failures[0].why
    local = stamp(StampRequest(path, local=products.parent / HOME, update=True))
    assert local.written
    assert json.loads(path.read_bytes())[0]["sha256"] == hashlib.sha256(b"orf").hexdigest()


def test_from_files(products, store):
    result = stamp(StampRequest(products, local=products.parent / HOME, part_size=PART))
    assert result.written
    orf, crispr, _ = json.loads(products.read_bytes())
    assert (orf["etag"], crispr["etag"]) == (etag(store, "orf"), etag(store, "crispr"))
    assert crispr["part_size"] == PART
    assert "part_size" not in orf
    assert run(products, store).changes == []


def test_an_etag_that_the_file_can_have_is_kept(products, store):
    run(products, store)
    stamped = products.read_bytes()
    result = stamp(StampRequest(products, local=products.parent / HOME))
    assert (result.changes, result.failures, products.read_bytes()) == ([], [], stamped)


def test_a_file_that_is_not_there(products):
    (products.parent / key("orf")).unlink()
    result = stamp(StampRequest(products, local=products.parent / HOME))
    assert [failure.product for failure in result.failures] == ["orf"]


def test_the_old_forms(products, store):
    path = products.with_name("profile_index.csv")
    urls = [f"https://{store.bucket}.s3.amazonaws.com/{key(subset)}" for subset in SUBSETS]
    path.write_text("".join(f'"{subset}", "{url}",\n' for subset, url in zip(SUBSETS, urls, strict=True)))
    assert run(path, store).written
    assert path.read_text() == "".join(
        f'"{subset}", "{url}","{etag(store, subset)}"\n' for subset, url in zip(SUBSETS, urls, strict=True)
    )


def test_what_is_no_manifest(tmp_path, store):
    with pytest.raises(UsageError, match="cannot be read"):
        run(tmp_path / "none.json", store)
    (tmp_path / "a.json").write_text('{"record": "header", "format": "cpgate-receipt/1"}')
    with pytest.raises(UnreadableFile, match="is a receipt: it says already what was sent"):
        run(tmp_path / "a.json", store)
    (tmp_path / "a.json").write_text("[]")
    assert run(tmp_path / "a.json", store).exit_code is ExitCode.NOTHING_CHECKED


def test_every_manifest_of_the_corpus_stays_as_it_is(corpus, tmp_path, store):
    """Objects with other bytes than the real ones; the ETags of the copy are theirs, so nothing is to be stamped."""
    for source in sorted((corpus / "manifests").iterdir()):
        content = source.read_bytes()
        for entry in read_provenance(content).entries:
            name = entry.text("url").split("amazonaws.com/")[1]
            store.put(name, name.encode())
            if entry.text("etag"):
                real = hashlib.md5(name.encode()).hexdigest().encode()
                url = re.escape(entry.text("url").encode())
                content = re.sub(
                    rb"(" + url + rb'[^{}]*?)"[0-9a-f]{32}(?:-\d+)?"', rb'\1"' + real + b'"', content, count=1
                )
        path = tmp_path / source.name
        path.write_bytes(content)
        result = run(path, store, bucket=f"s3://{store.bucket}")
        assert result.failures == [], source.name
        if all(entry.text("etag") for entry in read_provenance(content).entries):
            assert (result.changes, path.read_bytes()) == ([], content), source.name
        stamped = path.read_bytes()
        assert run(path, store, bucket=f"s3://{store.bucket}").changes == []
        assert path.read_bytes() == stamped
