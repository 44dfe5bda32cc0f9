"""Reads an object as if it were a file, in ranges, so that no more of it travels than is looked at."""

import errno
import io
from typing import TYPE_CHECKING, Any, BinaryIO

from validator.errors import CpgateError, CredentialsError, RemoteError
from validator.s3.failures import AlreadyThere, ObjectMissing, translated
from validator.s3.limits import KIB, MIB

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SMALLEST_RANGE = 64 * KIB
"""Enough for the directory of a TIFF and the header of a NumPy array."""
WHOLE = 1 * MIB
"""Objects up to this size, most tables, are fetched with one request."""
LARGEST_RANGE = 8 * MIB
ATTEMPTS = 3
_BUFFER = 16 * KIB
HEADS_SUFFICE = (".tif", ".tiff", ".npy", ".npz", ".png", ".nd2", ".zarr", ".sqlite", ".parquet")
"""Files of which only the beginning, and what it points to, is looked at."""


class ObjectStream(io.RawIOBase):
    """An object in a bucket as a stream of bytes.

    Parameters
    ----------
    client, bucket, key
        The object.
    size
        Its bytes, as it was listed.
    first
        Bytes of the first range that is asked for. A reader that goes on where it stopped is given twice as
        many each time, one that jumps starts small again.
    version_id
        Which version of it; ``None`` for what lies there.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        key: str,
        size: int,
        first: int = SMALLEST_RANGE,
        version_id: str | None = None,
    ) -> None:
        super().__init__()
        self._client = client
        self._bucket = bucket
        self._key = key
        self._size = size
        self._first = first
        self._range = first
        self._position = 0
        self._begin = 0
        self._held = b""
        self._etag = ""
        self._version: dict[str, Any] = {} if version_id is None else {"VersionId": version_id}

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; nothing is fetched."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, "a place before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed wants any buffer
        """Fill the buffer with what is at hand, or with what the next range brings.

        Raises
        ------
        OSError
            If the store does not hand out the bytes: ENOENT when the object is gone or has been replaced,
            EACCES when it may not be read.
        """
        if self._position >= self._size:
            return 0
        end = self._begin + len(self._held)
        if not self._begin <= self._position < end:
            going_on = bool(self._held) and self._position == end
            self._range = min(2 * self._range, LARGEST_RANGE) if going_on else self._first
            self._fetch(max(self._range, len(buffer)))
        start = self._position - self._begin
        some = self._held[start : start + len(buffer)]
        buffer[: len(some)] = some
        self._position += len(some)
        return len(some)

    def _fetch(self, length: int) -> None:
        last = min(self._position + length, self._size) - 1
        try:
            self._held = self._get(f"bytes={self._position}-{last}")
        except (ObjectMissing, AlreadyThere) as error:
            raise FileNotFoundError(errno.ENOENT, error.what, self._key) from error
        except CredentialsError as error:
            raise PermissionError(errno.EACCES, error.what, self._key) from error
        except CpgateError as error:
            raise OSError(errno.EPROTO, error.what, self._key) from error
        self._begin = self._position
        if not self._held:
            raise OSError(errno.EPROTO, "the store sent no bytes", self._key)

    def _get(self, bounds: str) -> bytes:
        # Never the beginning of one object and the end of another that took its place meanwhile.
        unchanged = {**self._version, "IfMatch": self._etag} if self._etag else self._version
        for attempt in range(ATTEMPTS):
            try:
                with translated(self._bucket, self._key, "read"):
                    answer = self._client.get_object(
                        Bucket=self._bucket, Key=self._key, Range=bounds, **unchanged
                    )
                    self._etag = answer["ETag"]
                    return answer["Body"].read()
            except (ObjectMissing, AlreadyThere):
                raise
            except (
                RemoteError
            ):  # boto3 tries a request again, but not the reading of an answer that breaks off
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError  # the last attempt returns or raises


def open_object(
    client: "S3Client",
    bucket: str,
    key: str,
    size: int,
    *,
    first: int = SMALLEST_RANGE,
    version_id: str | None = None,
) -> BinaryIO:
    """Open an object for reading and seeking.

    Parameters
    ----------
    client, bucket, key, size, first, version_id
        See `ObjectStream`.
    """
    return io.BufferedReader(ObjectStream(client, bucket, key, size, first, version_id), _BUFFER)
