"""``cpgate fix`` as a user sees it."""

import shutil

import pytest

from validator.workflows.demo_plate import make_demo_plate


@pytest.fixture(scope="module")
def defective(tmp_path_factory):
    return make_demo_plate(tmp_path_factory.mktemp("demo") / "plate", wells=48, defects=True).folder


@pytest.fixture
def demo(defective, tmp_path):
    shutil.copytree(defective, tmp_path / "nas")
    return tmp_path / "nas/cpg0099-demo/lab"


def bytes_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_plan_apply_undo(cpgate, demo, desk):
    before = bytes_of(demo)
    plan = cpgate("fix", "../nas/cpg0099-demo/lab")
    assert (plan.returncode, plan.stderr) == (1, "")
    assert "to rename: 8 folders, 816 cells in 2 tables · junk: 2 files" in plan.stdout
    assert "images/20240305_Run1/ → 2024_03_05_Run1" in plan.stdout
    assert "workspace/profile/ → profiles" in plan.stdout
    assert "20240305_Run1 → 2024_03_05_Run1   48 cells each in Metadata_Batch, URL_OrigDNA" in plan.stdout
    assert "images/20240305_Run1/.DS_Store   1 file named .DS_Store, left out of uploads" in plan.stdout
    assert "nothing was changed" in plan.stdout
    assert "do it    cpgate fix ../nas/cpg0099-demo/lab --apply" in plan.stdout
    assert bytes_of(demo) == before

    applied = cpgate("fix", demo, "--apply")
    assert (applied.returncode, applied.stderr) == (0, "")
    assert "renamed: 8 folders" in applied.stdout
    (undo,) = desk.glob("cpgate-undo-*.jsonl")
    assert f"undo     cpgate fix --undo {undo.name}\n" in applied.stdout

    again = cpgate("fix", demo)
    assert again.returncode == 0
    assert again.stdout.count("nothing to rename") == 1
    assert not again.stdout.endswith("\n\n")

    undone = cpgate("fix", "--undo", undo.name)
    assert (undone.returncode, undone.stderr) == (0, "")
    assert undone.stdout == f"undone: {demo} is as it was before the fix\n"
    assert bytes_of(demo) == before


def test_quiet_says_one_line(cpgate, demo, desk):
    quiet = ("fix", demo, "--quiet", "--select", "folder-misspelt")
    planned = cpgate(*quiet)
    assert planned.stdout == "planned: 1 folder; nothing was changed\n"
    mapped = cpgate(*quiet, "--as-mapping")
    assert (
        mapped.stdout
        == "mapped: 1 folder as mounts; nothing on the disk was changed · mounts in cpgate.toml\n"
    )
    applied = cpgate(*quiet, "--apply")
    (undo,) = desk.glob("cpgate-undo-*.jsonl")
    assert applied.stdout == f"renamed: 1 folder · to take it back: cpgate fix --undo {undo.name}\n"
    assert cpgate(*quiet).stdout == "nothing to rename\n"


def test_an_undo_without_a_file_names_the_newest_one(cpgate, demo, desk):
    nothing = cpgate("fix", "--undo")
    assert nothing.returncode == 2
    assert "none with anything to take back lies here" in nothing.stderr
    cpgate("fix", demo, "--apply", "--select", "folder-misspelt")
    (desk / "cpgate-undo-zzz.jsonl").write_text("something else")
    (first,) = desk.glob("cpgate-undo-cpg*.jsonl")
    cpgate("fix", demo, "--apply")
    (second,) = set(desk.glob("cpgate-undo-cpg*.jsonl")) - {first}
    for arguments in (["--undo"], [demo, "--undo"]):
        told = cpgate("fix", *arguments)
        assert told.returncode == 2
        assert f"cpgate fix --undo {second.name}" in told.stderr
        assert str(demo) in told.stderr.replace("\n       ", "")
    assert cpgate("fix", "--undo", second.name).returncode == 0
    assert f"cpgate fix --undo {first.name}" in cpgate("fix", "--undo").stderr, "that one is taken back"
    assert "none of ../desk with anything" in cpgate("fix", "../desk", "--undo").stderr


def test_what_must_be_mended_by_hand_is_said(cpgate, demo):
    (demo / "workspace/profiles").mkdir()
    done = cpgate("fix", demo, "--apply", "--select", "folder-misspelt")
    assert done.returncode == 1
    assert "workspace/profile/ → profiles" in done.stdout
    assert "folder-misspelt (CPG107): there is profiles beside it already" in done.stdout
    assert cpgate("fix", demo, "-q", "--select", "folder-misspelt").stdout.startswith("left ")


def test_mounts_instead(cpgate, demo, desk):
    before = bytes_of(demo)
    done = cpgate("fix", demo, "--as-mapping")
    assert (done.returncode, done.stderr) == (0, "")
    assert "mapped: 8 folders as mounts; nothing on the disk was changed" in done.stdout
    assert "the old names still stand in 2 tables" in done.stdout
    assert (desk / "cpgate.toml").is_file()
    assert bytes_of(demo) == before
    checked = cpgate(
        "check", demo, "--config", "cpgate.toml", "--only", "layout", "--select", "CPG107,CPG113,CPG120"
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "The dataset's folder is missing"),
        (["x", "--apply", "--as-mapping"], "Give one of them"),
        (["x", "--mapping", "a.toml"], "Give --as-mapping too"),
        (["--undo", "nothing.jsonl"], "There is no file nothing.jsonl"),
        (["nowhere"], "There is no folder"),
    ],
)
def test_what_cannot_be_meant(cpgate, arguments, says):
    done = cpgate("fix", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_names_cannot_steer_the_terminal(cpgate, tmp_path):
    folder = tmp_path / "cpg0099-example/broad/workspace/pipelines/evil\x1b[2J \u202egpj"
    folder.mkdir(parents=True)
    (folder / "a.cppipe").write_text("x")
    done = cpgate("fix", tmp_path / "cpg0099-example/broad")
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "evil\\x1b[2J \\u202egpj/ → evil_2J_gpj" in done.stdout


def test_narrow_terminals_cut_nothing(cpgate, demo):
    done = cpgate("fix", demo, environment={"COLUMNS": "40"})
    assert "workspace/metadata/platemaps/20240305_Run1/" in done.stdout
    assert "load_data_with_illum.csv" in done.stdout
