"""Chooses the source of a dataset by what the user names."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from validator.errors import UsageError
from validator.models.addresses import STANDARD_INPUT, is_bucket, is_package
from validator.s3.settings import S3Settings

if TYPE_CHECKING:
    from validator.sources.listing_file import ListingSort
    from validator.workflows.listing import Source


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a dataset is known from.

    Attributes
    ----------
    place
        A folder, ``s3://bucket/prefix``, a Quilt package ``quilt+s3://...``, the file of a listing, or ``-`` for a listing on standard input.
    sort
        Sort of the listing; recognised when it is not said.
    prefix
        Which part of a listing's keys is meant; found when it is not said.
    s3
        How to reach the store.
    """

    place: str
    sort: "ListingSort | None" = None
    prefix: str | None = None
    s3: S3Settings = field(default_factory=S3Settings)

    @property
    def in_bucket(self) -> bool:
        """Whether it is a bucket, or an S3 Inventory that lies in one."""
        return is_bucket(self.place)

    @property
    def is_remote_inventory(self) -> bool:
        """Whether it is an S3 Inventory that lies in a bucket."""
        if not self.in_bucket:
            return False
        from validator.sources.inventory_bucket import names_inventory  # noqa: PLC0415  most commands read a folder

        return self.sort == "inventory" or names_inventory(self.place)

    @property
    def in_registry(self) -> bool:
        """Whether it is a Quilt package."""
        return is_package(self.place)

    @property
    def in_folder(self) -> bool:
        """Whether it is a folder of data; so is what does not exist, for a message about a folder."""
        if self.in_bucket or self.in_registry or self.place == STANDARD_INPUT or self.sort is not None:
            return False
        is_file = os.path.isfile(self.place)  # noqa: PTH113  a folder without permission is no error here
        if is_file:
            return False
        from validator.sources.listing_file import is_inventory  # noqa: PLC0415  most commands read a folder

        return not is_inventory(Path(self.place))

    def check(self) -> None:
        """Refuse options that say nothing about this sort of source.

        Raises
        ------
        UsageError
            Naming the option.
        """
        s3 = self.s3
        said = {
            "--endpoint-url": s3.endpoint_url,
            "--profile": s3.profile,
            "--region": s3.region,
            "--anonymous": s3.anonymous,
            "--credentials-file": s3.credentials_file,
            "--access-grants": s3.grant,
        }
        stray = next((option for option, value in said.items() if value), None)
        remote = self.in_bucket or self.in_registry
        if stray is not None and not remote:
            raise UsageError(
                f"{stray} is for buckets, and {self.place} is none.",
                "Leave it out, or name s3://bucket/prefix.",
            )
        if self.in_registry and s3.grant is not None:
            raise UsageError(
                f"--access-grants gives keys for a prefix, and {self.place} lies at the root of its bucket.",
                "Leave it out, and use keys that may read the registry and the data.",
            )
        listed = self.sort is not None or self.prefix is not None
        if remote and listed and not self.is_remote_inventory:
            option = "--from" if self.sort is not None else "--prefix"
            raise UsageError(
                f"{option} is for listings, and {self.place} is a {'bucket' if self.in_bucket else 'package'}.",
                "Write the prefix into the address." if self.in_bucket else "Leave it out.",
            )
        if self.in_folder and self.prefix is not None:
            raise UsageError(
                f"--prefix is for listings, and {self.place} is a folder.",
                "Name the folder below that is meant.",
            )


def open_source(origin: Origin, dataset: str | None = None) -> "Source":
    """The source of what is not a folder on this machine.

    Parameters
    ----------
    origin
        What the user named.
    dataset
        ``project/source`` where the keys do not say it.

    Raises
    ------
    UsageError
        If it is no listing, or does not say which dataset it is.
    NothingChecked
        If there is nothing in it.
    UnreadableFile
        If the listing is damaged.
    RemoteError, CredentialsError
        If the store refuses or cannot be reached.
    """
    from validator.sources.bucket import BucketSource  # noqa: PLC0415  most commands read a folder
    from validator.sources.inventory_bucket import inventory_source  # noqa: PLC0415  most commands read a folder
    from validator.sources.listing_file import listing_source  # noqa: PLC0415  most commands read a folder
    from validator.sources.quilt import QuiltSource  # noqa: PLC0415  most commands read a folder

    if origin.in_registry:
        return QuiltSource(origin.place, origin.s3, dataset)
    if origin.is_remote_inventory:
        return inventory_source(origin.place, origin.s3, prefix=origin.prefix, dataset=dataset)
    if origin.in_bucket:
        return BucketSource(origin.place, origin.s3, dataset)
    return listing_source(origin.place, origin.sort, prefix=origin.prefix, dataset=dataset)
