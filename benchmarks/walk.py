"""Times the listing of a local tree beside a bare loop of os.scandir and stat in one process.

Once as the disk is, and once with 1 ms added to each stat, as a network file system answers.

Usage: python benchmarks/walk.py [--files 1000000] [--slow-files 20000] [--keep FOLDER]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from check_layout import make_tree

WALKS = {
    "bare scandir + stat": """
        waiting, count = [root], 0
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir():
                        waiting.append(entry.path)
                    else:
                        entry.stat()
                        count += 1
    """,
    "cpgate's listing": """
        from validator.sources.local import LocalSource
        count = sum(len(folder.names) for folder in LocalSource(root).scan())
    """,
}

SLOWER = """
import time

class SlowEntry:
    # An entry whose stat takes 1 ms more; everything else is the real entry's.
    def __init__(self, entry):
        self._entry = entry
        self.name, self.path = entry.name, entry.path
        self.is_dir, self.is_file, self.is_symlink = entry.is_dir, entry.is_file, entry.is_symlink

    def stat(self, *, follow_symlinks=True):
        time.sleep(0.001)
        return self._entry.stat(follow_symlinks=follow_symlinks)

class SlowScan:
    def __init__(self, path):
        self._scan = real_scandir(path)

    def __iter__(self):
        return map(SlowEntry, self._scan)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._scan.close()

real_scandir, os.scandir = os.scandir, SlowScan
"""


def time_walk(code: str, root: Path, *, slow: bool) -> float:
    """Seconds of a walk in a process of its own, without the time that Python takes to start."""
    body = "\n".join(line[8:] for line in code.splitlines())
    script = (
        "import os, sys, time\nimport validator.sources.local\nroot = sys.argv[1]\n"
        f"{SLOWER if slow else ''}\nbegan = time.perf_counter()\n{body}\n"
        "print(count, time.perf_counter() - began)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(root)], capture_output=True, text=True, check=True
    )
    count, seconds = done.stdout.split()
    assert int(count) > 0
    return float(seconds)


def compare(root: Path, *, slow: bool, rounds: int) -> None:
    """Time both walks in turn and print the best of each."""
    best = dict.fromkeys(WALKS, float("inf"))
    for _ in range(rounds):
        for name, code in WALKS.items():
            best[name] = min(best[name], time_walk(code, root, slow=slow))
    bare, ours = best.values()
    for name, seconds in best.items():
        print(f"  {name:<21} {seconds:8.2f} s")
    if slow:
        print(f"  {'faster':<21} {bare / ours:8.1f} times (at least 4)")
    else:
        print(f"  {'ratio':<21} {ours / bare:8.2f} (at most 1.3)")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--slow-files", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="make the trees there and leave them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = options.keep or Path(temporary)
        for files, slow in ((options.files, False), (options.slow_files, True)):
            root = home / str(files)
            if not root.exists():
                make_tree(root, files)
            print(
                f"{files:,} empty files{', each stat 1 ms slower' if slow else ''}, on {os.cpu_count()} cores"
            )
            compare(root / "cpg0099-bench" / "broad", slow=slow, rounds=1 if slow else options.rounds)


if __name__ == "__main__":
    main()
