"""A fix that is killed at any point is finished by the same command, or undone."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from validator.errors import CpgateError, Interrupted
from validator.workflows import fix_apply
from validator.workflows.fix import FixRequest, apply_plan, show_plan, take_back
from validator.workflows.fix_undo import find_undo

pytestmark = [
    pytest.mark.full,  # half a minute and more
    pytest.mark.skipif(os.name != "posix", reason="processes are killed with SIGKILL"),
]

SCRIPT = """
import os, pathlib, signal, sys
from validator.recordlog.log import LogWriter
from validator.workflows.fix import FixRequest, apply_plan, take_back
from validator.workflows.fix_undo import UndoWriter

count, last = 0, int(sys.argv[1])

def dying(function):
    def replacement(*arguments, **options):
        global count
        for moment in ("before", "after"):
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)
            if moment == "before":
                result = function(*arguments, **options)
        return result
    return replacement

# Everything that leaves a trace on the disk.
pathlib.Path.rename = dying(pathlib.Path.rename)
pathlib.Path.replace = dying(pathlib.Path.replace)
pathlib.Path.chmod = dying(pathlib.Path.chmod)
UndoWriter.table = dying(UndoWriter.table)
LogWriter.append = dying(LogWriter.append)
if sys.argv[2] == "apply":
    apply_plan(FixRequest(pathlib.Path(sys.argv[3])))
else:
    take_back(pathlib.Path(sys.argv[3]))
print(count)
"""


def fail(_performer, _step):
    raise OSError(5, "Input/output error", "x")


@pytest.fixture
def dataset(build_dataset, tmp_path, monkeypatch):
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    text = "Metadata_Batch,Metadata_Well,URL_OrigDNA\n20240305_Run1,A01,s3://cellpainting-gallery/"
    return build_dataset(
        base=False,
        add={
            "images/20240305_Run1/illum/BR 01/BR 01_IllumDNA.npy": "@npy",
            "images/20240305_Run1/images/BR 01/a b.tiff": "@tiff",
            "workspace/load_data_csv/20240305_Run1/BR 01/load_data.csv": text
            + "cpg0099-example/broad/images/20240305_Run1/images/BR 01/a b.tiff\n",
            "workspace/metadata/platemap/20240305_Run1/barcode_platemap.csv": "Assay_Plate_Barcode,Plate_Map_Name\nBR 01,m\n",
        },
    )


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def killed(count, what, path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(count), what, path], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def points(dataset, tmp_path):
    """How many moments there are at which the command can be killed."""
    copy = tmp_path / "count" / "cpg0099-example" / "broad"
    shutil.copytree(dataset, copy)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "0", "apply", copy], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_a_kill_at_every_moment_can_be_finished_or_undone(dataset, tmp_path):
    before, total = tree(dataset), points(dataset, tmp_path)
    shutil.copytree(dataset, tmp_path / "whole/cpg0099-example/broad")
    apply_plan(FixRequest(tmp_path / "whole/cpg0099-example/broad"))
    after = tree(tmp_path / "whole/cpg0099-example/broad")
    assert before != after
    assert total > 40
    unfinished = 0
    for count in range(1, total + 1, 3):
        assert killed(count, "apply", dataset)
        undo = find_undo(tmp_path / "desk", dataset)
        unfinished += undo is not None
        if count % 2 and undo is not None:
            assert take_back(undo.path).problems == []
            assert tree(dataset) == before, f"undone after a kill at moment {count}"
        result = apply_plan(FixRequest(dataset))
        assert tree(dataset) == after, f"finished after a kill at moment {count}"
        last = result.undo.path if result.undo else max((tmp_path / "desk").glob("cpgate-undo-*.jsonl"))
        assert take_back(last).problems == []
        assert tree(dataset) == before
        shutil.rmtree(tmp_path / "desk")
        (tmp_path / "desk").mkdir()
        os.chdir(tmp_path / "desk")
    assert unfinished > 10, "most kills came between the first step and the last"


def test_a_killed_undo_goes_on(dataset):
    before = tree(dataset)
    for count in range(1, 40, 4):
        undo = apply_plan(FixRequest(dataset)).undo
        if killed(count, "undo", undo.path):
            assert take_back(undo.path).problems == []
        assert tree(dataset) == before, f"after a kill at moment {count}"
        shutil.rmtree(undo.folder)
        undo.path.unlink()


def test_a_stopped_fix_is_told_and_finished(dataset, monkeypatch):
    real, calls = fix_apply.Performer.do, []

    def refuse(performer, step):
        calls.append(step)
        if len(calls) == 3:
            raise OSError(30, "Read-only file system", str(dataset))
        real(performer, step)

    monkeypatch.setattr(fix_apply.Performer, "do", refuse)
    with pytest.raises(
        CpgateError, match=r"Step 3 of \d+ could not be done: .*read-only file system"
    ) as caught:
        apply_plan(FixRequest(dataset))
    assert "The same command goes on" in caught.value.mend
    told = show_plan(FixRequest(dataset))
    assert told.undo is not None
    assert (told.undo.steps_done(), told.undo.stage()) == (2, "unfinished")
    result = apply_plan(FixRequest(dataset))
    assert result.finished == len(told.undo.steps) - 2
    assert show_plan(FixRequest(dataset)).plan.renames == ()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_between_two_steps(dataset, monkeypatch, number, code):
    real = fix_apply.Performer.do

    def interrupted(performer, step):
        if step.n == 2:
            os.kill(os.getpid(), number)
        real(performer, step)

    monkeypatch.setattr(fix_apply.Performer, "do", interrupted)
    with pytest.raises(Interrupted, match="before step 3") as caught:
        apply_plan(FixRequest(dataset))
    assert caught.value.exit_code == code
    monkeypatch.setattr(fix_apply.Performer, "do", real)
    assert apply_plan(FixRequest(dataset)).finished > 0
    assert show_plan(FixRequest(dataset)).plan.renames == ()


def test_a_step_that_was_done_by_hand_is_taken_as_done(dataset, monkeypatch):
    real = fix_apply.Performer.do

    monkeypatch.setattr(fix_apply.Performer, "do", fail)
    with pytest.raises(CpgateError, match="input/output error"):
        apply_plan(FixRequest(dataset))
    monkeypatch.setattr(fix_apply.Performer, "do", real)
    (dataset / "workspace/metadata/platemap").rename(dataset / "workspace/metadata/platemaps")
    apply_plan(FixRequest(dataset))
    assert show_plan(FixRequest(dataset)).plan.renames == ()
    assert (dataset / "workspace/metadata/platemaps/2024_03_05_Run1/barcode_platemap.csv").is_file()


def test_a_fix_of_another_dataset_is_not_gone_on_with(dataset, tmp_path, monkeypatch):
    real = fix_apply.Performer.do
    monkeypatch.setattr(fix_apply.Performer, "do", fail)
    with pytest.raises(CpgateError):
        apply_plan(FixRequest(dataset))
    monkeypatch.setattr(fix_apply.Performer, "do", real)
    other = tmp_path / "other/cpg0099-example/broad"
    shutil.copytree(dataset, other)
    assert show_plan(FixRequest(other)).undo is None
    assert apply_plan(FixRequest(other)).finished == 0
