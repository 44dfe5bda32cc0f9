"""Croissant metadata (version 1.0): one FileObject for each object whose MD5 or SHA-256 is known."""

import json
from mimetypes import guess_type
from typing import Any, TextIO

from validator.manifests.converters.facts import Converted, LeftOut, ReceiptFacts, md5_of, require_some
from validator.models.receipt import ReceiptObject

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""As the format's specification gives it (appendix *JSON-LD context*)."""


def write_croissant(facts: ReceiptFacts, out: TextIO) -> Converted:
    """Write the metadata; objects without MD5 and SHA-256 cannot be in it.

    Raises
    ------
    UsageError
        If that is so of every object.
    """
    out.write("{\n")
    out.writelines(f" {json.dumps(name)}: {json.dumps(value)},\n" for name, value in _about(facts).items())
    out.write(' "distribution": [')
    files, left_out = 0, LeftOut()
    for record in facts.objects():
        digest = _digest(record)
        if digest is None:
            left_out.add(record.key)
            continue
        out.write(",\n  " if files else "\n  ")
        files += 1
        out.write(json.dumps(_file(facts, record, files, digest)))
    out.write("\n ]\n}\n")
    require_some(files, left_out, facts.path, "MD5 or SHA-256")
    losses = left_out.sentence(
        "object was sent in parts, has no SHA-256 and is left out",
        "objects were sent in parts, have no SHA-256 and are left out",
    )
    missing = () if "license" in facts.notes else ("no licence: the receipt has no note of that name",)
    return Converted(
        files,
        (*losses, *missing, "the format has no place for ETags, part sizes, versions, CRC64NVMEs and times"),
    )


def _about(facts: ReceiptFacts) -> dict[str, Any]:
    about: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": facts.name,
        "description": facts.notes.get("description") or f"Files of {facts.name}, as uploaded with cpgate",
        "datePublished": facts.created.isoformat(),
        "url": facts.address(f"{facts.header.datasets[0]}/" if facts.header.datasets else ""),
    }
    if "license" in facts.notes:
        about["license"] = facts.notes["license"]
    return about


def _digest(record: ReceiptObject) -> dict[str, str] | None:
    if record.sha256 is not None:
        return {"sha256": record.sha256}
    md5 = md5_of(record)
    return {"md5": md5} if md5 is not None else None


def _file(facts: ReceiptFacts, record: ReceiptObject, number: int, digest: dict[str, str]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": f"file-{number}",  # readers refuse blanks in it
        "name": record.key,
        "contentUrl": facts.address(record.key),
        "contentSize": f"{record.size} B",
        "encodingFormat": guess_type(record.key)[0] or "application/octet-stream",
    } | digest
