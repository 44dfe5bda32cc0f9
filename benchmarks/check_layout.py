"""Times `cpgate check --only layout` on many empty files, beside a bare walk of the same tree.

Usage: python benchmarks/check_layout.py [--files 200000] [--keep FOLDER]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from measured import measure

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
        walk = [sys.executable, "-c", BARE_WALK, str(source)]
        bare = min((measure(walk, cwd=root) for _ in range(3)), key=lambda run: run.wall)
        best = min((measure(check, cwd=root) for _ in range(3)), key=lambda run: run.wall)
    print(f"{options.files:,} empty files, best of three, warm cache")
    for label, run in (("bare scandir + stat", bare), ("check --only layout", best)):
        print(
            f"{label:<21} {run.wall:6.2f} s   {run.cpu:6.2f} s cpu   {run.peak_mib:6.0f} MiB   exit code {run.code}"
        )
    print(f"{'ratio':<21} {best.wall / bare.wall:6.1f}     {options.files / best.wall:,.0f} files/s")


if __name__ == "__main__":
    main()
