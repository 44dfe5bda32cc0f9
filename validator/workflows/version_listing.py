"""Lists the versions of many objects in few requests, wherever in a bucket they lie."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from validator.errors import CredentialsError
from validator.s3.pages import PAGE
from validator.s3.versions import ObjectVersion, list_versions
from validator.upload.remote import listing_prefixes

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def versions_of(client: "S3Client", bucket: str, keys: Collection[str]) -> Iterator[ObjectVersion]:
    """Every version of these objects, the newest of each key first, and of some others.

    The folder that holds all of them is listed first: a package has thousands of folders with one file each. If that does not
    end after as many requests as the folders one by one would take at least, the rest is listed folder by folder.

    Parameters
    ----------
    client, bucket
        Where to look.
    keys
        Of the objects.

    Raises
    ------
    CredentialsError
        If the keys may not list versions.
    RemoteError
        If the store refuses.
    """
    folders = sum(map(len, listing_prefixes(keys)))
    seen = ""
    common = _common_folder(keys)
    if folders > 1 and common:
        room = PAGE * folders
        try:
            for version in list_versions(client, bucket, common):
                if not room:
                    break
                room, seen = room - 1, version.key
                yield version
            else:
                return
        except CredentialsError:
            if seen:
                raise
            # keys for several folders may not list what is above them
    deep, shallow = listing_prefixes(key for key in keys if key >= seen)
    for prefix, direct in [*((prefix, False) for prefix in deep), *((prefix, True) for prefix in shallow)]:
        yield from (v for v in list_versions(client, bucket, prefix, direct=direct) if v.key >= seen)


def _common_folder(keys: Collection[str]) -> str:
    """The deepest folder that holds all keys; keys of a bucket's root share none that is worth listing."""
    first, last = min(keys, default=""), max(keys, default="")
    differ = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    return first[: first.rfind("/", 0, differ) + 1]
