"""Any manifest as the claims that it makes: receipts, provenance manifests, lists of checksums."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from validator.errors import UnreadableFile, UsageError
from validator.manifests.addresses import parse_address
from validator.manifests.checksum_list import decode_checksum, is_checksum_list, read_checksum_list
from validator.manifests.checksum_tables import is_checksum_table, read_checksum_table
from validator.manifests.manifest_text import UTF16, UTF16_MEND, UTF16_WORDS
from validator.manifests.provenance import ManifestEntry, read_provenance, recognise_content
from validator.manifests.receipt import PARQUET_MAGIC, Receipt
from validator.models.claim import SHA256_OF_PARTS, Claim, ManifestSort
from validator.models.formats import own_file
from validator.models.receipt import ReceiptEnd, ReceiptObject

_HEAD = 64 << 10
_STATED = frozenset({"url", "profile_url", "etag", "size", "part_size", "version_id", "checksum", "sha256"})
"""Fields of a product that say which bytes are meant, and where."""
_QUILT = re.compile(rb'^\{[^\n]*"version": ?"v0"|"logical_key": ?"')
_MD5_ETAG = re.compile(r"[0-9a-f]{32}(-[1-9][0-9]{0,4})?")


@dataclass(slots=True)
class ClaimFile:
    """A manifest on disk, read claim by claim.

    Attributes
    ----------
    path
        The file.
    sort
        What it is.
    receipt
        The receipt, when it is one.
    in_columns
        Whether a list of checksums is a table or a document, not lines as md5sum writes them.
    """

    path: Path
    sort: ManifestSort
    receipt: Receipt | None = None
    in_columns: bool = False

    def claims(self) -> Iterator[Claim]:
        """Every claim in the order of the file.

        Raises
        ------
        UnreadableFile
            If the file is damaged; of a receipt also at its end, when that does not fit what came before.
        """
        if self.receipt is not None:
            return map(_receipt_claim, self.receipt.objects())
        if self.sort == "provenance":
            return map(_product_claim, self._entries())
        return read_checksum_table(self.path) if self.in_columns else read_checksum_list(self.path)

    def _entries(self) -> list[ManifestEntry]:
        try:
            return read_provenance(self.path.read_bytes()).entries
        except UnreadableFile as error:
            what = f"{self.path} is no whole provenance manifest. {error.what}"
            raise UnreadableFile(what, error.mend, error.where) from error

    @property
    def end(self) -> ReceiptEnd | None:
        """End record of a receipt that was read."""
        return self.receipt.end if self.receipt is not None else None


def open_claims(path: Path) -> ClaimFile:
    """Recognise a manifest by its beginning.

    Raises
    ------
    UsageError
        If it cannot be read.
    UnreadableFile
        If it is no manifest of a known kind.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {(error.strerror or 'the system gave no reason').lower()}",
            "check the path",
        ) from error
    if head.startswith(UTF16):
        raise UnreadableFile(f"{path} {UTF16_WORDS}", UTF16_MEND)
    if is_checksum_table(head):
        return ClaimFile(path, "checksums", in_columns=True)
    kind = recognise_content(head)
    if kind in ("provenance-json", "provenance-csv"):
        return ClaimFile(path, "provenance")
    if (
        kind == "receipt"
        or head.startswith(PARQUET_MAGIC)
        or (head.lstrip().startswith(b"{") and not _QUILT.search(head))
    ):
        return ClaimFile(path, "receipt", Receipt(path))
    if is_checksum_list(head):
        return ClaimFile(path, "checksums")
    if (own := own_file(head)) is not None:
        raise UnreadableFile(f"{path} is {own.what}, not a receipt", own.mend(str(path)))
    if _QUILT.search(head):
        raise UnreadableFile(
            f"{path} is the manifest of a Quilt package",
            "compare the package with its objects: cpgate check 'quilt+s3://REGISTRY#package=NAMESPACE/NAME'",
        )
    raise UnreadableFile(
        f"{path} is neither a receipt nor a provenance manifest nor a list of checksums",
        "name a receipt (.jsonl), a profile_index.json, what md5sum or sha256sum wrote, or a table with the columns key and md5, "
        "sha256 or etag",
    )


def _receipt_claim(record: ReceiptObject) -> Claim:
    """The latest version counts, whichever was uploaded: the same bytes written again are no difference."""
    checksums = {"crc64nvme": base64.b64decode(record.crc64nvme)}
    if record.sha256 is not None:
        checksums["sha256"] = bytes.fromhex(record.sha256)
    if record.sha256_parts is not None:
        checksums[SHA256_OF_PARTS] = base64.b64decode(record.sha256_parts.partition("-")[0])
    return Claim(
        record.key, None, record.size, record.etag, record.part_size, version_id=None, checksums=checksums
    )


def _product_claim(entry: ManifestEntry) -> Claim:
    subset = entry.text("subset") or f"entry {entry.position + 1}"
    url = entry.text("url") or ""
    address = parse_address(url)
    if address is None:
        return Claim(url or subset, problem=f"the url of product {subset} is no address of an object in S3")
    etag = (entry.text("etag") or "").strip().strip('"').lower()
    checksums, unreadable = _checksums(entry)
    twice = next((problem.field for problem in entry.problems if problem.kind == "twice"), "")
    problem = ""
    if any(problem.kind == "differs" for problem in entry.problems):
        problem = f"product {subset} has a url and another profile_url"
    elif twice in _STATED:
        problem = f"product {subset} has the field {twice} more than once"
    elif etag and not _MD5_ETAG.fullmatch(etag):
        problem = f"what product {subset} has as its etag is no ETag of S3"
    elif unreadable:
        problem = f"what product {subset} has as its {unreadable} is none"
    elif not etag and not checksums:
        problem = f"the manifest states neither an ETag nor a checksum for product {subset}"
    return Claim(
        name=address.key,
        bucket=address.bucket,
        size=_count(entry.fields.get("size")),
        etag=etag or None,
        part_size=_count(entry.fields.get("part_size")),
        version_id=entry.text("version_id") or address.version_id,
        checksums=checksums,
        problem=problem,
    )


def _checksums(entry: ManifestEntry) -> tuple[dict[str, bytes], str]:
    """What the fields ``sha256`` (hex) and ``checksum`` (CRC64NVME) state, and the name of one that is damaged."""
    found: dict[str, bytes] = {}
    for name in ("sha256", "checksum"):
        if text := entry.text(name):
            decoded = decode_checksum(text.rpartition(":")[2].strip())
            if decoded is None:
                return found, name
            found[decoded[0]] = decoded[1]
    return found, ""


def _count(value: object) -> int | None:
    """A number of bytes, also where CSV has it as text."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
