"""kill -9 at half of a large file: how many bytes are sent again, and how many uploads are left behind?

`cpgate upload` beside `aws s3 cp`: each is killed when half of the bytes have gone through a counting proxy,
then the same command runs to its end.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from servers import CREDENTIALS, counting_proxy, moto_server, s3_client
from upload_many_files import aws_command

MIB = 1024 * 1024
KEY = "cpg0099-bench/broad/workspace/backend/2024_03_05_Run1/BR00117035/BR00117035.sqlite"


def make_file(folder: Path, mib: int) -> Path:
    path = folder / KEY
    path.parent.mkdir(parents=True)
    with path.open("wb") as stream:
        for _ in range(mib):
            stream.write(os.urandom(MIB))
    return path


def one_client(name: str, command: list[str], endpoint: str, size: int, work: Path) -> None:
    store = s3_client(endpoint)
    with counting_proxy(endpoint) as (proxy, traffic):
        full = [*command, "--endpoint-url", proxy]
        environment = os.environ | CREDENTIALS
        process = subprocess.Popen(
            full, env=environment, cwd=work, stdout=subprocess.DEVNULL, start_new_session=True
        )
        while traffic.bytes_up < size / 2 and process.poll() is None:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.5)
        first = traffic.bytes_up
        done = subprocess.run(full, env=environment, cwd=work, stdout=subprocess.DEVNULL, check=False)
        total = traffic.bytes_up
    there = store.head_object(Bucket="bench", Key=KEY)["ContentLength"] if done.returncode == 0 else 0
    left = len(store.list_multipart_uploads(Bucket="bench").get("Uploads", []))
    print(
        f"{name:14} killed at {first / size:5.1%}; sent in all {total / size:6.3f} x the file "
        f"({(total - size) / MIB:+.0f} MiB); unfinished uploads left: {left}; complete: {there == size}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024)
    options = parser.parse_args()
    aws = aws_command(Path("build/bench/aws").absolute())
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        path = make_file(work, options.mib)
        dataset = work / "cpg0099-bench" / "broad"
        ours = [sys.executable, "-m", "validator", "upload", str(dataset), "s3://bench", "--force"]
        ours += ["--state", str(work / "state")]
        theirs = [aws, "s3", "cp", "--quiet", str(path), f"s3://bench/{KEY}"]
        for name, command in (("cpgate upload", ours), ("aws s3 cp", theirs)):
            with moto_server() as endpoint:
                s3_client(endpoint).create_bucket(Bucket="bench")
                one_client(name, command, endpoint, path.stat().st_size, work)


if __name__ == "__main__":
    main()
