"""Where an upload goes: a bucket root, or a prefix of the keys that it writes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from validator.errors import UsageError

# Amazon S3 user guide, "Bucket naming rules"; older buckets may hold capitals and underscores.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


@dataclass(frozen=True, slots=True)
class Destination:
    """A bucket and the prefix that was named.

    Attributes
    ----------
    bucket
        Its name.
    prefix
        Empty for the bucket root; otherwise ends with ``/``.
    """

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def check(self, keys: Iterable[str]) -> None:
        """Make sure that every key lies below the prefix.

        Raises
        ------
        UsageError
            Naming the first key that does not: keys always begin with project and source, a destination
            never moves them elsewhere.
        """
        for key in keys if self.prefix else ():
            if not key.startswith(self.prefix):
                raise UsageError(
                    f"{self} is no prefix of the keys that would be written; the first one is {key}",
                    f"upload to s3://{self.bucket}, or to a prefix such as s3://{self.bucket}/{_dataset(key)}",
                )


def parse_destination(text: str) -> Destination:
    """Read ``s3://bucket`` or ``s3://bucket/prefix``.

    Raises
    ------
    UsageError
        If it is neither.
    """
    scheme, _, rest = text.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not _BUCKET.fullmatch(bucket) or "//" in f"/{prefix}":
        raise UsageError(
            f"{text} is not a bucket", "write the destination as s3://bucket or s3://bucket/prefix"
        )
    prefix = prefix.rstrip("/")
    return Destination(bucket, f"{prefix}/" if prefix else "")


def granted_prefix(destination: Destination, names: Iterable[str]) -> str:
    """Prefix below which the receipt is put (ends with ``/``): what was named, else the dataset's own.

    A grant usually covers ``project/source``, sometimes the whole project, sometimes a folder below: what the
    user names as destination is what the user may write to.
    """
    if destination.prefix:
        return destination.prefix
    datasets = sorted(set(names))
    if len(datasets) == 1:
        return f"{datasets[0]}/"
    return f"{datasets[0].split('/')[0]}/"


def _dataset(key: str) -> str:
    return "/".join(key.split("/")[:2])
