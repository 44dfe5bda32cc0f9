"""Published packages are checked where they point to; damage of every sort is found by its rule."""

import hashlib
import json

import pytest
from servers import counting_proxy
from uploaded import FILES, HOME, RAW, Uploaded

from validator.cli.main import run
from validator.errors import CredentialsError, ExitCode, NothingChecked, UnreadableFile, UsageError
from validator.models.progress import SilentProgress
from validator.s3.client import S3Settings
from validator.sources.quilt import QuiltSource
from validator.workflows import package_check, version_listing
from validator.workflows.check import CheckRequest, check
from validator.workflows.package import PackageRequest, make_package
from validator.workflows.sources import Origin

pytestmark = pytest.mark.full  # a store and whole runs for each: `make test` has others like them

NAME = "lab/heart"
DNA = f"{HOME}/{RAW}/BR01/r01c01f01p01-ch1sk1fk1fl1.tiff"
PACKAGE_RULES = {"CPG721", "CPG722", "CPG723", "CPG724", "CPG725"}


@pytest.fixture
def uploaded(tmp_path, store, quilt_folders):  # noqa: ARG001  quilt3 caches elsewhere
    return Uploaded(tmp_path, store)


@pytest.fixture
def address(uploaded):
    return str(publish(uploaded).address)


def publish(uploaded, **options):
    store = uploaded.store
    options = {
        "receipts": (uploaded.receipt,),
        "registry": f"s3://{store.bucket}",
        "message": "Now",
    } | options
    return make_package(PackageRequest(NAME, s3=S3Settings(endpoint_url=store.endpoint), **options))


def checked(uploaded, address, **options):
    origin = Origin(address, s3=S3Settings(endpoint_url=options.pop("endpoint", uploaded.store.endpoint)))
    report = uploaded.folder / "report.jsonl"
    return check(CheckRequest(uploaded.folder, origin=origin, report=report, **options))


def package_findings(result):
    return [
        (finding.rule, finding.key, finding.count)
        for finding in result.findings
        if finding.rule in PACKAGE_RULES
    ]


def edited(uploaded, address, change) -> str:
    """Publish a manifest that somebody else made: records are changed, the hash that names it fits."""
    store = uploaded.store
    bucket, _, revision = address.removeprefix("quilt+s3://").partition("#package=lab/heart@")
    lines = [json.loads(line) for line in store.read(f".quilt/packages/{revision}").splitlines()]
    header, *entries = change(lines)
    digest = hashlib.sha256()
    for part in (header, *({k: e[k] for k in ("hash", "logical_key", "meta", "size")} for e in entries)):
        digest.update(json.dumps(part, sort_keys=True, separators=(",", ":")).encode())
    top_hash = digest.hexdigest()
    text = "".join(json.dumps(line) + "\n" for line in (header, *entries))
    store.put(f".quilt/packages/{top_hash}", text.encode())
    return f"quilt+s3://{bucket}#package={NAME}@{top_hash}"


def test_sound_package_has_no_finding_about_it_and_its_keys_are_judged(uploaded, address):
    result = checked(uploaded, address)
    assert package_findings(result) == []
    assert result.header.datasets == [HOME]
    assert (result.listing.source, result.listing.files, result.dataset.root) == ("package", 6, address)
    assert result.dataset.complete
    unread = {finding.rule for finding in result.findings}
    assert "CPG125" in unread  # the empty file: sizes are those of the manifest
    assert "CPG301" in unread  # its images are no images: bytes are read from the version that it names


def test_latest_revision_and_first_digits_of_a_hash(uploaded, address):
    for text in (address.partition("@")[0], address[: address.index("@") + 9]):
        assert checked(uploaded, text).dataset.root == address


def test_deleted_version_is_found(uploaded, address):
    client, bucket = uploaded.store.client, uploaded.store.bucket
    version = client.head_object(Bucket=bucket, Key=DNA)["VersionId"]
    uploaded.store.put(DNA, b"a newer version")
    assert package_findings(checked(uploaded, address)) == []
    client.delete_object(Bucket=bucket, Key=f"{HOME}/README.md")  # only a marker: the version is still there
    assert package_findings(checked(uploaded, address)) == []
    client.delete_object(Bucket=bucket, Key=DNA, VersionId=version)
    result = checked(uploaded, address)
    assert package_findings(result) == [("CPG721", DNA, 1)]
    assert result.exit_code == ExitCode.FINDINGS


@pytest.mark.parametrize("few", [0, package_check.FEW])
def test_entries_without_versions_are_compared_with_what_lies_there(uploaded, few, monkeypatch):
    monkeypatch.setattr(package_check, "FEW", few)  # by listing, and one by one

    def forget(lines):
        for line in lines[1:]:
            line["physical_keys"] = [address.partition("?")[0] for address in line["physical_keys"]]
        return lines

    store = uploaded.store
    address = edited(uploaded, str(publish(uploaded).address), forget)
    assert {rule for rule, _, _ in package_findings(checked(uploaded, address))} == {"CPG723"}
    store.put(DNA, b"other bytes of another size")
    store.client.delete_object(Bucket=store.bucket, Key=f"{HOME}/README.md")
    found = [finding for finding in package_findings(checked(uploaded, address)) if finding[0] != "CPG723"]
    assert found == [("CPG721", f"{HOME}/README.md", 1), ("CPG722", DNA, 1)]


def test_large_packages_are_listed_not_asked_for(uploaded, address, monkeypatch):
    monkeypatch.setattr(package_check, "FEW", 3)
    source = QuiltSource(address, S3Settings(endpoint_url=uploaded.store.endpoint))
    heads, lists = [], []
    events = source.client.meta.events
    events.register("before-call.s3.HeadObject", lambda **_: heads.append(1))
    events.register("before-call.s3.ListObjectVersions", lambda **_: lists.append(1))
    assert package_check.entry_troubles(source, SilentProgress()) == []
    assert (len(heads), len(lists)) == (0, 1)

    def refuse(*_, **__):
        raise CredentialsError("these keys may not list versions")

    monkeypatch.setattr(version_listing, "list_versions", refuse)
    assert package_check.entry_troubles(source, SilentProgress()) == []
    assert len(heads) == 6


def test_hashes_of_two_types_are_told(uploaded, address):
    def mix(lines):
        lines[1]["hash"] = {"type": "SHA256", "value": "0" * 64}
        lines[2]["hash"] = {"type": "md5", "value": "0" * 32}
        return lines

    mixed = edited(uploaded, address, mix)
    assert package_findings(checked(uploaded, mixed)) == [("CPG724", f"{HOME}/{RAW}/BR01/", 2)]


def test_manifest_that_was_changed_under_its_name_is_told(uploaded, address):
    key = f".quilt/packages/{address.rpartition('@')[2]}"
    uploaded.store.put(key, uploaded.store.read(key).replace(b'"size": 7', b'"size": 9'))
    found = package_findings(checked(uploaded, address))
    assert [rule for rule, _, _ in found] == ["CPG725", "CPG722"]


def test_subset_is_no_whole_dataset(uploaded):
    address = str(publish(uploaded, select=("plate=BR02",)).address)
    result = checked(uploaded, address)
    assert not result.dataset.complete
    assert package_findings(result) == []


def test_keys_that_are_not_the_gallerys_are_not_judged(uploaded, address):
    def rename(lines):
        for line in lines[1:]:
            line["logical_key"] = line["logical_key"].rpartition("/")[2]
        return [lines[0], *sorted(lines[1:], key=lambda line: line["logical_key"])][:3]

    other = edited(uploaded, address, rename)
    result = checked(uploaded, other)
    assert (result.findings, result.exit_code) == ([], ExitCode.CLEAN)
    assert result.end.checked["links"] == 2


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda text: text[:-20], 7),
        (lambda text: b"[]\n" + text, 1),
        (lambda text: text.replace(b'["s3://', b'["file:///tmp/', 1), 2),
        (lambda text: text.replace(b'"size": 7', b'"size": -7'), 2),
        (lambda text: text.replace(b'{"', b'{"a":' + b"[" * 20_000 + b",", 1), 1),
    ],
)
def test_damaged_manifest_is_named(uploaded, address, damage, line):
    key = f".quilt/packages/{address.rpartition('@')[2]}"
    uploaded.store.put(key, damage(uploaded.store.read(key)))
    with pytest.raises(UnreadableFile, match=f"Line {line} of the manifest") as caught:
        checked(uploaded, address)
    assert caught.value.where == f"line {line}"


def test_what_is_not_there_is_said(uploaded, address):
    registry = address.partition("#")[0]
    with pytest.raises(UsageError, match="no package lab/liver"):
        checked(uploaded, f"{registry}#package=lab/liver")
    for digits in ("000000", "0" * 64):
        with pytest.raises(UsageError, match="no revision"):
            checked(uploaded, f"{registry}#package={NAME}@{digits}")
    uploaded.store.put(".quilt/named_packages/lab/odd/latest", b"../../etc")
    with pytest.raises(UnreadableFile, match="does not hold the hash"):
        checked(uploaded, f"{registry}#package=lab/odd")
    empty = edited(uploaded, address, lambda lines: lines[:1])
    with pytest.raises(NothingChecked, match="has no entries"):
        checked(uploaded, empty)


def test_only_the_manifest_is_read_when_only_names_are_judged(uploaded):
    uploaded.put(f"{RAW}/BR01/r01c01f01p01-ch1sk1fk1fl1.tiff", b"x" * 5_000_000)
    address = str(publish(uploaded, receipts=(uploaded.write_receipt(),)).address)
    with counting_proxy(uploaded.store.endpoint) as (endpoint, traffic):
        checked(uploaded, address, endpoint=endpoint, only=("layout",))
    assert traffic.bytes_down < 50_000


def test_command_checks_a_package(uploaded, address, capsys, monkeypatch):
    monkeypatch.chdir(uploaded.folder)
    endpoint = uploaded.store.endpoint
    assert run(["check", address, "--select", "CPG72*", "--endpoint-url", endpoint]) == 0
    assert f"{len(FILES)} files" in capsys.readouterr().out
    assert run(["check", address, "--prefix", "images", "--endpoint-url", endpoint]) == 2
    assert "is a package" in capsys.readouterr().err
    assert run(["check", address, "--access-grants", "--endpoint-url", endpoint]) == 2
    assert "lies at the root of its bucket" in capsys.readouterr().err
    assert run(["check", "quilt+s3://registry"]) == 2
    assert "does not name a package" in capsys.readouterr().err
