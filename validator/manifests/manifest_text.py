"""The text of a manifest, and words for what is none."""

import codecs
import re
from collections.abc import Collection

from validator.errors import UnreadableFile

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF16_WORDS = "is written in UTF-16, as redirections of Windows PowerShell do"
UTF16_MEND = "save it as UTF-8; in PowerShell: ... | Out-File -Encoding utf8 FILE"

_TEXT_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity')
_SEPARATORS = {";": "Semicolons", "\t": "Tabs", "|": "Bars"}


def decode(content: bytes) -> str:
    """Text of a manifest, without a byte order mark.

    Raises
    ------
    UnreadableFile
        If it is not UTF-8.
    """
    if content.startswith(UTF16):
        raise UnreadableFile(f"It {UTF16_WORDS}", UTF16_MEND)
    if b"\0" in content:
        raise UnreadableFile(
            "It holds zero bytes, so it is no text in UTF-8",
            "check that it is the right file; save it as UTF-8",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f"Line {line} holds a character that is not UTF-8", "save it as UTF-8", f"line {line}"
        ) from error


def constant_beyond_json(text: str) -> int:
    r"""Line of the first ``NaN`` or ``Infinity`` outside of the texts of a document.

    Examples
    --------
    >>> constant_beyond_json('{"NaN": "NaN",\n"score": NaN}')
    2
    """
    found = next((match for match in _TEXT_OR_CONSTANT.finditer(text) if match[0][0] != '"'), None)
    return text.count("\n", 0, found.start() if found is not None else 0) + 1


def separator_of(text: str, columns: Collection[str]) -> str:
    r"""What stands between the columns of a table that has two of these and no commas; empty when it is no such table.

    Examples
    --------
    >>> separator_of("subset;url;etag\n", {"subset", "url"})
    'Semicolons'
    """
    first = text.lstrip().partition("\n")[0]
    for separator, words in _SEPARATORS.items():
        names = {cell.strip().strip('"').lower() for cell in first.split(separator)}
        if len(names & set(columns)) > 1:
            return words
    return ""
