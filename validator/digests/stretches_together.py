"""Digests of several stretches of files at once: their parts side by side."""

from collections.abc import Sequence

from validator.digests.files import FileState
from validator.digests.parts import PartDigest
from validator.digests.ranges import Range, digest_ranges
from validator.digests.strands import STRANDS, Kernel, worthwhile
from validator.digests.stretches import Stretch, StretchDigest, part_lengths

Wanted = tuple[str, FileState, Stretch]
"""A file, the state in which it must be, and what to read of it."""


def digest_together(kernel: Kernel, wanted: Sequence[Wanted]) -> list[StretchDigest | None]:
    """Read some stretches, each once.

    Parameters
    ----------
    kernel
        From `validator.digests.kernel_loading.load_kernel`.
    wanted
        What to read.

    Returns
    -------
    list
        One for each; ``None`` where that is better left to `digest_stretch`: it cannot be read, the file is in another
        state, or there was nothing of similar length beside it.
    """
    ranges: list[Range] = []
    owners: list[int] = []
    for number, (path, state, stretch) in enumerate(wanted):
        offset = stretch.offset
        for length in part_lengths(stretch):
            ranges.append(Range(path, state, offset, length))
            owners.append(number)
            offset += length
    parts: list[PartDigest | None] = [None] * len(ranges)
    by_length = sorted(range(len(ranges)), key=lambda index: ranges[index].length, reverse=True)
    for start in range(0, len(by_length), STRANDS):
        chosen = by_length[start : start + STRANDS]
        if worthwhile([ranges[index].length for index in chosen]):
            found = digest_ranges(kernel, [ranges[index] for index in chosen])
            for index, part in zip(chosen, found, strict=True):
                parts[index] = part
    of_stretch: list[list[PartDigest | None]] = [[] for _ in wanted]
    for owner, part in zip(owners, parts, strict=True):
        of_stretch[owner].append(part)
    return [_joined(found) for found in of_stretch]


def _joined(parts: Sequence[PartDigest | None]) -> StretchDigest | None:
    whole = tuple(part for part in parts if part is not None)
    return StretchDigest(whole, {}) if len(whole) == len(parts) else None
