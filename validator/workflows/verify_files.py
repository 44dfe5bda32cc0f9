"""A manifest beside files on disk: every byte is read, by several readers at once."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from validator.checks.objects import FILE_DIFFERS, FILE_MISSING, OBJECT_UNPROVEN
from validator.checks.pool import in_threads
from validator.digests.files import FileChanged, FileState
from validator.digests.parts import ObjectDigest, parts_of_etag
from validator.digests.strands import Kernel
from validator.digests.stretches import (
    STRETCH_BYTES,
    Stretch,
    StretchDigest,
    cut_file,
    digest_stretch,
    file_state,
    join_stretches,
)
from validator.digests.stretches_together import Wanted, digest_together
from validator.models.claim import NO_FILE, SHA256_OF_PARTS, Claim
from validator.models.counts import counted
from validator.models.finding import Finding
from validator.models.progress import Step
from validator.s3.part_sizes import guess_part_sizes
from validator.workflows.verify_names import NamedFiles, is_counted_folder
from validator.workflows.verify_objects import NAMES, stated
from validator.workflows.verify_record import VerifyRecord, mark_of

AHEAD = 16
"""Groups of files per reader that may be finished while a large one before them is still read."""
GROUP, GROUP_BYTES = 16, 128 << 20
"""Files, or bytes, that a reader takes at once: enough to digest sixteen runs of bytes side by side."""


SMALLEST_PART = 64 << 10
"""Bytes; a manifest that states smaller parts is read part by part."""
Ahead = tuple[FileState, StretchDigest]
"""What was read, and in which state it was."""


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
    kernel
        Digests many runs of bytes side by side; ``None`` where there is none, or little to read.
    found
        Files that were there, as far as they count.
    verified, resumed
        Files that were gone through, and those that an earlier run had verified.
    """

    files: NamedFiles
    record: VerifyRecord
    kernel: Kernel | None = None
    found: int = 0
    verified: int = 0
    resumed: int = 0

    def compare(self, claims: Iterable[Claim], readers: int, step: Step) -> Iterator[Finding]:
        """Compare every claim; findings come in the order of the claims."""
        waiting: list[Read] = []
        groups = in_threads(self._read_group, _grouped(self._readings(claims)), readers, AHEAD)
        for read in chain.from_iterable(groups):
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

    def _read_group(self, readings: Sequence[Reading]) -> list[Read]:
        ahead = self._digests_ahead(self.kernel, readings) if self.kernel is not None else {}
        return [self._read(reading, ahead.get(number)) for number, reading in enumerate(readings)]

    def _digests_ahead(self, kernel: Kernel, readings: Sequence[Reading]) -> dict[int, Ahead]:
        """What can be digested side by side; the rest, and all that is wrong, is left to `_read`."""
        wanted: dict[int, Wanted] = {}
        for number, reading in enumerate(readings):
            claim = reading.claim
            if not _goes_together(claim):
                continue
            try:
                path = self.files.path_of(claim.name)
                state = file_state(path)
            except OSError:
                continue
            stretch = reading.stretch or Stretch(0, state.size, _part_size(claim))
            if claim.size in (None, state.size) and not self._is_known(reading, path, state, stretch):
                wanted[number] = (path, state, stretch)
        found = digest_together(kernel, list(wanted.values()))
        return {
            number: (wanted[number][1], digest)
            for number, digest in zip(wanted, found, strict=True)
            if digest is not None
        }

    def _is_known(self, reading: Reading, path: str, state: FileState, stretch: Stretch) -> bool:
        mark = mark_of(reading.claim, path, state, stretch)
        if reading.stretch is not None:
            return self.record.stretch(mark) is not None
        return self.record.has_agreed(mark)

    def _read(self, reading: Reading, ahead: Ahead | None = None) -> Read:
        claim = reading.claim
        if claim.problem:
            return Read(reading, finding=_unproven(claim, claim.problem))
        try:
            path = self.files.path_of(claim.name)
            state = file_state(path)
            if claim.size is not None and state.size != claim.size:
                return Read(reading, finding=_other_size(claim, state.size), size=_size(reading))
            digest = ahead[1] if ahead is not None and ahead[0] == state else None
            if reading.stretch is not None:
                return self._read_stretch(reading, reading.stretch, path, state, digest)
            return self._read_file(reading, path, state, digest)
        except FileChanged:
            finding = FILE_DIFFERS.finding(
                claim.name, "The file changes while it is read", expected=stated(claim)
            )
        except FileNotFoundError:
            finding = FILE_MISSING.finding(claim.name, NO_FILE, expected=stated(claim) or None)
        except OSError as error:
            reason = (error.strerror or "the system gave no reason").lower()
            finding = FILE_MISSING.finding(
                claim.name,
                f"The file cannot be read: {reason}",
                expected=stated(claim) or None,
                hint="see to it that you may read the file and that its disk answers; run the same command again",
            )
        return Read(reading, finding=finding, size=_size(reading))

    def _read_stretch(
        self, reading: Reading, stretch: Stretch, path: str, state: FileState, ahead: StretchDigest | None
    ) -> Read:
        mark = mark_of(reading.claim, path, state, stretch)
        digest = self.record.stretch(mark)
        known = digest is not None
        if digest is None:
            digest = ahead or digest_stretch(path, state, stretch)
        return Read(reading, mark, known, digest, size=stretch.length)

    def _read_file(self, reading: Reading, path: str, state: FileState, ahead: StretchDigest | None) -> Read:
        claim = reading.claim
        mark = mark_of(claim, path, state, Stretch(0, state.size, _part_size(claim)))
        if self.record.has_agreed(mark):
            return Read(reading, mark, known=True, size=state.size)
        if ahead is not None:
            finding = _judge(claim, join_stretches([ahead], _part_size(claim)), {})
        else:
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


def _grouped(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    """Neighbours, as many as one reader takes at once."""
    group: list[Reading] = []
    size = 0
    for reading in readings:
        group.append(reading)
        size += _size(reading)
        if len(group) >= GROUP or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _goes_together(claim: Claim) -> bool:
    """Whether a file may be read together with others: it is known how, and nothing but ETag and CRC64NVME is stated."""
    if claim.problem or set(claim.checksums) - {"crc64nvme"}:
        return False
    return claim.part_size >= SMALLEST_PART if claim.part_size else not parts_of_etag(claim.etag or "")


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
            message = f"The file has {counted(state.size, 'byte')}, which no part size cuts into {counted(parts, 'part')}"
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
    actual = counted(digest.size, "byte")
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
    return FILE_DIFFERS.finding(claim.name, message, expected=stated(claim), actual=counted(size, "byte"))


def _unproven(claim: Claim, why: str) -> Finding:
    return OBJECT_UNPROVEN.finding(claim.name, f"{why[:1].upper()}{why[1:]}")
