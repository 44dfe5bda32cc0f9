"""A file that appears under its name only when it is whole."""

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from validator.errors import CpgateError, UsageError
from validator.reporters.escape import shown


class OutFile:
    """Text that is written beside its place and moved there at the end.

    A run that is killed leaves the earlier file with this name as it was. Something that is not a regular
    file (``/dev/null``, a named pipe) is written directly.

    Parameters
    ----------
    path
        Where the finished file will be.
    what
        What it is called in messages, ``report``.

    Raises
    ------
    UsageError
        If nothing can be written there; said at once, not after an hour of work.
    """

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self.what = what
        direct = path.exists() and not path.is_file()
        self._temporary = None if direct else path.with_name(f".{path.name}.{os.getpid()}.part")
        if path.is_dir():
            raise UsageError(
                f"The {what} cannot be written to {shown(str(path))}: that is a folder", "Name a file."
            )
        try:
            self._stream = (self._temporary or path).open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(
                f"The {what} cannot be written to {shown(str(path))}: {reason(error)}",
                "Name a file in a folder that exists and that you may write to.",
            ) from error

    @property
    def stream(self) -> TextIO:
        """Where to write."""
        return self._stream

    def write(self, text: str) -> None:
        """Append text.

        Raises
        ------
        CpgateError
            If the disk does not take it.
        """
        try:
            self._stream.write(text)
        except OSError as error:
            raise self._failure(error) from error

    def keep_mode(self) -> None:
        """Give the new file the rights of the one that it takes the place of."""
        if self._temporary is not None and self.path.exists():
            with suppress(OSError):  # some network disks know no rights
                self._temporary.chmod(self.path.stat().st_mode & 0o7777)

    def commit(self) -> None:
        """Bring it to the disk and give it its name."""
        try:
            self._stream.flush()
            if self._temporary is not None:
                os.fsync(self._stream.fileno())
            self._stream.close()
            if self._temporary is not None:
                self._temporary.replace(self.path)
                self._temporary = None
        except OSError as error:
            raise self._failure(error) from error

    def discard(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):  # what could not be flushed is thrown away anyhow
            self._stream.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._stream.closed:
            self.discard()

    def _failure(self, error: OSError) -> CpgateError:
        return CpgateError(
            f"The {self.what} cannot be written to {shown(str(self.path))}: {reason(error)}",
            "Make room or name another place, and start again.",
        )


def reason(error: OSError) -> str:
    """What the system said, in lower case and without numbers: ``no space left on device``."""
    text = error.strerror or "the system gave no reason"
    return text[:1].lower() + text[1:]
