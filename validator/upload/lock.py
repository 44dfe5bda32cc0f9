"""One uploader at a time for a destination; the second is told who the first is."""

import json
import os
import secrets
import socket
import time
import uuid
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from validator.errors import CpgateError

HEARTBEAT_SECONDS = 15.0
STALE_SECONDS = 120.0
ATTEMPTS = 3
UNLINK_PAUSES = (0.02, 0.1, 0.3, 0.0)


class UploadLock:
    """A lock file with a heartbeat, which works on network disks and survives a kill of its holder.

    A lock is taken over when its process is gone (same host) or its heartbeat is two minutes old. Ages are
    taken from the file system's own clock, so that a wrong clock on one machine does no harm.

    Parameters
    ----------
    folder
        State folder of the destination.

    Attributes
    ----------
    lost
        Whether somebody else took it over: this process was frozen for minutes, with its laptop perhaps.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self._folder = folder
        self._token = secrets.token_hex(8)
        self._stop = Event()
        self.lost = False
        self._beat = Thread(target=self._keep_beating, daemon=True)

    def __enter__(self) -> Self:
        for _ in range(ATTEMPTS):
            if self._create():
                self._beat.start()
                return self
            holder = _read(self.path)
            if holder is not None and not self._is_stale(holder):
                raise CpgateError(
                    f"another upload to this place is running (process {holder['pid']} on {holder['host']}, "
                    f"since {holder['since']}; last heard of {max(0, round(self._age(self.path)))} s ago)",
                    "wait for it, or stop it: this command then goes on where it stopped",
                )
            if holder is not None:
                self._remove(holder)
        raise CpgateError(
            f"the lock {self.path} cannot be taken", "another upload began at this moment; try again"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._beat.is_alive():
            self._beat.join()
        holder = _read(self.path)
        if holder is not None and holder["token"] == self._token:
            _unlink(self.path)

    def _create(self) -> bool:
        content = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "boot": _boot(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S %z"),
            "token": self._token,
        }
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        except OSError as error:
            if os.name == "nt" and isinstance(error, PermissionError):
                return False  # somebody still reads the lock that its holder has just given up
            raise _cannot_lock(self.path, error) from error
        try:
            with os.fdopen(descriptor, "w") as stream:
                json.dump(content, stream)
        except OSError as error:
            _unlink(self.path)
            raise _cannot_lock(self.path, error) from error
        return True

    def _remove(self, stale: dict[str, object]) -> None:
        """Remove the lock of a holder that is gone, and nobody else's.

        Of several processes that find it at the same moment one may remove it at a time, and that one looks
        again first: another may have removed it already and hold a lock of its own.
        """
        removing = self._folder / "lock-removing"
        try:
            os.close(os.open(removing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            if self._age(removing) > STALE_SECONDS:  # whoever made it was killed
                _unlink(removing)
            return
        try:
            if _read(self.path) == stale:
                _unlink(self.path)
        finally:
            _unlink(removing)

    def _is_stale(self, holder: dict[str, object]) -> bool:
        pid = holder["pid"]
        # Names of hosts repeat (ubuntu, localhost): only on this very boot of this machine a pid means something.
        here = holder["host"] == socket.gethostname() and holder["boot"] == _boot()
        if here and isinstance(pid, int) and not _is_alive(pid):
            return True
        return self._age(self.path) > STALE_SECONDS

    def _age(self, path: Path) -> float:
        """Seconds since a file was touched (by the heartbeat), by the clock of the file system."""
        probe = self._folder / f"clock-{self._token}"
        try:
            probe.touch()
            return probe.stat().st_mtime - path.stat().st_mtime
        except FileNotFoundError:
            return STALE_SECONDS + 1
        finally:
            probe.unlink(missing_ok=True)

    def _keep_beating(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            holder = _read(self.path)
            if holder is None or holder["token"] not in {self._token, ""}:
                self.lost = True
                return
            with suppress(OSError):
                os.utime(self.path)


def _unlink(path: Path) -> None:
    """Remove a file; Windows refuses while somebody reads it, which takes a moment only."""
    for pause in UNLINK_PAUSES:
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            time.sleep(pause)
        else:
            return


def _read(path: Path) -> dict[str, object] | None:
    """Content of a lock file; ``None`` when there is none, an unknown holder when it is damaged."""
    unknown: dict[str, object] = {"pid": "?", "host": "?", "boot": "", "since": "?", "token": ""}
    try:
        content = json.loads(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return unknown
    return unknown | content if isinstance(content, dict) else unknown


def _cannot_lock(path: Path, error: OSError) -> CpgateError:
    return CpgateError(
        f"the lock {path} cannot be written: {error.strerror or error}",
        "make room on the disk, or name another place with --state",
    )


def _boot() -> str:
    """What tells this boot of this machine from every other; the machine alone where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{uuid.getnode():012x}"


def _is_alive(pid: int) -> bool:
    if os.name == "nt":  # there is no harmless signal on Windows: the heartbeat alone decides
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # no process can have such a number
        return False
    except PermissionError:
        return True
    return True
