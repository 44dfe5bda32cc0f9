"""The page that explains every field of receipts and provenance manifests: its meaning, unit and source."""

from collections.abc import Iterator, Mapping
from typing import Any

from validator.manifests.published import published_schemas

SECTIONS = (
    ("receipt.schema.json", "ReceiptHeader", "Receipt, first record", "`record: header`"),
    ("receipt.schema.json", "ReceiptObject", "Receipt, one record for each object", "`record: object`"),
    ("receipt.schema.json", "ReceiptEnd", "Receipt, last record", "`record: end`"),
    ("receipt.schema.json", "MergedReceipt", "Receipt that was joined with others", "in the field `merged`"),
    ("provenance.schema.json", "Product", "Product in a provenance manifest", "one object of the list"),
)
UNITS: Mapping[str, str] = {
    "size": "bytes",
    "part_size": "bytes",
    "parts": "number of parts",
    "objects": "number of objects",
    "conflicts": "number of files",
    "failed": "number of files",
    "errors": "number of findings",
    "findings": "number of findings",
    "created": "UTC, ISO 8601",
    "mtime": "UTC, ISO 8601, microseconds",
    "uploaded_at": "UTC, ISO 8601",
    "crc64nvme": "base64 of 8 bytes, big-endian",
    "checksum": "base64 of 8 bytes, big-endian",
    "sha256": "64 hex digits",
    "sha2_256_chunked": "base64 of 32 bytes",
    "sha256_parts": "base64 of 32 bytes, and `-N` after N parts",
    "digest": "64 hex digits",
    "seal": "64 hex digits",
    "report": "64 hex digits",
    "etag": "32 hex digits, and `-N` after N parts",
}
COMMAND, STORE, FILE, BOTH = (
    "the command line",
    "the store",
    "the file",
    "the file, and compared with the store",
)
SOURCES: Mapping[str, str] = {
    "record": "this format",
    "format": "this format",
    "datasets": "the folders, or `--dataset`",
    "project": "the folders, or `--dataset`",
    "source": "the folders, or `--dataset`",
    "batch": "the keys of its objects",
    "split": "how the receipt was made",
    "batches": "`--batch`; in the last record the keys",
    "plates": "`--plate`",
    "include": "`--include`",
    "exclude": "`--exclude`",
    "destination": COMMAND,
    "endpoint": "`--endpoint-url`, or the AWS configuration",
    "tool": "cpgate",
    "rulebook": "the rulebook's `rulebook.yaml`",
    "policy": "`--policy`, or the configuration",
    "policy_version": "the policy",
    "report": "the last record of the report",
    "errors": "the report",
    "findings": "the report",
    "forced": "`--force`",
    "created": "the clock of the machine",
    "notes": "`--note`",
    "merged": "the receipts that were joined",
    "sealed": "this format",
    "file": "the receipt that was joined",
    "header": "the receipt that was joined",
    "end": "the receipt that was joined",
    "key": "the file's path, or `--dataset` and the mapping",
    "kind": "the layout of the rulebook",
    "entities": "the layout of the rulebook",
    "size": BOTH,
    "etag": f"{BOTH}; Amazon S3 user guide, *Checking object integrity*",
    "part_size": "`--part-size`, or the object that was there",
    "parts": "size and part size",
    "crc64nvme": "the file, while it was sent",
    "version_id": f"{STORE}, when it was written",
    "mtime": FILE,
    "uploaded_at": STORE,
    "state": "the upload",
    "sha256": "the file, read once more; or while it was sent, with `--checksum sha256`",
    "sha2_256_chunked": "the file, read once more; quilt3",
    "sha256_parts": f"{BOTH}; Amazon S3 user guide, *Checking object integrity*",
    "etag_stored": STORE,
    "objects": "the records above",
    "conflicts": "the upload",
    "failed": "the upload",
    "digest": "the lines above",
    "seal": "the lines above, and this one",
    "subset": "the folder's name, or the contributor",
    "url": "the key",
    "profile_url": "the contributor",
    "recipe_permalink": "`--recipe`",
    "config_permalink": "`--recipe-config`",
    "checksum": "the file, while it was sent",
}


def record_page() -> str:
    """Write the page, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Every field\n"
    yield "What stands in a receipt and in a provenance manifest. The same as JSON Schemas: `receipt.schema.json` and"
    yield "`provenance.schema.json` in the rulebook, for editors and for `check-jsonschema`:\n"
    yield "```\ncheck-jsonschema --schemafile schemas/provenance.schema.json profile_index.json\n```\n"
    yield "In Parquet a receipt has one row for each object and `place.<entity>` instead of `entities`; its first and"
    yield "last record are the metadata `cpgate.header` and `cpgate.end` of the file.\n"
    schemas = published_schemas()
    for name, model, title, where in SECTIONS:
        part = schemas[name]["$defs"][model]
        yield f"## {title}\n"
        yield f"{part['description']} ({where})\n"
        yield "| field | meaning | unit | source |"
        yield "|---|---|---|---|"
        required = part.get("required", [])
        for field, values in part["properties"].items():
            mark = "" if field in required else " *(optional)*"
            meaning = _cell(_meaning(values))
            yield f"| `{field}`{mark} | {meaning} | {UNITS.get(field, '')} | {SOURCES[field]} |"
        yield ""


def _meaning(values: Mapping[str, Any]) -> str:
    return str(values.get("description") or f"Always `{values['const']}`.")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
