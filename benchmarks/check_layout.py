"""Times `cpgate check --only layout` on many empty files, beside a bare walk of the same tree.

Usage: python benchmarks/check_layout.py [--files 200000] [--keep FOLDER]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PER_PLATE = 24_500  # files of a plate, as in cpg0016
CHANNELS = 5


def make_tree(root: Path, files: int) -> Path:
    """One batch with as many plates as it takes; every file is empty."""
    source = root / "cpg0099-bench" / "broad"
    made = plate = 0
    while made < files:
        plate += 1
        name = f"BR{plate:08d}__2024-03-05T10_12_41-Measurement1"
        images = source / "images" / "2024_03_05_Run1" / "images" / name / "Images"
        images.mkdir(parents=True)
        for i in range(min(PER_PLATE, files - made)):
            site, channel = divmod(i, CHANNELS)
            well, site = divmod(site, 9)
            row, column = divmod(well, 24)
            (
                images / f"r{row + 1:02d}c{column + 1:02d}f{site + 1:02d}p01-ch{channel + 1}sk1fk1fl1.tiff"
            ).touch()
        made += min(PER_PLATE, files - made)
    return source


BARE_WALK = """
import os, sys
waiting, count = [sys.argv[1]], 0
while waiting:
    with os.scandir(waiting.pop()) as entries:
        for entry in entries:
            if entry.is_dir():
                waiting.append(entry.path)
            else:
                entry.stat()
                count += 1
print(count)
"""


def measured(command: list[str], cwd: Path) -> tuple[float, float, int]:
    """Seconds, peak megabytes and exit code of a process of its own."""
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return time.monotonic() - began, peak, process.returncode


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--keep", type=Path, help="make the tree there and leave it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = options.keep or Path(temporary)
        source = root / "cpg0099-bench" / "broad"
        if not source.exists():
            make_tree(root, options.files)
        check = [
            sys.executable,
            "-m",
            "validator",
            "check",
            str(source),
            "--only",
            "layout",
            "--report",
            "/dev/null",
        ]
        bare = min(measured([sys.executable, "-c", BARE_WALK, str(source)], root) for _ in range(3))
        best = min(measured(check, root) for _ in range(3))
    print(f"{options.files:,} empty files, best of three, warm cache")
    print(f"bare scandir + stat   {bare[0]:6.2f} s   {bare[1]:6.0f} MB")
    print(f"check --only layout   {best[0]:6.2f} s   {best[1]:6.0f} MB   exit code {best[2]}")
    print(f"ratio                 {best[0] / bare[0]:6.1f}   {options.files / best[0]:,.0f} files/s")


if __name__ == "__main__":
    main()
