"""Packages in the style of the Allen Institute, from a folder and from a registry."""

import hashlib
import json

import pytest
from package_builder import build_package

from validator.errors import ExitCode, UsageError
from validator.s3.client import S3Settings
from validator.workflows.check import CheckRequest, check
from validator.workflows.sources import Origin

FOV = "fovs/fov_0123456789abcdef0123456789abcdef"


@pytest.fixture
def package():
    return build_package(small=True)


@pytest.fixture
def check_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(package, **options):
        root = package.write(tmp_path / "package", **options.pop("names", {}))
        return check(CheckRequest(root, **options))

    return run


def test_a_whole_package_is_clean(check_folder):
    result = check_folder(build_package())
    assert result.findings == []
    assert result.exit_code == ExitCode.CLEAN
    assert (result.header.scope, result.header.datasets) == ("package", [])
    assert result.header.counts == {
        "lines": 2,
        "plates": 3,
        "wells": 20,
        "fovs": 60,
        "cell_segs": 60,
        "nuclei_segs": 60,
        "structure_segs": 60,
        "files": 507,
    }
    assert {family for family, files in result.end.checked.items() if files} == {
        "layout",
        "links",
        "documents",
        "images",
    }


def test_a_loose_export_is_the_same(check_folder, package):
    result = check_folder(package, names={"info": "info/node.json", "schema": "SCHEMA.json"})
    assert result.findings == []


def test_the_configuration_is_no_part_of_it_and_holds(check_folder, package):
    package.infos["lines/line_AICS_23"]["line"] = "AICS-24"
    package.files["notes.txt"] = b"x"
    package.files["cpgate.toml"] = (
        b'[[level]]\nrule = "CPG637"\nlevel = "warning"\nreason = "known"\npaths = ["lines/"]\n'
        b'[[ignore]]\npatterns = ["notes.txt"]\nreason = "mine"\n'
    )
    result = check_folder(package)
    assert [(f.rule, f.level) for f in result.findings] == [("CPG637", "warning")]
    assert result.header.configuration.ignored[0].files == 1


def test_only_one_family(check_folder, package):
    package.infos["lines/line_AICS_23"]["line"] = "AICS-24"
    package.schema["unique_line_info"]["line"]["origin"] = "somewhere"
    assert {f.rule for f in check_folder(package, only=("links",)).findings} == {"CPG637"}


@pytest.mark.parametrize("part", ["fovs", "lines/line_AICS_23", "lines/line_AICS_23/info"])
def test_a_part_of_a_package_leads_to_the_whole(package, tmp_path, part):
    root = package.write(tmp_path / "package")
    with pytest.raises(UsageError, match="is a part of the package"):
        check(CheckRequest(root / part))


@pytest.fixture
def published(store, package):
    """Put the package into a bucket, and its manifest as quilt3 writes it."""

    def publish(meta=None):
        header = {"version": "v0", "message": "made", "user_meta": meta or {}}
        entries = []
        for path, content in sorted(package.contents().items()):
            store.put(f"data/{path}", content)
            entries.append(
                {
                    "logical_key": path,
                    "physical_keys": [f"s3://{store.bucket}/data/{path}"],
                    "size": len(content),
                    "hash": {"type": "SHA256", "value": hashlib.sha256(content).hexdigest()},
                    "meta": {},
                }
            )
        digest = hashlib.sha256()
        for part in (header, *({k: e[k] for k in ("hash", "logical_key", "meta", "size")} for e in entries)):
            digest.update(json.dumps(part, sort_keys=True, separators=(",", ":")).encode())
        text = "".join(json.dumps(line) + "\n" for line in (header, *entries))
        store.put(f".quilt/packages/{digest.hexdigest()}", text.encode())
        address = f"quilt+s3://{store.bucket}#package=aics/cells@{digest.hexdigest()}"
        return Origin(address, s3=S3Settings(endpoint_url=store.endpoint))

    return publish


def test_a_published_package_is_judged_like_a_folder(published, package, tmp_path):
    package.infos["lines/line_AICS_23"]["line"] = "AICS-24"
    result = check(CheckRequest(tmp_path, origin=published(), report=tmp_path / "report.jsonl"))
    assert result.end.crashed == 0, result.crash_file and result.crash_file.read_text()
    rules = {finding.rule for finding in result.findings}
    assert rules - {"CPG723"} == {"CPG637"}  # the manifest above names no versions
    assert result.header.counts["fovs"] == 18
