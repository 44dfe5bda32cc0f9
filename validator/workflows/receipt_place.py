"""Where the user wants a receipt: said before anything is sent, and never written over."""

from itertools import count
from pathlib import Path

from validator.errors import UnreadableFile, UsageError
from validator.manifests.receipt import Receipt
from validator.upload.destination import Destination


def check_receipt_place(path: Path, dataset_root: Path, destination: Destination) -> None:
    """Say before anything is sent that a receipt cannot be written where the user wants it.

    An earlier receipt of an upload to the same place may lie there: the same command goes on after a stop or a
    failed file, and `set_aside` keeps the old one.

    Raises
    ------
    UsageError
        If it lies inside the dataset, another file is there, or its folder does not exist.
    """
    if path.resolve().is_relative_to(dataset_root.resolve()):
        raise UsageError(
            f"The receipt would lie inside the dataset: {path}",
            "Name a place outside of it with --receipt; nothing is ever written into a dataset",
        )
    if path.exists() and not _is_of(path, destination):
        raise UsageError(f"There is a file {path} already", "Name another one; nothing is ever written over")
    if not path.parent.is_dir():
        raise UsageError(
            f"There is no folder {path.parent} for the receipt", "Make it, or name another place"
        )


def _is_of(path: Path, destination: Destination) -> bool:
    try:
        return Receipt(path).header.destination == str(destination)
    except (UnreadableFile, UsageError):
        return False


def set_aside(path: Path) -> None:
    """Rename an earlier receipt of that name: receipt.jsonl becomes receipt.1.jsonl, or the next free number."""
    if not path.exists():
        return
    names = (path.with_name(f"{path.stem}.{number}{path.suffix}") for number in count(1))
    path.rename(next(name for name in names if not name.exists()))
