"""What cannot be sent is counted and named: links that lead nowhere, folders that cannot be read."""

import json
import os
import sys

import pytest

from validator.manifests.receipt import Receipt

HOME = "cpg0099-example/broad"
BATCH = "2024_03_05_Run1"
PLATE = "BR00123401"
BROKEN = f"workspace/profiles/{BATCH}/{PLATE}/{PLATE}_augmented.csv.gz"
OUTSIDE = "workspace/metadata/external_metadata/outside.tsv"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights on Windows")


@pytest.fixture
def upload(upload_example):
    def call(*options):
        code, said = upload_example(*options)
        return code, said.out

    call.dataset = upload_example.dataset
    return call


@pytest.fixture
def links(upload):
    """Two links of which nothing can be sent."""
    for key, target in ((BROKEN, "/nowhere/at/all"), (OUTSIDE, "/etc/hosts")):
        path = upload.dataset / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)


def receipt_files(tmp_path):
    return sorted((tmp_path / "work").glob("cpg0099-example_broad*.jsonl"))


@pytest.mark.usefixtures("links")
def test_forced_without_them_it_is_not_complete(upload, store, tmp_path):
    code, out = upload("--force")
    assert code == 4, out
    plan, end = out.split("\nsent ")
    sent = len([key for key in store.object_keys() if "/_cpgate/" not in key])
    assert f"plan     {sent + 2} files" in plan
    assert "failed 2" in plan.splitlines()[1]
    for part in (plan, end):
        assert f"failed   {HOME}/{BROKEN}" in part
        assert "it points to /nowhere/at/all" in part
        assert f"failed   {HOME}/{OUTSIDE}" in part
        assert "mend: Copy the file to where the link is, or remove the link." in part
    assert "[[ignore]]" in plan
    assert end.splitlines()[-3].endswith("conflict 0 · failed 2")
    assert f"verified {sent} of {sent + 2} objects" in end
    assert "of an incomplete upload, so not in the bucket" in end
    (path,) = receipt_files(tmp_path)
    receipt = Receipt(path)
    assert len(list(receipt.objects())) == sent
    assert receipt.end.failed == 2
    assert not [key for key in store.object_keys() if key.endswith(".jsonl") and "/checkpoints/" not in key]


@pytest.mark.usefixtures("links")
def test_a_run_that_changes_nothing_keeps_the_receipt_of_the_rest(upload, tmp_path):
    upload("--force")
    (first,) = receipt_files(tmp_path)
    code, out = upload("--force")
    assert code == 4
    assert receipt_files(tmp_path) == [first]
    assert (
        f"receipt  {first.name} still says what is there   (of an incomplete upload, so not in the bucket)"
        in out
    )


@pytest.mark.usefixtures("links")
def test_a_dry_run_says_so_too(upload, store):
    code, out = upload("--force", "--dry-run")
    assert code == 4
    assert f"failed   {HOME}/{BROKEN}" in out
    assert store.object_keys() == []


@pytest.mark.usefixtures("links")
def test_what_is_not_selected_is_not_missed(upload):
    code, out = upload("--force", "--include", "images/*")
    assert code == 0, out
    assert "failed 0" in out
    assert BROKEN not in out
    code, out = upload("--force", "--exclude", "*_augmented.csv.gz")
    assert code == 4
    assert BROKEN not in out
    assert f"failed   {HOME}/{OUTSIDE}" in out
    code, out = upload("--force", "--batch", BATCH)
    assert code == 4
    assert f"failed   {HOME}/{BROKEN}" in out
    assert OUTSIDE not in out


@pytest.mark.usefixtures("links")
def test_what_the_lab_leaves_out_on_purpose_is_no_failure(upload, tmp_path):
    config = tmp_path / "lab.toml"
    config.write_text(
        f'[[ignore]]\npatterns = ["/{OUTSIDE}"]\nreason = "ours"\n\n'
        '[[level]]\nrule = "symlink-broken"\nlevel = "warning"\nreason = "comes later"\n'
    )
    code, out = upload("--config", str(config))
    assert code == 0, out
    assert "left out 1" in out
    assert f"left out {HOME}/{BROKEN}\n         This symbolic link leads nowhere" in out
    assert f"ignored  1 file by /{OUTSIDE}" in out
    assert f"failed   {HOME}" not in out
    assert "failed 0" in out


@pytest.mark.usefixtures("links")
def test_programs_are_told(upload):
    code, out = upload("--force", "--log-json", "-")
    assert code == 4
    events = [json.loads(line) for line in out.splitlines()]
    plan = next(event for event in events if event["event"] == "plan")
    failed = [event for event in events if event["event"] == "file" and event["state"] == "failed"]
    assert plan["files"]["failed"] == events[-1]["files"]["failed"] == 2
    assert [event["key"] for event in failed] == [f"{HOME}/{OUTSIDE}", f"{HOME}/{BROKEN}"]
    assert {event["why"] for event in failed} == {"unlisted"}
    assert all(event["reason"] and event["mend"] for event in failed)
    assert events[-1]["code"] == 4


def test_a_pipe_holds_nothing_that_could_be_missing(upload):
    os.mkfifo(upload.dataset / "workspace" / "pipe")
    code, out = upload()
    assert code == 0, out
    assert f"left out {HOME}/workspace/pipe\n         This is not a file: a named pipe" in out


@pytest.mark.usefixtures("links")
def test_when_they_are_mended_the_same_command_completes_it(upload):
    upload("--force")
    for key in (BROKEN, OUTSIDE):
        (upload.dataset / key).unlink()
    code, out = upload()
    assert code == 0, out
    assert "also in the bucket" in out
