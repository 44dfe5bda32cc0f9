"""Receipts side by side: their objects in the order of the keys, and whether two are of the same bytes."""

import heapq
from collections.abc import Iterator, Sequence

from validator.errors import UnreadableFile
from validator.manifests.receipt import Receipt
from validator.models.receipt import ReceiptObject


def in_key_order(receipt: Receipt) -> Iterator[ReceiptObject]:
    """Every object of a receipt.

    Raises
    ------
    UnreadableFile
        If a key stands twice or out of order, which in no receipt of an upload happens; or if it is not whole.
    """
    last = ""
    for record in receipt.objects():
        if record.key <= last:
            what = "stands twice" if record.key == last else "is out of order"
            raise UnreadableFile(
                f"{receipt.path}: the key {record.key} {what}", "use the receipt as the upload wrote it"
            )
        last = record.key
        yield record


def side_by_side(receipts: Sequence[Receipt]) -> Iterator[list[tuple[int, ReceiptObject]]]:
    """For each key, the record of every receipt that has it, with the receipt's index; keys in order.

    Holds one record of each receipt at a time, whatever their length.
    """

    def numbered(index: int, receipt: Receipt) -> Iterator[tuple[str, int, ReceiptObject]]:
        return ((record.key, index, record) for record in in_key_order(receipt))

    together: list[tuple[int, ReceiptObject]] = []
    for key, index, record in heapq.merge(
        *(numbered(index, receipt) for index, receipt in enumerate(receipts)), key=lambda item: item[:2]
    ):
        if together and together[0][1].key != key:
            yield together
            together = []
        together.append((index, record))
    if together:
        yield together


def same_bytes(one: ReceiptObject, other: ReceiptObject) -> bool:
    """Whether two records are of the same bytes; objects sent in parts of different sizes have different ETags."""
    if (one.size, one.crc64nvme) != (other.size, other.crc64nvme):
        return False
    if one.part_size == other.part_size and one.etag != other.etag:
        return False
    same_parts = one.sha256_parts is None or other.sha256_parts is None or one.part_size != other.part_size
    if not same_parts and one.sha256_parts != other.sha256_parts:
        return False
    return one.sha256 is None or other.sha256 is None or one.sha256 == other.sha256
