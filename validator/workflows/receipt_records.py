"""From what became of the files to the lines of a receipt: their places, and SHA-256s where asked for."""

import os
from collections.abc import Iterator

from validator.checks.pool import in_threads
from validator.digests.files import FileState
from validator.digests.sha256 import WholeDigest, digest_whole
from validator.errors import CpgateError, UnreadableFile
from validator.manifests.receipt_digest import ObjectLine
from validator.models.place import Place
from validator.models.progress import Progress
from validator.rulebook.layout import Layout
from validator.upload.ledger import Ledger, Present
from validator.upload.receipt_lines import ReceiptLines

AGAIN = "The upload itself is safe: the same command writes the receipt"


def receipt_records(
    ledger: Ledger, layout: Layout, *, sha256: bool, progress: Progress
) -> Iterator[tuple[Present, ObjectLine]]:
    """Make the lines of the objects that are in the bucket, in the order of their keys.

    Parameters
    ----------
    ledger
        What became of each file.
    layout
        Places their keys.
    sha256
        Whether every file is read again for its SHA-256; it must still be what was sent.
    progress
        Where that is shown.

    Raises
    ------
    CpgateError
        If a file cannot be read any more, or is no longer what was sent.
    """
    place, lines = Places(layout), ReceiptLines()
    if not sha256:
        for present in ledger.present():
            yield present, lines.line(present, place.of(present.entry.key))
        return
    size = sum(present.entry.size for present in ledger.present())
    with progress.step("reading for SHA-256", size, "B") as step:
        for present, whole in in_threads(_whole, ledger.present(), os.cpu_count() or 1):
            step.advance(present.entry.size)
            yield present, lines.line(present, place.of(present.entry.key), whole)


def _whole(present: Present) -> tuple[Present, WholeDigest]:
    entry = present.entry
    try:
        whole = digest_whole(entry.path, FileState(entry.size, entry.mtime_ns))
    except UnreadableFile as error:
        raise CpgateError(f"No SHA-256 of {entry.path}: {error.what}", AGAIN) from error
    except OSError as error:
        reason = error.strerror or "the system gave no reason"
        raise CpgateError(f"No SHA-256 of {entry.path}: it cannot be read ({reason})", AGAIN) from error
    if whole.crc64nvme != present.digest.crc64nvme:
        raise CpgateError(
            f"{entry.path} holds other bytes than were sent, though its time is the same",
            "Find out what changed it, then run the same command with --replace for its key",
        )
    return present, whole


def place_of(layout: Layout, key: str) -> Place:
    """What a layout makes of one key."""
    return Places(layout).of(key)


class Places:
    """What a layout makes of keys, which come folder by folder."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._of_folder: tuple[str, Place] | None = None

    def of(self, key: str) -> Place:
        """The place of a key."""
        folder, slash, name = key.rpartition("/")
        if self._of_folder is None or self._of_folder[0] != folder:
            self._of_folder = folder, self._layout.place_folder(folder + slash)
        return self._layout.place_file(self._of_folder[1], name)
