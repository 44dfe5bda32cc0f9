"""What signed requests have in common, so that those after the first need no botocore to be signed."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

METHOD = "PUT"
TIME = "X-Amz-Date"
ALGORITHM = "AWS4-HMAC-SHA256"


class Keys(NamedTuple):
    """What a request is signed with."""

    access: str
    secret: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Requests that differ in path, query, time and the values of their own headers, and in nothing else.

    Attributes
    ----------
    keys
        Sign them.
    head, canonical
        The headers as they are sent and as they are signed; where something differs stands its name.
    scope, key
        Day, region and service, and the signing key that is good for them.
    """

    keys: Keys
    head: str
    canonical: str
    scope: str
    key: bytes

    def is_good(self, keys: Keys, moment: str) -> bool:
        """Whether requests of this moment (``20261120T140533Z``) are signed so."""
        return self.keys == keys and self.scope.startswith(moment[:8])

    def headers(self, moment: str, target: str, own: Mapping[str, str]) -> str:
        """All headers of a request but its length.

        Parameters
        ----------
        moment
            When it is signed.
        target
            Path and query.
        own
            Headers of this request alone.
        """
        path, _, query = target.partition("?")
        values = {"path": path, "query": query, TIME: moment, **own}
        digest = hashlib.sha256((self.canonical % values).encode()).hexdigest()
        text = f"{ALGORITHM}\n{moment}\n{self.scope}\n{digest}"
        values["signature"] = hmac.digest(self.key, text.encode(), "sha256").hex()
        return self.head % values


def signing_key(secret: str, scope: str) -> bytes:
    """The key that is good for a day, region and service (AWS Signature Version 4, *Derive a signing key*)."""
    key = f"AWS4{secret}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key
