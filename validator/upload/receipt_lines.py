"""Writes the lines of a receipt about objects: nearly all say the same things, and are put together from texts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic_core import to_json

from validator.digests.sha256 import WholeDigest
from validator.manifests.receipt_digest import ObjectLine, values_line
from validator.models.place import Place
from validator.upload.finishing import EPOCH, RECEIPT_STATES, receipt_values
from validator.upload.ledger import Present
from validator.upload.sending import State

_LINE = (
    b'{"record":"object","key":%b,%b"size":%d,"etag":"%b","part_size":%b,"parts":%d,"crc64nvme":"%b",'
    b'"version_id":%b,"mtime":%b,"uploaded_at":%b,"state":%b,"sha256":null,"sha2_256_chunked":null,'
    b'"sha256_parts":null,"etag_stored":null}\n'
)
_STATES: Mapping[State, bytes] = {state: to_json(said) for state, said in RECEIPT_STATES.items()}


class ReceiptLines:
    """Lines that are those of `validator.upload.finishing.receipt_values`, in a third of the time.

    What is the same for all files of a folder is written once.
    """

    def __init__(self) -> None:
        self._place: Place | None = None
        self._placed = b""

    def line(self, present: Present, place: Place, whole: WholeDigest | None = None) -> ObjectLine:
        """The line of an object that is in the bucket.

        Parameters
        ----------
        present
            The file, and what is known of its object.
        place
            What the layout makes of its key.
        whole
            SHA-256 of the file, where it was asked for.
        """
        entry, digest = present.entry, present.digest
        if whole is not None or digest.sha256 or digest.stored_as:
            line = values_line(receipt_values(present, place, whole))
        else:
            if place is not self._place:
                self._place, self._placed = place, _placed(place)
            line = _LINE % (
                to_json(entry.key),
                self._placed,
                digest.size,
                digest.etag.encode(),
                b"null" if digest.part_size is None else b"%d" % digest.part_size,
                digest.parts,
                digest.crc64nvme.encode(),
                b"null" if present.version_id is None else to_json(present.version_id),
                _mtime(entry.mtime_ns),
                _moment(present.uploaded_at),
                _STATES[present.state],
            )
        return ObjectLine(line, digest.size, place.entities)


def _placed(place: Place) -> bytes:
    kind = to_json(place.kind if place.misfit is None else None)
    return b'"kind":%b,"entities":%b,' % (kind, to_json(dict(sorted(place.entities.items()))))


def _mtime(nanoseconds: int) -> bytes:
    seconds, rest = divmod(nanoseconds // 1000, 1_000_000)
    text = _second(seconds)
    return b'"%b.%06dZ"' % (text, rest) if rest else b'"%bZ"' % text


@lru_cache(1024)
def _second(seconds: int) -> bytes:
    """A second of UTC: a microscope writes many files in one, and dates are slow to make."""
    return (EPOCH + timedelta(seconds=seconds)).isoformat().encode()[:-6]  # without +00:00


@lru_cache(1024)
def _moment(said: str) -> bytes:
    """When an object was written: many were in the same second."""
    return to_json(datetime.fromisoformat(said))
