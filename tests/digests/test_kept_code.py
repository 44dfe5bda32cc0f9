import os
import sys
from pathlib import Path

import pytest

from validator.digests.kept_code import KeptCode

CODE = b"machine code" * 100
posix = pytest.mark.skipif(
    sys.platform == "win32", reason="folders of a user are the user's alone on Windows"
)


@pytest.fixture
def kept(tmp_path) -> KeptCode:
    return KeptCode("LLVM 20", "a processor", folder=tmp_path / "cache")


def file_of(tmp_path):
    [path] = (tmp_path / "cache").iterdir()
    return path


def test_code_comes_back(kept, tmp_path):
    assert kept.read() is None
    kept.write(CODE)
    assert kept.read() == CODE
    kept.write(CODE[::-1])
    assert kept.read() == CODE[::-1]
    assert file_of(tmp_path)


def test_another_processor_has_another_code(kept, tmp_path):
    kept.write(CODE)
    assert KeptCode("LLVM 20", "another processor", folder=tmp_path / "cache").read() is None
    assert KeptCode("LLVM 20a", " processor", folder=tmp_path / "cache").read() is None


@pytest.mark.parametrize("damage", [b"", b"x" * 20, b"x" * 2000, CODE])
def test_what_is_not_whole_is_passed_over(kept, tmp_path, damage):
    kept.write(CODE)
    file_of(tmp_path).write_bytes(damage)
    assert kept.read() is None
    kept.write(CODE)
    assert kept.read() == CODE


def test_every_cut_is_noticed(kept, tmp_path):
    kept.write(CODE)
    whole = file_of(tmp_path).read_bytes()
    for length in range(len(whole)):
        file_of(tmp_path).write_bytes(whole[:length])
        assert kept.read() is None


@posix
def test_what_others_may_write_to_is_passed_over(kept, tmp_path):
    kept.write(CODE)
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0
    for mode in (0o620, 0o602, 0o666):
        file_of(tmp_path).chmod(mode)
        assert kept.read() is None
    file_of(tmp_path).chmod(0o600)
    assert kept.read() == CODE


@posix
def test_what_somebody_else_wrote_is_passed_over(kept, monkeypatch):
    kept.write(CODE)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert kept.read() is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "cache").write_text("a file stands where the folder would be")
    kept = KeptCode("LLVM 20", folder=tmp_path / "cache")
    kept.write(CODE)
    assert kept.read() is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_leaves_nothing_behind(kept, tmp_path, monkeypatch):
    kept.write(CODE)
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(
        "validator.digests.kept_code.tempfile.mkstemp", lambda **_: (full, str(tmp_path / "new"))
    )
    (tmp_path / "new").write_bytes(b"")
    kept.write(CODE[::-1])
    assert not (tmp_path / "new").exists()
    assert kept.read() == CODE
