"""The ETag that a file has or would have in S3, and the part size that stands behind an ETag."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from validator.checks.pool import in_threads
from validator.digests.files import FileState
from validator.digests.parts import ObjectDigest, parts_of_etag
from validator.digests.stretches import cut_file, digest_stretch, file_state, join_stretches
from validator.errors import CpgateError, UsageError
from validator.models.progress import Progress, SilentProgress, Step
from validator.reporters.outfile import reason
from validator.s3.limits import MAX_PARTS, part_count, part_size_for
from validator.s3.objects import bare_etag
from validator.s3.part_sizes import PartSizeGuess, guess_part_sizes


@dataclass(frozen=True, slots=True)
class FileEtag:
    """A file with the ETag that it would have.

    Attributes
    ----------
    path
        As it was given.
    size
        Bytes.
    etag
        Without quotes.
    part_size
        Bytes of every part but the last; ``None`` for a single PUT.
    parts
        Number of parts; 1 for a single PUT.
    crc64nvme
        CRC64NVME of the whole, base64, which does not depend on parts.
    """

    path: str
    size: int
    etag: str
    part_size: int | None
    parts: int
    crc64nvme: str


@dataclass(frozen=True, slots=True)
class EtagMatch:
    """Whether a file can have an ETag, and in which parts it was sent then.

    Attributes
    ----------
    path, size
        The file.
    etag
        The ETag that was asked about.
    fit
        The part size that gives it, with the programs that use it; ``None`` for a single PUT or no fit.
    fits
        Whether the file can have it.
    tried
        Part sizes that were computed.
    """

    path: str
    size: int
    etag: str
    fits: bool
    fit: PartSizeGuess | None
    tried: tuple[int, ...]


def file_etags(
    paths: Sequence[Path],
    part_size: int | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Iterator[FileEtag]:
    """Compute the ETag of each file, as it is had when it is uploaded.

    Parameters
    ----------
    paths
        Files.
    part_size
        Bytes of a part; by default what ``cpgate upload`` and ``aws s3`` use. A file that one part holds is sent
        with a single PUT.
    jobs
        Readers; by default one a core.
    progress
        Where the bytes are shown.

    Raises
    ------
    UsageError
        If a file cannot be read, or would need more than 10,000 parts.
    """
    states = [(path, _state(path)) for path in paths]
    with (progress or SilentProgress()).step("reading", sum(state.size for _, state in states), "B") as step:
        for path, state in states:
            chosen = part_size_for(state.size) if part_size is None else part_size
            if chosen is not None and state.size <= chosen:
                chosen = None
            if part_count(state.size, chosen) > MAX_PARTS:
                raise UsageError(
                    f"{path} would need more than 10,000 parts of that size",
                    "name a larger --part-size, or leave it out",
                )
            digest = _digest(path, state, chosen, jobs, step)
            yield FileEtag(
                str(path), state.size, digest.etag, digest.part_size, digest.parts, digest.crc64nvme
            )


def match_etag(
    path: Path,
    etag: str,
    part_size: int | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> EtagMatch:
    """Find the part size with which a file has an ETag.

    Parameters
    ----------
    path
        The file.
    etag
        As S3 reports it, with or without quotes.
    part_size
        The only one to try; by default those of all known programs, then whole MiB and MB.
    jobs
        Readers; by default one a core.
    progress
        Where the bytes are shown.

    Raises
    ------
    UsageError
        If it is no ETag that is made of MD5s, or the file cannot be read.
    """
    wanted = bare_etag(etag.strip()).lower()
    parts = parts_of_etag(wanted)
    if parts is None:
        raise UsageError(
            f"{etag} is not an ETag that can be recomputed",
            "it has 32 hexadecimal digits, and -N after an upload in N parts",
        )
    state = _state(path)
    guesses: list[PartSizeGuess | None] = [None]
    if parts and part_size is None:
        guesses = [*guess_part_sizes(state.size, parts)]
    elif parts and part_size is not None:
        guesses = [PartSizeGuess(part_size, ())] if part_count(state.size, part_size) == parts else []
    tried: list[int] = []
    with (progress or SilentProgress()).step("reading", None, "B") as step:
        for guess in guesses:
            size = guess.part_size if guess is not None else None
            tried += [size] if size is not None else []
            if _digest(path, state, size, jobs, step).etag == wanted:
                return EtagMatch(str(path), state.size, wanted, fits=True, fit=guess, tried=tuple(tried))
    return EtagMatch(str(path), state.size, wanted, fits=False, fit=None, tried=tuple(tried))


def _state(path: Path) -> FileState:
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder", "name files")
        return file_state(str(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {reason(error)}", "check the path") from error


def _digest(
    path: Path, state: FileState, part_size: int | None, jobs: int | None, step: Step
) -> ObjectDigest:
    """Digest of a file, its stretches read side by side."""
    digests = []
    stretches = cut_file(state.size, part_size)
    try:
        for digest in in_threads(
            lambda stretch: digest_stretch(str(path), state, stretch),
            stretches,
            jobs or max(2, os.cpu_count() or 1),
        ):
            digests.append(digest)
            step.advance(sum(part.size for part in digest.parts))
    except OSError as error:
        raise CpgateError(
            f"{path} cannot be read: {reason(error)}", "check the disk, then run the same command again"
        ) from error
    return join_stretches(digests, part_size)
