"""A Frictionless data package (``datapackage.json``): one resource for each object, by its path below the bucket."""

import json
import re
from typing import Any, TextIO

from validator.manifests.converters.facts import Converted, LeftOut, ReceiptFacts, md5_of
from validator.models.receipt import ReceiptObject

_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")


def write_frictionless(facts: ReceiptFacts, out: TextIO) -> Converted:
    """Write a descriptor; it belongs into the folder that the keys begin in.

    Part sizes, versions and CRC64NVMEs have no field of their own in the format: they stand in additional
    fields, which it allows.
    """
    out.write("{\n")
    out.writelines(f" {json.dumps(name)}: {json.dumps(value)},\n" for name, value in _about(facts).items())
    out.write(' "resources": [')
    files, bare = 0, LeftOut()
    for record in facts.objects():
        out.write(",\n  " if files else "\n  ")
        files += 1
        digest = _hash(record)
        if digest is None:
            bare.add(record.key)
        out.write(json.dumps(_resource(record, files, digest)))
    out.write("\n ]\n}\n")
    losses = bare.sentence(
        "object was sent in parts and has no SHA-256: its resource has no hash",
        "objects were sent in parts and have no SHA-256: their resources have no hash",
    )
    return Converted(files, losses)


def _about(facts: ReceiptFacts) -> dict[str, Any]:
    about: dict[str, Any] = {
        "profile": "data-package",
        "name": _NOT_IN_NAMES.sub("-", facts.name.lower()).strip("-"),
        "title": facts.name,
        "created": facts.created.isoformat(),
    }
    return about | ({"notes": dict(facts.notes)} if facts.notes else {})


def _hash(record: ReceiptObject) -> str | None:
    if record.sha256 is not None:
        return f"sha256:{record.sha256}"
    md5 = md5_of(record)
    return f"md5:{md5}" if md5 is not None else None


def _resource(record: ReceiptObject, number: int, digest: str | None) -> dict[str, Any]:
    stem = _NOT_IN_NAMES.sub("-", record.key.rpartition("/")[2].lower()).strip("-") or "file"
    resource: dict[str, Any] = {
        "name": f"{stem}-{number}",  # names are unique, file names are not
        "path": record.key,
        "bytes": record.size,
    }
    if digest is not None:
        resource["hash"] = digest
    resource |= {"etag": record.etag, "crc64nvme": record.crc64nvme}
    optional = {"part_size": record.part_size, "version_id": record.version_id}
    return resource | {name: value for name, value in optional.items() if value is not None}
