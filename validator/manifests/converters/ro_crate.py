"""An RO-Crate (version 1.1, ``ro-crate-metadata.json``): a dataset whose files lie on the web, at their addresses."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from validator.manifests.converters.facts import Converted, ReceiptFacts, md5_of
from validator.models.receipt import ReceiptObject

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
OWN_TERMS = {
    "sha256": "https://schema.org/sha256",
    "md5": "https://cpgate.github.io/terms#md5",
    "etag": "https://cpgate.github.io/terms#etag",
    "partSize": "https://cpgate.github.io/terms#part_size",
    "crc64nvme": "https://cpgate.github.io/terms#crc64nvme",
    "versionId": "https://cpgate.github.io/terms#version_id",
}


def write_ro_crate(facts: ReceiptFacts, out: TextIO) -> Converted:
    """Write the metadata document; a licence is taken from the note ``license``, never made up."""
    license_said = facts.notes.get("license")
    out.write(f'{{"@context": {json.dumps([CONTEXT, OWN_TERMS])},\n "@graph": [\n')
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": SPECIFICATION},
        "about": {"@id": "./"},
    }
    out.write(f"  {json.dumps(descriptor)},\n  ")
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": facts.name,
        "description": facts.notes.get("description") or f"Files of {facts.name}, as uploaded with cpgate",
        "datePublished": facts.created.isoformat(),
    } | ({"license": license_said} if license_said else {})
    out.write(json.dumps(root)[:-1] + ', "hasPart": [')
    out.writelines(
        ("," if number else "") + json.dumps({"@id": facts.address(record.key)})
        for number, record in enumerate(facts.objects())
    )
    out.write("]}")
    files = 0
    for files, line in enumerate(_files(facts), start=1):  # noqa: B007  the last number is how many
        out.write(f",\n  {line}")
    out.write("\n ]}\n")
    losses = (
        () if license_said else ("no licence: the receipt has no note of that name (--note license=URL)",)
    )
    return Converted(files, losses)


def _files(facts: ReceiptFacts) -> Iterator[str]:
    for record in facts.objects():
        yield json.dumps(_file(facts, record))


def _file(facts: ReceiptFacts, record: ReceiptObject) -> dict[str, Any]:
    said: dict[str, Any] = {
        "@id": facts.address(record.key),
        "@type": "File",
        "name": record.key,
        "contentSize": str(record.size),
        "sdDatePublished": record.uploaded_at.isoformat(),
        "dateModified": record.mtime.isoformat(),
        "etag": record.etag,
        "crc64nvme": record.crc64nvme,
    }
    optional = {
        "sha256": record.sha256,
        "md5": md5_of(record),
        "partSize": record.part_size,
        "versionId": record.version_id,
    }
    return said | {name: value for name, value in optional.items() if value is not None}
