"""What workers are told when they copy from another bucket."""

from dataclasses import dataclass
from typing import Any

from validator.s3.client import S3Settings


@dataclass(frozen=True, slots=True)
class OriginalSettings:
    """How the originals of an upload are reached.

    Attributes
    ----------
    s3
        Reads them.
    by_store
        Whether the store copies by itself; else the bytes come here and go out again.
    conditional
        Whether the store honours conditions of copies, as AWS does.
    """

    s3: S3Settings
    by_store: bool
    conditional: bool

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a message to another process."""
        return {"s3": self.s3.to_dict(), "by_store": self.by_store, "conditional": self.conditional}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "OriginalSettings":
        """From a message."""
        return cls(S3Settings.from_dict(values["s3"]), values["by_store"], values["conditional"])
