"""Rules about objects in the bucket and files on disk beside a receipt (CPG7xx)."""

from validator.checks.registry import declare
from validator.models.rule import Rule

OBJECT_MISSING = Rule(
    id="CPG701",
    slug="object-missing",
    title="Every object that a manifest names is in the bucket",
    why="The manifest says that it was there: since then somebody deleted or moved it.",
    mend="Run the upload again; it sends only what is missing.",
    family="objects",
    source="cpgate",
)

OBJECT_DIFFERS = Rule(
    id="CPG702",
    slug="object-differs",
    title="Every object has the size, ETag and checksums that a manifest states",
    why="Other bytes lie at the key than the manifest states: somebody wrote over them, or they were copied with another part size.",
    mend="Find out who writes there; then upload the right bytes with --replace and the key.",
    family="objects",
    source="cpgate",
)

FILE_MISSING = Rule(
    id="CPG703",
    slug="receipt-file-missing",
    title="Every object that a manifest names has its file on disk",
    why="The folder is not the one that the manifest is of, or files were moved or deleted since.",
    mend="Name the dataset's folder with --local, or restore the file.",
    family="objects",
    source="cpgate",
)

FILE_DIFFERS = Rule(
    id="CPG704",
    slug="receipt-file-differs",
    title="Every file on disk has the bytes that a manifest states",
    why="The file changed after the manifest was written, or the disk returns other bytes than it did then.",
    mend="Compare with a backup; if the file on disk is right, upload it again.",
    family="objects",
    source="cpgate",
)

RECEIPT_INCOMPLETE = Rule(
    id="CPG705",
    slug="receipt-incomplete",
    title="The receipt names every file that the upload was asked to send",
    why="Files that met other bytes in the bucket, or that failed, are not in the receipt: what it proves is not the whole.",
    mend="Run the upload again, with --replace where other bytes may be written over; it writes a receipt of everything.",
    family="objects",
    source="cpgate",
)

OBJECT_UNPROVEN = Rule(
    id="CPG706",
    slug="object-unproven",
    title="A manifest states something of every object that can be compared",
    why="Without a common ETag or checksum nobody can tell whether the bytes are the right ones; that is not the same as right.",
    mend="State the ETag (cpgate manifest stamp), or compare the files themselves with cpgate verify --local.",
    family="objects",
    source="cpgate",
)

declare(OBJECT_MISSING, OBJECT_DIFFERS, FILE_MISSING, FILE_DIFFERS, RECEIPT_INCOMPLETE, OBJECT_UNPROVEN)
