"""A store that reads what comes, remembers keys, sizes and ETags, and throws the bytes away: PORT [CERTIFICATE KEY].

It costs little beside the client, so that the client's own ceiling shows. It checks nothing: ETags are the MD5s that
the client states in Content-MD5, or the MD5 of nothing where it states none (s5cmd, rclone, aws and obstore do not look).
"""

import asyncio
import base64
import bisect
import hashlib
import ssl
import sys
import time
from itertools import count
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

BUFFER = 1 << 20
NO_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
DATE = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
objects: dict[str, tuple[int, str]] = {}
uploads: dict[str, dict[int, tuple[int, str]]] = {}
small: dict[str, bytes] = {}
numbers = count(1)


class Connection(asyncio.BufferedProtocol):
    """One client connection: a head of lines, then a body of which only small ones are kept."""

    def __init__(self) -> None:
        self.buffer = bytearray(BUFFER)
        self.view = memoryview(self.buffer)
        self.head = b""
        self.body: list[bytes] = []
        self.left = 0
        self.keep = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def get_buffer(self, _: int) -> memoryview:
        return self.view

    def buffer_updated(self, nbytes: int) -> None:
        begin = 0
        while begin < nbytes:
            if self.left:
                take = min(self.left, nbytes - begin)
                if self.keep:
                    self.body.append(bytes(self.view[begin : begin + take]))
                begin, self.left = begin + take, self.left - take
                if not self.left:
                    self.answer()
                continue
            end = self.buffer.find(b"\r\n\r\n", begin, nbytes)
            if end < 0 and not self.head:
                self.head = bytes(self.view[begin:nbytes])
                return
            if self.head:  # a head in two pieces
                self.head += bytes(self.view[begin:nbytes])
                found = self.head.find(b"\r\n\r\n")
                if found < 0:
                    return
                begin = nbytes - (len(self.head) - found - 4)
                head, self.head = self.head[:found], b""
            else:
                head, begin = bytes(self.view[begin:end]), end + 4
            self.begin(head)

    def begin(self, head: bytes) -> None:
        first, *lines = head.split(b"\r\n")
        self.method, self.target, _ = first.decode("ascii").split(" ", 2)
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(b":")
            self.headers[name.lower()] = value.strip()
        self.size = self.left = int(self.headers.get(b"content-length", b"0"))
        self.keep, self.body = self.method == "POST" or b"_cpgate" in first, []
        if self.headers.get(b"expect"):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self.left:
            self.answer()

    def answer(self) -> None:
        path, _, query = self.target.partition("?")
        key = unquote(path).removeprefix("/bench").removeprefix("/")
        asked = (
            {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
            if query
            else {}
        )
        if self.method == "PUT":
            self.put(key, asked)
        elif self.method == "POST":
            self.post(key, asked)
        elif self.method in {"GET", "HEAD"}:
            self.get(key, asked)
        else:
            uploads.pop(asked.get("uploadId", ""), None)
            self.send(204)

    def put(self, key: str, asked: dict[str, str]) -> None:
        stated = self.headers.get(b"content-md5")
        etag = base64.b64decode(stated).hex() if stated else NO_MD5
        size = int(self.headers.get(b"x-amz-decoded-content-length", self.size))
        if "uploadId" in asked:
            uploads[asked["uploadId"]][int(asked["partNumber"])] = (size, etag)
        else:
            objects[key] = (size, etag)
            if self.keep:
                small[key] = b"".join(self.body)
        self.send(200, headers=f'ETag: "{etag}"\r\n')

    def post(self, key: str, asked: dict[str, str]) -> None:
        if "uploads" in asked:
            upload = f"upload{next(numbers)}"
            uploads[upload] = {}
            names = f"<Bucket>bench</Bucket><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
            self.send(200, f"<InitiateMultipartUploadResult>{names}</InitiateMultipartUploadResult>")
            return
        parts = [uploads[asked["uploadId"]][number] for number in sorted(uploads[asked["uploadId"]])]
        whole = hashlib.md5(b"".join(bytes.fromhex(etag) for _, etag in parts)).hexdigest()
        etag = f"{whole}-{len(parts)}"
        objects[key] = (sum(size for size, _ in parts), etag)
        del uploads[asked["uploadId"]]
        names = f'<Bucket>bench</Bucket><Key>{escape(key)}</Key><ETag>"{etag}"</ETag>'
        self.send(200, f"<CompleteMultipartUploadResult>{names}</CompleteMultipartUploadResult>")

    def get(self, key: str, asked: dict[str, str]) -> None:
        if "uploadId" in asked:
            self.list_parts(asked["uploadId"])
        elif key:
            if key not in objects:
                self.send(404, "" if self.method == "HEAD" else "<Error><Code>NoSuchKey</Code></Error>")
                return
            size, etag = objects[key]
            kind = f'ETag: "{etag}"\r\nLast-Modified: Sat, 28 Nov 2026 00:00:00 GMT\r\n'
            self.send(200, small.get(key, b""), kind, None if self.method == "GET" else size)
        elif "uploads" in asked:
            self.send(
                200,
                "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>",
            )
        elif "summary" in asked:  # how many objects of how many bytes; for the benchmark alone
            sizes = [size for name, (size, _) in objects.items() if "/_cpgate/" not in name]
            self.send(200, f"{len(sizes)} {sum(sizes)}")
        elif "location" in asked:
            self.send(200, "<LocationConstraint></LocationConstraint>")
        elif self.method == "HEAD":
            self.send(200)
        else:
            self.list(asked)

    def list_parts(self, upload: str) -> None:
        if upload not in uploads:
            self.send(404, "<Error><Code>NoSuchUpload</Code></Error>")
            return
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><Size>{size}</Size><ETag>&quot;{etag}&quot;</ETag></Part>"
            for number, (size, etag) in sorted(uploads[upload].items())
        )
        self.send(200, f"<ListPartsResult><IsTruncated>false</IsTruncated>{parts}</ListPartsResult>")

    def list(self, asked: dict[str, str]) -> None:
        """One page; keys are sorted anew when a listing begins."""
        global names  # noqa: PLW0603  the order of one listing
        after = asked.get("continuation-token", asked.get("start-after", asked.get("marker", "")))
        prefix = asked.get("prefix", "")
        if not after or len(names) != len(objects):
            names = sorted(objects)
        start = bisect.bisect_right(names, after) if after else bisect.bisect_left(names, prefix)
        page = [name for name in names[start : start + 1000] if name.startswith(prefix)]
        more = start + 1000 < len(names) and len(page) == 1000
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>{DATE}</LastModified><ETag>&quot;{objects[name][1]}&quot;</ETag>"
            f"<Size>{objects[name][0]}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for name in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        self.send(
            200,
            f"<ListBucketResult><Name>bench</Name><KeyCount>{len(page)}</KeyCount><MaxKeys>1000</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>",
        )

    def send(self, status: int, body: str | bytes = b"", headers: str = "", size: int | None = None) -> None:
        data = body.encode() if isinstance(body, str) else body
        length = len(data) if size is None else size
        head = f"HTTP/1.1 {status} Said\r\n{headers}Content-Length: {length}\r\n\r\n"
        self.transport.write(head.encode() + data)


names: list[str] = []


async def main() -> None:
    tls = None
    if len(sys.argv) > 2:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[2], sys.argv[3])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", int(sys.argv[1]), ssl=tls, backlog=512)
    async with server:
        await server.serve_forever()


asyncio.run(main())
