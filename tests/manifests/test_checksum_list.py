"""Lists of checksums, also as the real programs write them."""

import base64
import hashlib
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UnreadableFile
from validator.manifests.checksum_list import is_checksum_list, read_checksum_list
from validator.models.claim import Claim

MD5 = hashlib.md5(b"x").digest()
SHA256 = hashlib.sha256(b"x").digest()
ETAG = f"{MD5.hex()}-7"


def read(tmp_path, content) -> list[Claim]:
    path = tmp_path / "list.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_checksum_list(path))


@pytest.mark.parametrize(
    ("line", "claim"),
    [
        (f"{MD5.hex()}  a/b c.tif", Claim("a/b c.tif", checksums={"md5": MD5})),
        (f"{MD5.hex().upper()} *./a.tif", Claim("a.tif", checksums={"md5": MD5})),
        (f"{SHA256.hex()}  a", Claim("a", checksums={"sha256": SHA256})),
        (f"{base64.b64encode(MD5).decode()}  a", Claim("a", checksums={"md5": MD5})),
        (f"{base64.b64encode(SHA256).decode()}  a", Claim("a", checksums={"sha256": SHA256})),
        ("Gek2Qtb0bRU=  a", Claim("a", checksums={"crc64nvme": base64.b64decode("Gek2Qtb0bRU=")})),
        (f"SHA256 (a (1).tif) = {SHA256.hex()}", Claim("a (1).tif", checksums={"sha256": SHA256})),
        (f"{ETAG}  a", Claim("a", etag=ETAG)),
        (f'a/b\t"{ETAG}"', Claim("a/b", etag=ETAG)),
        (f'a/b\t12\t"{MD5.hex()}"', Claim("a/b", size=12, etag=MD5.hex())),
        (f"\\{MD5.hex()}  a\\\\b\\nc", Claim("a\\b\nc", checksums={"md5": MD5})),
        (f"\ufeff{MD5.hex()}  a\r", Claim("a", checksums={"md5": MD5})),
    ],
)
def test_forms_of_a_line(tmp_path, line, claim):
    assert read(tmp_path, f"{line}\n\n# a remark\n") == [claim]
    assert is_checksum_list(f"{line}\n".encode())


@pytest.mark.parametrize(
    "line",
    [
        "plain words",
        f"MD5 (a) = {SHA256.hex()}",
        f"{MD5.hex()[:-1]}  a",
        f"{MD5.hex()}",
        f"{MD5.hex()}  ",
        f"{MD5.hex()}  ./",
        '{"a": 1}',
    ],
)
def test_a_line_that_is_none_is_named(tmp_path, line):
    with pytest.raises(UnreadableFile, match="line 2"):
        read(tmp_path, f"{MD5.hex()}  a\n{line}\n")
    assert not is_checksum_list(line.encode())


@pytest.mark.parametrize(
    "command",
    [["md5sum"], ["sha1sum"], ["sha256sum"], ["sha512sum"], ["md5sum", "--tag"], ["sha256sum", "-b"]],
)
def test_what_real_programs_write(tmp_path, command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    names = ["plain.tif", "with space.tif", "back\\slash", "line\nend", "ümlaut (1).tif"]
    for name in names:
        (tmp_path / name).write_text(name)
    done = subprocess.run([*command, *names], cwd=tmp_path, capture_output=True, check=True)
    claims = read(tmp_path, done.stdout)
    assert [claim.name for claim in claims] == names
    for claim in claims:
        [(algorithm, value)] = claim.checksums.items()
        assert value == hashlib.new(algorithm, claim.name.encode()).digest()


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    try:
        claims = list(read_checksum_list(path))
    except UnreadableFile as error:
        assert error.where.startswith("line ")  # noqa: PT017  both outcomes are right, a place is needed in this one
    else:
        assert all(claim.name for claim in claims)
