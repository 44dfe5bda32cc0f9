"""The demo's own server: a bucket over HTTP, and nothing of it left when the demo is gone."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError
from servers import s3_client

from validator.errors import RemoteError, UsageError
from validator.workflows import demo_server
from validator.workflows.demo_server import EmbeddedServer, embedded_server


def put(server, key, content):
    request = urllib.request.Request(f"{server.endpoint}/demo/{key}", data=content, method="PUT")
    request.add_header("Content-Type", "text/csv")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30).close()


def test_it_tells_what_its_bucket_holds(tmp_path):
    with embedded_server(tmp_path / "log") as server:
        server.make_bucket("demo")
        assert server.sizes("demo") == {}
        for number in range(3):
            put(server, f"cpg0099-demo/lab/{number}.csv", b"x" * number)
        assert server.sizes("demo") == {f"cpg0099-demo/lab/{number}.csv": number for number in range(3)}
        assert server.unfinished("demo") == []
    with pytest.raises(RemoteError, match="does not answer"):
        server.sizes("demo")


def test_it_counts_unfinished_uploads(tmp_path):
    with embedded_server(tmp_path / "log") as server:
        server.make_bucket("demo")
        request = urllib.request.Request(f"{server.endpoint}/demo/big.csv?uploads", data=b"", method="POST")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30).close()
        assert server.unfinished("demo") == [(0, 0)]


def test_a_large_file_has_a_middle_until_the_demo_goes_on(tmp_path):
    with embedded_server(tmp_path / "log") as server:
        server.make_bucket("demo")
        store = s3_client(server.endpoint)
        place = {"Bucket": "demo", "Key": "cpg0099-demo/lab/big.csv"}
        place["UploadId"] = store.create_multipart_upload(**place)["UploadId"]
        etag = store.upload_part(**place, PartNumber=1, Body=b"x")["ETag"]
        whole = place | {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}}
        with pytest.raises(ClientError, match="SlowDown"):
            store.upload_part(**place, PartNumber=5, Body=b"x")
        with pytest.raises(ClientError, match="SlowDown"):
            store.complete_multipart_upload(**whole)
        assert server.unfinished("demo") == [(1, 1)]
        server.go_on()
        for _ in range(100):
            with suppress(ClientError):
                store.complete_multipart_upload(**whole)
                break
            time.sleep(0.05)
        assert server.sizes("demo") == {place["Key"]: 1}


def test_a_missing_extra_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_server, "NEEDED", ("moto", "not_installed_here"))
    with pytest.raises(UsageError, match="not_installed_here") as caught, embedded_server(tmp_path / "log"):
        pass
    assert "pip install 'cpgate[demo]'" in caught.value.mend


def test_it_ends_when_its_owner_is_killed(tmp_path):
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from validator.workflows.demo_server import embedded_server\n"
        "with embedded_server(Path(sys.argv[1])) as server:\n"
        "    print(server.endpoint, flush=True)\n    time.sleep(600)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    with owner:
        server = EmbeddedServer(owner.stdout.readline().strip())
        server.make_bucket("demo")
        os.kill(owner.pid, signal.SIGKILL)
    for _ in range(100):
        try:
            server.sizes("demo")
        except RemoteError:
            return
        time.sleep(0.1)
    pytest.fail("the server still answers ten seconds after its owner was killed")
