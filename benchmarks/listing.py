"""How long a bucket takes to list: page after page, and side by side, from a store that answers after 30 ms."""

import bisect
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Pipe, Process
from urllib.parse import parse_qs, urlsplit

PLATES, FILES, DELAY = 24, 5_000, 0.03
KEYS = sorted(
    f"cpg0099-example/broad/images/2024_03_05_Run1/images/BR{plate:06}/Images/r01c01f{file:05}p01-ch1.tiff"
    for plate in range(PLATES)
    for file in range(FILES)
)


class Store(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        prefix, after = asked.get("prefix", ""), asked.get("continuation-token", "")
        begin = bisect.bisect_right(KEYS, after) if after else bisect.bisect_left(KEYS, prefix)
        items, prefixes, last = [], [], ""
        position = begin
        while (
            position < len(KEYS) and KEYS[position].startswith(prefix) and len(items) + len(prefixes) < 1000
        ):
            key = KEYS[position]
            rest = key[len(prefix) :]
            if asked.get("delimiter") and "/" in rest:
                folder = prefix + rest.partition("/")[0] + "/"
                prefixes.append(folder)
                position = bisect.bisect_left(KEYS, folder[:-1] + "0")  # "0" follows "/"
            else:
                items.append(key)
                position += 1
            last = key
        more = position < len(KEYS) and KEYS[position].startswith(prefix)
        body = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2024-03-05T00:00:00.000Z</LastModified>"
            f'<ETag>"0123456789abcdef0123456789abcdef"</ETag><Size>1</Size></Contents>'
            for key in items
        ) + "".join(f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>" for folder in prefixes)
        token = f"<NextContinuationToken>{last}</NextContinuationToken>" if more else ""
        text = f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{body}</ListBucketResult>"
        time.sleep(DELAY)
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def serve(end):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    end.send(server.server_port)
    end.recv()


def main():
    from validator.s3.client import S3Settings, make_client
    from validator.s3.objects import list_objects
    from validator.sources.bucket_listing import list_side_by_side

    os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "NO_PROXY": "127.0.0.1"}
    here, there = Pipe()
    process = Process(target=serve, args=(there,))
    process.start()
    client = make_client(S3Settings(endpoint_url=f"http://127.0.0.1:{here.recv()}"), 32)
    ways = {"page after page": list_objects, "side by side": list_side_by_side}
    for name, way in ways.items():
        began, cpu = time.monotonic(), time.process_time()
        found = [item.key for item in way(client, "bucket", "cpg0099-example/broad/")]
        assert found == KEYS
        seconds = time.monotonic() - began
        print(
            f"{name:16} {len(found):,} objects in {seconds:.1f} s, {time.process_time() - cpu:.1f} s CPU, "
            f"{len(found) / seconds:,.0f} a second"
        )
    here.send("stop")
    process.join()


if __name__ == "__main__":
    sys.exit(main())
