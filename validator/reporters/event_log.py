"""What happens in an upload, for programs: one JSON object a line (``--log-json``).

Documented on the page *Long uploads*. Nothing secret comes here: keys of objects, numbers, and the sentences that
are shown to people.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self, TextIO

from validator.errors import UsageError
from validator.reporters.outfile import reason

STANDARD_OUTPUT = "-"


def utc_now() -> datetime:
    """The time of an event."""
    return datetime.now(UTC)


class EventLog:
    """Writes events; safe to call from several threads, use as a context manager.

    A log that exists is continued, so that the runs of one upload stand in one file. A disk that fills up ends
    the log, not the upload: `broken` then says why.

    Parameters
    ----------
    place
        A file, or ``-`` for stdout.
    now
        For tests.

    Attributes
    ----------
    broken
        Why events are missing, a clause; empty as long as all were written.

    Raises
    ------
    UsageError
        If the file cannot be opened.
    """

    def __init__(self, place: str, now: Callable[[], datetime] = utc_now) -> None:
        self.broken = ""
        self._now = now
        self._lock = Lock()
        self._own: TextIO | None = None
        if place == STANDARD_OUTPUT:
            self._stream: TextIO = sys.stdout
            return
        try:
            self._own = self._stream = Path(place).open(  # noqa: SIM115  stays open to the end of the run
                "a", encoding="ascii", newline="\n"
            )
        except OSError as error:
            raise UsageError(
                f"The log {place} cannot be written: {reason(error)}", "Name another file with --log-json"
            ) from error

    def write(self, event: str, **values: Any) -> None:
        """Write one event with the time; values that are ``None`` are left out."""
        record = {"time": self._now().isoformat(timespec="milliseconds"), "event": event}
        record |= {name: value for name, value in values.items() if value is not None}
        line = json.dumps(record, separators=(",", ":"))
        with self._lock:
            if self.broken:
                return
            try:
                self._stream.write(f"{line}\n")
                self._stream.flush()
            except (OSError, ValueError) as error:
                self.broken = reason(error) if isinstance(error, OSError) else "it was closed"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own is not None:
            try:
                self._own.close()
            except OSError as failed:
                self.broken = self.broken or reason(failed)
