"""One receipt for each batch, made from the receipt of them all."""

import re
from contextlib import ExitStack
from pathlib import Path

from validator.errors import UsageError
from validator.manifests.receipt import Receipt
from validator.manifests.receipt_writing import ReceiptSummary, ReceiptWriter

NO_BATCH = "no-batch"


def split_by_batch(path: Path, folder: Path | None = None) -> list[ReceiptSummary]:
    """Write one receipt for each batch of a receipt, and one for the objects that belong to no batch.

    Parameters
    ----------
    path
        The receipt.
    folder
        Where the new ones go; beside it by default. They are called ``<its name>_<batch>``.

    Returns
    -------
    list of ReceiptSummary
        In the order in which the batches first occur.

    Raises
    ------
    UnreadableFile
        If it is not a whole receipt; then nothing is written.
    UsageError
        If it says nothing of batches (the first receipts do not), or a file of one of the names exists.
    CpgateError
        If one cannot be written.
    """
    receipt = Receipt(path)
    target = folder if folder is not None else path.parent
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file, not a folder", "Name a folder with -o")
    writers: dict[str | None, ReceiptWriter] = {}
    with ExitStack() as stack:
        for record in receipt.objects():
            batch = record.entities.get("batch")
            writer = writers.get(batch)
            if writer is None:
                header = receipt.header.model_copy(update={"batch": batch, "split": True})
                place = target / f"{path.stem}_{_name(batch, writers)}{path.suffix}"
                if place.exists():
                    raise UsageError(
                        f"There is a file {place} already",
                        "Name another folder with -o; a receipt is never overwritten",
                    )
                writer = writers[batch] = stack.enter_context(ReceiptWriter(place, header))
            writer.add(record)
        if not any(batch is not None for batch in writers):
            raise UsageError(f"{path} names no batch of any object", "There is nothing to split")
        # How many files an upload left out is known, not of which batch: the receipt of them all says it.
        return [writer.finish() for writer in writers.values()]


def _name(batch: str | None, taken: dict[str | None, ReceiptWriter]) -> str:
    """Name of a batch in a file name, another one for each batch."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", batch) if batch is not None else NO_BATCH
    names = {writer.path.stem for writer in taken.values()}
    number = 2
    chosen = name
    while any(stem.endswith(f"_{chosen}") for stem in names):
        chosen, number = f"{name}-{number}", number + 1
    return chosen
