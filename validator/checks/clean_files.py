"""Remembers which files were read and found clean, so that a check that was killed need not read them again.

Reading a million images takes hours, and usually only a few change between two checks of an upload. The memory
is a file of 16-byte fingerprints that is only ever appended to: cut at any byte it loses its last ones.
"""

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from validator.models.listing import Entry

FINGERPRINT_BYTES = 16


class CleanFiles:
    """Files that were clean, by key, size and modification time.

    Parameters
    ----------
    path
        Where the fingerprints lie; made when it is not there.
    judged_by
        Whatever else a verdict depends on (versions, policy): under another one nothing is remembered.

    Raises
    ------
    OSError
        If the file cannot be read or written.
    """

    def __init__(self, path: Path, judged_by: str) -> None:
        self._judged_by = judged_by.encode()
        self._path = path
        path.touch()
        data = path.read_bytes()
        whole = len(data) - len(data) % FINGERPRINT_BYTES
        if whole != len(data):
            with path.open("r+b") as stream:
                stream.truncate(whole)
        self._known = {data[i : i + FINGERPRINT_BYTES] for i in range(0, whole, FINGERPRINT_BYTES)}

    def knows(self, entry: Entry) -> bool:
        """Whether this very state of the file was read and found clean."""
        return self._fingerprint(entry) in self._known

    def add(self, entries: Iterable[Entry]) -> None:
        """Remember files that were read and found clean."""
        fingerprints = (self._fingerprint(entry) for entry in entries)
        new = [fingerprint for fingerprint in fingerprints if fingerprint not in self._known]
        if not new:
            return
        with self._path.open("ab") as stream:
            stream.write(b"".join(new))
        self._known.update(new)

    def _fingerprint(self, entry: Entry) -> bytes:
        state = f"{entry.key}\0{entry.size}\0{entry.mtime_ns}".encode("utf-8", "surrogatepass")
        return blake2b(state, digest_size=FINGERPRINT_BYTES, key=self._judged_by[:64]).digest()
