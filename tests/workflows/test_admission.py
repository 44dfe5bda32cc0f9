"""Which report decides about an upload, and which of its errors count."""

import errno
import os
import shutil
import sys

import pytest
from small_dataset import NAMES, make_small_dataset

from validator.models.finding import Level
from validator.models.progress import SilentProgress
from validator.sources.local import LocalSource
from validator.upload.selection import Selection
from validator.workflows.admission import STATE_REPORT, admit
from validator.workflows.listing import list_dataset
from validator.workflows.report import REPORT_NAME, read_report
from validator.workflows.upload_request import UploadRequest

BATCH = "2024_03_05_Run1"
CELLS = f"workspace/analysis/{BATCH}/BR01/analysis/BR01-A01-1/Cells.csv"


class Desk:
    def __init__(self, folder):
        self.source = make_small_dataset(folder)
        self.state = folder / "state"
        self.state.mkdir()

    def admit(self, **request):
        values = {"path": self.source, "destination": "s3://staging"} | request
        dataset, listing = list_dataset(LocalSource(self.source))
        return admit(dataset, listing, UploadRequest(**values), self.state, SilentProgress())


@pytest.fixture
def desk(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return Desk(tmp_path)


def test_without_a_report_the_dataset_is_checked(desk):
    admission = desk.admit()
    assert not admission.held
    stored = read_report(desk.state / STATE_REPORT)
    assert stored.end == admission.report.end
    errors = [finding for finding in stored.findings if finding.level is Level.ERROR]
    assert (admission.errors, admission.elsewhere) == (len(errors), 0)


def test_a_report_that_still_holds_is_used_again(desk):
    first = desk.admit()
    second = desk.admit()
    assert second.held
    assert second.report.end == first.report.end
    assert second.errors == first.errors


def test_a_report_of_the_current_folder_is_used(desk, tmp_path):
    desk.admit()
    shutil.move(desk.state / STATE_REPORT, tmp_path / "here" / REPORT_NAME)
    assert desk.admit().held
    assert not (desk.state / STATE_REPORT).exists()


CHANGES = {
    "another size": lambda path: path.write_bytes(b"xx"),
    "another time": lambda path: os.utime(path, (1, 1)),
    "gone": lambda path: path.unlink(),
    "one more": lambda path: path.with_name("more.csv").write_bytes(b"x"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_report_about_other_files_says_nothing(desk, change):
    first = desk.admit()
    change(desk.source / CELLS)
    second = desk.admit()
    assert not second.held
    assert second.report.header.listing.digest != first.report.header.listing.digest
    assert desk.admit().held


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights on Windows")
def test_a_link_that_breaks_or_is_mended_is_judged_again(desk):
    clean = desk.admit()
    link = desk.source / "workspace" / "pipelines" / "analysis.cppipe"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to("/nowhere/at/all")
    broken = desk.admit()
    assert not broken.held
    assert broken.errors == clean.errors + 1
    assert desk.admit().held
    link.unlink()
    mended = desk.admit()
    assert not mended.held
    assert mended.errors == clean.errors


def test_a_file_that_may_be_read_now_is_judged_again(desk, monkeypatch):
    clean = desk.admit()
    (desk.state / STATE_REPORT).unlink()
    opened = LocalSource.open

    def refuse_tables(source, entry):
        if entry.key.endswith("/load_data.csv"):
            raise PermissionError(errno.EACCES, "Permission denied", entry.path)
        return opened(source, entry)

    with monkeypatch.context() as patched:
        patched.setattr(LocalSource, "open", refuse_tables)
        refused = desk.admit()
    assert "CPG902" in {finding.rule for finding in refused.report.findings}
    readable = desk.admit()
    assert not readable.held
    assert readable.errors == clean.errors
    assert desk.admit().held


def test_a_report_under_another_policy_says_nothing(desk):
    desk.admit()
    dataset, listing = list_dataset(LocalSource(desk.source), "gallery")
    request = UploadRequest(desk.source, "s3://staging", policy="gallery")
    assert not admit(dataset, listing, request, desk.state, SilentProgress()).held


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"{}\n", b"[1]\n[2]\n"])
def test_a_damaged_report_says_nothing(desk, content):
    (desk.state / STATE_REPORT).write_bytes(content)
    assert not desk.admit().held
    assert desk.admit().held


def test_a_cut_report_says_nothing(desk):
    desk.admit()
    path = desk.state / STATE_REPORT
    path.write_bytes(path.read_bytes()[:-30])
    assert not desk.admit().held


def test_the_report_that_the_user_names_is_the_only_one(desk, tmp_path):
    desk.admit()
    named = tmp_path / "mine.jsonl"
    first = desk.admit(report=named)
    assert not first.held
    assert read_report(named).end == first.report.end
    assert desk.admit(report=named).held


@pytest.fixture
def two_batches(desk):
    """The second batch has an error of its own: an empty file."""
    for name in NAMES:
        copy = desk.source / name.replace(BATCH, "2024_04_01_Run2").replace("BR01", "BR02")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((desk.source / name).read_bytes())
    desk.clean = desk.admit()
    (desk.source / CELLS.replace(BATCH, "2024_04_01_Run2").replace("BR01", "BR02")).write_bytes(b"")
    return desk


@pytest.mark.parametrize(
    ("selection", "counts"),
    [
        (Selection(), True),
        (Selection(batches=("2024_04_01_Run2",)), True),
        (Selection(batches=("2024_04_*",)), True),
        (Selection(batches=(BATCH,)), False),
        (Selection(plates=("BR02",)), True),
        (Selection(plates=("BR01",)), False),
        (Selection(include=("*Cells.csv",)), True),
        (Selection(exclude=("*Cells.csv",)), False),
    ],
)
def test_errors_of_what_is_not_selected_are_told_apart(two_batches, selection, counts):
    """Every error is counted once, here or elsewhere; this one only where its file is selected."""
    with_it = two_batches.admit(selection=selection)
    path = two_batches.source / CELLS.replace(BATCH, "2024_04_01_Run2").replace("BR01", "BR02")
    path.write_bytes(b"x")
    without_it = two_batches.admit(selection=selection)
    assert with_it.errors - without_it.errors == counts
    assert with_it.elsewhere - without_it.elsewhere == (not counts)
    errors = [finding for finding in with_it.report.findings if finding.level is Level.ERROR]
    assert with_it.errors + with_it.elsewhere == len(errors)
