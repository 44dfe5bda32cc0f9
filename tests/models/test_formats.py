"""A file of cpgate's own that is given to the wrong command is told as what it is."""

import json

import pytest

from validator.cli.main import run
from validator.models.formats import own_file
from validator.models.receipt import RECEIPT_FORMAT
from validator.models.report import REPORT_FORMAT
from validator.workflows.fix_undo import UNDO_FORMAT

FIRST_LINES = {
    "report": json.dumps({"record": "header", "format": REPORT_FORMAT}, separators=(",", ":")),
    "receipt": json.dumps({"record": "header", "format": RECEIPT_FORMAT}, separators=(",", ":")),
    "undo": "37ab6c43 " + json.dumps({"t": "header", "format": UNDO_FORMAT}, separators=(",", ":")),
    "log": json.dumps({"time": "2026-11-28T10:15:00.000+00:00", "event": "begin"}, separators=(",", ":")),
}
TOLD = {
    "report": ("is the report of a check", "To show it: cpgate report 'my file.jsonl'\n"),
    "receipt": ("is the receipt of an upload", "To verify it: cpgate verify 'my file.jsonl'\n"),
    "undo": ("is the undo file of a fix", "To take that fix back: cpgate fix --undo 'my file.jsonl'\n"),
    "log": ("is the log of an upload", "To read it line by line: jq .event 'my file.jsonl'\n"),
}


@pytest.mark.parametrize(
    "line", ["", "{}", '{"format":"another/1"}', "cpg0051-heart/broad/images/cpgate-report/1"]
)
def test_other_files_are_none(line):
    assert own_file(line.encode()) is None


COMMANDS = {
    ("check",): None,
    ("report",): "report",
    ("verify",): "receipt",
    ("manifest", "split"): "receipt",
    ("fix", "--undo"): "undo",
}
WRONG = [(command, sort) for command, right in COMMANDS.items() for sort in FIRST_LINES if sort != right]


@pytest.mark.parametrize(
    ("command", "sort"), WRONG, ids=lambda value: "-".join(value) if isinstance(value, tuple) else value
)
def test_a_command_says_what_it_was_given(tmp_path, monkeypatch, capsys, command, sort):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my file.jsonl").write_text(FIRST_LINES[sort] + "\n{}\n")
    assert run([*command, "my file.jsonl"]) in {2, 4}
    what, mend = TOLD[sort]
    error = capsys.readouterr().err
    assert what in error
    assert mend in error
