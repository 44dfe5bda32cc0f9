"""Fix on real folders: what is planned, done, finished and undone."""

import gzip
import os
import shutil
import tomllib
from pathlib import Path

import pytest

from validator.errors import CpgateError, ExitCode, UnreadableFile, UsageError
from validator.models.config import Config
from validator.sources.local import LocalSource
from validator.workflows import fix as fix_module
from validator.workflows import fix_apply
from validator.workflows.check import CheckRequest, check
from validator.workflows.demo_plate import make_demo_plate
from validator.workflows.fix import FixRequest, apply_plan, show_plan, take_back, write_mounts
from validator.workflows.fix_proposals import RENAMING_RULES
from validator.workflows.listing import list_dataset

RENAMING = {rule.id for rule in RENAMING_RULES}


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch):
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


@pytest.fixture(scope="module")
def defective(tmp_path_factory):
    return make_demo_plate(tmp_path_factory.mktemp("demo") / "plate", wells=48, defects=True).folder


@pytest.fixture
def demo(defective, tmp_path):
    shutil.copytree(defective, tmp_path / "nas")
    return tmp_path / "nas/cpg0099-demo/lab"


def tree(folder):
    """Everything about a folder that undo must bring back: names, bytes, links, permissions, times of files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name, state = path.relative_to(folder).as_posix(), path.lstat()
        if path.is_symlink():
            found[name] = path.readlink()
        else:
            content = (path.read_bytes(), state.st_mtime_ns) if path.is_file() else ()
            found[name] = (state.st_mode, *content)
    return found


def rules_found(folder, tmp_path):
    result = check(CheckRequest(folder, report=tmp_path / "report.jsonl"))
    return {finding.rule for finding in result.findings}


def test_a_plan_touches_nothing(demo, desk):
    before = tree(demo)
    result = show_plan(FixRequest(demo))
    assert result.exit_code is ExitCode.FINDINGS
    assert {rename.rules for rename in result.plan.renames} == {("CPG107",), ("CPG113",), ("CPG120",)}
    assert tree(demo) == before
    assert list(desk.iterdir()) == []


def test_after_a_fix_nothing_is_left_to_fix_and_undo_brings_back_every_byte(demo, tmp_path):
    before = tree(demo)
    found = rules_found(demo, tmp_path)
    assert {"CPG107", "CPG113", "CPG120"} <= found
    result = apply_plan(FixRequest(demo))
    assert result.exit_code is ExitCode.CLEAN
    assert rules_found(demo, tmp_path) == found - RENAMING, "and no new mistakes"
    again = show_plan(FixRequest(demo))
    assert (again.plan.renames, again.exit_code) == ((), ExitCode.CLEAN)
    assert sum(finding.count for finding in again.plan.junk) == 2, "junk is counted, not deleted"
    undone = take_back(result.undo.path)
    assert (undone.problems, undone.exit_code) == ([], ExitCode.CLEAN)
    assert tree(demo) == before
    assert take_back(result.undo.path).problems == [], "undoing twice does nothing"
    assert tree(demo) == before


def test_tables_are_mended_where_they_name_the_batch(demo):
    changes = {table.key.rpartition("/")[2]: table for table in show_plan(FixRequest(demo)).plan.tables}
    assert changes.keys() == {"load_data.csv", "load_data_with_illum.csv"}
    columns = {change.column: change.cells for change in changes["load_data.csv"].changes}
    assert columns == {"Metadata_Batch": 48} | {
        f"URL_Orig{c}": 48 for c in ("DNA", "ER", "RNA", "AGP", "Mito")
    }
    table = demo / "workspace/load_data_csv/20240305_Run1/BR00990001/load_data.csv"
    before = table.read_bytes()
    apply_plan(FixRequest(demo))
    after = demo / "workspace/load_data_csv/2024_03_05_Run1/BR00990001/load_data.csv"
    assert after.read_bytes() == before.replace(b"20240305_Run1", b"2024_03_05_Run1")


def test_tables_keep_encoding_line_ends_and_compression(build_dataset):
    home = "cpg0099-example/broad/images/20240305_Run1/images/BR01/r01.tiff"
    text = f"Metadata_Batch,Note,URL_OrigDNA\r\n20240305_Run1,5 µM,s3://cellpainting-gallery/{home}\r\n"
    folder = build_dataset(
        base=False,
        add={
            "images/20240305_Run1/images/BR01/r01.tiff": "@tiff",
            "workspace/load_data_csv/20240305_Run1/BR01/load_data.csv": f"@latin1:{text}",
            "workspace/load_data_csv/20240305_Run1/BR01/load_data_with_illum.csv.gz": f"@gzip:{text}",
        },
    )
    apply_plan(FixRequest(folder))
    expected = text.replace("20240305_Run1", "2024_03_05_Run1")
    tables = folder / "workspace/load_data_csv/2024_03_05_Run1/BR01"
    assert (tables / "load_data.csv").read_bytes() == expected.encode("latin-1")
    assert gzip.decompress((tables / "load_data_with_illum.csv.gz").read_bytes()) == expected.encode()


def test_a_plate_is_renamed_in_tables_too(build_dataset, tmp_path):
    folder = build_dataset(everywhere=[["BR00123401", "BR 01"]])
    before = tree(folder)
    assert "CPG120" in rules_found(folder, tmp_path)
    result = apply_plan(FixRequest(folder))
    columns = {change.column for table in result.plan.tables for change in table.changes}
    assert {"Metadata_Plate", "Assay_Plate_Barcode", "URL_OrigDNA", "URL_IllumDNA"} <= columns
    assert (
        rules_found(folder, tmp_path) & (RENAMING | {"CPG110", "CPG111", "CPG401", "CPG404", "CPG406"})
        == set()
    )
    assert (folder / "images/2024_03_05_Run1/illum/BR_01/BR_01_IllumDNA.npy").is_file()
    take_back(result.undo.path)
    assert tree(folder) == before


def test_addresses_with_percent_signs_and_other_slashes_are_followed(build_dataset):
    where = "cpg0099-example/broad/workspace/pipelines"
    rows = [
        f"https://x.org/{where}/old%20versions/a.tif",
        f"s3://b/{where}/old versions//a.tif",
        r"D:\cpg0099-example\broad\workspace\pipelines\old versions\a.tif",
        "old versions",
        "s3://b/other/broad/workspace/pipelines/old versions/a.tif",
        f"s3://b/x{where}/old versions/a.tif",
    ]
    folder = build_dataset(
        add={
            "workspace/pipelines/old versions/a.cppipe": "x",
            "workspace/load_data_csv/2024_03_05_Run1/BR00123401/other.csv": "\n".join(["URL_A", *rows, ""]),
        }
    )
    apply_plan(FixRequest(folder))
    text = (folder / "workspace/load_data_csv/2024_03_05_Run1/BR00123401/other.csv").read_text()
    assert text.splitlines()[1:] == [
        f"https://x.org/{where}/old_versions/a.tif",
        f"s3://b/{where}/old_versions//a.tif",
        r"D:\cpg0099-example\broad\workspace\pipelines\old_versions\a.tif",
        *rows[3:],
    ]


def test_paths_and_names_of_files_in_columns_of_their_own(build_dataset):
    home = "/home/ubuntu/bucket/cpg0099-example/broad/images/2024_03_05_Run1/illum/BR 01"
    folder = build_dataset(
        base=False,
        add={
            "images/2024_03_05_Run1/illum/BR 01/BR 01_IllumDNA.npy": "@npy",
            "images/2024_03_05_Run1/images/BR 01/BR 01_a.tiff": "@tiff",
            "workspace/load_data_csv/2024_03_05_Run1/BR 01/load_data.csv": "FileName_IllumDNA,PathName_IllumDNA,"
            f"FileName_OrigDNA\nBR 01_IllumDNA.npy,{home},BR 01_a.tiff\n",
        },
    )
    apply_plan(FixRequest(folder))
    text = (folder / "workspace/load_data_csv/2024_03_05_Run1/BR_01/load_data.csv").read_text()
    assert text.splitlines()[1] == f"BR_01_IllumDNA.npy,{home.replace('BR 01', 'BR_01')},BR 01_a.tiff"


def test_a_table_that_cannot_be_read_is_named(build_dataset):
    broken = "workspace/load_data_csv/20240305_Run1/BR01/load_data.csv"
    folder = build_dataset(
        base=False,
        add={"images/20240305_Run1/images/BR01/a.tif": "@tiff", broken: 'A\n"20240305_Run1" x\n'},
    )
    plan = show_plan(FixRequest(folder)).plan
    assert list(plan.unread) == [f"cpg0099-example/broad/{broken}"]
    assert "quotation marks" in plan.unread[f"cpg0099-example/broad/{broken}"]


def test_a_table_behind_a_link_is_not_replaced(build_dataset):
    folder = build_dataset(
        base=False,
        add={
            "images/20240305_Run1/images/BR01/a.tif": "@tiff",
            "workspace/software/load_data.csv": "Metadata_Batch\n20240305_Run1\n",
            "workspace/load_data_csv/20240305_Run1/BR01/load_data.csv": "@link:../../../software/load_data.csv",
        },
    )
    before = tree(folder)
    result = apply_plan(FixRequest(folder))
    assert list(result.plan.unread.values()) == ["it is reached through a symbolic link"]
    assert (folder / "workspace/load_data_csv/2024_03_05_Run1/BR01/load_data.csv").is_symlink()
    take_back(result.undo.path)
    assert tree(folder) == before


def test_what_links_lead_through_keeps_its_name(build_dataset):
    folder = build_dataset(
        add={
            "workspace/pipelines/old versions/a.cppipe": "x",
            "workspace/pipelines/really old/deep er/a.cppipe": "x",
            "workspace/qc/newest.cppipe": "@link:../pipelines/old versions/a.cppipe",
            "workspace/qc/alias": "@link:../pipelines/really old",
        }
    )
    plan = show_plan(FixRequest(folder)).plan
    reasons = {left.key.partition("workspace/")[2]: left.reason for left in plan.left}
    assert reasons == {
        "pipelines/old versions/": "the symbolic link workspace/qc/newest.cppipe leads through it",
        "pipelines/really old/": "the symbolic link workspace/qc/alias leads through it",
        "qc/alias/deep er/": "it is reached through a symbolic link; rename it where it really lies",
    }
    assert [rename.key.partition("workspace/")[2] for rename in plan.renames] == [
        "pipelines/really old/deep er/"
    ]
    assert show_plan(FixRequest(folder)).exit_code is ExitCode.FINDINGS


def test_an_empty_folder_stands_in_the_way_too(build_dataset):
    folder = build_dataset(add={"workspace/pipelines/old versions/a.cppipe": "x"})
    (folder / "workspace/pipelines/old_versions").mkdir()
    assert [left.reason for left in show_plan(FixRequest(folder)).plan.left] == [
        "there is old_versions beside it already"
    ]


def test_the_folder_that_was_named_keeps_its_name(tmp_path):
    folder = tmp_path / "cpg0099-example" / "my lab"
    (folder / "workspace/pipelines").mkdir(parents=True)
    (folder / "workspace/pipelines/a.cppipe").write_text("x")
    assert "rename it by hand" in show_plan(FixRequest(folder)).plan.left[0].reason
    apply_plan(FixRequest(folder.parent))
    assert (tmp_path / "cpg0099-example/my_lab/workspace/pipelines/a.cppipe").is_file()


def test_a_part_of_a_dataset_is_not_fixed(demo):
    with pytest.raises(UsageError, match="part of a dataset"):
        show_plan(FixRequest(demo / "images"))


def test_rules_can_be_chosen(demo):
    plan = show_plan(FixRequest(demo, select=("folder-*", "junk-file"), ignore=("folder-misspelt",))).plan
    assert {rename.rules for rename in plan.renames} == {("CPG120",)}
    assert show_plan(FixRequest(demo, ignore=("junk-file",))).plan.junk == ()
    with pytest.raises(UsageError, match="None of these rules"):
        show_plan(FixRequest(demo, select=("CPG401",)))


def test_what_is_switched_off_is_not_renamed(demo, desk):
    config = desk / "mine.toml"
    config.write_text('[[level]]\nrule = "batch-*"\nlevel = "off"\nreason = "known"\n')
    plan = show_plan(FixRequest(demo, config=config)).plan
    assert {rename.rules for rename in plan.renames} == {("CPG107",), ("CPG120",)}


def test_mounts_show_the_dataset_as_it_would_be(demo, desk, tmp_path):
    before, wanted = tree(demo), {r.new_key for r in show_plan(FixRequest(demo)).plan.renames}
    mapping = desk / "cpgate.toml"
    assert write_mounts(FixRequest(demo), mapping).exit_code is ExitCode.CLEAN
    assert tree(demo) == before
    document = tomllib.loads(mapping.read_text())
    Config.model_validate(document)
    assert {f"{key}/" for key in document["mounts"]} == wanted
    result = check(CheckRequest(demo, config=mapping, only=("layout",), report=tmp_path / "report.jsonl"))
    assert {finding.rule for finding in result.findings} & RENAMING == set()
    with pytest.raises(UsageError, match="there already"):
        write_mounts(FixRequest(demo), mapping)
    with pytest.raises(UsageError, match="inside the dataset"):
        write_mounts(FixRequest(demo), demo / "workspace/cpgate.toml")


def test_mounts_of_odd_names_are_read_as_they_are_meant(build_dataset, desk):
    odd = ['a "b"', "c [d]", "#e *", "back\\slash"] if os.name == "posix" else ["a b"]
    folder = build_dataset(add={f"workspace/pipelines/{name}/x.cppipe": "x" for name in odd})
    write_mounts(FixRequest(folder), desk / "cpgate.toml")
    document = tomllib.loads((desk / "cpgate.toml").read_text())
    source = LocalSource(folder, mounts=document["mounts"])
    keys = {placed.folder.key for placed in list_dataset(source)[0].folders}
    assert {
        f"cpg0099-example/broad/{p}" for p in ("workspace/pipelines/a_b/", "workspace/pipelines/c_d/")
    } <= keys
    assert len(document["ignore"][0]["patterns"]) == len(odd)
    fixed = show_plan(FixRequest(folder, config=desk / "cpgate.toml"))
    assert fixed.plan.renames == ()


def test_data_that_cannot_be_written_to(demo, desk, monkeypatch):
    locked = demo / "workspace"
    allowed = os.access
    monkeypatch.setattr(
        fix_apply.os, "access", lambda path, mode: Path(path) != locked and allowed(path, mode)
    )
    before = tree(demo)
    with pytest.raises(CpgateError, match=r"Nothing was changed: .*/workspace is read-only") as caught:
        apply_plan(FixRequest(demo))
    assert "--as-mapping" in caught.value.mend
    assert tree(demo) == before
    assert list(desk.iterdir()) == []


def test_the_undo_file_never_lies_inside_the_dataset(demo, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="inside the dataset"):
        apply_plan(FixRequest(demo, undo_file=demo / "undo.jsonl"))
    monkeypatch.chdir(demo)
    result = apply_plan(FixRequest(demo))
    assert result.undo.path.is_relative_to(tmp_path / "state")


def test_an_undo_file_is_not_overwritten(demo, desk):
    (desk / "mine.jsonl").write_text("x\n")
    with pytest.raises(UnreadableFile, match="no whole undo file"):
        apply_plan(FixRequest(demo, undo_file=desk / "mine.jsonl"))
    first = apply_plan(FixRequest(demo, undo_file=desk / "undo.jsonl"))
    take_back(first.undo.path)
    with pytest.raises(UsageError, match="there already"):
        apply_plan(FixRequest(demo, undo_file=desk / "undo.jsonl"))


def test_a_full_disk_under_the_undo_file_changes_nothing(demo, desk, monkeypatch):
    before = tree(demo)

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fix_module.UndoWriter, "table", full)
    with pytest.raises(CpgateError, match="no space left on device"):
        apply_plan(FixRequest(demo))
    assert tree(demo) == before
    assert list(desk.iterdir()) == []


def test_a_table_that_was_changed_since_is_not_undone(demo):
    result = apply_plan(FixRequest(demo))
    table = demo / "workspace/load_data_csv/2024_03_05_Run1/BR00990001/load_data.csv"
    table.write_text("my own work\n")
    undone = take_back(result.undo.path)
    assert undone.exit_code is ExitCode.FINDINGS
    assert len(undone.problems) == 1
    assert "was changed by something else; its bytes before the fix are in" in undone.problems[0]
    kept = demo / "workspace/load_data_csv/20240305_Run1/BR00990001/load_data.csv"
    assert kept.read_text() == "my own work\n", "all names are undone all the same"


def test_something_new_in_the_way_of_an_undo_is_said(demo):
    result = apply_plan(FixRequest(demo))
    (demo / "workspace/profile").mkdir()
    assert take_back(result.undo.path).problems == [f"{demo}/workspace holds both profiles and profile"]
    (demo / "workspace/profile").rmdir()
    assert take_back(result.undo.path).problems == []


def test_a_dataset_that_moved_can_be_undone(demo, tmp_path):
    before = tree(demo)
    result = apply_plan(FixRequest(demo))
    moved = tmp_path / "elsewhere"
    demo.rename(moved)
    with pytest.raises(UsageError, match="no folder"):
        take_back(result.undo.path)
    assert take_back(result.undo.path, moved).problems == []
    assert tree(moved) == before


@pytest.mark.parametrize("damage", ["cut", "changed", "line lost", "empty", "other"])
def test_a_damaged_undo_file_is_refused(demo, desk, damage):
    path = apply_plan(FixRequest(demo)).undo.path
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = {
        "cut": b"".join(lines)[:-3],
        "changed": b"".join(lines).replace(b'"profiles"', b'"elsewhere"'),
        "line lost": b"".join(lines[:2] + lines[3:]),
        "empty": b"",
        "other": b"{}\n",
    }[damage]
    path.write_bytes(damaged)
    before = tree(demo)
    with pytest.raises(UnreadableFile, match="no whole undo file"):
        take_back(path)
    assert tree(demo) == before
    with pytest.raises(UsageError, match="no file"):
        take_back(desk / "nothing.jsonl")
