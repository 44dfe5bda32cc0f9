"""Records of receipts that no upload wrote."""

from datetime import UTC, datetime

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
