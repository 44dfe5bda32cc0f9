"""Files that are read sixteen at a time: the same findings as one by one, whatever is wrong with some of them."""

import hashlib
import os
from datetime import UTC, datetime

import pytest

from validator.digests import stretches
from validator.digests.files import FileState, digest_file
from validator.digests.parts import multipart_etag
from validator.manifests.receipt import write_receipt
from validator.models.receipt import ReceiptHeader, ReceiptObject
from validator.workflows import verify, verify_files
from validator.workflows.verify import verify_local

HOME = "cpg0099-example/broad"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PART = 100_000
pytestmark = pytest.mark.usefixtures("kernel")


@pytest.fixture
def case(tmp_path):
    """50 images and a file in 23 parts, with their receipt."""
    root, objects = tmp_path / "cpg0099-example" / "broad", []
    images, backend = "images/2024_03_05_Run1/images/BR01", "workspace/backend/2024_03_05_Run1/BR01"
    sizes = {f"{images}/r01c01f{number:02d}p01-ch1.tiff": 70_000 + number for number in range(50)}
    for name, size in [*sizes.items(), (f"{backend}/BR01.sqlite", 22 * PART + 17)]:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
        part_size = PART if name.endswith("sqlite") else None
        digest = digest_file(str(path), FileState(size, path.stat().st_mtime_ns), part_size)
        objects.append(
            ReceiptObject(
                key=f"{HOME}/{name}",
                size=size,
                etag=digest.etag,
                part_size=part_size,
                parts=digest.parts,
                crc64nvme=digest.crc64nvme,
                mtime=NOW,
                uploaded_at=NOW,
                state="uploaded",
            )
        )
    header = ReceiptHeader(
        datasets=[HOME],
        destination=f"s3://bucket/{HOME}",
        tool="0.1.0",
        rulebook="1.0",
        policy="contribution",
        report="0" * 64,
        errors=0,
        forced=False,
        created=NOW,
    )
    write_receipt(tmp_path / "receipt.jsonl", header, objects)
    return tmp_path / "receipt.jsonl", root, sorted(root.rglob("*.tiff")), next(root.rglob("*.sqlite"))


def change(path, at: int) -> None:
    """Another byte, and the time as it was."""
    status = path.stat()
    with path.open("r+b") as stream:
        stream.seek(at)
        byte = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("stretch", [5 * PART, 64 << 20])
def test_the_same_findings_as_one_by_one(case, tmp_path, monkeypatch, stretch):
    monkeypatch.setattr(stretches, "STRETCH_BYTES", stretch)
    monkeypatch.setattr(verify_files, "STRETCH_BYTES", stretch)
    receipt, root, images, backend = case
    change(images[7], 69_999)
    images[20].unlink()
    os.truncate(images[21], 5)
    images[22].unlink()
    images[22].mkdir()
    change(backend, 22 * PART + 3)

    def found(name: str, least: int):
        monkeypatch.setattr(verify, "WORTH_BYTES", least)
        result = verify_local(receipt, root, dataset="cpg0099-example/broad", state=tmp_path / name)
        return [finding.model_dump() for finding in result.findings]

    digested = []
    real = verify_files.digest_together
    monkeypatch.setattr(
        verify_files,
        "digest_together",
        lambda *given: (digests := real(*given), digested.append(sum(d is not None for d in digests)))[0],
    )
    together = found("together", 0)
    assert sum(digested) > 40
    assert together == found("one by one", 10**12)
    assert len(together) == 5


def test_all_is_as_it_was(case, tmp_path, monkeypatch):
    monkeypatch.setattr(verify, "WORTH_BYTES", 0)
    receipt, root, _, backend = case
    result = verify_local(receipt, root, dataset="cpg0099-example/broad", state=tmp_path / "state")
    assert (list(result.findings), result.objects) == ([], 51)
    data = backend.read_bytes()
    md5s = [hashlib.md5(data[start : start + PART]).hexdigest() for start in range(0, len(data), PART)]
    assert multipart_etag(md5s).endswith("-23")
