"""Judges a text listing of millions of keys, beside `cpgparser`, which reads the same keys and judges nothing.

Usage: python benchmarks/check_listing.py [--keys 1000000 10000000] [--runs 3] [--folder FOLDER]

Each plate has 25,000 files: 60% raw images, 25% analysis, 15% other things; 1% of all are defective; the lines of a plate are
shuffled. Printed: seconds, keys per second, peak memory, the size of the index on disk, the rate of `cpgparser` 0.2.0
(PyPI, installed into build/bench/cpgparser) on a sample of the same keys in the same run; at last the median of the runs. The findings of a sample are
compared with those of a slow run that reads line by line, keeps all in memory and takes no folders together.
"""

import argparse
import compileall
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measured import measure

VALIDATOR = Path(__file__).resolve().parent.parent / "validator"
HOME = "cpg0099-bench/broad"
PER_PLATE, PLATES_PER_BATCH = 25_000, 40
SAMPLE = 300_000
CPGPARSER = "cpgparser==0.2.0"
PARSE = """
import sys, time, cpgparser
keys = [line[31:].rstrip("\\n") for line in open(sys.argv[1])]
began = time.perf_counter()
for key in keys:
    cpgparser.parse_prefix(key)
print(len(keys) / (time.perf_counter() - began))
"""
SLOWLY = """
import sys
from pathlib import Path
from validator.index import building, index
from validator.models.progress import SilentProgress
from validator.sources import listing_file
from validator.workflows import listing
from validator.workflows.check import CheckRequest, check
from validator.workflows.sources import Origin
listing_file.LARGE = 10**15
class Slow(building.IndexBuilder):
    def __init__(self, layout, **options):
        super().__init__(layout, **{**options, "condense": False, "files_in_memory": 10**12})
listing.IndexBuilder = Slow
check(CheckRequest(Path(), origin=Origin(sys.argv[1]), report=Path(sys.argv[2])))
"""


def keys_of_plate(number: int) -> list[tuple[int, str]]:
    """Sizes and keys of one plate, without defects."""
    batch = f"2024_03_{1 + number // PLATES_PER_BATCH % 28:02d}_Run{1 + number // PLATES_PER_BATCH}"
    plate = f"BR{number:08d}"
    images = f"{HOME}/images/{batch}/images/{plate}__2024-03-05T10_12_41-Measurement1/Images"
    analysis = f"{HOME}/workspace/analysis/{batch}/{plate}/analysis"
    listed = []
    for i in range(PER_PLATE * 60 // 100):
        rest, channel = divmod(i, 5)
        well, site = divmod(rest, 9)
        row, column = divmod(well, 24)
        name = f"r{row + 1:02d}c{column + 1:02d}f{site + 1:02d}p01-ch{channel + 1}sk1fk1fl1.tiff"
        listed.append((4_000_000 + i, f"{images}/{name}"))
    groups = [
        f"{plate}-{chr(65 + well // 24)}{well % 24 + 1:02d}-{site}"
        for well in range(384)
        for site in range(1, 5)
    ]
    for i in range(PER_PLATE * 25 // 100):
        group, table = divmod(i, 5)
        listed.append((100_000 + i, f"{analysis}/{groups[group]}/{TABLES[table]}.csv"))
    listed += [(9_000_000, f"{HOME}/images/{batch}/illum/{plate}/{plate}_Illum{c}.npy") for c in CHANNELS]
    listed += [(500_000, f"{HOME}/workspace/load_data_csv/{batch}/{plate}/{name}.csv") for name in LOAD_DATA]
    listed += [
        (5_000_000, f"{HOME}/workspace/backend/{batch}/{plate}/{plate}.{form}") for form in ("sqlite", "csv")
    ]
    listed += [
        (50_000, f"{HOME}/workspace/profiles/{batch}/{plate}/{plate}{stage}.csv.gz") for stage in STAGES
    ]
    for i in range(PER_PLATE - len(listed)):
        group, outline = divmod(i, 3)
        name = f"{groups[group].removeprefix(f'{plate}-')}--{OUTLINES[outline]}_outlines.png"
        listed.append((30_000, f"{analysis}/{groups[group]}/outlines/{name}"))
    return listed


TABLES = ("Cells", "Cytoplasm", "Nuclei", "Image", "Experiment")
CHANNELS = ("DNA", "ER", "RNA", "AGP", "Mito")
LOAD_DATA = ("load_data", "load_data_with_illum")
STAGES = ("", "_augmented", "_normalized", "_normalized_negcon", "_normalized_feature_select")
OUTLINES = ("cell", "nuclei", "cytoplasm")


def with_defects(listed: list[tuple[int, str]], chance: random.Random) -> None:
    """Spoil one in a hundred: empty, with a space, junk, in a folder that is misspelt, in capitals."""
    for index in chance.sample(range(len(listed)), len(listed) // 100):
        size, key = listed[index]
        folder, _, name = key.rpartition("/")
        misspelt = (
            key.replace("/illum/", "/ilum/")
            .replace("/analysis/BR", "/analysis/XX")
            .replace("Images/", "Imagez/")
        )
        listed[index] = chance.choice(
            [
                (0, key),
                (size, f"{folder}/bad name {index}.tif"),
                (size, f"{folder}/._{name}"),
                (size, misspelt),
                (size, f"{folder}/{name.upper()}"),
            ]
        )


def lines(keys: int) -> Iterator[str]:
    """As ``aws s3 ls --recursive`` prints them."""
    chance = random.Random(7)
    for number in range(keys // PER_PLATE):
        listed = keys_of_plate(number)
        with_defects(listed, chance)
        chance.shuffle(listed)
        for i, (size, key) in enumerate(listed):
            yield f"2024-03-{1 + i % 28:02d} {i % 24:02d}:{i % 60:02d}:{i % 59:02d} {size:>10} {key}\n"


def rate_of_cpgparser(sample: Path) -> float:
    """Keys per second of the peer."""
    home = Path("build/bench/cpgparser")
    if not (home / "cpgparser").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(home), CPGPARSER]
        subprocess.run(command, check=True)
    run = subprocess.run(
        [sys.executable, "-c", PARSE, str(sample)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(home)},
    )
    return float(run.stdout)


def findings(report: Path) -> list[str]:
    """Findings of a report."""
    records = (json.loads(line) for line in report.read_text().splitlines())
    return [json.dumps(record, sort_keys=True) for record in records if record["record"] == "finding"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where listings are made and left")
    options = parser.parse_args()
    compileall.compile_dir(VALIDATOR, quiet=1)  # as pip does with what it installs, cpgparser too
    with tempfile.TemporaryDirectory() as temporary:
        home = options.folder or Path(temporary)
        sample = written(home, SAMPLE)
        fast, slow = home / "fast.jsonl", home / "slow.jsonl"
        measure([sys.executable, "-m", "validator", "check", str(sample), "--report", str(fast)])
        measure([sys.executable, "-c", SLOWLY, str(sample), str(slow)])
        same = findings(fast) == findings(slow) != []
        print(
            f"{len(findings(fast)):,} findings of {SAMPLE:,} keys: {'as' if same else 'NOT AS'} in a slow run"
        )
        for keys in options.keys:
            listing, report = written(home, keys), home / "report.jsonl"
            peer = rate_of_cpgparser(sample)
            rates = []
            for _ in range(options.runs):
                run = measure(
                    [sys.executable, "-m", "validator", "check", str(listing), "--report", str(report)]
                )
                index = json.loads(report.open().readline())["listing"]["index"]
                rates.append(keys / run.wall)
                print(
                    f"{keys:>11,} keys  {run.wall:7.1f} s  {run.cpu:7.1f} s cpu  {rates[-1]:9,.0f} keys/s  "
                    f"{run.peak_mib:5.0f} MiB  index {index / 2**20:5.0f} MiB  exit code {run.code}  "
                    f"cpgparser {peer:9,.0f} keys/s  ratio {rates[-1] / peer:4.1f}"
                )
            rate = statistics.median(rates)
            print(
                f"{keys:>11,} keys  median {keys / rate:7.1f} s  {rate:9,.0f} keys/s  ratio {rate / peer:4.1f}"
            )


def written(home: Path, keys: int) -> Path:
    """The listing with so many keys."""
    listing = home / f"listing-{keys}.txt"
    if not listing.exists():
        with listing.open("w", buffering=1 << 20) as file:
            file.writelines(lines(keys))
    return listing


if __name__ == "__main__":
    main()
