"""The upload command as a process of its own: started, killed, and what it leaves behind looked for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from servers import CREDENTIALS

LONG = 240.0
"""Seconds after which something that should have happened never will; no test depends on how fast it did."""


def processes_of_session(session: int) -> list[int]:
    """Living processes of a session; the uploader's children do not leave it."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found


def wait_until_gone(session: int, seconds: float = 60) -> list[int]:
    until = time.monotonic() + seconds
    while (left := processes_of_session(session)) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def kill_somehow(process: subprocess.Popen, how: str, luck: Random) -> bool:
    """Kill the parent, one child, or the group; whether there was something to kill."""
    if how == "child":
        children = [pid for pid in processes_of_session(process.pid) if pid != process.pid]
        if not children:
            return False
        with suppress(ProcessLookupError):
            os.kill(luck.choice(children), signal.SIGKILL)
        return True
    if process.poll() is not None:
        return False
    if how == "parent":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    return True


@dataclass
class UploadCommand:
    """``cpgate upload`` of one folder to one place, with the same state folder each time."""

    dataset: Path
    destination: str
    endpoint: str
    work: Path
    options: Sequence[str] = ("--jobs", "4", "--part-size", "5MiB")
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def receipt(self) -> Path:
        return self.work / "receipt.jsonl"

    @property
    def state(self) -> Path:
        return self.work / "state"

    @property
    def log(self) -> Path:
        return self.work / "log.txt"

    @property
    def journals(self) -> list[Path]:
        return sorted((self.state / "uploads").glob("*/*.journal"))

    def start(self, *more: str) -> subprocess.Popen:
        """Start it in a session of its own; what it says is added to the log."""
        self.work.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", "validator", "upload", str(self.dataset), self.destination),
                    *("--endpoint-url", self.endpoint, "--state", str(self.state)),
                    *("--receipt", str(self.receipt), *self.options, *more),
                ],
                cwd=self.work,
                env=os.environ | CREDENTIALS | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self, *more: str) -> int:
        """Run it to its end; no process of it may stay behind."""
        return self.end(self.start(*more))

    def end(self, process: subprocess.Popen) -> int:
        """Wait for its end; no process of it may stay behind."""
        try:
            code = process.wait(LONG)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise AssertionError(f"it does not end:\n{self.said}") from None
        assert wait_until_gone(process.pid) == [], "a process stays behind"
        return code

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""
