"""What a configuration ignores is not uploaded, and is counted."""

import json
import os

import pytest

from validator.cli.main import run

CONFIG = """\
[[ignore]]
patterns = ["workspace/scratch/"]
reason = "tries"
"""


@pytest.fixture
def upload(tmp_path, monkeypatch, store, capsys):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    where = [f"s3://{store.bucket}", "--endpoint-url", store.endpoint, "--state", str(tmp_path / "state")]

    def call(folder, *options):
        code = run(["upload", str(folder), *where, *map(str, options)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


def test_ignored_files_and_the_configuration_stay_here(build_dataset, upload, store, tmp_path):
    folder = build_dataset(add={"workspace/scratch/a.csv": "x", "workspace/scratch/b.csv": "y"})
    assert "scratch" in upload(folder, "--dry-run")[1]
    (folder / "cpgate.toml").write_text(CONFIG)
    code, said = upload(folder, "--dry-run")
    assert code == 0, said
    assert "ignored 2" in said
    assert not [line for line in said.splitlines() if "scratch" in line and not line.startswith("ignored  ")]
    assert "ignored  2 files by " in said
    code, said = upload(folder)
    assert code == 0, said
    keys = store.object_keys()
    assert not [key for key in keys if "scratch" in key or key.endswith("cpgate.toml")]
    data = [path for path in folder.rglob("*") if path.is_file()]
    assert len([key for key in keys if "/_cpgate/" not in key]) == len(data) - 3
    receipt = next(path for path in (tmp_path / "work").glob("cpg*.jsonl"))
    assert json.loads(receipt.read_text().splitlines()[0])["policy"] == "contribution"


def test_a_report_is_made_again_under_another_configuration(build_dataset, upload, tmp_path):
    folder = build_dataset(add={"workspace/.DS_Store": "x"})
    assert "made now" in upload(folder, "--dry-run")[1]
    assert "still holds" in upload(folder, "--dry-run")[1]
    config = tmp_path / "strict.toml"
    config.write_text('[[level]]\nrule = "junk-file"\nlevel = "error"\nreason = "never again"')
    code, said = upload(folder, "--config", os.path.relpath(config))
    assert code == 1
    assert "made now: 1 error" in said
    assert "junk-file" in said
    assert "still holds" in upload(folder, "--config", config)[1]
    assert "made now: no errors" in upload(folder, "--dry-run")[1]
