"""What is missing on Windows and macOS must not be missed: seen by types, and by an upload without it.

Neither system is at hand where these tests run. mypy knows from typeshed which functions each of them has; and an
upload runs in processes from which all that only Linux has was taken away.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from servers import CREDENTIALS

ROOT = Path(__file__).resolve().parents[2]

GUARDED = ("getuid", "getgid", "getgid", "POLLIN", "POLLOUT", "POSIX_FADV_WILLNEED", "sendfile")
"""Names that stand behind a hasattr of their neighbours (chown, poll, posix_fadvise) or a look at the system, which mypy does not follow."""

TAKE_AWAY = '''
"""Loaded by every Python that finds it: parent and workers alike."""
import base64, ctypes, hashlib, mmap, os, select, selectors, signal, socket, ssl, subprocess, sys, tempfile, threading
import http.client, logging, multiprocessing, shutil, urllib.request, uuid

OF_LINUX = """sched_getaffinity sched_setaffinity fdatasync posix_fadvise posix_fallocate pread pwrite preadv pwritev
sendfile copy_file_range O_DIRECTORY O_CLOEXEC O_NOFOLLOW O_NONBLOCK O_SYNC O_DSYNC O_PATH O_NOATIME O_TMPFILE
statvfs fstatvfs getloadavg mkfifo mknod lchown chown fchown fchmod nice sync fork killpg setsid getpgid getpgrp
getuid geteuid getgid getegid getgroups uname""".split()
for name in OF_LINUX:
    if name not in ("fork", "uname"):  # subprocess and platform themselves need them here
        vars(os).pop(name, None)
os.process_cpu_count = os.cpu_count  # what Python 3.13 does where there is no affinity
for name in ("SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGPIPE", "SIGTSTP", "SIGCONT", "SIGCHLD",
             "pthread_sigmask", "setitimer", "alarm", "pause", "siginterrupt", "sigwait"):
    vars(signal).pop(name, None)
for name in ("poll", "epoll", "kqueue"):
    vars(select).pop(name, None)
for name in ("AF_UNIX", "SO_REUSEPORT", "TCP_KEEPIDLE", "TCP_USER_TIMEOUT"):
    vars(socket).pop(name, None)
for name in ("fcntl", "resource", "pwd", "grp", "termios", "syslog", "posix_ipc"):
    sys.modules[name] = None
with open(os.environ["TAKEN_AWAY"], "a") as log:
    log.write(f"{os.getpid()}\\n")
'''


@pytest.fixture
def without_linux(tmp_path):
    """Environment in which every Python lacks what only Linux has."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(TAKE_AWAY)
    path = os.pathsep.join([str(folder), str(ROOT)])
    return os.environ | CREDENTIALS | {"PYTHONPATH": path, "TAKEN_AWAY": str(tmp_path / "taken")}


def test_every_module_can_be_imported(without_linux):
    script = (
        "import pkgutil, importlib, validator\n"
        "names = [m.name for m in pkgutil.walk_packages(validator.__path__, 'validator.')]\n"
        "[importlib.import_module(name) for name in names if name != 'validator.__main__']\n"
        "print(len(names))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=without_linux, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 200


def test_an_upload_works_and_is_verified(without_linux, build_dataset, store, tmp_path):
    dataset = build_dataset()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "validator", "upload", str(dataset), f"s3://{store.bucket}"),
            *("--endpoint-url", store.endpoint, "--state", str(tmp_path / "state"), "--time-limit", "1h"),
        ],
        cwd=tmp_path,
        env=without_linux,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "verified" in done.stdout
    processes = set((tmp_path / "taken").read_text().split())
    assert len(processes) > 1, "the workers lacked it, too"


@pytest.mark.full
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_types_of_other_systems(system, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--platform", system, "--cache-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [line for line in found if not any(f'"{name}"' in line for name in GUARDED)] == []
    assert found or done.returncode == 0, done.stdout
