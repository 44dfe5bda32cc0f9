"""How objects are written: what the store checks, keeps and charges."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Self

from validator.errors import UsageError

CHECKSUMS = ("auto", "crc64nvme", "sha256", "none")
"""``auto`` sends the CRC64NVME, and does without where a store refuses it; so does ``sha256`` with the SHA-256."""
ENCRYPTIONS = ("AES256", "aws:kms")
CONTENT_TYPES: Mapping[str, str] = {
    ".cppipe": "text/plain",
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".htm": "text/html",
    ".html": "text/html",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".md": "text/markdown",
    ".npy": "application/octet-stream",
    ".npz": "application/zip",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".sqlite": "application/vnd.sqlite3",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".toml": "application/toml",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}
"""By the end of the name, from the registry of IANA where it has one."""
OTHER_CONTENT = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Writing:
    """Options of every object that an upload writes.

    Attributes
    ----------
    checksum
        One of `CHECKSUMS`.
    storage_class, acl, encryption
        As S3 names them; ``None`` leaves them to the bucket. Encryption is one of `ENCRYPTIONS`.
    kms_key_id
        The key of KMS to encrypt with; ``None`` for that of the bucket, or of AWS.
    metadata
        Names and values that are kept with each object.
    requester_pays
        Whether the owner of the keys pays for the requests.
    """

    checksum: str = "auto"
    storage_class: str | None = None
    acl: str | None = None
    encryption: str | None = None
    kms_key_id: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    requester_pays: bool = False

    def __post_init__(self) -> None:
        """Refuse what S3 would refuse at every single object."""
        if self.kms_key_id and self.encryption != "aws:kms":
            raise UsageError("a key of KMS is named, but not that it is to be used", "say --sse aws:kms, too")
        if not (self.kms_key_id or "").isascii() or not (self.kms_key_id or "").isprintable():
            raise UsageError("the name of the key of KMS holds what a header cannot carry", "check it")
        for name, value in self.metadata:
            if not (name and name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
                raise UsageError(
                    f"{name or 'nothing'} is not a name for metadata", "use letters, digits and hyphens"
                )
            if not (value.isascii() and value.isprintable()) or value != value.strip():
                raise UsageError(
                    f"the metadata {name} holds what a header cannot carry",
                    "use plain ASCII text in one line",
                )
        if sum(len(name) + len(value) for name, value in self.metadata) > 2048:
            raise UsageError("all metadata together is longer than S3's 2,048 bytes", "shorten it")

    def object_arguments(self, key: str) -> Mapping[str, Any]:
        """As arguments of PutObject and CreateMultipartUpload."""
        _, dot, ending = key.rpartition("/")[2].rpartition(".")
        return self._arguments(CONTENT_TYPES.get(dot + ending.lower(), OTHER_CONTENT))

    @cache  # noqa: B019  there is one of these in a process, and a dozen types
    def _arguments(self, content_type: str) -> Mapping[str, Any]:
        arguments: dict[str, Any] = {"ContentType": content_type}
        if self.storage_class:
            arguments["StorageClass"] = self.storage_class
        if self.acl:
            arguments["ACL"] = self.acl
        if self.encryption:
            arguments["ServerSideEncryption"] = self.encryption
        if self.kms_key_id:
            arguments["SSEKMSKeyId"] = self.kms_key_id
        if self.metadata:
            arguments["Metadata"] = dict(self.metadata)
        return arguments | self.request_arguments()

    def copy_arguments(self, key: str) -> dict[str, Any]:
        """As arguments of CopyObject: without metadata of one's own the copy has those of the original."""
        arguments = dict(self.object_arguments(key))
        if self.metadata:
            return arguments | {"MetadataDirective": "REPLACE"}
        del arguments["ContentType"]
        return arguments

    def request_arguments(self) -> dict[str, Any]:
        """As arguments of every request about an object."""
        return {"RequestPayer": "requester"} if self.requester_pays else {}

    @classmethod
    def from_dict(cls, message: Mapping[str, Any]) -> Self:
        """From a message."""
        return cls(**{**message, "metadata": tuple((name, value) for name, value in message["metadata"])})

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a message to another process."""
        return asdict(self)


class ChecksumChoice:
    """Which checksum of bytes goes with them: some stores do not know it, which is found out once.

    Parameters
    ----------
    wanted
        One of `CHECKSUMS`.
    """

    UNKNOWN = frozenset(
        {"400", "501", "InvalidArgument", "InvalidRequest", "NotImplemented", "UnsupportedOperation"}
    )
    """What stores say of a header or an argument that they do not know; others stand for something else."""

    def __init__(self, wanted: str = "auto") -> None:
        self._may_do_without = wanted in {"auto", "sha256"}
        self.sent = wanted != "none"
        self.sha256 = wanted == "sha256"

    @property
    def algorithm(self) -> str:
        """What is sent by now: ``crc64nvme``, ``sha256``, or nothing (empty)."""
        return ("sha256" if self.sha256 else "crc64nvme") if self.sent else ""

    def does_without(self, code: str) -> bool:
        """Whether a request that carried it and was refused with this code may go again without; then all others do, too.

        Many are under way at once: those after the first are told the same, and may go again as well.
        """
        if not (self._may_do_without and code in self.UNKNOWN):
            return False
        self.sent = False
        return True

    def does_without_after(self, error: BaseException) -> bool:
        """The same for an error that boto3 raised and `validator.s3.failures` translated."""
        response = getattr(error.__cause__, "response", None)
        return isinstance(response, dict) and self.does_without(str(response.get("Error", {}).get("Code")))
