"""Whether an object in the bucket is what a manifest states: the judgement alone, no request."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from validator.checks.objects import OBJECT_DIFFERS, OBJECT_MISSING, OBJECT_UNPROVEN
from validator.digests.parts import parts_of_etag
from validator.models.claim import NOTHING_THERE, SHA256_OF_PARTS, Claim
from validator.models.counts import counted
from validator.models.finding import Finding

if TYPE_CHECKING:  # files on disk are compared without anything of S3
    from validator.s3.attributes import ObjectAttributes
    from validator.s3.objects import RemoteObject

NAMES = {
    "crc64nvme": "CRC64NVME",
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    SHA256_OF_PARTS: "SHA-256 of the parts",
}


def agrees_as_listed(claim: Claim, there: "RemoteObject") -> bool:
    """Whether size and ETag of a listing are enough to say that the object is the one that is meant."""
    if claim.size not in (None, there.size) or claim.version_id is not None or claim.problem:
        return False
    if claim.etag is None:  # the ETag of a single PUT is the MD5; one that only looks like it never equals it
        return "md5" in claim.checksums and claim.checksums["md5"].hex() == there.etag
    return claim.etag == there.etag


def judge_object(
    claim: Claim, there: "ObjectAttributes | None", first_part: int | None = None
) -> Finding | None:
    """Compare a claim with what the store tells of the object.

    Parameters
    ----------
    claim
        What is stated.
    there
        What is there; ``None`` when nothing is.
    first_part
        Bytes of the object's first part, where the store told it.

    Returns
    -------
    Finding or None
        ``None`` when they agree.
    """
    expected = stated(claim) or "an object"
    if there is None:
        return OBJECT_MISSING.finding(claim.name, NOTHING_THERE, expected=expected)
    actual = f"{counted(there.size, 'byte')}, ETag {there.etag}, of {there.modified:%Y-%m-%d %H:%M} UTC"
    if claim.problem:
        return OBJECT_UNPROVEN.finding(claim.name, _sentence(claim.problem), actual=actual)
    if claim.size is not None and claim.size != there.size:
        message = "An object of another size lies there"
        return OBJECT_DIFFERS.finding(claim.name, message, expected=expected, actual=actual)
    if claim.etag is not None and claim.etag == there.etag:
        return _judge_checksums(claim, there, expected, actual, needed=False)
    if claim.etag is not None and not _may_be_same_bytes(claim, there):
        message = "Other bytes lie there than the manifest states"
        return OBJECT_DIFFERS.finding(claim.name, message, expected=expected, actual=actual)
    if claim.etag is not None and not _common(claim, there):
        return _other_parts(claim, first_part, expected, actual)
    return _judge_checksums(claim, there, expected, actual, needed=True)


def judge_version_gone(claim: Claim, latest: "ObjectAttributes | None") -> Finding:
    """Say of a version that is not in the bucket what lies there by now.

    Parameters
    ----------
    claim
        What is stated, with a version.
    latest
        The latest version of the object; ``None`` when there is none.
    """
    if latest is None:
        return judge_object(claim, None) or judge_unreachable(claim)
    same = claim.etag is not None and claim.etag == latest.etag and claim.size in (None, latest.size)
    other = "another version with the same ETag" if same else "an object of another version"
    return OBJECT_MISSING.finding(
        claim.name,
        f"The version that the manifest names is not in the bucket; {other} lies there",
        expected=", ".join(part for part in (stated(claim), f"version {claim.version_id}") if part),
        actual=f"{counted(latest.size, 'byte')}, ETag {latest.etag}, version {latest.version_id or 'none'}",
        hint="If the object was copied to this bucket, stamp the manifest again (cpgate manifest stamp); "
        "otherwise find out who deleted the version.",
    )


def judge_unreachable(claim: Claim) -> Finding:
    """Say of a claim without an address that nothing can be compared with it."""
    message = _sentence(claim.problem) or "No object in S3 can have this name"
    return OBJECT_UNPROVEN.finding(claim.name, message, expected=stated(claim) or None)


def judge_customer_key(claim: Claim) -> Finding:
    """Say of an object that is encrypted with a customer's own key that nothing can be compared with it."""
    return OBJECT_UNPROVEN.finding(
        claim.name,
        "An object that is encrypted with a customer's own key (SSE-C) lies there: without that key nobody can tell what "
        "is in it",
        expected=stated(claim) or None,
        hint="ask whoever wrote it to store it again without a key of their own",
    )


def stated(claim: Claim) -> str:
    """What a claim says of the bytes, in short."""
    parts = [counted(claim.size, "byte")] if claim.size is not None else []
    parts += [f"ETag {claim.etag}"] if claim.etag is not None else []
    if claim.etag is None:
        parts += [f"{NAMES.get(name, name)} {value.hex()}" for name, value in claim.checksums.items()]
    return ", ".join(parts)


def _may_be_same_bytes(claim: Claim, there: "ObjectAttributes") -> bool:
    """Whether different ETags can be of the same bytes: cut into other parts, or encrypted."""
    ours, theirs = parts_of_etag(claim.etag or ""), parts_of_etag(there.etag)
    return not (ours == theirs == 0) or bool(_common(claim, there))


def _common(claim: Claim, there: "ObjectAttributes") -> dict[str, tuple[bytes, bytes]]:
    """Checksums that both sides know; the ETag of a single PUT is the MD5."""
    known = _with_md5(there.checksums, there.etag)
    return {name: (value, known[name]) for name, value in claim.checksums.items() if name in known}


def _with_md5(checksums: Mapping[str, bytes], etag: str) -> dict[str, bytes]:
    return {"md5": bytes.fromhex(etag), **checksums} if parts_of_etag(etag) == 0 else dict(checksums)


def _judge_checksums(
    claim: Claim, there: "ObjectAttributes", expected: str, actual: str, *, needed: bool
) -> Finding | None:
    common = _common(claim, there)
    for name, (ours, theirs) in common.items():
        if ours != theirs:
            message = (
                f"The {NAMES.get(name, name)} of the object there is another one than the manifest states"
            )
            return OBJECT_DIFFERS.finding(claim.name, message, expected=expected, actual=actual)
    if common or not needed:
        return None
    names = " or ".join(NAMES.get(name, name) for name in claim.checksums)
    message = f"The store keeps no {names} of this object: whether its bytes are the right ones is not known"
    return OBJECT_UNPROVEN.finding(claim.name, message, expected=expected, actual=actual)


def _other_parts(claim: Claim, first_part: int | None, expected: str, actual: str) -> Finding:
    """The ETags speak of different parts: nobody knows without the bytes whether they are the same."""
    if claim.part_size is not None and first_part is not None and claim.part_size != first_part:
        parts = f"in parts of {counted(first_part, 'byte')} instead of {claim.part_size:,}"
        message = f"The object was sent {parts}, so its ETag says nothing about its bytes"
        hint = "compare the files themselves: cpgate etag FILE --like and the ETag that lies there"
        return OBJECT_DIFFERS.finding(claim.name, message, expected=expected, actual=actual, hint=hint)
    message = "Other bytes lie there than the manifest states, or the same ones were sent in other parts"
    return OBJECT_DIFFERS.finding(claim.name, message, expected=expected, actual=actual)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
