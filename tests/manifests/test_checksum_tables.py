"""Checksums in tables and documents of other programs are read by the names of their columns."""

import hashlib
import json

import pytest

from validator.errors import UnreadableFile
from validator.manifests.checksum_tables import is_checksum_table
from validator.manifests.claims import open_claims

DATA = b"hello\n"
MD5, SHA256 = hashlib.md5(DATA).hexdigest(), hashlib.sha256(DATA).hexdigest()
KEY = "workspace/a b.txt"

TABLES = {
    "commas": f"file_name,md5,size\n{KEY},{MD5},6\n",
    "tabs, other columns, blank lines": f"Sample\tPath\tMD5\n\nx\t{KEY}\t{MD5}\n",
    "semicolons": f"Filename;SHA256\n{KEY};{SHA256}\n",
    "a listing with ETags": f'Key,Size,LastModified,ETag\n{KEY},6,2024-03-05T10:12:41Z,"""{MD5}"""\n',
    "PowerShell": f'"Algorithm","Hash","Path"\n"SHA256","{SHA256.upper()}","workspace\\a b.txt"\n',
    "hashdeep": f"%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## Invoked from: /data\n##\n6,{MD5},{SHA256},./{KEY}\n",
}
DOCUMENTS = {
    "list-objects-v2": {"Contents": [{"Key": KEY, "Size": 6, "ETag": f'"{MD5}"'}]},
    "a data package": {"name": "x", "resources": [{"path": KEY, "bytes": 6, "hash": f"sha256:{SHA256}"}]},
    "a list": [{"md5": MD5, "relpath": KEY}],
}


@pytest.fixture
def claims(tmp_path):
    def read(content: str):
        path = tmp_path / "manifest"
        path.write_text(content)
        file = open_claims(path)
        assert file.sort == "checksums"
        return list(file.claims())

    return read


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_table(claims, content):
    (claim,) = claims(content)
    assert claim.name == KEY
    assert claim.etag == MD5 or set(claim.checksums.values()) & {bytes.fromhex(MD5), bytes.fromhex(SHA256)}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("indent", [None, 2])
def test_document(claims, document, indent):
    (claim,) = claims(json.dumps(document, indent=indent))
    assert claim.name == KEY
    assert claim.etag == MD5 or claim.checksums
    assert claim.size in (6, None)


def test_a_row_without_a_checksum_proves_nothing(claims):
    first, second = claims(f"path,md5\n{KEY},{MD5}\nb.txt,\n")
    assert not first.problem
    assert "neither an ETag nor a checksum" in second.problem


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"path,md5\n{KEY},abc\n", "line 2"),
        (f"path,md5\n{KEY},{SHA256}\n", "is no checksum md5"),
        (f"path,etag\n{KEY},sha256:{SHA256}\n", "no ETag of S3"),
        (f"path,md5\n,{MD5}\n", "names no file"),
        ('{"Contents": [{"Key": "a", "ETag": "', "damaged or cut off"),
    ],
)
def test_what_is_wrong_in_a_row(claims, content, says):
    with pytest.raises(UnreadableFile) as caught:
        claims(content)
    assert says in caught.value.what


@pytest.mark.parametrize(
    "head",
    [
        "subset,url,etag\norf,https://example.org/a,\n",
        '[{"subset": "orf", "url": "https://example.org/a", "etag": "", "name": "x"}]',
        "Metadata_Plate,Metadata_Well\nBR1,A01\n",
        f"{MD5}  a.txt\n",
        '{"format":"cpgate-receipt/1","files":1,"name":"x","sha256":"y"}',
        "",
    ],
)
def test_what_is_no_such_table(head):
    assert not is_checksum_table(head.encode())


def test_the_manifest_of_a_quilt_package_is_told(tmp_path):
    path = tmp_path / "manifest.jsonl"
    path.write_text(
        '{"version":"v0","message":"m","user_meta":{}}\n{"logical_key":"a.txt","physical_keys":[],"size":6}\n'
    )
    with pytest.raises(UnreadableFile, match="Quilt") as caught:
        open_claims(path)
    assert "cpgate check" in caught.value.mend
