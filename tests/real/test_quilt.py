"""From an upload to an installed package, with quilt3 as its users have it: a process of its own against a server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from servers import CREDENTIALS, counting_proxy

from validator.cli.main import run

pytestmark = pytest.mark.full

NAME = "lab/heart"
HOME = "cpg0099-example/broad"
INSTALL = """
import json, sys
import quilt3
name, registry, target, first = sys.argv[1:]
quilt3.Package.install(name, registry=registry, dest=target)
package = quilt3.Package.browse(name, registry=registry)
earlier = quilt3.Package.browse(name, registry=registry, top_hash=first or package.top_hash)
changes = earlier.diff(package)
print(json.dumps([package.verify(target), package.top_hash, [list(keys) for keys in changes]]))
"""


@pytest.fixture
def quilt3(store, tmp_path):
    """Install the package as a user would; gives what quilt3 says, and the traffic of it."""
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_DATA_HOME": str(tmp_path / "share")}

    def install(target: Path, first: str = ""):
        with counting_proxy(store.endpoint) as (endpoint, traffic):
            environment = os.environ | CREDENTIALS | home
            environment |= {"AWS_ENDPOINT_URL": endpoint, "QUILT_DISABLE_USAGE_METRICS": "1"}
            arguments = [NAME, f"s3://{store.bucket}", str(target), first]
            said = subprocess.run(
                [sys.executable, "-c", INSTALL, *arguments],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout.splitlines()[-1]), traffic

    return install


@pytest.fixture
def cpgate(tmp_path, monkeypatch, store, capsys):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    settings = {"Status": "Enabled"}
    store.client.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration=settings)

    def call(*arguments):
        code = run([*map(str, arguments)])
        said = capsys.readouterr()
        assert code == 0, said.out + said.err
        return said.out

    return call


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_upload_package_second_revision_install(cpgate, quilt3, build_dataset, store, tmp_path):
    dataset = build_dataset()
    large = dataset / "workspace/qc/BR00123401.sqlite"
    large.parent.mkdir(exist_ok=True)
    large.write_bytes(os.urandom(20_000_000))
    upload = [
        "upload",
        dataset,
        f"s3://{store.bucket}",
        "--endpoint-url",
        store.endpoint,
        "--state",
        tmp_path / "state",
    ]
    publish = ["package", NAME, "--registry", f"s3://{store.bucket}", "--endpoint-url"]

    def on_disk() -> dict[str, bytes]:
        return {f"{HOME}/{name}": data for name, data in files_below(dataset).items()}

    cpgate(*upload, "--receipt", tmp_path / "first.jsonl")
    with counting_proxy(store.endpoint) as (endpoint, traffic):
        out = cpgate(*publish, endpoint, "--receipt", tmp_path / "first.jsonl", "-m", "First")
    total = sum(map(len, on_disk().values()))
    manifest = max(len(store.read(key)) for key in store.object_keys(".quilt/packages/"))
    assert traffic.bytes_up + traffic.bytes_down < manifest + 100_000 < total / 50
    assert traffic.requests < 40
    assert f"{len(on_disk())} objects" in out
    first = re.search(r"@([0-9a-f]{64})", out)[1]

    (verified, top_hash, _), traffic = quilt3(tmp_path / "one")
    assert (verified, top_hash) == (True, first)
    assert files_below(tmp_path / "one") == on_disk()
    assert traffic.bytes_down > total

    changed = dataset / "workspace/metadata/platemaps/2024_03_05_Run1/barcode_platemap.csv"
    changed.write_bytes(changed.read_bytes() + b"\n")
    cpgate(*upload, "--replace", "*barcode_platemap.csv", "--receipt", tmp_path / "second.jsonl")
    out = cpgate(*publish, store.endpoint, "--receipt", tmp_path / "second.jsonl", "-m", "Second")
    assert f"revision 1 changed, other metadata, {len(on_disk()) - 1} unchanged since {first[:10]}" in out

    (verified, _, changes), traffic = quilt3(tmp_path / "two", first)
    assert verified
    assert changes == [[], [f"{HOME}/{changed.relative_to(dataset).as_posix()}"], []]
    assert files_below(tmp_path / "two") == on_disk()
    assert traffic.bytes_down < 400_000  # what was installed before comes from the disk

    address = f"quilt+s3://{store.bucket}#package={NAME}"
    said = cpgate(
        "check", address, "--endpoint-url", store.endpoint, "--policy", "gallery", "--fail-on", "error"
    )
    assert "package-" not in said
