"""How programs cut files into parts: what an ETag of theirs can mean.

The part size of a multipart upload is not stored anywhere that a listing shows. It follows from the size of the
file and the program that sent it; where the number of parts in the ETag fits, the ETag itself decides.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from validator.s3.limits import GIB, MAX_PARTS, MIB, MIN_PART_SIZE, part_count, part_size_for

MOST_GUESSES = 200
"""Part sizes that are tried when no program's own fits; each costs one reading of the file."""


@dataclass(frozen=True, slots=True)
class SenderParts:
    """How a program cuts files.

    Attributes
    ----------
    sender
        Its name, and what was set if that is not its default.
    part_size
        Bytes of a part for a file of so many bytes.
    """

    sender: str
    part_size: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class PartSizeGuess:
    """A part size that fits the number of parts.

    Attributes
    ----------
    part_size
        Bytes of a part.
    senders
        Programs that cut a file of this size so; empty when it is only a round number.
    """

    part_size: int
    senders: tuple[str, ...]


def _doubled(size: int) -> int:
    """s3transfer (aws, boto3): 8 MiB, doubled while there would be more than 10,000 parts (ChunksizeAdjuster)."""
    part = 8 * MIB
    while part_count(size, part) > MAX_PARTS:
        part *= 2
    return part


def _divided(start: int) -> Callable[[int], int]:
    """Go SDK's manager (s5cmd): the start, or a ten-thousandth of the file and a byte more."""
    return lambda size: start if size // start < MAX_PARTS else size // MAX_PARTS + 1


def _whole_mib(start: int) -> Callable[[int], int]:
    """rclone: the start, or a ten-thousandth of the file, up to the next whole MiB (its package chunksize)."""
    return lambda size: (
        start if part_count(size, start) <= MAX_PARTS else (size // MAX_PARTS // MIB + 1) * MIB
    )


def _multiple(step: int) -> Callable[[int], int]:
    """minio-go (mc): the smallest multiple of 16 MiB that needs 10,000 parts at most."""
    return lambda size: max(1, -(-size // MAX_PARTS // step)) * step


def _always(part: int) -> Callable[[int], int]:
    return lambda size: part  # noqa: ARG005  the same for every file


SENDERS = (
    SenderParts("aws s3, boto3", _doubled),
    SenderParts("cpgate", lambda size: part_size_for(size) or 8 * MIB),
    SenderParts("rclone", _whole_mib(5 * MIB)),
    SenderParts("s5cmd", _divided(50 * MIB)),
    # 160 GiB, the most that the console takes, in 10,000 parts
    SenderParts("the S3 console", _always(-(-160 * GIB // MAX_PARTS))),
    SenderParts("AWS SDKs for Go and Java", _divided(5 * MIB)),
    SenderParts("s3cmd", _always(15 * MIB)),
    SenderParts("MinIO mc", _multiple(16 * MIB)),
    SenderParts("Cyberduck, s3fs", _always(10 * MIB)),
    *(SenderParts("a setting in use", _always(n * MIB)) for n in (16, 25, 32, 64, 100, 128, 256, 512, 1024)),
)
"""Likeliest first; read from each program's source or documentation, 2026."""


def guess_part_sizes(size: int, parts: int) -> Iterator[PartSizeGuess]:
    """Part sizes that cut a file into so many parts, likeliest first.

    Parameters
    ----------
    size
        Bytes of the file.
    parts
        The number in its ETag; at least 1.

    Yields
    ------
    PartSizeGuess
        Those of programs, then whole MiB and whole MB, 200 in all at most.

    Examples
    --------
    >>> next(guess_part_sizes(46_858_240, 6))
    PartSizeGuess(part_size=8388608, senders=('aws s3, boto3', 'cpgate'))
    """
    if parts == 1:  # whatever the part size was, it was not smaller than the file
        yield PartSizeGuess(
            max(size, MIN_PART_SIZE), tuple(s.sender for s in SENDERS if s.part_size(size) >= size)
        )
        return
    by_size: dict[int, list[str]] = {}
    for sender in SENDERS:
        part_size = sender.part_size(size)
        if part_count(size, part_size) == parts:
            by_size.setdefault(part_size, []).append(sender.sender)
    for part_size, senders in by_size.items():
        yield PartSizeGuess(part_size, tuple(senders))
    tried = len(by_size)
    for part_size in _round_sizes(size, parts):
        if tried == MOST_GUESSES:
            return
        if part_size not in by_size:
            tried += 1
            yield PartSizeGuess(part_size, ())


def fitting_part_sizes(size: int, parts: int) -> list[int]:
    """Part sizes of programs that cut ``size`` bytes into so many parts, likeliest first; no merely round ones."""
    return [guess.part_size for guess in guess_part_sizes(size, parts) if guess.senders]


def _round_sizes(size: int, parts: int) -> Iterator[int]:
    """Whole MiB, then whole MB that cut a file into so many parts."""
    smallest, below = max(MIN_PART_SIZE, -(-size // parts)), -(-size // (parts - 1))
    for unit in (MIB, 10**6):
        for part_size in range(-(-smallest // unit) * unit, below, unit):
            if unit == MIB or part_size % MIB:
                yield part_size
