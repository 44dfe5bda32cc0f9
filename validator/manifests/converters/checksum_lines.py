"""Lines that ``md5sum --check`` and ``sha256sum --check`` read, run in the folder that the keys begin in."""

from collections.abc import Callable
from typing import TextIO

from validator.manifests.converters.facts import Converted, LeftOut, ReceiptFacts, md5_of, require_some
from validator.models.receipt import ReceiptObject


def write_md5sum(facts: ReceiptFacts, out: TextIO) -> Converted:
    """Write a line for every object whose MD5 is known: those that were not sent in parts.

    Raises
    ------
    UsageError
        If none is.
    """
    return _write(facts, out, md5_of, "MD5", ("was sent in parts", "were sent in parts"))


def write_sha256sum(facts: ReceiptFacts, out: TextIO) -> Converted:
    """Write a line for every object whose SHA-256 the receipt holds.

    Raises
    ------
    UsageError
        If none is.
    """
    reason = ("has no SHA-256 in the receipt", "have no SHA-256 in the receipt")
    return _write(facts, out, lambda record: record.sha256, "SHA-256", reason)


def _write(
    facts: ReceiptFacts,
    out: TextIO,
    digest_of: Callable[[ReceiptObject], str | None],
    what: str,
    reason: tuple[str, str],
) -> Converted:
    files, left_out = 0, LeftOut()
    for record in facts.objects():
        digest = digest_of(record)
        if digest is None:
            left_out.add(record.key)
            continue
        files += 1
        out.write(checksum_line(digest, record.key))
    require_some(files, left_out, facts.path, what)
    one, many = reason
    return Converted(
        files,
        (
            *left_out.sentence(f"object {one} and is left out", f"objects {many} and are left out"),
            "the format has no place for sizes, ETags, versions and times",
        ),
    )


def checksum_line(digest: str, name: str) -> str:
    r"""One line as coreutils write it; a name with a line break begins the line with a backslash.

    Examples
    --------
    >>> checksum_line("d41d8cd98f00b204e9800998ecf8427e", "a/b.tif")
    'd41d8cd98f00b204e9800998ecf8427e  a/b.tif\n'
    """
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if escaped != name else ""
    return f"{mark}{digest}  {escaped}\n"
