"""What already lies at the keys of an upload, from listings alone."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from validator.models.progress import Step
from validator.s3.objects import RemoteObject, list_objects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX_SEGMENTS = 5
SHALLOW_SEGMENTS = 3


def listing_prefixes(keys: Iterable[str]) -> tuple[list[str], list[str]]:
    """Folders to list so that every key is covered and little else is.

    Five segments (``project/source/images/<batch>/images/``) keep the other batches of a large source out
    and ask once for all plates of a batch. A file high up in the tree must not make the listing run through
    everything below it.

    Returns
    -------
    deep, shallow
        Folders to list with all that is below them, and folders of which only the files directly in them count.
    """
    folders = {key.rpartition("/")[0] for key in keys}
    shallow = sorted(f"{folder}/".lstrip("/") for folder in folders if folder.count("/") < SHALLOW_SEGMENTS)
    cut = sorted(
        {
            "".join(f"{segment}/" for segment in folder.split("/")[:PREFIX_SEGMENTS])
            for folder in folders
            if folder.count("/") >= SHALLOW_SEGMENTS
        }
    )
    deep: list[str] = []
    for folder in cut:
        if not deep or not folder.startswith(deep[-1]):
            deep.append(folder)
    return deep, shallow


def list_remote(client: "S3Client", bucket: str, keys: Iterable[str], step: Step) -> dict[str, RemoteObject]:
    """Return what lies at these keys; keys without an object are absent.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    wanted = set(keys)
    found: dict[str, RemoteObject] = {}
    deep, shallow = listing_prefixes(wanted)
    folders = [(prefix, False) for prefix in deep] + [(prefix, True) for prefix in shallow]
    for prefix, direct in folders:
        for remote in list_objects(client, bucket, prefix, direct=direct):
            if remote.key in wanted:
                found[remote.key] = remote
                step.advance()
    return found
