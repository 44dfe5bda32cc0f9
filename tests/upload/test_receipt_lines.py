"""Lines of receipts, one after the other; `test_finishing` compares each with the record that it is of."""

from dataclasses import replace
from datetime import UTC, datetime

from validator.digests.parts import ObjectDigest
from validator.manifests.receipt_digest import values_line
from validator.models.listing import Entry
from validator.models.place import Misfit, Place
from validator.upload.finishing import receipt_values
from validator.upload.ledger import Present
from validator.upload.receipt_lines import ReceiptLines
from validator.upload.sending import State

NOW = datetime(2026, 11, 29, 14, 5, 33, tzinfo=UTC)
DIGEST = ObjectDigest(8, "a" * 32, None, 1, "AAAAAAAAAAA=")
PRESENT = Present(Entry("p/s/a.tiff", "/data/a.tiff", 8, 10**18), State.UPLOADED, DIGEST, NOW.isoformat())
PLACES = [
    Place("images.raw", {"project": "p", "plate": "BR1"}),
    Place("images.raw", {"project": "p", "plate": "BR2"}),
    Place("images", {"project": "p"}, Misfit(3, "x", "images", ())),
]
DIGESTS = [
    DIGEST,
    replace(DIGEST, sha256="A" * 43 + "="),
    replace(DIGEST, etag="b" * 32 + "-2", part_size=5, parts=2),
]


def test_every_line_is_about_its_own_place_time_and_digest():
    lines = ReceiptLines()
    for number, place in enumerate([*PLACES, *PLACES, PLACES[0]]):
        for digest in DIGESTS:
            entry = replace(
                PRESENT.entry, key=f'p/s/{number}"\\é\n.tiff', mtime_ns=10**18 + number * 333_333_333
            )
            present = replace(
                PRESENT, entry=entry, digest=digest, uploaded_at=NOW.replace(second=number).isoformat()
            )
            wanted = values_line(receipt_values(present, place))
            assert lines.line(present, place) == (wanted, digest.size, place.entities)
