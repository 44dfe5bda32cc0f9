"""What already lies at the keys of an upload, from listings alone."""

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from validator.s3.objects import RemoteObject, list_objects
from validator.upload.files import SelectedFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX_SEGMENTS = 5
SHALLOW_SEGMENTS = 3
SIDE_BY_SIDE = 50
"""More folders than these in one are not asked for one by one."""


def listing_prefixes(keys: Iterable[str]) -> tuple[list[str], list[str]]:
    """Folders to list so that every key is covered and little else is; see `folder_prefixes`."""
    return folder_prefixes({key.rpartition("/")[0] for key in keys})


def folder_prefixes(folders: Collection[str]) -> tuple[list[str], list[str]]:
    """Folders to list so that every key is covered and little else is.

    Five segments (``project/source/images/<batch>/images/``) keep the other batches of a large source out
    and ask once for all plates of a batch. A file high up in the tree must not make the listing run through
    everything below it. Where very many folders lie side by side (the nodes of a package, each with a file or two), the one
    that holds them is listed.

    Parameters
    ----------
    folders
        Folders that hold the keys, without a slash at their end.

    Returns
    -------
    deep, shallow
        Folders to list with all that is below them, and folders of which only the files directly in them count.
    """
    shallow = sorted(f"{folder}/".lstrip("/") for folder in folders if folder.count("/") < SHALLOW_SEGMENTS)
    cut = sorted(
        {
            "".join(f"{segment}/" for segment in folder.split("/")[:PREFIX_SEGMENTS])
            for folder in folders
            if folder.count("/") >= SHALLOW_SEGMENTS
        }
    )
    deep = _topmost(sorted({*cut, *_crowded(cut)}))
    return deep, [folder for folder in shallow if not folder.startswith(tuple(deep))]


def _crowded(folders: Iterable[str]) -> set[str]:
    """Folders that hold very many of these side by side."""
    within: dict[str, set[str]] = {}
    for folder in folders:
        above = ""
        for segment in folder.rstrip("/").split("/"):
            within.setdefault(above, set()).add(segment)
            above += f"{segment}/"
    return {folder for folder, names in within.items() if folder and len(names) > SIDE_BY_SIDE}


def _topmost(folders: Iterable[str]) -> list[str]:
    """Those of sorted folders that are in no other one."""
    found: list[str] = []
    for folder in folders:
        if not found or not folder.startswith(found[-1]):
            found.append(folder)
    return found


def list_folders(client: "S3Client", bucket: str, files: SelectedFiles) -> Iterator[RemoteObject]:
    """Every object in the folders of these files, some in folders below them, in no order; some perhaps twice.

    Parameters
    ----------
    client, bucket
        Where to look.
    files
        Whose keys matter.

    Raises
    ------
    RemoteError, CredentialsError
        If the store refuses.
    """
    deep, shallow = folder_prefixes({folder.rstrip("/") for folder in files.folders()})
    for prefix in deep:
        yield from list_objects(client, bucket, prefix, divide=partial(files.dividing, prefix))
    for prefix in shallow:
        yield from list_objects(client, bucket, prefix, direct=True)
