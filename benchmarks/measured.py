"""Run a command and measure it: wall time, processor time and peak memory, its children included."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

WATCH = 0.05


@dataclass(frozen=True)
class Measured:
    """Wall and processor seconds, peak resident memory (MiB, of all its processes together), exit code."""

    wall: float
    cpu: float
    peak_mib: float
    code: int


def measure(
    command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Measured:
    """Run a command to its end, its output thrown away."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    together = [0.0]
    watching = threading.Thread(target=_watch, args=(process.pid, together))
    watching.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    watching.join()
    peak = max(usage.ru_maxrss / 1024, *together)
    return Measured(wall, usage.ru_utime + usage.ru_stime, peak, process.returncode)


def _watch(pid: int, peak: list[float]) -> None:
    """Look at the memory of a process and of those that it started, where /proc tells it; pages that they share count for each."""
    while some := [_resident(one) for one in _and_children(pid)]:
        peak[0] = max(peak[0], sum(some) / 2**20)
        if not sum(some):
            return
        time.sleep(WATCH)


def _and_children(pid: int) -> list[int]:
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [one for child in children.read_text().split() for one in _and_children(int(child))]
    return found


def _resident(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
