"""Times `cpgate verify` of a receipt of a million objects against a listing, beside reading the listing alone.

A small server of its own answers ListObjectsV2 as S3 does, 1,000 keys a page, as fast as it can: against AWS the
answers take longer and the comparison weighs less.

Usage: python benchmarks/verify_listing.py [--objects 1000000] [--rounds 3] [--shuffled]
"""

import argparse
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from measured import measure

PREFIX = "cpg0099-bench/broad/images/2024_03_05_Run1/images/"
PER_PLATE = 24_500
SIZE = 2_200_000
LIST_ALONE = f"""
import sys
from validator.s3.client import S3Settings, make_client
from validator.s3.objects import list_objects
client = make_client(S3Settings(sys.argv[1]))
assert sum(1 for _ in list_objects(client, "bucket", "{PREFIX}")) == int(sys.argv[2])
"""
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}


def key_of(index: int) -> str:
    plate, image = divmod(index, PER_PLATE)
    return f"{PREFIX}BR{plate:08d}/image{image:05d}-ch1sk1fk1fl1.tiff"


def etag_of(index: int) -> str:
    return hashlib.md5(b"%d" % index).hexdigest()


class Listing(BaseHTTPRequestHandler):
    """Answers every request with the page that its continuation token asks for."""

    protocol_version = "HTTP/1.1"
    objects = 0

    def do_GET(self):
        match = re.search(r"continuation-token=(\d+)", self.path)
        start = int(match[1]) if match else 0
        end = min(start + 1000, self.objects)
        rows = "".join(
            f"<Contents><Key>{key_of(index)}</Key><LastModified>2026-11-20T14:05:33.000Z</LastModified>"
            f"<ETag>&quot;{etag_of(index)}&quot;</ETag><Size>{SIZE}</Size><StorageClass>STANDARD</StorageClass>"
            "</Contents>"
            for index in range(start, end)
        )
        more = end < self.objects
        token = f"<NextContinuationToken>{end}</NextContinuationToken>" if more else ""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult '
            'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def serve(objects: int) -> None:
    Listing.objects = objects
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listing)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def write_receipt_of(path: Path, objects: int, endpoint: str, *, shuffled: bool) -> None:
    from validator.manifests.receipt import write_receipt
    from validator.models.receipt import ReceiptHeader, ReceiptObject

    now = datetime(2026, 11, 20, tzinfo=UTC)
    header = ReceiptHeader(
        datasets=["cpg0099-bench/broad"],
        destination="s3://bucket",
        endpoint=endpoint,
        tool="bench",
        rulebook="1.0",
        policy="contribution",
        report="0" * 64,
        errors=0,
        forced=False,
        created=now,
    )
    order = list(range(objects))
    if shuffled:
        random.Random(1).shuffle(order)
    records = (
        ReceiptObject(
            key=key_of(index),
            size=SIZE,
            etag=etag_of(index),
            parts=1,
            crc64nvme="AAAAAAAAAAA=",
            mtime=now,
            uploaded_at=now,
            state="uploaded",
        )
        for index in order
    )
    write_receipt(path, header, records)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shuffled", action="store_true", help="a receipt whose objects stand in no order")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.objects)
        return
    command = [sys.executable, __file__, "--serve", "--objects", str(options.objects)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            endpoint = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            receipt = Path(folder) / "receipt.jsonl"
            write_receipt_of(receipt, options.objects, endpoint, shuffled=options.shuffled)
            compare(receipt, endpoint, options.objects, options.rounds)
    finally:
        server.kill()


def compare(receipt: Path, endpoint: str, objects: int, rounds: int) -> None:
    """Measure both in turn; other work on the machine hits both alike."""
    environment = os.environ | ENVIRONMENT
    alone = [sys.executable, "-c", LIST_ALONE, endpoint, str(objects)]
    verify = [sys.executable, "-m", "validator", "verify", str(receipt), "--endpoint-url", endpoint, "-q"]
    ratios = []
    print(f"{objects:,} objects, {receipt.stat().st_size / 1e6:,.0f} MB of receipt, {os.cpu_count()} cores")
    for _ in range(rounds):
        listed, verified = measure(alone, environment), measure(verify, environment)
        assert (listed.code, verified.code) == (0, 0)
        ratios.append(verified.wall / listed.wall)
        print(
            f"  listing alone {listed.wall:6.1f} s (CPU {listed.cpu:.1f} s, {listed.peak_mib:,.0f} MiB)   "
            f"verify {verified.wall:6.1f} s (CPU {verified.cpu:.1f} s, {verified.peak_mib:,.0f} MiB)   "
            f"ratio {ratios[-1]:.2f}"
        )
    print(f"  ratio {sorted(ratios)[len(ratios) // 2]:.2f} in the middle (at most 2)")


if __name__ == "__main__":
    main()
