"""An S3 Inventory where S3 wrote it: in a bucket. Its data files are fetched one after the other, read and deleted."""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from validator.errors import CpgateError, NothingChecked, UnreadableFile, UsageError
from validator.s3.client import S3Settings, make_client
from validator.s3.grant import READ
from validator.s3.limits import MIB
from validator.s3.objects import head_object
from validator.s3.reading import open_object
from validator.sources.folder_listing import reason
from validator.sources.inventory import MANIFEST, facts_of, is_manifest, read_objects
from validator.sources.listed import ListedSource

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LARGEST_MANIFEST = 64 * MIB
_FETCHED_AT_ONCE = 8 * MIB


def names_inventory(address: str) -> bool:
    """Whether an address in a bucket is that of an inventory's manifest."""
    return address.endswith(f"/{MANIFEST}")


class InventoryBucket:
    """An inventory in a bucket.

    Parameters
    ----------
    client, bucket, key
        Its manifest.

    Raises
    ------
    NothingChecked
        If there is no such object.
    RemoteError, CredentialsError
        If the store refuses.
    """

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        self.name = f"s3://{bucket}/{key}"
        self._client = client
        self._bucket = bucket
        self._key = key
        there = head_object(client, bucket, key)
        if there is None:
            raise NothingChecked(
                f"Nothing was checked: there is no object {self.name}.",
                "List the folder of the inventory; S3 writes one with a new date every day or week.",
            )
        if there.size > _LARGEST_MANIFEST:
            raise UnreadableFile(
                f"{self.name} is not the manifest of an S3 Inventory.",
                "Name the manifest.json that S3 wrote.",
            )
        with open_object(client, bucket, key, there.size) as stream:
            self._manifest = stream.read()

    def manifest(self) -> bytes:
        """The manifest, read once."""
        return self._manifest

    @contextmanager
    def data_file(self, key: str) -> Iterator[Path]:
        """A data file, in a temporary folder that is deleted afterwards."""
        name = key.rpartition("/")[2] or "data"
        with tempfile.TemporaryDirectory(prefix="cpgate-inventory-") as folder:
            file = Path(folder) / name
            try:
                yield self._fetch(key, file)
            except UnreadableFile as error:
                what = error.what.replace(str(file), f"{name} of {self.name}")
                raise UnreadableFile(what, error.mend, error.where) from error

    def _fetch(self, key: str, file: Path) -> Path:
        home, _, name = self._key.rpartition("/")[0], "", key.rpartition("/")[2]
        above = home.rpartition("/")[0]
        # Where S3 wrote it; or, when somebody copied the whole inventory, near its manifest.
        for place in dict.fromkeys(
            (key, f"{above}/data/{name}".lstrip("/"), f"{home}/data/{name}", f"{home}/{name}")
        ):
            there = head_object(self._client, self._bucket, place)
            if there is None:
                continue
            try:
                with (
                    open_object(self._client, self._bucket, place, there.size) as stream,
                    file.open("wb") as copy,
                ):
                    shutil.copyfileobj(stream, copy, _FETCHED_AT_ONCE)
            except OSError as error:
                raise _not_fetched(f"s3://{self._bucket}/{place}", error) from error
            return file
        raise UnreadableFile(
            f"The inventory {self.name} is not whole: its data file {name} is missing.",
            "Take an inventory of another day; S3 writes the manifest last, and somebody may have deleted the data.",
        )


def _not_fetched(address: str, error: OSError) -> CpgateError:
    if error.errno == errno.ENOSPC:
        return UsageError(
            f"There is no room for {address} in the folder of temporary files.",
            "Name another one: TMPDIR=/scratch",
        )
    return UnreadableFile(
        f"The inventory's data file {address} cannot be fetched: {reason(error)}.", "Check again."
    )


def inventory_source(
    address: str, settings: S3Settings, *, prefix: str | None = None, dataset: str | None = None
) -> ListedSource:
    """The dataset of an inventory that lies in a bucket.

    Parameters
    ----------
    address
        ``s3://bucket/.../manifest.json``, or the folder in which that lies.
    settings
        How to reach the store.
    prefix, dataset
        See `ListedSource`.

    Raises
    ------
    NothingChecked
        If there is no such object.
    UnreadableFile
        If it is no manifest of an inventory.
    RemoteError, CredentialsError
        If the store refuses.
    """
    bucket, _, key = address[len("s3://") :].partition("/")
    if not names_inventory(address):
        key = f"{key.rstrip('/')}/{MANIFEST}".lstrip("/")
    home = InventoryBucket(make_client(settings.at(bucket, key, READ)), bucket, key)
    if not is_manifest(home.manifest()):
        raise UnreadableFile(
            f"{home.name} is not the manifest of an S3 Inventory.", "Name the manifest.json that S3 wrote."
        )
    return ListedSource(
        home.name, facts_of(home), lambda folders: read_objects(home, folders), prefix=prefix, dataset=dataset
    )
