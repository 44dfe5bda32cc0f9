import os

import pytest

from validator.upload import machine
from validator.upload.machine import MOST_PROCESSES, default_processes, is_login_node, usable_cores


@pytest.fixture(autouse=True)
def many_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(32)), raising=False)
    for name in machine.BATCH_JOBS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(machine.shutil, "which", lambda _: None)


def group(tmp_path, own: str, **files: str):
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        path = tmp_path / "tree" / name.replace("__", "/").replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return usable_cores(tmp_path / "own", tmp_path / "tree")


@pytest.mark.parametrize(
    ("text", "cores"), [("400000 100000\n", 4), ("max 100000\n", 32), ("50000 100000", 1), ("nonsense", 32)]
)
def test_the_quota_of_a_group_counts(tmp_path, text, cores):
    assert group(tmp_path, "0::/a/job\n", a__job__cpuDOTmax=text) == cores


def test_so_does_that_of_a_group_above(tmp_path):
    assert group(tmp_path, "0::/a/job\n", a__cpuDOTmax="200000 100000", a__job__cpuDOTmax="max 100000") == 2


def test_the_first_kind_of_groups(tmp_path):
    own = "4:memory:/x\n3:cpu,cpuacct:/docker/1\n"
    tree = tmp_path / "tree" / "cpu,cpuacct" / "docker" / "1"
    tree.mkdir(parents=True)
    (tree / "cpu.cfs_quota_us").write_text("150000\n")
    (tree / "cpu.cfs_period_us").write_text("50000\n")
    assert group(tmp_path, own) == 3


def test_where_there_are_no_groups(tmp_path):
    assert usable_cores(tmp_path / "none", tmp_path) == 32
    assert default_processes() == MOST_PROCESSES


def test_on_a_login_node_others_work_too(monkeypatch):
    assert not is_login_node()
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/bin/sbatch" if name == "sbatch" else None)
    assert is_login_node()
    assert default_processes() == 2
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert default_processes() == MOST_PROCESSES
