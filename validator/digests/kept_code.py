"""Machine code that was translated for this processor stays in the user's cache: the next process need not translate again.

Translating takes a tenth of a second in every worker, which is a part of a short upload. As with what Python keeps of its own
modules, whoever may write into the user's cache folder may do what the user may; a file that others own or may write to is
passed over, and so is one that is not whole.
"""

import hashlib
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_DIGEST = hashlib.sha256().digest_size
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class KeptCode:
    """The place of the code for one processor and one way to translate it.

    Parameters
    ----------
    made_by
        All that the code depends on: the translator's version, its source, the processor.
    folder
        Where it lies; the user's cache folder by default.
    """

    def __init__(self, *made_by: str, folder: Path | None = None) -> None:
        identity = hashlib.sha256("\0".join(made_by).encode()).hexdigest()[:20]
        self._folder = folder or default_folder()
        self._path = self._folder / f"kernel-{identity}"

    def read(self) -> bytes | None:
        """The code, if it is there, whole, and nobody else's."""
        try:
            with self._path.open("rb") as stream:
                if not _is_own(os.fstat(stream.fileno())):
                    return None
                content = stream.read()
        except OSError:
            return None
        code = content[_DIGEST:]
        return code if hashlib.sha256(code).digest() == content[:_DIGEST] else None

    def write(self, code: bytes) -> None:
        """Keep code, where there is room for it."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".kernel-", dir=self._folder)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(hashlib.sha256(code).digest() + code)
                Path(name).replace(self._path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise


def default_folder() -> Path:
    """Return the user's cache folder (``~/.cache/cpgate`` on Linux)."""
    import platformdirs  # noqa: PLC0415  needed here only

    return Path(platformdirs.user_cache_dir("cpgate", appauthor=False))


def _is_own(state: os.stat_result) -> bool:
    # On Windows the user's folders are the user's alone.
    return sys.platform == "win32" or (state.st_uid == os.geteuid() and not state.st_mode & _OTHERS_WRITE)
