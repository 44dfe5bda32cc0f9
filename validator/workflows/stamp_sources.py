"""What is known of a product where it lies: in the bucket, or in a folder."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from validator.digests.files import FileChanged
from validator.digests.parts import ObjectDigest, parts_of_etag
from validator.digests.stretches import Stretch, StretchDigest, digest_stretch, file_state, join_stretches
from validator.errors import ExitCode, RemoteError, UnreadableFile
from validator.manifests.addresses import ObjectAddress, parse_address
from validator.manifests.claims import ClaimFile
from validator.manifests.provenance import ManifestEntry
from validator.reporters.outfile import reason
from validator.s3.attributes import head_attributes
from validator.s3.client import S3Settings, make_client
from validator.s3.limits import part_size_for
from validator.s3.objects import first_part_size, list_objects
from validator.s3.part_sizes import guess_part_sizes
from validator.upload.destination import parse_destination
from validator.workflows.verify_bucket import granted
from validator.workflows.verify_claims import survey
from validator.workflows.verify_names import datasets_of, find_files

FieldValue = str | int | None


@dataclass(frozen=True, slots=True)
class Found:
    """A product as it is.

    Attributes
    ----------
    etag
        Its ETag.
    values
        What the optional fields are to say; ``None`` where it is not known.
    """

    etag: str
    values: Mapping[str, FieldValue]


class ProductFacts(Protocol):
    """Where products are looked up."""

    def look(self, entry: ManifestEntry) -> Found:
        """Find what is known of a product.

        Raises
        ------
        CpgateError
            If it is not there, or cannot be read.
        """


class BucketFacts:
    """Asks the store for each product by itself.

    Parameters
    ----------
    file
        The manifest.
    s3
        How to reach the store.
    bucket
        Another bucket than that of the urls, ``s3://name``.
    """

    def __init__(self, file: ClaimFile, s3: S3Settings, bucket: str | None) -> None:
        self._bucket = parse_destination(bucket).bucket if bucket is not None else None
        surveyed = survey(file)
        buckets = {self._bucket} if self._bucket is not None else surveyed.buckets
        self._client = make_client(granted(s3, buckets, datasets_of(file, surveyed.folders)))

    def look(self, entry: ManifestEntry) -> Found:
        """Find what the store tells of a product."""
        address = _address(entry)
        bucket = self._bucket or address.bucket
        version = address.version_id if self._bucket is None else None
        there = head_attributes(self._client, bucket, address.key, version)
        if there is None:
            # HEAD gives no reason for a 404: a listing tells a bucket that does not exist.
            next(list_objects(self._client, bucket, address.key, page_size=1), None)
            raise UnreadableProduct(f"there is no object s3://{bucket}/{address.key}")
        parts = parts_of_etag(there.etag)
        if parts is None:
            raise UnreadableProduct("it is encrypted so that its ETag says nothing about its bytes")
        part_size = None
        if parts and ("part_size" in entry.fields or parts > 1):
            part_size = self._first_part(bucket, address.key, there.size, parts)
        crc, sha256 = there.checksums.get("crc64nvme"), there.checksums.get("sha256")
        return Found(
            there.etag,
            {
                "size": there.size,
                "part_size": part_size,
                "version_id": there.version_id if bucket == address.bucket else None,
                "checksum": _checksum(entry, crc),
                "sha256": sha256.hex() if sha256 is not None else None,
            },
        )

    def _first_part(self, bucket: str, key: str, size: int, parts: int) -> int | None:
        if parts == 1:
            return size
        try:
            return first_part_size(self._client, bucket, key)
        except RemoteError:  # not every store answers this
            return None


class FileFacts:
    """Computes what S3 would tell from files on disk.

    Parameters
    ----------
    file
        The manifest.
    root, dataset
        The folder, and what it is where its names do not say it.
    part_size
        Bytes of a part; by default what each product states, or what ``cpgate upload`` uses.
    """

    def __init__(self, file: ClaimFile, root: Path, dataset: str | None, part_size: int | None) -> None:
        self._files, _ = find_files(file, root, dataset, survey(file).folders)
        self._part_size = part_size

    def look(self, entry: ManifestEntry) -> Found:
        """Compute what the store would tell of a product; an ETag that the file can have is kept."""
        name = _address(entry).key
        try:
            path = self._files.path_of(name)
            state = file_state(path)
            recorded = (entry.text("etag") or "").strip().strip('"').lower()
            algorithms = {"sha256"} & entry.fields.keys()
            tried: list[tuple[ObjectDigest, StretchDigest]] = []
            for part_size in self._part_sizes(entry, state.size, recorded):
                read = digest_stretch(path, state, Stretch(0, state.size, part_size), algorithms)
                tried.append((join_stretches([read], part_size), read))
                if tried[-1][0].etag == recorded:
                    break
        except FileChanged as error:
            raise UnreadableProduct("its file changes while it is read") from error
        except FileNotFoundError as error:
            raise UnreadableProduct(f"there is no file {name} below the folder") from error
        except OSError as error:
            raise UnreadableProduct(f"its file cannot be read: {reason(error)}") from error
        found, read = tried[-1] if tried[-1][0].etag == recorded else tried[0]
        return Found(found.etag, _local_values(entry, found, read.hashes.get("sha256")))

    def _part_sizes(self, entry: ManifestEntry, size: int, recorded: str) -> list[int | None]:
        """Part sizes to try; the first one is taken when none gives the ETag that is recorded."""
        stated = entry.fields.get("part_size")
        stated = int(stated) if isinstance(stated, int | str) and str(stated).isdecimal() else None
        chosen = self._part_size or stated or part_size_for(size)
        first = chosen if chosen is not None and (size > chosen or chosen == stated) else None
        others: list[int | None] = []
        parts = parts_of_etag(recorded)
        if parts == 0:
            others = [None]
        elif parts and self._part_size is None and stated is None:
            others = [
                guess.part_size for guess in guess_part_sizes(size, parts) if guess.senders or parts == 1
            ]
        return [first, *(other for other in others if other != first)]


class UnreadableProduct(UnreadableFile):
    """A product that is not where the manifest says, or whose bytes nobody can name."""

    exit_code = ExitCode.FINDINGS


def _address(entry: ManifestEntry) -> ObjectAddress:
    address = parse_address(entry.text("url") or "")
    if address is None:
        raise UnreadableProduct("its url is no address of an object in S3")
    return address


def _local_values(entry: ManifestEntry, digest: ObjectDigest, sha256: bytes | None) -> dict[str, FieldValue]:
    return {
        "size": digest.size,
        "part_size": digest.part_size,
        "version_id": None,
        "checksum": _checksum(entry, base64.b64decode(digest.crc64nvme)),
        "sha256": sha256.hex() if sha256 is not None else None,
    }


def _checksum(entry: ManifestEntry, crc64nvme: bytes | None) -> str | None:
    """CRC64NVME as the field ``checksum`` has it, with the name of the algorithm before it if that stands there."""
    if crc64nvme is None:
        return None
    name, colon, _ = (entry.text("checksum") or "").rpartition(":")
    return f"{name}{colon}{base64.b64encode(crc64nvme).decode('ascii')}"
