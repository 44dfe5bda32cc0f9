"""A verification of files that was stopped or killed goes on where it was, and trusts nothing that changed since."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from validator.digests import stretches
from validator.errors import ExitCode, Interrupted
from validator.workflows import verify_files, verify_record
from validator.workflows.etag import file_etags
from validator.workflows.verify import verify_local

FILES = 40


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A list of ETags of small files, the record of a verification begins at once."""
    monkeypatch.setattr(verify_record, "FIRST_SECONDS", 0)
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number:02d}.tif").write_bytes(os.urandom(1000))
    lines = [
        f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir())
    ]
    path = tmp_path / "list.txt"
    path.write_text("".join(lines))
    return path


class StopsAfter:
    """Progress during which somebody presses Ctrl-C."""

    def __init__(self, count):
        self.left = count

    def step(self, *_, **__):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def advance(self, _amount=1):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def stop(listed, count=20, **more):
    with pytest.raises(Interrupted, match="Stopped when ") as stopped:
        verify_local(listed, listed.parent / "data", progress=StopsAfter(count), **more)
    assert stopped.value.exit_code == 130
    assert "goes on from here" in stopped.value.mend


def test_a_stop_is_gone_on_from_and_leaves_nothing_behind(listed, tmp_path):
    state = tmp_path / "state"
    stop(listed, state=state)
    result = verify_local(listed, tmp_path / "data", state=state)
    assert (result.resumed, result.agreeing, result.exit_code) == (19, FILES, ExitCode.CLEAN)
    assert list(state.rglob("*.log")) == []
    assert verify_local(listed, tmp_path / "data", state=state).resumed == 0


def test_what_changed_since_is_read_again(listed, tmp_path):
    state, first = tmp_path / "state", tmp_path / "data" / "00.tif"
    stop(listed, state=state)
    status, data = first.stat(), bytearray(first.read_bytes())
    data[0] ^= 1
    first.write_bytes(data)
    os.utime(first, ns=(status.st_atime_ns, status.st_mtime_ns))
    result = verify_local(listed, tmp_path / "data", state=state)
    assert [finding.key for finding in result.findings] == ["00.tif"]
    assert result.resumed == 18


def test_another_manifest_and_a_fresh_start_know_nothing(listed, tmp_path):
    state = tmp_path / "state"
    stop(listed, state=state)
    other = listed.with_name("other.txt")
    other.write_text(listed.read_text() + "# and a remark\n")
    assert verify_local(other, tmp_path / "data", state=state).resumed == 0
    assert verify_local(listed, tmp_path / "data", state=state, fresh=True).resumed == 0


def test_what_was_read_long_ago_is_read_again(listed, tmp_path):
    state = tmp_path / "state"
    stop(listed, state=state)
    for log in state.rglob("*.log"):
        os.utime(log, (time.time() - 8 * 86_400,) * 2)
    assert verify_local(listed, tmp_path / "data", state=state).resumed == 0


def test_a_damaged_record_is_no_proof(listed, tmp_path):
    state = tmp_path / "state"
    stop(listed, state=state)
    for log in state.rglob("*.log"):
        log.write_bytes(b"rubbish\n" + log.read_bytes()[:-9])
    assert verify_local(listed, tmp_path / "data", state=state).resumed == 18


def test_where_nothing_can_be_kept_the_verification_goes_on(listed, tmp_path):
    (tmp_path / "state").write_text("a file, not a folder")
    result = verify_local(listed, tmp_path / "data", state=tmp_path / "state")
    assert (result.agreeing, result.exit_code) == (FILES, ExitCode.CLEAN)


def test_a_large_file_goes_on_in_its_midst(tmp_path, monkeypatch):
    monkeypatch.setattr(verify_record, "FIRST_SECONDS", 0)
    for module in (stretches, verify_files):
        monkeypatch.setattr(module, "STRETCH_BYTES", 5 << 20)
    part, folder, state = 5 << 20, tmp_path / "cpg0099-example" / "broad" / "workspace", tmp_path / "state"
    folder.mkdir(parents=True)
    (folder / "large.bin").write_bytes(os.urandom(7 * part + 9))
    [etag] = file_etags([folder / "large.bin"], part)
    manifest = tmp_path / "profile_index.json"
    url = "https://bucket.s3.amazonaws.com/cpg0099-example/broad/workspace/large.bin"
    manifest.write_text(
        f'[{{"subset":"a","url":"{url}","etag":"{etag.etag}","size":{etag.size},"part_size":{part}}}]'
    )
    with pytest.raises(Interrupted):
        verify_local(manifest, folder.parent, progress=StopsAfter(6), state=state)
    read = []
    real = verify_files.digest_stretch
    monkeypatch.setattr(verify_files, "digest_stretch", lambda *a: read.append(a[2].offset) or real(*a))
    result = verify_local(manifest, folder.parent, state=state)
    assert (result.exit_code, result.agreeing) == (ExitCode.CLEAN, 1)
    assert sorted(read) == [offset * part for offset in (5, 6, 7)]
    with (folder / "large.bin").open("r+b") as stream:
        stream.seek(6 * part)
        stream.write(b"other")
    assert verify_local(manifest, folder.parent, state=state).exit_code is ExitCode.FINDINGS


SLOW = """
import sys, time
from pathlib import Path
from validator.workflows import verify_files, verify_record
from validator.workflows.verify import verify_local
verify_record.FIRST_SECONDS = 0
real = verify_files.digest_stretch
def slow(*arguments):
    time.sleep(0.1)
    return real(*arguments)
verify_files.digest_stretch = slow
verify_local(Path(sys.argv[1]), Path(sys.argv[2]), state=Path(sys.argv[3]))
"""


def test_a_kill_loses_only_what_was_being_read(listed, tmp_path):
    state = tmp_path / "state"
    process = subprocess.Popen([sys.executable, "-c", SLOW, listed, tmp_path / "data", state])
    until = time.monotonic() + 60
    while sum(log.read_bytes().count(b"\n") for log in logs(state)) < 6 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = sum(log.read_bytes().count(b"\n") for log in logs(state))
    result = verify_local(listed, tmp_path / "data", state=state)
    assert 6 <= kept < FILES
    assert (result.resumed, result.agreeing) == (kept, FILES)


def logs(state: Path) -> list[Path]:
    return list(state.rglob("*.log"))
