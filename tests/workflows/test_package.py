"""Packages of uploaded data: quilt3 itself reads them, no byte is moved, and what would not last is refused."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest
from servers import counting_proxy
from uploaded import FILES, HOME, METADATA, RAW, Uploaded

from validator.cli.main import run
from validator.errors import CpgateError, ExitCode, NothingChecked, UsageError
from validator.models.quilt import PackageAddress
from validator.s3.client import S3Settings
from validator.workflows.package import PackageRequest, make_package

NAME = "lab/heart"
DNA = f"{RAW}/BR01/r01c01f01p01-ch1sk1fk1fl1.tiff"


# quilt3 reads its workflow's schema so; nobody else is to blame for it
pytestmark = [
    pytest.mark.full,  # a store and whole runs for each: `make test` has others like them
    pytest.mark.filterwarnings("ignore:(read|open)_text is deprecated:DeprecationWarning"),
]


@pytest.fixture
def quilt_client(store, quilt_folders):  # noqa: ARG001  quilt3 caches elsewhere
    """Let quilt3 itself ask the test's store; it would make a client for every request."""
    hooks = quilt().hooks
    before = hooks.set_build_s3_client_hook(lambda *_, **__: store.client)
    yield
    hooks.set_build_s3_client_hook(before)


@pytest.fixture
def uploaded(tmp_path, store, quilt_client):  # noqa: ARG001  for browse
    return Uploaded(tmp_path, store)


def publish(uploaded, endpoint="", **options):
    store = uploaded.store
    options = {
        "receipts": (uploaded.receipt,),
        "registry": f"s3://{store.bucket}",
        "message": "Now",
    } | options
    return make_package(
        PackageRequest(NAME, s3=S3Settings(endpoint_url=endpoint or store.endpoint), **options)
    )


def quilt():
    from validator.s3.quilt import import_quilt

    return import_quilt()


def browse(result):
    return quilt().Package.browse(
        NAME, registry=f"s3://{result.address.bucket}", top_hash=result.address.top_hash
    )


def test_package_points_to_the_objects_where_they_are(uploaded):
    result = publish(uploaded)
    assert (result.exit_code, result.published, result.entries, result.earlier) == (
        ExitCode.CLEAN,
        True,
        6,
        "",
    )
    package = browse(result)
    assert dict(package.walk()).keys() == {f"{HOME}/{name}" for name in FILES}
    for logical_key, entry in package.walk():
        key = entry.physical_key
        assert (key.bucket, key.path) == (uploaded.store.bucket, logical_key)
        there = uploaded.store.client.head_object(Bucket=key.bucket, Key=key.path)
        assert (entry.size, key.version_id) == (there["ContentLength"], there["VersionId"])
        assert entry.hash["type"] == "CRC64NVME"
    place = package[f"{HOME}/{DNA}"].meta
    assert (place["kind"], place["plate"], place["batch"]) == ("images.raw", "BR01", "2024_03_05_Run1")
    assert package.meta["datasets"] == [HOME]
    assert package.meta["plates"] == ["BR01", "BR02"]
    assert package.meta["objects"] == 6
    assert "subset" not in package.meta


def test_quilt_installs_what_was_uploaded(uploaded, tmp_path):
    result = publish(uploaded)
    target = tmp_path / "installed"
    quilt().Package.install(
        NAME,
        registry=f"s3://{result.address.bucket}",
        dest=str(target),
        dest_registry=str(tmp_path / "local"),
    )
    found = {
        p.relative_to(target / HOME).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()
    }
    assert found == FILES
    assert browse(result).verify(str(target))
    (target / HOME / DNA).write_bytes(b"other bytes")
    assert not browse(result).verify(str(target))


def test_another_revision_touches_only_what_changed(uploaded):
    first = publish(uploaded)
    before = {key: str(entry.physical_key) for key, entry in browse(first).walk()}
    uploaded.put("README.md", b"read this")
    uploaded.put("workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite", b"new")
    (uploaded.root / METADATA / "barcode_platemap.csv").unlink()
    second = publish(uploaded, receipts=(uploaded.write_receipt(),), message="Second")
    changes = second.changes
    assert changes.added == (f"{HOME}/workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite",)
    assert changes.changed == (f"{HOME}/README.md",)
    assert changes.removed == (f"{HOME}/{METADATA}/barcode_platemap.csv",)
    assert changes.kept == 4
    assert second.earlier == first.address.top_hash
    package = browse(second)
    assert package._meta["message"] == "Second"
    kept = {key for key, entry in package.walk() if before.get(key) == str(entry.physical_key)}
    assert len(kept) == 4
    added, modified, deleted = browse(first).diff(package)
    assert (tuple(added), tuple(modified), tuple(deleted)) == (
        changes.added,
        changes.changed,
        changes.removed,
    )
    registry = f"s3://{first.address.bucket}"
    quilt().Package.rollback(NAME, registry, first.address.top_hash)
    assert quilt().Package.browse(NAME, registry=registry).top_hash == first.address.top_hash


def test_same_bytes_uploaded_again_keep_their_version(uploaded):
    first = publish(uploaded)
    uploaded.put("README.md", FILES["README.md"])  # a version of its own, and nobody need fetch it again
    second = publish(uploaded)
    assert not second.published
    assert second.address == first.address


def test_what_the_receipt_proves_is_packaged_although_other_bytes_lie_there(uploaded):
    uploaded.store.put(f"{HOME}/README.md", b"somebody else wrote this")
    result = publish(uploaded)
    assert result.replaced == (f"{HOME}/README.md",)
    assert browse(result)[f"{HOME}/README.md"].get_bytes(use_cache_if_available=False) == b"read me"


def test_objects_that_the_bucket_does_not_hold_are_named_and_nothing_is_published(uploaded):
    client, bucket = uploaded.store.client, uploaded.store.bucket
    version = client.head_object(Bucket=bucket, Key=f"{HOME}/{DNA}")["VersionId"]
    client.delete_object(Bucket=bucket, Key=f"{HOME}/{DNA}", VersionId=version)
    (uploaded.root / "README.md").write_bytes(b"never uploaded")
    result = publish(uploaded, receipts=(uploaded.write_receipt(),))
    assert [(f.rule, f.key) for f in result.findings] == [
        ("CPG702", f"{HOME}/README.md"),
        ("CPG701", f"{HOME}/{DNA}"),
    ]
    assert result.exit_code == ExitCode.FINDINGS
    assert not uploaded.store.object_keys(".quilt/")


def test_a_bucket_without_versions_is_refused_or_said(tmp_path, store, quilt_client):  # noqa: ARG001
    uploaded = Uploaded(tmp_path, store, versions=False)
    with pytest.raises(UsageError, match="keeps no versions"):
        publish(uploaded)
    assert not store.object_keys(".quilt/")
    result = publish(uploaded, allow_unversioned=True)
    assert result.unversioned == 6
    assert {entry.physical_key.version_id for _, entry in browse(result).walk()} == {None}
    uploaded.keep_versions()
    uploaded.put("README.md", b"versioned")
    with pytest.raises(
        UsageError, match=f"kept no versions yet when 5 of 6 objects came, the first is {HOME}/"
    ):
        publish(uploaded, receipts=(uploaded.write_receipt(),))


def test_hashes_are_of_the_one_type_that_is_wanted(uploaded):
    with pytest.raises(UsageError, match=f"no SHA256 of 6 of 6 objects, the first is {HOME}/README"):
        publish(uploaded, hash_type="SHA256")
    values = {"sha256": "0" * 64, "sha2_256_chunked": "A" * 43 + "="}
    receipt = uploaded.write_receipt(record=values)
    for hash_type, value in zip(("SHA256", "sha2-256-chunked"), values.values(), strict=True):
        package = browse(publish(uploaded, receipts=(receipt,), hash_type=hash_type))
        assert {(e.hash["type"], e.hash["value"]) for _, e in package.walk()} == {(hash_type, value)}


@pytest.mark.parametrize("listing", [True, False])
def test_version_that_the_receipt_names_is_taken(uploaded, listing, monkeypatch):
    if not listing:
        forbid_listing(monkeypatch)
    names = ["README.md"]
    version = uploaded.store.client.head_object(Bucket=uploaded.store.bucket, Key=f"{HOME}/README.md")[
        "VersionId"
    ]
    receipt = uploaded.write_receipt(names, record={"version_id": version})
    uploaded.put("README.md", b"other bytes")
    uploaded.put("README.md", FILES["README.md"] if listing else b"still others")
    entry = browse(publish(uploaded, receipts=(receipt,)))[f"{HOME}/README.md"]
    assert entry.physical_key.version_id == version


def test_package_says_what_it_rests_upon(uploaded):
    header = {"batches": ["2024*"], "notes": {"contact": "lab@example.org"}}
    receipts = browse(publish(uploaded, receipts=(uploaded.write_receipt(header=header),))).meta["receipts"]
    assert [(r["narrowed"], r["notes"]) for r in receipts] == [(["2024*"], {"contact": "lab@example.org"})]


def test_receipts_that_were_merged_are_told_apart(uploaded):
    from validator.workflows.receipt_merge import merge_receipts

    images = uploaded.write_receipt([name for name in FILES if name.startswith("images/")])
    rest = uploaded.write_receipt([name for name in FILES if not name.startswith("images/")])
    merged = uploaded.folder / "merged.jsonl"
    merge_receipts([images, rest], merged)
    package = browse(publish(uploaded, receipts=(merged,)))
    assert (package.meta["objects"], len(package.meta["receipts"])) == (6, 2)


def test_only_manifests_travel(uploaded):
    data = b"x" * 5_000_000
    uploaded.put(DNA, data)
    uploaded.receipt = uploaded.write_receipt()
    with counting_proxy(uploaded.store.endpoint) as (endpoint, traffic):
        publish(uploaded, endpoint=endpoint)
    assert traffic.bytes_up < 40_000
    assert traffic.bytes_down < 100_000


def test_subset_is_closed_and_says_so(uploaded):
    result = publish(uploaded, select=("plate=BR01",))
    package = browse(result)
    assert {key.removeprefix(f"{HOME}/") for key, _ in package.walk()} == {
        name for name in FILES if "BR02" not in name
    }
    assert package.meta["subset"] == {"select": ["plate=BR01"], "objects_in_all": 6}
    with pytest.raises(NothingChecked, match="--select plate=XY") as caught:
        publish(uploaded, select=("plate=XY*",))
    assert "BR01, BR02" in caught.value.mend
    with pytest.raises(UsageError, match="No object of the receipt has a plaet"):
        publish(uploaded, select=("plaet=BR01",))
    with pytest.raises(UsageError, match="selects nothing"):
        publish(uploaded, select=("BR01",))


def test_registry_apart_from_the_data(uploaded, store):
    client = store.client
    client.create_bucket(Bucket=f"{store.bucket}-registry")
    first = publish(uploaded)
    elsewhere = publish(uploaded, dest_registry=f"s3://{store.bucket}-registry")
    assert elsewhere.address.bucket == f"{store.bucket}-registry"
    assert elsewhere.address.top_hash == first.address.top_hash
    assert {entry.physical_key.bucket for _, entry in browse(elsewhere).walk()} == {store.bucket}


def test_workflow_of_the_registry_is_respected(uploaded):
    store = uploaded.store
    schema = {"type": "object", "required": ["license"]}
    config = {
        "version": "1",
        "is_workflow_required": True,
        "default_workflow": "public",
        "workflows": {"public": {"name": "Public", "metadata_schema": "public", "handle_pattern": "^lab/"}},
        "schemas": {"public": {"url": f"s3://{store.bucket}/.quilt/workflows/public.json"}},
    }
    store.put(".quilt/workflows/public.json", json.dumps(schema).encode())
    store.put(".quilt/workflows/config.yml", json.dumps(config).encode())
    for dry_run in (True, False):
        with pytest.raises(UsageError, match="'license' is a required property"):
            publish(uploaded, dry_run=dry_run)
    assert not store.object_keys(".quilt/packages/")
    with pytest.raises(UsageError, match="Workflow required"):
        publish(uploaded, workflow="")
    meta = uploaded.folder / "meta.json"
    meta.write_text('{"license": "CC0"}')
    package = browse(publish(uploaded, meta=meta))
    assert package.meta["license"] == "CC0"
    assert package._meta["workflow"]["id"] == "public"


def test_grant_is_for_the_data_and_not_for_the_registry(uploaded, monkeypatch):
    from validator.s3 import quilt as registry
    from validator.s3.client import make_client
    from validator.s3.grant import AccessGrant
    from validator.workflows import package as workflow

    asked = {}

    def take(settings, *rest, name):
        asked[name] = settings.grant and (settings.grant.target, settings.grant.permission)
        return make_client(replace(settings, grant=None), *rest)

    monkeypatch.setattr(workflow, "make_client", partial(take, name="data"))
    monkeypatch.setattr(registry, "make_client", partial(take, name="registry"))
    store = uploaded.store
    s3 = S3Settings(endpoint_url=store.endpoint, grant=AccessGrant())
    make_package(PackageRequest(NAME, (uploaded.receipt,), f"s3://{store.bucket}", "Now", s3=s3))
    assert asked == {"data": (f"s3://{store.bucket}/{HOME}/*", "READ"), "registry": None}


def test_dry_run_writes_nothing(uploaded):
    result = publish(uploaded, dry_run=True)
    assert (result.published, result.address.top_hash, len(result.changes.added)) == (False, "", 6)
    assert not uploaded.store.object_keys(".quilt/")


def test_several_receipts_make_one_package(uploaded):
    images = uploaded.write_receipt([name for name in FILES if name.startswith("images/")])
    rest = uploaded.write_receipt([name for name in FILES if not name.startswith("images/")])
    result = publish(uploaded, receipts=(images, rest))
    assert (result.entries, len(browse(result).meta["receipts"])) == (6, 2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"registry": "s3://bucket/prefix"}, "a registry is a whole bucket"),
        ({"registry": "bucket"}, "is not a bucket"),
        ({"meta": "list.json"}, "is not a JSON object"),
        ({"meta": "taken.json"}, "cannot hold “plates”"),
        ({"meta": "none.json"}, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said(uploaded, options, says):
    (uploaded.folder / "list.json").write_text("[1]")
    (uploaded.folder / "taken.json").write_text('{"plates": 1}')
    if "meta" in options:
        options = {"meta": uploaded.folder / options["meta"]}
    with pytest.raises(UsageError, match=says):
        publish(uploaded, **options)


def test_receipt_that_leaves_out_files_is_refused(uploaded):
    with pytest.raises(UsageError, match="3 files did not get there"):
        publish(uploaded, receipts=(uploaded.write_receipt(conflicts=1, failed=2),))


def forbid_listing(monkeypatch):
    from validator.errors import CredentialsError
    from validator.workflows import version_listing

    def refuse(*_, **__):
        raise CredentialsError("these keys may not list versions")

    monkeypatch.setattr(version_listing, "list_versions", refuse)


def test_versions_are_asked_for_one_by_one_where_listing_them_is_not_allowed(uploaded, monkeypatch):
    forbid_listing(monkeypatch)
    package = browse(publish(uploaded))
    assert all(entry.physical_key.version_id for _, entry in package.walk())


def test_without_quilt3_the_extra_is_named(uploaded, monkeypatch):
    monkeypatch.setitem(sys.modules, "quilt3", None)
    with pytest.raises(UsageError, match="not installed here") as caught:
        publish(uploaded)
    assert "cpgate[quilt]" in caught.value.mend


def test_command_says_what_it_did(uploaded, capsys):
    store = uploaded.store
    command = [
        "package",
        NAME,
        "--registry",
        f"s3://{store.bucket}",
        "-m",
        "Now",
        "--endpoint-url",
        store.endpoint,
    ]
    command += ["--receipt", str(uploaded.receipt)]
    assert run([*command, "--dry-run"]) == 0
    assert capsys.readouterr().out.endswith("revision the first\ndry run  nothing was written\n")
    assert run(command) == 0
    said = capsys.readouterr().out
    address = PackageAddress.parse(said.split()[-1])
    assert said.startswith(f"package  {NAME} · 6 objects · 83 B · CRC64NVME\n")
    assert len(address.top_hash) == 64
    assert run([*command, "--quiet"]) == 0
    assert capsys.readouterr().out == f"nothing to publish: {address} is the same\n"
    uploaded.store.put(f"{HOME}/README.md", b"other bytes")
    uploaded.put(DNA, b"DNA again")
    assert run([*command, "--receipt", str(uploaded.write_receipt())]) == 0
    said = capsys.readouterr().out
    assert f"1 object, the first is {HOME}/README.md: other bytes lie there by now" in said
    assert f"revision 1 changed, other metadata, 5 unchanged since {address.top_hash[:10]}\n" in said
    (uploaded.root / "README.md").write_bytes(b"never sent")
    assert run([*command, "--receipt", str(uploaded.write_receipt())]) == 1
    said = capsys.readouterr().out
    assert "object-differs (CPG702)" in said
    assert said.endswith("nothing was published: the bucket does not hold what the receipt says\n")


def test_command_starts_without_quilt3():
    code = "import sys; from validator.cli.main import run; run(['package', '--help']); print('quilt3' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.endswith("False\n")


def test_quilt3_reports_no_usage(uploaded):
    publish(uploaded)
    from quilt3.telemetry import ApiTelemetry

    assert ApiTelemetry.telemetry_is_disabled()


def test_address_of_a_package():
    address = PackageAddress("registry", NAME, "ab12cd34")
    assert PackageAddress.parse(str(address)) == address
    for wrong in (
        "quilt+s3://b",
        "quilt+s3://b#package=lab",
        "quilt+s3://#package=a/b",
        "quilt+s3://b#package=a/b@x",
    ):
        with pytest.raises(CpgateError, match="does not name a package"):
            PackageAddress.parse(wrong)
