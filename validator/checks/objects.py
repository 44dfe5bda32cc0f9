"""Rules about objects in the bucket and files on disk beside a receipt (CPG7xx)."""

from validator.checks.registry import declare
from validator.models.rule import Rule

OBJECT_MISSING = Rule(
    id="CPG701",
    slug="object-missing",
    title="Every object of the receipt is in the bucket",
    why="The receipt says that it was uploaded and verified: since then somebody deleted or moved it.",
    mend="Run the upload again; it sends only what is missing.",
    family="objects",
    source="cpgate",
)

OBJECT_DIFFERS = Rule(
    id="CPG702",
    slug="object-differs",
    title="Every object has the size and ETag that the receipt states",
    why="Other bytes lie at the key than were uploaded: somebody wrote over them, or they were copied with another part size.",
    mend="Find out who writes there; then upload the right bytes with --replace and the key.",
    family="objects",
    source="cpgate",
)

FILE_MISSING = Rule(
    id="CPG703",
    slug="receipt-file-missing",
    title="Every object of the receipt has its file on disk",
    why="The folder is not the one that was uploaded, or files were moved or deleted since.",
    mend="Name the dataset's folder with --local, or restore the file.",
    family="objects",
    source="cpgate",
)

FILE_DIFFERS = Rule(
    id="CPG704",
    slug="receipt-file-differs",
    title="Every file on disk has the bytes that the receipt states",
    why="The file changed after the upload, or the disk returns other bytes than it did then.",
    mend="Compare with a backup; if the file on disk is right, upload it again.",
    family="objects",
    source="cpgate",
)

declare(OBJECT_MISSING, OBJECT_DIFFERS, FILE_MISSING, FILE_DIFFERS)
