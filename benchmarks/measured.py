"""Run a command and measure it: wall time, processor time and peak memory, its children included."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """Wall and processor seconds, peak resident memory (MiB, of the largest process), exit code."""

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
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)
