"""How much of a machine an upload may use: what the system grants this process, and manners where others work."""

import os
import shutil
from pathlib import Path

MOST_PROCESSES = 4
"""Each sends about 500 MB/s with its digests; more is faster than the networks of most institutes."""
ON_A_LOGIN_NODE = 2
BATCH_COMMANDS = ("sbatch", "qsub", "bsub")
BATCH_JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "JOB_ID", "LSB_JOBID")
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def usable_cores(own: Path = _OWN_CGROUP, tree: Path = _CGROUPS) -> int:
    """Cores that this process may use: its affinity mask, cut by the quotas of its control groups.

    Parameters
    ----------
    own, tree
        Where Linux says which groups the process belongs to, and what they may use.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = min(_quotas(own, tree), default=float(cores))
    return max(1, min(cores, round(quota)))


def _quotas(own: Path, tree: Path) -> list[float]:
    """Cores of every group above this process that has a quota (cgroups v2, and v1 as containers mount it)."""
    found = []
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        names = controllers.split(",")
        if controllers and "cpu" not in names:
            continue
        root = tree / controllers if controllers else tree
        group = root / path.lstrip("/")
        for folder in [group, *group.parents]:
            if not folder.is_relative_to(root):
                break
            quota = _quota_of(folder)
            if quota:
                found.append(quota)
    return found


def _quota_of(folder: Path) -> float | None:
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        return int(quota) / int(period) if int(quota) > 0 and int(period) > 0 else None
    except (OSError, ValueError):  # "max", or a group without such a file
        return None


def is_login_node() -> bool:
    """Whether this looks like the machine of a cluster on which everybody works: a batch system, but no job."""
    in_a_job = any(os.environ.get(name) for name in BATCH_JOBS)
    return not in_a_job and any(shutil.which(command) for command in BATCH_COMMANDS)


def default_processes() -> int:
    """How many worker processes an upload starts when nobody says it."""
    return min(usable_cores(), ON_A_LOGIN_NODE if is_login_node() else MOST_PROCESSES)
