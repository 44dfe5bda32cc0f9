"""What joining and comparing receipts found, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from validator.reporters.escape import shown
from validator.reporters.numbers import counted, number, size

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Bytes:
    """What is said of an object: its key, bytes and ETag."""

    key: str
    size: int
    etag: str

    def __str__(self) -> str:
        return f"{counted(self.size, 'byte')}, ETag {self.etag}"


def difference_lines(
    same: int,
    added: Sequence[Bytes],
    removed: Sequence[Bytes],
    changed: Sequence[tuple[Bytes, Bytes]],
    moved: Sequence[tuple[Bytes, Bytes]],
    *,
    everything: bool = False,
) -> Iterator[str]:
    """Lines of a comparison, each difference first and the numbers last.

    Parameters
    ----------
    same
        Number of keys with the same bytes.
    added, removed, changed, moved
        What differs.
    everything
        Show every key, not the first of each sort.
    """
    sections = (
        ("added", [shown(known.key) for known in added]),
        ("removed", [shown(known.key) for known in removed]),
        ("changed", [f"{shown(old.key)}\n           {old} -> {new}" for old, new in changed]),
        ("moved", [f"{shown(old.key)}\n        -> {shown(new.key)}" for old, new in moved]),
    )
    for word, texts in sections:
        yield from _listed(word, texts, everything=everything)
    if not (added or removed or changed or moved):
        yield f"the same: {counted(same, 'object')}, byte for byte\n"
        return
    total = size(sum(known.size for known in added)), size(sum(known.size for known in removed))
    yield (
        f"same {number(same)} · added {number(len(added))} ({total[0]}) · removed {number(len(removed))} "
        f"({total[1]}) · changed {number(len(changed))} · moved {number(len(moved))}\n"
    )


def _listed(word: str, texts: Sequence[str], *, everything: bool) -> Iterator[str]:
    cut = len(texts) if everything else SHOWN
    for text in texts[:cut]:
        yield f"{word:8} {text}\n"
    if len(texts) > cut:
        yield f"{word:8} and {number(len(texts) - cut)} more (--all shows them)\n"


def clash_lines(clashes: Sequence[tuple[str, str, Bytes, str, Bytes]], count: int) -> Iterator[str]:
    """Lines about keys with different bytes in two receipts.

    Parameters
    ----------
    clashes
        Key, and of both receipts the file and what it says.
    count
        How many there are.
    """
    for key, file, known, other_file, other in clashes[:SHOWN]:
        yield f"clash    {shown(key)}\n"
        yield f"         {shown(file)}: {known}\n"
        yield f"         {shown(other_file)}: {other}\n"
    if count > SHOWN:
        yield f"         and {number(count - SHOWN)} more\n"
    yield (
        f"{counted(count, 'key')} with different bytes in two receipts: nothing was written\n"
        "mend: find out which bytes lie in the bucket (cpgate verify RECEIPT) and leave the other receipt out\n"
    )
