"""After the transfer: compare what the bucket lists with what was sent, and say it in the words of a receipt."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from validator.digests.sha256 import WholeDigest
from validator.models.counts import counted
from validator.models.place import Place
from validator.s3.objects import RemoteObject
from validator.upload.ledger import Ledger, Present
from validator.upload.plan import Action, PlanItem
from validator.upload.sending import PRESENT, Outcome, State
from validator.upload.tasks import Failure

RECEIPT_STATES: Mapping[State, Literal["uploaded", "resumed", "unchanged"]] = {
    State.UPLOADED: "uploaded",
    State.RESUMED: "resumed",
    State.UNCHANGED: "unchanged",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compare_with_listing(ledger: Ledger, listing: int) -> int:
    """Give every file its state, and trust only what the bucket lists; how many were proven by a checksum.

    An object that the listing does not hold with its size and ETag has failed. An ETag that says nothing of the bytes
    is the one that the object had when its checksum was compared.

    Parameters
    ----------
    ledger
        The plan, what was sent, and what the listing saw.
    listing
        Number of the listing that counts.
    """
    by_checksum = 0
    for position, item, known, seen_in in ledger.open_files(listing):
        outcome = known or _without_transfer(item)
        final = compared(outcome, item.there if seen_in == listing else None)
        if final is not known:
            ledger.settle(position, final)
        if final.digest is not None and final.digest.stored_as and final.state in PRESENT:
            by_checksum += 1
    return by_checksum


def _without_transfer(item: PlanItem) -> Outcome:
    """What became of a file that needed no transfer."""
    there = item.there
    match item.action:
        case Action.UNCHANGED:
            return Outcome(item, State.UNCHANGED, item.digest, version_id=item.version_id)
        case Action.FAILED:
            return Outcome(item, State.FAILED, failure=Failure.UNREADABLE, reason=item.reason)
        case Action.CONFLICT:
            reason = (
                f"other bytes lie there ({counted(there.size, 'byte')}, ETag {there.etag})" if there else ""
            )
            reason = item.reason or reason
            return Outcome(item, State.CONFLICT, failure=Failure.CONFLICT, reason=reason)
        case _:
            reason = "it was not sent: the upload ended before its turn came"
            return Outcome(item, State.FAILED, failure=Failure.REMOTE, reason=reason)


def compared(outcome: Outcome, there: RemoteObject | None) -> Outcome:
    """What became of a file, as far as a listing bears it out."""
    digest = outcome.digest
    if outcome.state not in PRESENT or digest is None:
        return outcome
    if there is None:
        reason = "it was sent, but the bucket does not list it"
    elif there.size != digest.size or not digest.is_stored_as(there.etag):
        reason = (
            f"the bucket lists other bytes ({counted(there.size, 'byte')}, ETag {there.etag}) than were sent "
            f"({counted(digest.size, 'byte')}, ETag {digest.etag_there})"
        )
    else:
        if outcome.uploaded_at:
            return outcome
        return replace(outcome, uploaded_at=there.modified.isoformat())
    return replace(
        outcome,
        state=State.FAILED,
        failure=Failure.REMOTE,
        reason=reason,
        mend="find out who else writes to this place, then run the same command again",
    )


def receipt_values(
    present: Present, place: Place | None = None, whole: WholeDigest | None = None
) -> dict[str, Any]:
    """All values of the receipt's record of an object that is in the bucket, in its order.

    Parameters
    ----------
    present
        The file, and what is known of its object.
    place
        What the layout makes of its key.
    whole
        SHA-256 of the file, where it was asked for.
    """
    digest, entry = present.digest, present.entry
    sha256, dash, _ = digest.sha256.partition("-")
    hexadecimal = base64.b64decode(sha256).hex() if sha256 and not dash else None
    return {
        "record": "object",
        "key": entry.key,
        "kind": place.kind if place is not None and place.misfit is None else None,
        "entities": dict(sorted(place.entities.items())) if place is not None else {},
        "size": digest.size,
        "etag": digest.etag,
        "part_size": digest.part_size,
        "parts": digest.parts,
        "crc64nvme": digest.crc64nvme,
        "version_id": present.version_id,
        "mtime": EPOCH + timedelta(microseconds=entry.mtime_ns // 1000),
        "uploaded_at": datetime.fromisoformat(present.uploaded_at),
        "state": RECEIPT_STATES[present.state],
        "sha256": whole.sha256 if whole is not None else hexadecimal,
        "sha2_256_chunked": whole.sha2_256_chunked if whole is not None else None,
        "sha256_parts": digest.sha256 if dash else None,
        "etag_stored": digest.stored_as or None,
    }
