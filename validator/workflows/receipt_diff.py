"""Compare two receipts: what was added, removed, changed, moved."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from validator.errors import ExitCode
from validator.manifests.receipt import Receipt
from validator.manifests.receipt_order import same_bytes, side_by_side
from validator.models.receipt import ReceiptObject


class Known(NamedTuple):
    """What is kept of an object that only one of the receipts has, or that has other bytes."""

    key: str
    size: int
    etag: str
    part_size: int | None
    crc64nvme: str


@dataclass(slots=True)
class ReceiptDiff:
    """How two receipts differ.

    Attributes
    ----------
    same
        Number of keys with the same bytes in both.
    added, removed
        What only the second, only the first has.
    changed
        Keys with other bytes in the second: before and after.
    moved
        The same bytes at another key: from where, to where.
    """

    same: int = 0
    added: list[Known] = field(default_factory=list)
    removed: list[Known] = field(default_factory=list)
    changed: list[tuple[Known, Known]] = field(default_factory=list)
    moved: list[tuple[Known, Known]] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """0 when both are of the same keys and bytes, else 1."""
        differs = self.added or self.removed or self.changed or self.moved
        return ExitCode.FINDINGS if differs else ExitCode.CLEAN


def diff_receipts(before: Path, after: Path) -> ReceiptDiff:
    """Compare two receipts key by key; memory grows with what differs only.

    When, by whom and in which parts something was sent is no difference: keys and bytes are compared.

    Parameters
    ----------
    before, after
        The receipts.

    Raises
    ------
    UnreadableFile
        If one is not a whole receipt.
    """
    diff = ReceiptDiff()
    for together in side_by_side([Receipt(before), Receipt(after)]):
        if len(together) == 1:
            index, record = together[0]
            (diff.added if index else diff.removed).append(_known(record))
            continue
        (_, old), (_, new) = together
        if same_bytes(old, new):
            diff.same += 1
        else:
            diff.changed.append((_known(old), _known(new)))
    _find_moves(diff)
    return diff


def _known(record: ReceiptObject) -> Known:
    return Known(record.key, record.size, record.etag, record.part_size, record.crc64nvme)


def _find_moves(diff: ReceiptDiff) -> None:
    """Take what was removed at one key and added at another as moved; of several, one of the same name first.

    Empty files are all alike: they have moved only if their name is the same.
    """
    gone: dict[tuple[int, str, str], list[Known]] = {}
    for known in reversed(diff.removed):  # the first in the order of the keys is taken first
        gone.setdefault((known.size, known.crc64nvme, _name(known)), []).append(known)
        if known.size:
            gone.setdefault((known.size, known.crc64nvme, ""), []).append(known)
    moved: dict[str, Known] = {}
    left: set[str] = set()
    for same_name in (True, False):
        for known in diff.added:
            if known.key in moved:
                continue
            candidates = gone.get((known.size, known.crc64nvme, _name(known) if same_name else ""), [])
            while candidates and known.key not in moved:
                candidate = candidates.pop()
                if candidate.key not in left:
                    moved[known.key] = candidate
                    left.add(candidate.key)
    diff.moved = [(moved[known.key], known) for known in diff.added if known.key in moved]
    diff.added = [known for known in diff.added if known.key not in moved]
    diff.removed = [known for known in diff.removed if known.key not in left]


def _name(known: Known) -> str:
    return known.key.rpartition("/")[2]
