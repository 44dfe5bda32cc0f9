"""A file with keys in every spelling in which AWS hands them out."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import CredentialsError
from validator.s3.credentials_file import FileKeys, read_credentials_file

ACCESS, SECRET, TOKEN = "ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+b=", "FwoGZXIvYXdzEJr//x=="
END = datetime(2026, 11, 21, 15, 12, 22, tzinfo=UTC)
SPELLINGS = {
    "ini": f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key={SECRET}\naws_session_token = {TOKEN}\n",
    "ini of one profile": f"# lab\n[lab]\nAWS_ACCESS_KEY_ID={ACCESS}\nAWS_SECRET_ACCESS_KEY={SECRET}\nAWS_SESSION_TOKEN={TOKEN}",
    "sh": f'export AWS_ACCESS_KEY_ID="{ACCESS}"\nexport AWS_SECRET_ACCESS_KEY="{SECRET}"\nexport AWS_SESSION_TOKEN="{TOKEN}"\n',
    "csh": f"setenv AWS_ACCESS_KEY_ID {ACCESS}\nsetenv AWS_SECRET_ACCESS_KEY {SECRET};\nsetenv AWS_SESSION_TOKEN '{TOKEN}'",
    "cmd": f"SET AWS_ACCESS_KEY_ID={ACCESS}\r\nSET AWS_SECRET_ACCESS_KEY={SECRET}\r\nSET AWS_SESSION_TOKEN={TOKEN}\r\n",
    "PowerShell": f'$Env:AWS_ACCESS_KEY_ID="{ACCESS}"\n$Env:AWS_SECRET_ACCESS_KEY = "{SECRET}"\n$Env:AWS_SESSION_TOKEN="{TOKEN}"',
    "docker": f"OTHER=1\nAWS_ACCESS_KEY_ID={ACCESS}\nAWS_SECRET_ACCESS_KEY={SECRET}\nAWS_SESSION_TOKEN={TOKEN}\n",
    "aws sts, aws s3control get-data-access": f'{{"Credentials": {{"AccessKeyId": "{ACCESS}", "SecretAccessKey": "{SECRET}",'
    f' "SessionToken": "{TOKEN}", "Expiration": "2026-11-21T15:12:22+00:00"}}, "MatchedGrantTarget": "s3://b/*"}}',
    "a credential process": f'{{"Version": 1, "AccessKeyId": "{ACCESS}", "SecretAccessKey": "{SECRET}",'
    f' "SessionToken": "{TOKEN}", "Expiration": "2026-11-21T15:12:22Z"}}',
    "aws sso": f'{{"roleCredentials": {{"accessKeyId": "{ACCESS}", "secretAccessKey": "{SECRET}",'
    f' "sessionToken": "{TOKEN}", "expiration": 1795273942000}}}}',
}
PERMANENT = {
    "aws iam": f'{{"AccessKey": {{"UserName": "lab", "AccessKeyId": "{ACCESS}", "SecretAccessKey": "{SECRET}"}}}}',
    "CSV of the console": f"\ufeffAccess key ID,Secret access key\r\n{ACCESS},{SECRET}\r\n",
    "older CSV": f"User name,Password,Access key ID,Secret access key,Console login link\nlab,,{ACCESS},{SECRET},\n",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_temporary_keys(tmp_path, text):
    path = tmp_path / "keys"
    path.write_bytes(text.encode())
    keys = read_credentials_file(path)
    assert (keys.access_key, keys.secret_key, keys.token) == (ACCESS, SECRET, TOKEN)
    assert keys.expires in {None, END}
    assert (keys.expires == END) == ("xpiration" in text)
    assert SECRET not in repr(keys)
    assert TOKEN not in repr(keys)


@pytest.mark.parametrize("text", PERMANENT.values(), ids=PERMANENT)
def test_permanent_keys(tmp_path, text):
    path = tmp_path / "keys"
    path.write_bytes(text.encode())
    assert read_credentials_file(path) == FileKeys(ACCESS, SECRET)


def test_what_powershell_writes_is_utf_16(tmp_path):
    (tmp_path / "keys").write_bytes(SPELLINGS["PowerShell"].encode("utf-16"))
    assert read_credentials_file(tmp_path / "keys").access_key == ACCESS


def test_a_profile_of_several(tmp_path):
    path = tmp_path / "keys"
    path.write_text(
        f"[a]\naws_access_key_id=x\naws_secret_access_key=y\n{SPELLINGS['ini'].replace('default', 'profile b')}"
    )
    assert read_credentials_file(path, "b").access_key == ACCESS
    with pytest.raises(CredentialsError, match="has no profile default") as caught:
        read_credentials_file(path)
    assert caught.value.mend == "name one with --profile; it has a, b"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "holds no access key and no secret key"),
        (f"export AWS_ACCESS_KEY_ID={ACCESS}".encode(), "holds no secret key"),
        (f"[default]\naws_secret_access_key={SECRET}".encode(), "holds no access key"),
        (b"[1, 2]", "holds no access key"),
        (b"[" * 100_000, "holds no access key"),
        (b"\xff\xfe\xff", "is not text"),
        (b"\x89PNG\r\n", "is not text"),
    ],
)
def test_files_without_keys(tmp_path, content, text):
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(CredentialsError, match=text) as caught:
        read_credentials_file(tmp_path / "keys")
    assert SECRET not in f"{caught.value.what} {caught.value.mend}"
    assert "CSV" in caught.value.mend


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CredentialsError, match="cannot be read"):
        read_credentials_file(tmp_path / "keys")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_content_ends_in_a_stack(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    try:
        keys = read_credentials_file(path)
    except CredentialsError:
        return
    assert keys.access_key
    assert keys.secret_key
