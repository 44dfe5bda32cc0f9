import json
from datetime import UTC, datetime

import pytest

from validator.errors import UsageError
from validator.reporters.event_log import EventLog


def noon() -> datetime:
    return datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_events_are_lines_with_the_time_and_a_log_is_continued(tmp_path):
    for number in range(2):
        with EventLog(str(tmp_path / "log"), noon) as log:
            log.write("file", key="p/s/ü\x1b[2J", run=number, nothing=None)
    lines = (tmp_path / "log").read_bytes().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"time": "2026-11-20T12:00:00.000+00:00", "event": "file", "key": "p/s/ü\x1b[2J", "run": number}
        for number in range(2)
    ]
    assert b"\x1b" not in lines[0]


def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path):
    with pytest.raises(UsageError, match="cannot be written: no such file"):
        EventLog(str(tmp_path / "missing" / "log"))


def test_a_full_disk_ends_the_log_and_nothing_else():
    log = EventLog("/dev/full")
    log.write("begin")
    log.write("end")
    assert log.broken == "no space left on device"
    log.__exit__(None, None, None)


def test_stdout(capsys):
    with EventLog("-", noon) as log:
        log.write("end", code=0)
    assert json.loads(capsys.readouterr().out)["code"] == 0
