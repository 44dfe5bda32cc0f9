"""The log of an upload for programs: from the command, over a real server."""

import json
import time

from servers import CREDENTIALS

from validator.models.progress import SilentProgress
from validator.workflows.upload_events import LoggedProgress

MIB = 1024 * 1024


def test_every_file_the_plan_and_the_end_are_events(upload_example, tmp_path):
    log = tmp_path / "log.jsonl"
    code, said = upload_example("--log-json", str(log))
    assert code == 0, said
    assert "verified" in said.out
    text = log.read_text()
    assert not [secret for secret in CREDENTIALS.values() if secret.startswith("testing-") and secret in text]
    events = [json.loads(line) for line in text.splitlines()]
    names = [event["event"] for event in events]
    assert names[0] == "begin"
    assert names[-1] == "end"
    assert names.index("check") < names.index("plan") < names.index("file")
    plan = next(event for event in events if event["event"] == "plan")
    files = [event for event in events if event["event"] == "file"]
    assert len(files) == plan["files"]["send"] == events[-1]["files"]["uploaded"]
    assert sum(event["bytes"] for event in files) == plan["bytes"]["send"] == events[-1]["bytes_sent"]
    assert {event["state"] for event in files} == {"uploaded"}
    assert [e["done"] for e in events if e["event"] == "step" and e["step"] == "uploading"] == [
        plan["bytes"]["send"]
    ]
    assert events[-1]["code"] == 0


def test_stdout_has_events_in_place_of_words(upload_example):
    (upload_example.dataset / "images" / "imagess").mkdir()
    (upload_example.dataset / "images" / "imagess" / "x.tiff").write_bytes(b"x")
    code, said = upload_example("--log-json", "-")
    events = [json.loads(line) for line in said.out.splitlines()]
    assert code == events[-1]["code"] == 1
    assert events[-1]["refused"]


def test_nothing_is_written_into_a_dataset(upload_example):
    code, said = upload_example("--log-json", str(upload_example.dataset / "log.jsonl"))
    assert code == 2
    assert "The log would lie inside the dataset" in said.err
    assert not (upload_example.dataset / "log.jsonl").exists()


def test_a_stop_is_an_event_with_its_code(upload_example, tmp_path):
    log = tmp_path / "log.jsonl"
    code, _ = upload_example("--log-json", str(log), "--batch", "no-such-batch")
    last = json.loads(log.read_text().splitlines()[-1])
    assert (last["event"], last["code"]) == ("stop", code)
    assert "is selected" in last["what"]


def test_a_long_step_says_how_far_it_is():
    written = []

    class Log:
        broken = ""

        def write(self, event, **values):
            written.append((event, values["done"], values["note"]))

    with LoggedProgress(SilentProgress(), Log(), seconds=0.01).step("uploading", 10, "B") as step:
        step.advance(4)
        step.note("1 of 2 files")
        until = time.monotonic() + 20
        while not written:
            assert time.monotonic() < until
            time.sleep(0.01)
        step.advance(6)
    assert written[0][0] == "progress"
    assert written[-1] == ("step", 10, "1 of 2 files")
