"""A small dataset in a bucket that keeps versions, with the receipt of its upload."""

from datetime import UTC, datetime
from pathlib import Path

from validator.digests.files import FileState, digest_file
from validator.manifests.receipt import write_receipt
from validator.models.receipt import ReceiptHeader, ReceiptObject

HOME = "cpg0099-example/broad"
RAW = "images/2024_03_05_Run1/images"
METADATA = "workspace/metadata/platemaps/2024_03_05_Run1"
FILES = {
    "README.md": b"read me",
    f"{RAW}/BR01/r01c01f01p01-ch1sk1fk1fl1.tiff": b"DNA of BR01",
    f"{RAW}/BR01/r01c01f01p01-ch2 sk1+é.tiff": b"ER of BR01",
    f"{RAW}/BR02/r01c01f01p01-ch1sk1fk1fl1.tiff": b"DNA of BR02",
    f"{METADATA}/barcode_platemap.csv": b"Assay_Plate_Barcode,Plate_Map_Name\nBR01,map\n",
    "workspace/backend/2024_03_05_Run1/BR02/BR02.sqlite": b"",
}
NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Uploaded:
    """Files on disk and in the bucket; change one with `put`, then write another receipt."""

    def __init__(self, folder: Path, store, *, versions: bool = True, files=FILES) -> None:
        self.store = store
        self.folder = folder
        self.root = folder / HOME
        if versions:
            self.keep_versions()
        for name, data in files.items():
            self.put(name, data)
        self.receipt = self.write_receipt()

    def keep_versions(self) -> None:
        settings = {"Status": "Enabled"}
        self.store.client.put_bucket_versioning(Bucket=self.store.bucket, VersioningConfiguration=settings)

    def put(self, name: str, data: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.store.put(f"{HOME}/{name}", data)

    def write_receipt(self, names=None, header=None, record=None, **ending) -> Path:
        """Write a receipt of these files, or of all; fields of its header and of each record may be given."""
        number = len(list(self.folder.glob("receipt-*.jsonl"))) + 1
        path = self.folder / f"receipt-{number}.jsonl"
        outer = ReceiptHeader(
            datasets=[HOME],
            destination=f"s3://{self.store.bucket}",
            endpoint=self.store.endpoint,
            tool="0.1.0",
            rulebook="1.0",
            policy="contribution",
            report="0" * 64,
            errors=0,
            forced=False,
            created=NOW,
            **(header or {}),
        )
        found = sorted(path for path in self.root.rglob("*") if path.is_file())
        wanted = [path for path in found if names is None or str(path.relative_to(self.root)) in names]
        records = [self._record(path).model_copy(update=record or {}) for path in wanted]
        write_receipt(path, outer, records, **ending)
        return path

    def _record(self, path: Path) -> ReceiptObject:
        status = path.stat()
        digest = digest_file(str(path), FileState(status.st_size, status.st_mtime_ns), None)
        return ReceiptObject(
            key=f"{HOME}/{path.relative_to(self.root).as_posix()}",
            size=digest.size,
            etag=digest.etag,
            part_size=digest.part_size,
            parts=digest.parts,
            crc64nvme=digest.crc64nvme,
            mtime=NOW,
            uploaded_at=NOW,
            state="uploaded",
        )
