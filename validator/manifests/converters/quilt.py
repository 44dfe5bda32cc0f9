"""A Quilt manifest (JSON lines, version v0): entries that point to the objects, no byte is copied.

`quilt3.Package.load` reads it; `cpgate package` publishes straight from a receipt.
"""

import json
from typing import Any, TextIO

from validator.manifests.converters.facts import Converted, LeftOut, ReceiptFacts
from validator.models.receipt import ReceiptObject

CHUNKED = "sha2-256-chunked"


def write_quilt(facts: ReceiptFacts, out: TextIO) -> Converted:
    """Write a manifest with one sort of hash: ``sha2-256-chunked`` where every object has it, else CRC64NVME."""
    chunked = all(record.sha2_256_chunked is not None for record in facts.objects())
    about = {"datasets": facts.header.datasets, "notes": dict(facts.notes), "receipt": facts.path.name}
    header = {"version": "v0", "message": f"Upload of {facts.name}", "user_meta": about}
    out.write(json.dumps(header) + "\n")
    files, mutable = 0, LeftOut()
    for record in facts.objects():
        files += 1
        if record.version_id is None:
            mutable.add(record.key)
        out.write(json.dumps(_entry(facts, record, chunked=chunked)) + "\n")
    losses = mutable.sentence(
        "object has no version id: its entry means whatever lies there",
        "objects have no version id: their entries mean whatever lies there",
    )
    return Converted(files, (*losses, "the format has no place for ETags, part sizes and times"))


def _entry(facts: ReceiptFacts, record: ReceiptObject, *, chunked: bool) -> dict[str, Any]:
    told = {"type": CHUNKED, "value": record.sha2_256_chunked}
    meta = {"kind": record.kind, **record.entities} if record.kind is not None else {}
    return {
        "logical_key": record.key,
        "physical_keys": [str(facts.physical_key(record))],
        "size": record.size,
        "hash": told if chunked else {"type": "CRC64NVME", "value": record.crc64nvme},
        "meta": {"user_meta": meta} if meta else {},
    }
