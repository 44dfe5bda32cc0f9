"""A client of boto3 that is made when it is needed: a worker process that only sends files may never need it."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from validator.errors import CpgateError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class LateClient:
    """Stands for a client and has all that it has; safe to use from several threads.

    Parameters
    ----------
    make
        Makes the client; what it raises is raised where the client is first used, and it is asked again.
    """

    def __init__(self, make: "Callable[[], S3Client]") -> None:
        self._make = make
        self._lock = Lock()
        self._client: S3Client | None = None

    @property
    def is_made(self) -> bool:
        """Whether somebody needed it already."""
        return self._client is not None

    def make_soon(self) -> None:
        """Begin to make it, in a thread of its own; who needs it meanwhile waits."""

        def make() -> None:
            with suppress(CpgateError):  # whoever needs it is told the same
                self.made()

        Thread(target=make, daemon=True).start()

    def made(self) -> "S3Client":
        """The client, made if need be."""
        with self._lock:
            if self._client is None:
                self._client = self._make()
            return self._client

    def __getattr__(self, name: str) -> Any:
        """What the client has under this name."""
        return getattr(self.made(), name)
