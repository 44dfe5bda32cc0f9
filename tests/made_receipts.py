"""Records of receipts that no upload wrote."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

from validator.models.receipt import ReceiptHeader, ReceiptObject

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)


def header(**values) -> ReceiptHeader:
    fields = {
        "datasets": ["cpg0099-example/broad"],
        "destination": "s3://staging",
        "tool": "0.1.0",
        "rulebook": "1.0",
        "policy": "contribution",
        "report": "0" * 64,
        "errors": 0,
        "forced": False,
        "created": NOW,
    }
    return ReceiptHeader(**fields | values)


def record(key: str, content: int = 1, **values) -> ReceiptObject:
    fields = {
        "key": key,
        "size": 10 + content,
        "etag": f"{content:032x}",
        "parts": 1,
        "crc64nvme": f"{content:011}=",
        "mtime": NOW,
        "uploaded_at": NOW,
        "state": "uploaded",
    }
    return ReceiptObject(**fields | values)


HOME = "cpg0099-example/broad"
FILES = {
    f"{HOME}/images/a 1.tif": b"pixels",
    f"{HOME}/images/b%2.tif": b"",
    f"{HOME}/workspace/Ünï.csv": b"a,b\n",
}


def records_of_files(*, sha256=False, parts=(), versions=True):
    made = []
    for number, (key, content) in enumerate(sorted(FILES.items())):
        md5 = hashlib.md5(content).hexdigest()
        count = max(1, -(-len(content) // 3))
        cut = {"etag": f"{md5}-{count}", "part_size": 3, "parts": count} if key in parts else {"etag": md5}
        digest = hashlib.sha256(content)
        hashes = {
            "sha256": digest.hexdigest(),
            "sha2_256_chunked": base64.b64encode(
                hashlib.sha256(digest.digest() if content else b"").digest()
            ).decode(),
        }
        made.append(
            record(
                key,
                size=len(content),
                kind="images.raw",
                entities={"batch": "Run1"},
                version_id=f"v{number}" if versions else None,
                mtime=NOW + timedelta(seconds=number),
                **cut,
                **(hashes if sha256 else {}),
            )
        )
    return made
