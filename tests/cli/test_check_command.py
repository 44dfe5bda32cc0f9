import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_dataset import make_small_dataset

from validator.workflows.report import read_report


def one_sentence(process):
    """What a command said on stderr when it refused; proves that it is text for people."""
    first, *rest = process.stderr.splitlines()
    assert process.stdout == ""
    assert first.startswith("error: ")
    assert len(rest) <= 1, process.stderr
    for word in ("Traceback", "Error:", "errno", "Errno", "<class", "None"):
        assert word not in process.stderr
    return process.stderr


def test_a_clean_dataset(cpgate, small):
    process = cpgate("check", small, "--only", "layout")
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    assert (
        "cpg0099-example/broad   new arrayed dataset · policy contribution · rulebook 1.0" in process.stdout
    )
    assert "clean: no findings" in process.stdout
    assert "\x1b" not in process.stdout


def test_findings(cpgate, undated, desk):
    process = cpgate("check", undated, "--only", "layout")
    assert process.returncode == 1
    assert "Rename 20240305_Run1 to 2024_03_05_Run1" in process.stdout
    assert read_report(desk / "cpgate-report.jsonl").findings
    again = cpgate("report")
    assert again.returncode == 1
    assert "Rename 20240305_Run1 to 2024_03_05_Run1" in again.stdout
    assert "made " in again.stdout


def test_what_is_shown_never_changes_the_exit_code(cpgate, undated):
    for options in (["-q"], ["-o", "jsonl"], ["--all"], ["-o", "text:/dev/null"], ["--color", "always"]):
        assert cpgate("check", undated, "--only", "layout", *options).returncode == 1, options


def test_what_is_judged_does(cpgate, undated):
    assert cpgate("check", undated, "--only", "layout", "--ignore", "batch-*").returncode == 0
    assert cpgate("check", undated, "--only", "layout", "--policy", "gallery").returncode == 0
    gallery = cpgate("check", undated, "--only", "layout", "--policy", "gallery", "--fail-on", "info")
    assert gallery.returncode == 1


def test_several_outputs(cpgate, undated, desk):
    process = cpgate("check", undated, "--only", "layout", "-o", "text:all.txt", "-o", "jsonl:-")
    records = [json.loads(line) for line in process.stdout.splitlines()]
    assert [record["record"] for record in records] == ["header", "finding", "end"]
    assert "Rename 20240305_Run1" in (desk / "all.txt").read_text()
    assert process.stdout == (desk / "cpgate-report.jsonl").read_text()


def test_when_everything_goes_to_files_the_last_lines_are_said(cpgate, undated):
    process = cpgate("check", undated, "--only", "layout", "-o", "jsonl:findings.jsonl")
    assert process.stdout.splitlines()[0].startswith("1 error in ")


def test_verbose_says_finished_steps_in_a_pipe(cpgate, small):
    process = cpgate("check", small, "--only", "layout", "-v")
    assert re.search(r"^listing: 9 files in ", process.stderr, re.MULTILINE)


def test_colour_is_asked_for(cpgate, undated):
    arguments = ("check", undated, "--only", "layout")
    assert "\x1b[" in cpgate(*arguments, "--color", "always").stdout
    assert "\x1b[" in cpgate(*arguments, environment={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" not in cpgate(*arguments, environment={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["check", "missing"], 2, "missing"),
        (["check", "empty"], 3, "empty"),
        (["check", "file.txt"], 2, "file.txt"),
        (["check", "unnamed"], 2, "--dataset project/source"),
        (["check", "SMALL", "--policy", "mine"], 2, "Use one of: contribution, gallery"),
        (["check", "SMALL", "--scope", "everything"], 2, "Use one of: "),
        (["check", "SMALL", "--select", "batch-undatd"], 2, "Did you mean batch-undated?"),
        (["check", "SMALL", "--ignore", "CPG1122"], 2, "Did you mean CPG1"),
        (["check", "SMALL", "--only", "pixels"], 2, "layout, tables, links"),
        (["check", "SMALL", "--only", "documents"], 3, "--only documents"),
        (["check", "SMALL", "-o", "pdf"], 2, "Use text or jsonl"),
        (["check", "SMALL", "-o", "text", "-o", "jsonl"], 2, "mixed in the terminal"),
        (["check", "SMALL", "-o", "jsonl:missing/x.jsonl"], 2, "output cannot be written to missing/x.jsonl"),
        (["check", "SMALL", "--report", "missing/x.jsonl"], 2, "report cannot be written to missing/x.jsonl"),
        (["check", "SMALL", "--report", "SMALL/x.jsonl"], 2, "inside the dataset"),
        (["report", "missing.jsonl"], 2, "There is no file missing.jsonl"),
        (["report", "file.txt"], 4, "line 1: it is not a report"),
        (["explain", "CPG999"], 2, "There is no rule 'CPG999'"),
        (["explain", "batch"], 2, "Did you mean batch-undated, batch-date-spelling, "),
        (["rules", "--policy", "mine"], 2, "Use one of"),
    ],
)
def test_bad_input_gets_one_clear_sentence(cpgate, small, desk, arguments, code, words):
    (desk / "cpg0001-empty" / "empty").mkdir(parents=True)
    (desk / "empty").symlink_to(desk / "cpg0001-empty" / "empty")
    (desk / "file.txt").write_text("hello\n")
    (desk / "unnamed" / "images").mkdir(parents=True)
    (desk / "unnamed" / "images" / "a.tif").write_bytes(b"x")
    process = cpgate(*(argument.replace("SMALL", str(small)) for argument in arguments))
    assert process.returncode == code, process.stderr
    assert words in one_sentence(process)
    assert not (desk / "cpgate-report.jsonl").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "x", "--jobs", "0"],
        ["check", "x", "--fail-on", "bad"],
        ["nonsense"],
        ["--nonsense"],
    ],
)
def test_a_wrong_command_line_is_answered_with_usage(cpgate, arguments):
    process = cpgate(*arguments)
    assert process.returncode == 2
    assert process.stderr.startswith("Usage: cpgate")
    assert "Traceback" not in process.stderr


def hostile_dataset(small):
    """Everything under a folder that cannot become an entry, and names meant to deceive."""
    images = small / "workspace" / "metadata"
    (images / "broken.csv").symlink_to("nowhere.csv")
    (images / "outside.csv").symlink_to("/etc/hostname")
    (images / "loop").symlink_to(images)
    (images / "esc\x1b]0;owned\x07\x1b[2J.csv").write_bytes(b"x")
    (images / "rlo\u202evsc.exe").write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(images) + b"/latin\xe91.csv")).write_bytes(b"x")
    os.mkfifo(images / "pipe")
    return small


@pytest.mark.skipif(
    sys.platform != "linux", reason="names that are not UTF-8, and pipes, as Linux allows them"
)
@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_hostile_names_are_reported_and_shown_safely(cpgate, small, form):
    process = cpgate(
        "check",
        hostile_dataset(small),
        "--only",
        "layout",
        "-o",
        form,
        "--all",
        environment={"FORCE_COLOR": ""},
    )
    assert process.returncode == 1, process.stderr
    assert process.stderr == ""
    for raw in ("\x1b", "\x07", "\u202e", "\udce9"):
        assert raw not in process.stdout
    for slug in ("symlink-broken", "symlink-outside", "name-not-utf8"):
        assert slug in process.stdout
    for word in ("broken.csv", "outside.csv", "xe91.csv"):
        assert word in process.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="dropping the user id")
def test_folders_and_files_without_permission_are_said_in_plain_words(small, desk, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, to become a user without rights")
    (small / "images").chmod(0o000)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    desk.chmod(0o777)
    clean = make_small_dataset(tmp_path / "other")

    def as_nobody(path):
        return subprocess.run(
            [sys.executable, "-c", AS_NOBODY, clean, path],
            cwd=desk, env=os.environ | {"HOME": str(desk)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    part = as_nobody(small)
    small.chmod(0o000)
    whole = as_nobody(small)
    for folder in (small, small / "images"):
        folder.chmod(0o755)
    assert part.returncode == 1
    assert "images/" in part.stdout
    assert "ermission" in part.stdout
    assert whole.returncode == 2
    assert "ermission" in one_sentence(whole)


AS_NOBODY = """
import contextlib, io, os, sys
from validator.cli.main import run

with contextlib.redirect_stdout(io.StringIO()):  # imports everything while it still may read the interpreter's folder
    assert run(["check", sys.argv[1], "--report", "/dev/null"]) in (0, 1)
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
code = run(["check", sys.argv[2], "--only", "layout"])
sys.stdout.flush()
os._exit(code)  # nobody may not write the measurements of the test run
"""


def test_a_reader_that_has_seen_enough_is_no_error(small, undated, desk):
    for folder, code in ((small, 0), (undated, 1)):
        command = f"{sys.executable} -m validator check {folder} --only layout --all | head -1; exit ${{PIPESTATUS[0]}}"
        process = subprocess.run(
            ["bash", "-c", command], cwd=desk, capture_output=True, text=True, timeout=60, check=False
        )
        assert process.stderr == ""
        assert process.returncode == code
        assert process.stdout.count("\n") == 1


def test_closed_streams_are_no_error(undated, desk):
    for closing in (">&-", "2>&-", ">&- 2>&-"):
        command = f"{sys.executable} -m validator check {undated} --only layout {closing}"
        process = subprocess.run(
            ["bash", "-c", command], cwd=desk, capture_output=True, timeout=60, check=False
        )
        assert process.returncode == 1, process.stderr
        assert b"Traceback" not in process.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full of Linux")
def test_a_full_disk_behind_stdout_is_said(small, desk):
    command = f"{sys.executable} -m validator check {small} --only layout > /dev/full"
    process = subprocess.run(
        ["bash", "-c", command], cwd=desk, capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 4
    assert "no space left on device" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_run_cleanly(small, desk, number, code):
    # A named pipe where a table is read: the check waits there until the signal comes.
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, "check", str(small)],
        cwd=desk,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "hanging\n"
    began = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == code, said
    assert time.monotonic() - began < 5
    assert said.strip().startswith("error: Stopped")
    assert "Traceback" not in said
    assert list(desk.iterdir()) == [], "no report, and no part of one"


SLOW = """
import os, sys, threading
from validator.checks import registry
from validator.checks.tool import CHECK_CRASHED
from validator.models.rule import Rule
from validator.cli.main import run

rule = Rule("CPG399", "hangs", "t", "w", "m", "images")

@registry.file_check(rule, kinds=["images.raw"])
def hangs(file, dataset):
    os.write(1, b"hanging\\n")  # print holds a lock, and a process that ends while a thread has it is aborted by Python
    threading.Event().wait()
    return []

sys.exit(run(sys.argv[1:]))
"""


def test_a_defect_of_the_tool_is_told_without_a_traceback(desk, tmp_path):
    code = """
import sys
import validator.cli.main as main
main.cli.main = lambda **options: 1 / 0
sys.exit(main.run([]))
"""
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=desk, capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 4
    assert "please report it" in process.stderr
    assert "Traceback" not in process.stderr
    (crash,) = (tmp_path / "state" / "cpgate" / "crashes").iterdir()
    assert str(crash) in process.stderr
    assert "ZeroDivisionError" in crash.read_text()
    assert crash.stat().st_mode & 0o077 == 0, "it may name files of the user"


def test_a_crashed_check_ends_with_4_and_says_where_the_details_are(desk, small, tmp_path):
    code = SLOW.replace("threading.Event().wait()", "raise KeyError").replace(
        'print("hanging", flush=True)', ""
    )
    process = subprocess.run(
        [sys.executable, "-c", code, "check", str(small)],
        cwd=desk,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 4
    assert "check-crashed (CPG901)" in process.stdout
    assert "this report is incomplete" in process.stdout
    (crash,) = (tmp_path / "state" / "cpgate" / "crashes").iterdir()
    assert crash.name in re.sub(r"\s+", "", process.stdout)


def test_checking_a_folder_never_opens_the_network(small, desk, monkeypatch, capsys):
    from validator.cli.main import run

    def refuse(*_args, **_options):
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert run(["check", str(small), "--only", "layout"]) == 0
    assert "clean" in capsys.readouterr().out
    assert (desk / "cpgate-report.jsonl").exists()
