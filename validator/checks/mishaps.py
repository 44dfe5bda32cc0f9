"""What went wrong while checking, which is not the same as what is wrong with the data.

Collected over a run and told once: a share that went away is one finding for each folder, not one for each
of its thousand files.
"""

import errno
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from validator.checks.tool import CHECK_CRASHED, FILE_UNREADABLE
from validator.models.finding import Finding
from validator.models.rule import EXAMPLES_KEPT

_NO_PERMISSION = "you have no permission to read it"
_NO_ANSWER = "the network share does not answer"
_REASONS = {
    errno.EACCES: _NO_PERMISSION,
    errno.EPERM: _NO_PERMISSION,
    errno.ENOENT: "it vanished while the check ran",
    errno.EIO: "the disk or the network share reports an input/output error",
    errno.ESTALE: "the network share was disconnected or replaced while the check ran",
    errno.ETIMEDOUT: _NO_ANSWER,
    errno.EHOSTUNREACH: _NO_ANSWER,
    errno.EMFILE: "too many files are open at once; give a smaller --jobs",
    errno.ENFILE: "too many files are open on this machine",
    errno.EISDIR: "it has become a folder while the check ran",
}


def reason_in_words(error: OSError) -> str:
    """Why the system refused to read a file, as a clause that follows the file's name."""
    text = (error.strerror or "the system gave no reason").lower()
    return _REASONS.get(error.errno or 0, f"the system says: {text}")


@dataclass
class _Group:
    keys: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    count: int = 0

    def add(self, key: str) -> None:
        if key in self.seen:  # another check stumbled over the same file
            return
        self.count += 1
        self.seen.add(key)
        if len(self.keys) < EXAMPLES_KEPT:
            self.keys.append(key)


class Mishaps:
    """Crashes and unreadable files of one run, grouped."""

    def __init__(self) -> None:
        self._crashes: dict[str, _Group] = {}
        self._unreadable: dict[tuple[str, str], _Group] = {}

    def crash(self, check: str, key: str) -> None:
        """Enter a check that crashed on a file (or on the dataset: the key of its folder)."""
        self._crashes.setdefault(check, _Group()).add(key)

    def unreadable(self, key: str, error: OSError) -> None:
        """Enter a file that the system does not hand out."""
        folder = posixpath.dirname(key) + "/"
        self._unreadable.setdefault((folder, reason_in_words(error)), _Group()).add(key)

    def findings(self) -> Iterator[Finding]:
        """One finding for each check that crashed, and for each folder and reason of unreadable files."""
        for check, group in self._crashes.items():
            name = check.replace("_", " ")
            where = f"on {group.count:,} files" if group.count > 1 else "here"
            yield CHECK_CRASHED.finding(
                group.keys[0],
                f"The check “{name}” crashed {where}; what it judges is not known",
                count=group.count,
                examples=group.keys if group.count > 1 else (),
            )
        for (folder, why), group in self._unreadable.items():
            if group.count == 1:
                yield FILE_UNREADABLE.finding(group.keys[0], f"This file cannot be read: {why}")
                continue
            names = [posixpath.basename(key) for key in group.keys]
            text = why.replace("it has", "they have").replace("it vanished", "they vanished")
            text = text.replace("read it", "read them")
            message = f"{group.count:,} files of this folder cannot be read: {text}"
            yield FILE_UNREADABLE.finding(folder, message, count=group.count, examples=names)
