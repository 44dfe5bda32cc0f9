"""What an upload reads: a folder on this machine, or another bucket."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from validator.errors import UsageError
from validator.models.listing import Entry
from validator.s3.client import endpoint_of, make_client
from validator.sources.local import LocalSource
from validator.sources.package import is_package
from validator.upload.destination import Destination
from validator.upload.original_settings import OriginalSettings
from validator.workflows.configuration import Settings
from validator.workflows.listing import Source
from validator.workflows.upload_request import UploadRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from validator.checks.package import PackageDataset

CopyWay = Literal["auto", "store", "through-here"]


def open_upload_source(request: UploadRequest, settings: Settings) -> Source:
    """The dataset that is to be sent.

    Raises
    ------
    UsageError
        If it is no folder and no bucket, or does not say which project and source it is.
    NothingChecked
        If it is empty.
    RemoteError, CredentialsError
        If its bucket cannot be listed.
    """
    origin = request.origin
    if origin is None or origin.in_folder:
        prefix = "" if settings.dataset is None and is_package(request.path) else None
        return LocalSource(request.path, settings.dataset, settings.mounts, prefix=prefix)
    if not origin.in_bucket:
        raise UsageError(
            f"{origin.place} is a listing, which holds no bytes to send",
            "Name the folder or the bucket that it is of",
        )
    if request.sha256:
        raise UsageError(
            "--sha256 reads files on this machine, and the source is a bucket",
            "Leave it out: the receipt has ETags and CRC64NVMEs",
        )
    if request.s3.writing.checksum == "sha256" and request.copy != "through-here":
        raise UsageError(
            "--checksum sha256 needs the bytes on this machine, and a store that copies by itself does not send them here",
            "Add --copy through-here, or leave --checksum out: the CRC64NVME is then compared",
        )
    from validator.sources.bucket import BucketSource  # noqa: PLC0415  most uploads read a folder

    return BucketSource(origin.place, origin.s3, settings.dataset, marks=True)


def is_package_source(source: Source) -> bool:
    """Whether what is sent is a package in the style of the Allen Institute: its keys begin at its root."""
    if isinstance(source, LocalSource):
        return not source.prefix and is_package(source.root)
    from validator.sources.bucket import BucketSource  # noqa: PLC0415  most uploads read a folder

    return isinstance(source, BucketSource) and source.is_package


def package_prefix(dataset: "PackageDataset", destination: Destination) -> str:
    """What the keys of a package begin with in the bucket: the prefix that was named, which becomes its name.

    Raises
    ------
    UsageError
        If no prefix was named: at the root of a bucket a package would lie among everything else.
    """
    if not destination.prefix:
        raise UsageError(
            f"{destination} names no prefix, and the files of a package begin with SCHEMA, lines/, plates/ and so on",
            f"say below which prefix they go: {destination}/aics/cells",
        )
    dataset.names = (destination.prefix.rstrip("/"),)
    return destination.prefix


def original_settings(request: UploadRequest, client: "S3Client", first: Entry) -> OriginalSettings | None:
    """How workers read the objects of a bucket; ``None`` when the source is a folder.

    Parameters
    ----------
    request
        What is asked for.
    client
        Writes to the destination. If its keys may read the source, too, the store can copy by itself.
    first
        An object of the source, to find that out.

    Raises
    ------
    UsageError
        If only the store shall copy, and it cannot.
    """
    origin = request.origin
    if origin is None or not origin.in_bucket:
        return None
    from validator.s3.originals import may_read  # noqa: PLC0415  most uploads read a folder

    source = make_client(origin.s3)
    settings = replace(origin.s3, endpoint_url=endpoint_of(source))
    target = endpoint_of(client)
    by_store = (
        request.copy != "through-here" and settings.endpoint_url == target and may_read(client, first.path)
    )
    if request.copy == "store" and not by_store:
        raise UsageError(
            f"the store cannot copy by itself: the keys of the destination may not read {origin.place}",
            "ask for that right, or leave --copy store out: the bytes then go through this machine",
        )
    return OriginalSettings(settings, by_store=by_store, conditional=target is None)
