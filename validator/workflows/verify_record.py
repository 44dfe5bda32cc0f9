"""What a verification of files has done, so that one that was stopped goes on."""

import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from validator.digests.files import FileState
from validator.digests.parts import PartDigest
from validator.digests.stretches import Stretch, StretchDigest
from validator.models.claim import Claim
from validator.recordlog.log import LogWriter, read_log
from validator.workflows.crashes import state_folder

FIRST_SECONDS = 2.0
"""A verification that is done sooner leaves no trace."""
LONGEST_DAYS = 7
"""What was read longer ago is read again: the disk may have changed its mind since."""


class VerifyRecord:
    """Remembers which stretches of which files were read, in a folder named after the manifest and the files.

    It is a convenience: when nothing can be written there, the verification itself goes on.

    Parameters
    ----------
    manifest
        The manifest; another content is another verification.
    root
        Folder of the files.
    state
        Where all state lies; by default the user's state folder.
    fresh
        Forget what an earlier run did.

    Attributes
    ----------
    writable
        Whether what is done is remembered.
    """

    def __init__(self, manifest: Path, root: Path, state: Path | None = None, *, fresh: bool = False) -> None:
        with manifest.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256")
        digest.update(os.fsencode(root.resolve()))
        self._folder = (state or state_folder()) / "verify" / digest.hexdigest()[:16]
        self._agreed: set[int] = set()
        self._read: dict[int, StretchDigest] = {}
        self._began = time.monotonic()
        self._waiting: list[Mapping[str, Any]] = []
        self._log: LogWriter | None = None
        self.writable = True
        if fresh:
            self._remove()
        else:
            self._load()

    def has_agreed(self, mark: int) -> bool:
        """Whether a whole file had the right bytes."""
        return mark in self._agreed

    def stretch(self, mark: int) -> StretchDigest | None:
        """Digests of a stretch that was read."""
        return self._read.get(mark)

    def add_agreed(self, mark: int) -> None:
        """Remember that a whole file had the right bytes."""
        self._append({"f": f"{mark:016x}"})

    def add_stretch(self, mark: int, digest: StretchDigest) -> None:
        """Remember the digests of a stretch."""
        parts = [[part.size, part.md5, f"{part.crc64nvme:016x}"] for part in digest.parts]
        self._append({"f": f"{mark:016x}", "p": parts})

    def finish(self) -> None:
        """Forget everything: the next verification reads every byte anew."""
        self.close()
        self._remove()

    def close(self) -> None:
        """Keep what was done for the next run."""
        if self._log is not None:
            with suppress(OSError):
                self._log.close()
            self._log = None

    def _append(self, record: Mapping[str, Any]) -> None:
        if not self.writable:
            return
        self._waiting.append(record)
        if self._log is None and time.monotonic() - self._began < FIRST_SECONDS:
            return
        try:
            if self._log is None:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._log = LogWriter(self._folder / f"{time.time_ns()}-{os.getpid()}.log")
            for waiting in self._waiting:
                self._log.append(waiting)
            self._waiting.clear()
        except OSError:
            self.writable = False

    def _load(self) -> None:
        oldest = time.time() - LONGEST_DAYS * 86_400
        try:
            logs = [path for path in sorted(self._folder.glob("*.log")) if path.stat().st_mtime > oldest]
            for path in logs:
                for record in read_log(path):
                    self._enter(record)
        except OSError:
            return

    def _enter(self, record: Mapping[str, Any]) -> None:
        try:
            mark = int(record["f"], 16)
            if "p" not in record:
                self._agreed.add(mark)
                return
            parts = tuple(PartDigest(size, md5, int(crc, 16)) for size, md5, crc in record["p"])
            self._read[mark] = StretchDigest(parts, {})
        except (KeyError, ValueError, TypeError):
            return  # of another version: that file is read again

    def _remove(self) -> None:
        if self._folder.exists():
            shutil.rmtree(self._folder, ignore_errors=True)


def mark_of(claim: Claim, path: str, state: FileState, stretch: Stretch) -> int:
    """What stands for one reading of one state of a file; also a write that sets the time back changes it."""
    status = os.stat(path)  # noqa: PTH116  called for every file of millions
    identity = (
        claim.name,
        claim.etag,
        claim.part_size,
        sorted(claim.checksums.items()),
        (state.size, state.mtime_ns, status.st_ctime_ns, status.st_ino),
        (stretch.offset, stretch.length, stretch.part_size),
    )
    digest = hashlib.blake2b(repr(identity).encode("utf-8", "surrogateescape"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")
