"""Peak memory of an upload in which nothing has changed, with many files.

The dataset and the store are made up: no file exists, a small server of this script's own lists the objects page by
page, and a journal says that each was sent before. What is measured is the uploader's own process from the listing
of the bucket to the receipt on disk: the merge of listing, journal and files, the plan, the final comparison, the
receipt. Listing a disk, checking and worker processes (which hold one part for each request) are not in it.
"""

import argparse
import hashlib
import multiprocessing
import os
import re
import resource
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

PLATE_FILES = 5_000
PREFIX = "cpg0099-bench/lab/images/2024_03_05_Run1/images/"
SIZE, MTIME = 1000, 1_700_000_000_000_000_000
PAGE = 1000


def key_of(number: int) -> str:
    plate, index = divmod(number, PLATE_FILES)
    return f"{PREFIX}BR{plate:08d}__2024-03-05T10_02_51-Measurement1/Images/r01c01f{index:05d}p01-ch1sk1fk1fl1.tiff"


def etag_of(number: int) -> str:
    return hashlib.md5(b"%d" % number, usedforsecurity=False).hexdigest()


def following(key: str) -> int:
    """Number of the file that follows a key of one."""
    found = re.search(r"/BR(\d+)__.*f(\d+)p", key)
    return int(found[1]) * PLATE_FILES + int(found[2]) + 1 if found else 0


class Lister(BaseHTTPRequestHandler):
    """Answers ListObjectsV2 and ListMultipartUploads."""

    files = 0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        root = "ListMultipartUploadsResult" if "uploads" in query else "ListBucketResult"
        after = query.get("start-after", [""])[0]
        begin = int(query["continuation-token"][0]) if "continuation-token" in query else following(after)
        wanted = query.get("prefix", [""])[0] == PREFIX and root == "ListBucketResult"
        end = min(begin + PAGE, self.files) if wanted else begin
        more = wanted and end < self.files
        items = "".join(
            f"<Contents><Key>{key_of(n)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f'<ETag>"{etag_of(n)}"</ETag><Size>{SIZE}</Size></Contents>'
            for n in range(begin, end)
        )
        token = f"<NextContinuationToken>{end}</NextContinuationToken>" if more else ""
        text = f"<{root}><IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</{root}>"
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def serve(files: int, port: Any) -> None:
    Lister.files = files
    server = ThreadingHTTPServer(("127.0.0.1", 0), Lister)
    port.send(server.server_address[1])
    server.serve_forever()


def run(files: int, endpoint: str, work: Path, told: Any) -> None:
    """The uploader, in a process of its own."""
    from validator.digests.files import FileState
    from validator.digests.parts import ObjectDigest
    from validator.index.building import IndexBuilder
    from validator.models.listing import Folder
    from validator.models.progress import SilentProgress
    from validator.rulebook.layout import load_layout
    from validator.s3.client import make_client
    from validator.s3.settings import S3Settings
    from validator.upload.destination import parse_destination
    from validator.upload.journal import DoneRecord, Journal
    from validator.upload.lock import UploadLock
    from validator.upload.selection import Selection
    from validator.workflows.time_limit import TimeLimit
    from validator.workflows.upload import select_files
    from validator.workflows.upload_request import UploadRequest
    from validator.workflows.upload_run import UploadRun

    builder = IndexBuilder(load_layout())
    journal = Journal(work, 1, "w001")
    folder = None
    for number in range(files):
        key = key_of(number)
        parent, _, name = key.rpartition("/")
        if folder is None or folder.key != f"{parent}/":
            if folder is not None:
                builder.add(folder)
            folder = Folder(f"{parent}/", f"/data/{parent}")
        folder.add(name, SIZE, MTIME)
        digest = ObjectDigest(SIZE, etag_of(number), None, 1, "AAAAAAAAAAA=")
        journal.done(DoneRecord(key, FileState(SIZE, MTIME), digest, "2026-01-01T00:00:00.000+00:00"))
    if folder is not None:
        builder.add(folder)
    journal.close()
    dataset = SimpleNamespace(
        folders=builder.finish(),
        junk=[],
        troubles=(),
        configuration=None,
        names=("cpg0099-bench/lab",),
        layout=load_layout(),
        policy=SimpleNamespace(version="1"),
    )
    report = SimpleNamespace(
        header=SimpleNamespace(policy="contribution"), end=SimpleNamespace(digest="0" * 64, findings={})
    )
    admission = SimpleNamespace(report=report, errors=0)
    request = UploadRequest(
        path=Path("/data"),
        destination="s3://bench",
        s3=S3Settings(endpoint_url=endpoint),
        receipt=work / "receipt.jsonl",
        remote_receipt=False,
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    files_selected = select_files(dataset, Selection())
    with UploadLock(work) as lock:
        client = make_client(request.s3)
        keys = SimpleNamespace(should_stop=None)
        upload = UploadRun(
            *(request, parse_destination("s3://bench"), work, client, SilentProgress(), lock),
            TimeLimit.from_now(None),
            keys,
        )
        result = upload.carry_out(files_selected, dataset, admission, lambda _: None)
    states = {state.value: count for state, count in result.states.items() if count}
    assert states == {"unchanged": files}, states
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told.send((time.perf_counter() - began, before, peak, result.receipt.end.objects))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="*", default=[2_000, 200_000, 1_000_000])
    options = parser.parse_args()
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    os.environ |= {"NO_PROXY": "127.0.0.1"}
    spawn = multiprocessing.get_context("spawn")
    print(f"{'files':>10} {'seconds':>8} {'MiB before':>11} {'MiB at most':>12} {'in receipt':>11}")
    for files in options.files:
        port, port_of_server = spawn.Pipe(duplex=False)
        server = spawn.Process(target=serve, args=(files, port_of_server), daemon=True)
        server.start()
        with tempfile.TemporaryDirectory() as scratch:
            told, tell = spawn.Pipe(duplex=False)
            uploader = spawn.Process(
                target=run, args=(files, f"http://127.0.0.1:{port.recv()}", Path(scratch), tell)
            )
            uploader.start()
            tell.close()
            try:
                seconds, before, peak, objects = told.recv()
            except EOFError:
                sys.exit(f"the upload of {files:,} files failed")
            uploader.join()
        server.terminate()
        print(f"{files:>10,} {seconds:>8.1f} {before:>11.0f} {peak:>12.0f} {objects:>11,}", flush=True)


if __name__ == "__main__":
    main()
