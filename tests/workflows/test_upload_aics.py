"""A package in the style of the Allen Institute goes below the prefix that was named."""

import pytest
from package_builder import build_package

from validator.cli.main import run
from validator.manifests.receipt import Receipt

pytestmark = pytest.mark.full  # half a minute and more


@pytest.fixture
def upload(tmp_path, monkeypatch, store, capsys):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(root, destination, *options):
        state = ("--state", str(tmp_path / "state"), "--endpoint-url", store.endpoint)
        code = run(["upload", str(root), destination, *state, *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


@pytest.fixture
def package():
    return build_package(small=True)


def test_keys_are_the_prefix_and_the_place_in_the_package(upload, package, store, tmp_path, capsys):
    contents = package.contents()
    root = package.write(tmp_path / "package")
    code, said = upload(root, f"s3://{store.bucket}/aics/cells")
    assert code == 0, said
    keys = [key for key in store.object_keys() if "/_cpgate/" not in key]
    assert keys == sorted(f"aics/cells/{path}" for path in contents)
    assert store.read("aics/cells/SCHEMA") == contents["SCHEMA"]
    assert any(key.startswith("aics/cells/_cpgate/") for key in store.object_keys())
    (path,) = (tmp_path / "work").glob("aics_cells_*.jsonl")
    objects = {one.key: one for one in Receipt(path).objects()}
    assert set(objects) == set(keys)
    fov = next(key for key in objects if "/fovs/" in key and key.endswith("image/load"))
    assert objects[fov].kind == "package.image"
    assert run(["verify", str(path), "--endpoint-url", store.endpoint]) == 0
    capsys.readouterr()
    code, said = upload(root, f"s3://{store.bucket}/aics/cells")
    assert code == 0
    assert f"unchanged {len(contents)}" in said


def test_a_package_in_a_bucket_is_judged_and_sent_like_one_in_a_folder(upload, package, store, capsys):
    contents = package.contents()
    for path, content in contents.items():
        store.put(f"lab/cells/{path}", content)
    store.put("lab/cells/_cpgate/receipt.jsonl", b"")
    source = f"s3://{store.bucket}/lab/cells"
    assert run(["check", source, "--endpoint-url", store.endpoint]) == 0
    assert "Allen Institute style package" in capsys.readouterr().out
    code, said = upload(source, f"s3://{store.bucket}/aics/cells")
    assert code == 0, said
    assert {path: store.read(f"aics/cells/{path}") for path in contents} == contents
    store.put("lab/part/SCHEMA", contents["SCHEMA"])
    store.put("lab/part/lines/line_AICS_23/info/load", b"{}")
    assert run(["check", f"s3://{store.bucket}/lab/part", "--endpoint-url", store.endpoint]) == 1
    assert "Allen Institute style package" in capsys.readouterr().out
    store.put("lab/other/lines/line_1.txt", b"x")
    assert run(["check", f"s3://{store.bucket}/lab/other", "--endpoint-url", store.endpoint]) == 2
    assert "--prefix" not in capsys.readouterr().err, "the prefix of a bucket stands in its address"


def test_errors_hold_it_back(upload, package, store, tmp_path):
    package.infos["lines/line_AICS_23"]["line"] = "AICS-24"
    code, said = upload(package.write(tmp_path / "package"), f"s3://{store.bucket}/aics/cells")
    assert code == 1
    assert "CPG637" in said
    assert store.object_keys() == []


def test_a_prefix_must_be_named(upload, package, store, tmp_path):
    code, said = upload(package.write(tmp_path / "package"), f"s3://{store.bucket}")
    assert code == 2
    assert f"s3://{store.bucket}/aics/cells" in said


def test_a_prefix_may_be_called_like_a_group(upload, package, store, tmp_path):
    code, said = upload(package.write(tmp_path / "package"), f"s3://{store.bucket}/fovs", "--dry-run")
    assert code == 0, said
