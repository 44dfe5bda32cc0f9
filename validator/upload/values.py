"""Digests as values of an answer of a worker, and of a record of the journal; and back."""

from collections.abc import Mapping
from typing import Any

from validator.digests.parts import ObjectDigest, PartDigest


def part_values(part: PartDigest) -> dict[str, Any]:
    """Digests of a part; what is empty is left out."""
    values: dict[str, Any] = {"size": part.size, "md5": part.md5, "crc": part.crc64nvme}
    if part.sha256:
        values["sha256"] = part.sha256
    if part.stored_as:
        values["stored_as"] = part.stored_as
    return values


def part_of(values: Mapping[str, Any]) -> PartDigest:
    """From an answer or a record."""
    return PartDigest(
        values["size"],
        values["md5"],
        values["crc"],
        values.get("sha256", ""),
        values.get("stored_as", ""),
    )


def digest_values(digest: ObjectDigest) -> dict[str, Any]:
    """Digests of an object; what is empty is left out."""
    values: dict[str, Any] = {
        "etag": digest.etag,
        "part_size": digest.part_size,
        "parts": digest.parts,
        "crc": digest.crc64nvme,
    }
    if digest.sha256:
        values["sha256"] = digest.sha256
    if digest.stored_as:
        values["stored_as"] = digest.stored_as
    return values


def digest_of(size: int, values: Mapping[str, Any]) -> ObjectDigest:
    """From an answer or a record about an object of so many bytes."""
    return ObjectDigest(
        size,
        values["etag"],
        values["part_size"],
        values["parts"],
        values["crc"],
        values.get("sha256", ""),
        values.get("stored_as", ""),
    )
