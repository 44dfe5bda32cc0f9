"""2,000 files of 1 MiB to the embedded S3 server: `cpgate upload` beside `aws s3 cp --recursive`.

Both run as commands of their own, one after the other, several times, against a fresh bucket of a fresh
server each time; the check was made before, so that the transfers are compared. Printed: wall seconds and processor seconds of the client, and the ratio of the medians.
The server (moto) runs on the same cores and is slower than either client: the ratio says little about AWS.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from measured import measure
from servers import CREDENTIALS, moto_server, s3_client

MIB = 1024 * 1024


def aws_command(folder: Path) -> str:
    """Install the AWS command line into an environment of its own and return its path."""
    aws = folder / "bin" / "aws"
    if not aws.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", "awscli"], check=True)
    return str(aws)


def make_dataset(folder: Path, files: int, size: int) -> Path:
    plate = "BR00117035__2024-03-05T10_02_51-Measurement1"
    images = folder / "cpg0099-bench" / "broad" / "images" / "2024_03_05_Run1" / "images" / plate / "Images"
    images.mkdir(parents=True)
    for number in range(files):
        row, column = divmod(number, 24)
        (images / f"r{row + 1:02d}c{column + 1:02d}f01p01-ch1sk1fk1fl1.tiff").write_bytes(os.urandom(size))
    return folder / "cpg0099-bench" / "broad"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--size", type=int, default=MIB, help="bytes of a file")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    aws = aws_command(Path("build/bench/aws").absolute())
    environment = os.environ | CREDENTIALS
    seconds: dict[str, list[float]] = {"cpgate upload": [], "aws s3 cp --recursive": []}
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        dataset = make_dataset(work, options.files, options.size)
        report = work / "report.jsonl"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "validator",
                "check",
                str(dataset),
                "--report",
                str(report),
            ],
            check=False,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(options.rounds):
            for name, taken_before in seconds.items():
                shutil.rmtree(work / "state", ignore_errors=True)
                with moto_server() as endpoint:
                    s3_client(endpoint).create_bucket(Bucket="bench")
                    if name.startswith("aws"):
                        command = [aws, "s3", "cp", "--recursive", "--quiet", "--endpoint-url", endpoint]
                        command += [str(dataset), "s3://bench/cpg0099-bench/broad/"]
                    else:
                        command = [sys.executable, "-m", "validator", "upload", str(dataset), "s3://bench"]
                        command += ["--endpoint-url", endpoint, "--state", str(work / "state"), "--force"]
                        command += ["--report", str(report)]  # checked before: the transfer is compared
                        command += ["--receipt", str(work / f"receipt-{os.urandom(4).hex()}.jsonl")]
                    taken = measure(command, environment, cwd=work)
                    listed = s3_client(endpoint).get_paginator("list_objects_v2").paginate(Bucket="bench")
                    there = sum(len(page.get("Contents", [])) for page in listed)
                    assert there >= options.files, f"{name} left only {there} objects"
                taken_before.append(taken.wall)
                print(
                    f"{name:24} {taken.wall:7.1f} s wall {taken.cpu:7.1f} s processor {taken.peak_mib:6.0f} MiB"
                )
    ours, theirs = (statistics.median(values) for values in seconds.values())
    print(
        f"medians of {options.rounds}: cpgate {ours:.1f} s, aws {theirs:.1f} s; aws takes {theirs / ours:.2f} times as long"
    )


if __name__ == "__main__":
    main()
