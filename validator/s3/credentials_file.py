"""A file with AWS keys, in any of the spellings in which AWS hands them out."""

import csv
import io
import json
import re
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from validator.errors import CredentialsError

LARGEST_FILE = 1 << 20
_NESTS = ("credentials", "rolecredentials", "accesskey")
"""Below which names answers of AWS hold their keys (sts, s3control; sso; iam create-access-key)."""
_NAMES = {
    "accesskeyid": "access_key",
    "awsaccesskeyid": "access_key",
    "secretaccesskey": "secret_key",
    "awssecretaccesskey": "secret_key",
    "sessiontoken": "token",
    "awssessiontoken": "token",
    "awssecuritytoken": "token",
    "expiration": "expires",
    "awscredentialexpiration": "expires",
}
# export NAME=x (sh), setenv NAME x (csh), set NAME=x (cmd), $Env:NAME = x (PowerShell), NAME=x (docker)
_LINE = re.compile(
    r"(?:export\s+|setenv\s+|set\s+|\$env:)?(AWS_[A-Z_]+)(?:\s*=\s*|\s+)(.*?)\s*;?", re.IGNORECASE
)
_MEND = (
    "put in what AWS gave: an ini file with aws_access_key_id and aws_secret_access_key, export AWS_ACCESS_KEY_ID=... "
    "lines, its JSON, or the CSV of the console"
)


@dataclass(frozen=True, slots=True)
class FileKeys:
    """What such a file holds; its text shows no secret.

    Attributes
    ----------
    access_key, secret_key, token
        The keys; the token is empty for keys that do not expire.
    expires
        When they end, if the file says so (UTC).
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    expires: datetime | None = None


def read_credentials_file(path: Path, profile: str | None = None) -> FileKeys:
    """Read the keys of a file.

    Parameters
    ----------
    path
        An ini file of AWS, ``export`` lines, JSON of ``aws sts`` and its like, or the CSV of the console.
    profile
        Section of an ini file; ``default``, or the only one it has.

    Raises
    ------
    CredentialsError
        If it cannot be read or holds no complete keys. What it holds is never repeated.
    """
    try:
        with path.expanduser().open("rb") as stream:
            raw = stream.read(LARGEST_FILE)
        text = raw.decode("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except OSError as error:
        raise CredentialsError(
            f"the credentials file {path} cannot be read: {error.strerror or error}",
            "name another with --credentials-file",
        ) from error
    except UnicodeDecodeError as error:
        raise CredentialsError(f"the credentials file {path} is not text", _MEND) from error
    found = _from_json(text) or _from_csv(text) or _from_ini(text, path, profile) or _from_lines(text)
    missing = [
        name
        for name, known in (("access key", "access_key"), ("secret key", "secret_key"))
        if not found.get(known)
    ]
    if missing:
        raise CredentialsError(f"the credentials file {path} holds no {' and no '.join(missing)}", _MEND)
    return FileKeys(
        found["access_key"], found["secret_key"], found.get("token", ""), _moment(found.get("expires"))
    )


def _known(values: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in values.items():
        known = _NAMES.get(re.sub(r"[^a-z]", "", name.lower()))
        if known and isinstance(value, str | int):
            found[known] = str(value).strip()
    return found


def _from_json(text: str) -> dict[str, str]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    for name, nested in content.items():
        if name.lower() in _NESTS and isinstance(nested, dict):
            return _known(nested)
    return _known(content)


def _from_csv(text: str) -> dict[str, str]:
    """What the console saves as ``accessKeys.csv``: a heading with *Access key ID*, and one line."""
    heading = text.partition("\n")[0].lower()
    if "," not in heading or "access key id" not in heading:
        return {}
    row = next(csv.DictReader(io.StringIO(text, newline="")), {})
    return _known({str(name): value for name, value in row.items() if isinstance(value, str)})


def _from_ini(text: str, path: Path, profile: str | None) -> dict[str, str]:
    parser = ConfigParser(interpolation=None, strict=False, default_section="")
    try:
        parser.read_string(text)
    except ConfigError:
        return {}
    sections = {name.removeprefix("profile ").strip(): name for name in parser.sections()}
    if not sections:
        return {}
    wanted = profile or ("default" if "default" in sections or len(sections) != 1 else next(iter(sections)))
    if wanted not in sections:
        known = ", ".join(sorted(sections)) or "none"
        raise CredentialsError(
            f"the credentials file {path} has no profile {wanted}", f"name one with --profile; it has {known}"
        )
    return _known(dict(parser[sections[wanted]]))


def _from_lines(text: str) -> dict[str, str]:
    matches = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return _known({match[1]: match[2].strip().strip("\"'") for match in matches if match})


def _moment(text: str | None) -> datetime | None:
    """A time as AWS writes it: ISO text, or milliseconds since 1970 (single sign-on)."""
    if not text:
        return None
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
