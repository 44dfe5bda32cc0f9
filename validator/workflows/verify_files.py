"""A manifest beside files on disk: every byte is read, by several readers at once."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from validator.checks.objects import FILE_DIFFERS, FILE_MISSING, OBJECT_UNPROVEN
from validator.checks.pool import in_threads
from validator.digests.files import FileChanged, FileState
from validator.digests.parts import ObjectDigest, parts_of_etag
from validator.digests.stretches import (
    STRETCH_BYTES,
    Stretch,
    StretchDigest,
    cut_file,
    digest_stretch,
    file_state,
    join_stretches,
)
from validator.models.claim import SHA256_OF_PARTS, Claim
from validator.models.finding import Finding
from validator.models.progress import Step
from validator.s3.part_sizes import guess_part_sizes
from validator.workflows.verify_names import NamedFiles, is_counted_folder
from validator.workflows.verify_objects import NAMES, stated
from validator.workflows.verify_record import VerifyRecord, mark_of

AHEAD = 256
"""Files per reader that may be finished while a large one before them is still read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader does at once: a file, or a stretch of a large one.

    Attributes
    ----------
    claim
        What is stated of the file.
    stretch
        What to read; ``None`` for all of it.
    last
        Whether it is the last of its file.
    """

    claim: Claim
    stretch: Stretch | None = None
    last: bool = True


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader found.

    Attributes
    ----------
    reading
        What it was asked.
    mark
        What stands for it in the record; ``None`` when nothing was read.
    known
        Whether an earlier run had done it.
    digest
        Of a stretch.
    finding
        What is wrong.
    size
        Bytes that count as read.
    """

    reading: Reading
    mark: int | None = None
    known: bool = False
    digest: StretchDigest | None = None
    finding: Finding | None = None
    size: int = 0


@dataclass
class FileComparison:
    """Compares claims with files.

    Attributes
    ----------
    files
        Where the files lie.
    record
        What was done before.
    found
        Files that were there, as far as they count.
    verified, resumed
        Files that were gone through, and those that an earlier run had verified.
    """

    files: NamedFiles
    record: VerifyRecord
    found: int = 0
    verified: int = 0
    resumed: int = 0

    def compare(self, claims: Iterable[Claim], readers: int, step: Step) -> Iterator[Finding]:
        """Compare every claim; findings come in the order of the claims."""
        waiting: list[Read] = []
        for read in in_threads(self._read, self._readings(claims), readers, AHEAD):
            step.advance(read.size)
            self._remember(read)
            waiting.append(read)
            if read.reading.last:
                finding = next((done.finding for done in waiting if done.finding is not None), None)
                if finding is None and read.digest is not None:
                    digests = [done.digest for done in waiting if done.digest is not None]
                    digest = join_stretches(digests, read.reading.claim.part_size)
                    finding = _judge(read.reading.claim, digest, {})
                self._count(waiting, finding)
                waiting.clear()
                if finding is not None:
                    yield finding

    def _readings(self, claims: Iterable[Claim]) -> Iterator[Reading]:
        for claim in claims:
            size, part_size = claim.size or 0, _part_size(claim)
            if size <= STRETCH_BYTES or part_size is None or set(claim.checksums) - {"crc64nvme"}:
                yield Reading(claim)
                continue
            stretches = list(cut_file(size, part_size))
            for stretch in stretches:
                yield Reading(claim, stretch, stretch is stretches[-1])

    def _read(self, reading: Reading) -> Read:
        claim = reading.claim
        if claim.problem:
            return Read(reading, finding=_unproven(claim, claim.problem))
        try:
            path = self.files.path_of(claim.name)
            state = file_state(path)
            if claim.size is not None and state.size != claim.size:
                return Read(reading, finding=_other_size(claim, state.size), size=_size(reading))
            if reading.stretch is not None:
                return self._read_stretch(reading, reading.stretch, path, state)
            return self._read_file(reading, path, state)
        except FileChanged:
            finding = FILE_DIFFERS.finding(
                claim.name, "The file changes while it is read", expected=stated(claim)
            )
        except FileNotFoundError:
            message = "There is no such file below this folder"
            finding = FILE_MISSING.finding(claim.name, message, expected=stated(claim) or None)
        except OSError as error:
            reason = (error.strerror or "the system gave no reason").lower()
            finding = FILE_MISSING.finding(
                claim.name,
                f"The file cannot be read: {reason}",
                expected=stated(claim) or None,
                hint="see to it that you may read the file and that its disk answers; run the same command again",
            )
        return Read(reading, finding=finding, size=_size(reading))

    def _read_stretch(self, reading: Reading, stretch: Stretch, path: str, state: FileState) -> Read:
        mark = mark_of(reading.claim, path, state, stretch)
        digest = self.record.stretch(mark)
        known = digest is not None
        if digest is None:
            digest = digest_stretch(path, state, stretch)
        return Read(reading, mark, known, digest, size=stretch.length)

    def _read_file(self, reading: Reading, path: str, state: FileState) -> Read:
        claim = reading.claim
        mark = mark_of(claim, path, state, Stretch(0, state.size, _part_size(claim)))
        if self.record.has_agreed(mark):
            return Read(reading, mark, known=True, size=state.size)
        finding = _read_and_judge(claim, path, state)
        return Read(reading, mark, finding=finding, size=state.size)

    def _remember(self, read: Read) -> None:
        if read.mark is None or read.known or read.finding is not None:
            return
        if read.digest is not None:
            self.record.add_stretch(read.mark, read.digest)
        else:
            self.record.add_agreed(read.mark)

    def _count(self, reads: list[Read], finding: Finding | None) -> None:
        name = reads[0].reading.claim.name
        self.verified += 1
        self.resumed += all(read.known for read in reads)
        there = finding is None or finding.rule != FILE_MISSING.id
        self.found += there and is_counted_folder(name.rpartition("/")[0])


def _part_size(claim: Claim) -> int | None:
    """Bytes of a part of what the claim's ETag speaks of; ``None`` for one part, or when it is not known."""
    cut = parts_of_etag(claim.etag or "") or SHA256_OF_PARTS in claim.checksums
    return claim.part_size if cut else None


def _size(reading: Reading) -> int:
    return reading.stretch.length if reading.stretch is not None else reading.claim.size or 0


def _read_and_judge(claim: Claim, path: str, state: FileState) -> Finding | None:
    algorithms = set(claim.checksums) - {"crc64nvme"}
    parts = parts_of_etag(claim.etag or "")
    part_sizes: list[int | None] = [_part_size(claim)]
    if parts and part_sizes == [None]:
        part_sizes = [guess.part_size for guess in guess_part_sizes(state.size, parts)]
        if not part_sizes:
            message = f"The file has {state.size:,} bytes, which no part size cuts into {parts:,} parts"
            return FILE_DIFFERS.finding(claim.name, message, expected=stated(claim))
    finding = None
    for part_size in part_sizes:
        read = digest_stretch(path, state, Stretch(0, state.size, part_size), algorithms)
        finding = _judge(claim, join_stretches([read], part_size), read.hashes)
        if finding is None:
            return None
    if len(part_sizes) > 1 and finding is not None:
        return finding.model_copy(
            update={"message": f"{finding.message}: none of {len(part_sizes)} part sizes gives its ETag"}
        )
    return finding


def _judge(claim: Claim, digest: ObjectDigest, hashes: Mapping[str, bytes]) -> Finding | None:
    found = {**hashes, "crc64nvme": base64.b64decode(digest.crc64nvme)}
    if digest.sha256:
        found[SHA256_OF_PARTS] = base64.b64decode(digest.sha256.partition("-")[0])
    wrong = [NAMES.get(name, name) for name, value in claim.checksums.items() if found.get(name) != value]
    actual = f"{digest.size:,} bytes"
    if claim.etag is not None:
        wrong = ["ETag"] * (digest.etag != claim.etag) + wrong
        actual += f", ETag {digest.etag}"
    else:
        actual += "".join(f", {NAMES.get(name, name)} {found[name].hex()}" for name in claim.checksums)
    if not wrong:
        return None
    message = f"The file has other bytes than the manifest states ({', '.join(wrong)})"
    return FILE_DIFFERS.finding(claim.name, message, expected=stated(claim), actual=actual)


def _other_size(claim: Claim, size: int) -> Finding:
    message = "The file has another size than the manifest states"
    return FILE_DIFFERS.finding(claim.name, message, expected=stated(claim), actual=f"{size:,} bytes")


def _unproven(claim: Claim, why: str) -> Finding:
    return OBJECT_UNPROVEN.finding(claim.name, f"{why[:1].upper()}{why[1:]}")
