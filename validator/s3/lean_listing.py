"""Reads the answers to ListObjectsV2 in a tenth of the time that boto3 takes.

boto3 reads every element by the description of the service and every date by trying formats: 60 microseconds an
object. Requests stay boto3's, with its signatures, proxies and retries; only a well-formed answer in the form that
S3 documents is read here. Whatever is different in any way (an error, a date in another form, XML that ends too
early) is left to boto3, which reads it or says what is wrong with it.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

from validator.s3.remote_object import RemoteObject, bare_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = "ListBucketResult"
_OBJECT = re.compile(
    rb"<Contents><Key>([ -%'-;=-~]*)</Key><LastModified>([0-9T:.-]+Z)</LastModified>"
    rb'<ETag>(?:"|&quot;|&#34;)([0-9a-f-]+)(?:"|&quot;|&#34;)</ETag>'
    rb"(?:<Checksum(?:Algorithm|Type)>[0-9A-Z_]+</Checksum(?:Algorithm|Type)>)*<Size>([0-9]+)</Size>"
    rb"(?:<StorageClass>[0-9A-Z_]+</StorageClass>)?</Contents>"
)
"""An object as S3 lists nearly all; three times as fast as XML that may be anything."""
_NOTHING = f"<{ROOT}/>".encode()
_READ = "LeanListing"
_NAMES = frozenset({"Contents", "CommonPrefixes", "EncodingType", "IsTruncated", "NextContinuationToken"})


@dataclass(frozen=True, slots=True)
class Page:
    """What one request lists.

    Attributes
    ----------
    objects
        In the order of their keys.
    folders
        Prefixes that were not looked into, each with its slash; none unless they were asked for.
    next
        Gives the page that follows; ``None`` for the last one.
    """

    objects: list[RemoteObject]
    folders: list[str]
    next: str | None


class _Asked(threading.local):
    """Whether this thread's request wants its answer read here; others of the same client get all that boto3 reads."""

    leanly: bool = False


_asked = _Asked()


def read_leanly(client: "S3Client") -> None:
    """Let a client's listings be read here when `list_leanly` asks for them."""
    # Wider patterns come first: botocore's own handler of before-parse would look through the whole body for an error.
    client.meta.events.register("*.s3.ListObjectsV2", _read_instead)


def list_leanly(client: "S3Client", **arguments: Any) -> Page:
    """Send a ListObjectsV2.

    Parameters
    ----------
    client
        Any; those of `validator.s3.client` answer fast.
    arguments
        As boto3 names them, without ``EncodingType``.

    Raises
    ------
    botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError
        What boto3 raises.
    KeyError, botocore.parsers.ResponseParserError
        If the answer lacks what S3 always tells.
    """
    _asked.leanly = True
    try:
        answer: Any = client.list_objects_v2(**arguments)
    except ValueError as error:
        from botocore.parsers import ResponseParserError  # noqa: PLC0415  0.1 s that other commands do not pay

        raise ResponseParserError("a size or a date that is none") from error
    finally:
        _asked.leanly = False
    return answer[_READ] if _READ in answer else _from_boto3(answer)


def _from_boto3(answer: dict[str, Any]) -> Page:
    objects = [
        RemoteObject(item["Key"], item["Size"], bare_etag(item["ETag"]), item["LastModified"].astimezone(UTC))
        for item in answer.get("Contents", [])
    ]
    folders = [item["Prefix"] for item in answer.get("CommonPrefixes", [])]
    return Page(objects, folders, answer["NextContinuationToken"] if answer["IsTruncated"] else None)


def _read_instead(event_name: str, **told: Any) -> None:
    """Botocore's ``before-parse``: what is put into the customized response becomes part of the answer."""
    if not event_name.startswith("before-parse.") or not _asked.leanly:
        return
    response = told["response_dict"]
    listed = read_listing(response["body"]) if response["status_code"] == 200 else None
    if listed is not None:
        told["customized_response_dict"][_READ] = listed
        response["body"] = _NOTHING


def read_listing(body: bytes) -> Page | None:
    """Read an answer to a ListObjectsV2 with ``encoding-type=url``; ``None`` if it has not the documented form.

    Expat reads it, as for boto3; its own limits (2.4.1 and later) end entities that grow without bounds.
    """
    # Within a comment or the like a listed object would be none.
    rest, *listed = [body] if b"<!" in body else _OBJECT.split(body)
    if listed:
        rest += b"".join(listed[4::5])
        if b"Contents" in rest:  # one of them is another sort of listing
            rest, listed = body, []
    try:
        root = ET.fromstring(rest)  # noqa: S314  see above
        namespace = root.tag.removesuffix(ROOT)
        return _listed(root, namespace, listed) if root.tag == namespace + ROOT else None
    except (ET.ParseError, KeyError, ValueError):
        return None


def _listed(root: ET.Element, namespace: str, listed: list[bytes]) -> Page | None:
    contents, common = namespace + "Contents", namespace + "CommonPrefixes"
    told: dict[str, str] = {}
    items, prefixes = [], []
    for child in root:
        if child.tag == contents:
            items.append(child)
        elif child.tag == common:
            prefixes.append(child)
        elif (name := child.tag.rpartition("}")[2]) in _NAMES:
            if name in told or child.tag != namespace + name:
                return None
            told[name] = child.text or ""
    decode = unquote_plus if told.get("EncodingType") == "url" else str
    more = {"true": True, "false": False}[told["IsTruncated"]]
    token = told.get("NextContinuationToken")
    if more and not token:
        return None
    objects = _objects(listed, decode) if listed else [_object(item, namespace, decode) for item in items]
    folders = [decode(each.findtext(namespace + "Prefix") or "") for each in prefixes]
    return Page(objects, folders, token if more else None)


_moment = lru_cache(1024)(datetime.fromisoformat)
"""Many objects were written in the same second."""


def _objects(listed: list[bytes], decode: Callable[[str], str]) -> list[RemoteObject]:
    """Objects from what `_OBJECT` has taken apart: key, time, ETag, size, what follows, and the same again."""
    texts = [column.decode("ascii") for column in (b"\n".join(listed[at::5]) for at in range(4))]
    keys, times, etags, sizes = (text.split("\n") for text in texts)
    if "%" in texts[0] or "+" in texts[0]:
        keys = [decode(key) for key in keys]
    moments = map(_moment, times)
    return list(map(RemoteObject, keys, map(int, sizes), etags, moments))


def _object(item: ET.Element, namespace: str, decode: Callable[[str], str]) -> RemoteObject:
    said = {part.tag: part.text or "" for part in item}
    modified = datetime.fromisoformat(said[namespace + "LastModified"])
    if modified.tzinfo is not UTC:
        raise ValueError
    key, size, etag = said[namespace + "Key"], said[namespace + "Size"], said[namespace + "ETag"]
    return RemoteObject(decode(key), int(size), bare_etag(etag), modified)
