"""The claims of a manifest in the order of keys, in bounded memory."""

import heapq
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

from validator.manifests.claims import ClaimFile
from validator.models.claim import Claim

RUN_LENGTH = 100_000
"""Claims that are sorted in memory at once, about 50 MB."""


@dataclass(slots=True)
class Survey:
    """What one reading of a manifest tells.

    Attributes
    ----------
    objects, size
        Number of claims, and their bytes as far as they are stated.
    in_order
        Whether they stand in the order of their names, as a bucket lists them.
    folders
        Folders of the names.
    buckets
        Buckets that are named.
    """

    objects: int = 0
    size: int = 0
    in_order: bool = True
    folders: set[str] = field(default_factory=set)
    buckets: set[str] = field(default_factory=set)


def survey(file: ClaimFile) -> Survey:
    """Read a manifest to its end, so that a damaged one is told before anything is compared.

    Raises
    ------
    UnreadableFile
        If it is damaged.
    """
    found, last = Survey(), ""
    for claim in file.claims():
        found.objects += 1
        found.size += claim.size or 0
        found.in_order = found.in_order and last <= claim.name
        last = claim.name
        found.folders.add(claim.name.rpartition("/")[0])
        if claim.bucket is not None:
            found.buckets.add(claim.bucket)
    return found


def sorted_claims(claims: Iterable[Claim], *, in_order: bool) -> Iterator[Claim]:
    """Claims in the order of their names; long manifests in another order are sorted in a temporary file."""
    if in_order:
        yield from claims
        return
    with tempfile.TemporaryFile() as stream:
        runs: list[int] = []
        run: list[Claim] = []
        for claim in claims:
            run.append(claim)
            if len(run) == RUN_LENGTH:
                runs.append(_write_run(stream, run))
                run.clear()
        run.sort(key=_name)
        if not runs:
            yield from run
            return
        yield from heapq.merge(run, *(_read_run(stream, start) for start in runs), key=_name)


def _name(claim: Claim) -> str:
    return claim.name


def _write_run(stream: IO[bytes], run: list[Claim]) -> int:
    start = stream.tell()
    run.sort(key=_name)
    for claim in run:
        pickle.dump(_plain(claim), stream)
    pickle.dump(None, stream)
    return start


def _plain(claim: Claim) -> tuple[object, ...]:
    return (
        claim.name,
        claim.bucket,
        claim.size,
        claim.etag,
        claim.part_size,
        claim.version_id,
        dict(claim.checksums),
        claim.problem,
    )


def _read_run(stream: IO[bytes], position: int) -> Iterator[Claim]:
    """Claims of a run; the runs share one file, so each keeps its own place in it."""
    while True:
        stream.seek(position)
        block = []
        for _ in range(1000):
            values = pickle.load(stream)  # noqa: S301  this process wrote it a moment ago
            if values is None:
                break
            block.append(Claim(*values))
        position = stream.tell()
        yield from block
        if len(block) < 1000:
            return
