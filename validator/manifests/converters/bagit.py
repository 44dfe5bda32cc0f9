"""A BagIt bag (RFC 8493) whose payload is fetched: ``fetch.txt`` names the address of every file.

BagIt wants one algorithm for all files: SHA-256 where the receipt has it of every object, else MD5.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from validator.errors import UsageError
from validator.manifests.converters.facts import Converted, LeftOut, ReceiptFacts, all_have_sha256, md5_of
from validator.models.receipt import ReceiptObject

DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def write_bagit(facts: ReceiptFacts, folder: Path) -> Converted:
    """Write the bag's tag files into a new folder, all of them or nothing; what fetches the payload fills ``data/``.

    Raises
    ------
    UsageError
        If the receipt has neither algorithm of every object, or the folder holds something.
    CpgateError
        If the folder cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not an empty folder", "Name a new folder for the bag")
    algorithm, digest_of = _algorithm(facts)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bag-", dir=folder.parent, ignore_cleanup_errors=True) as made:
        bag = Path(made) / folder.name
        files = _fill(bag, facts, algorithm, digest_of)
        if folder.exists():
            folder.rmdir()
        bag.rename(folder)
    return Converted(
        files, ("the format has no place for ETags, part sizes, versions, CRC64NVMEs and times",)
    )


def _fill(
    folder: Path, facts: ReceiptFacts, algorithm: str, digest_of: Callable[[ReceiptObject], str | None]
) -> int:
    """Write a bag into a new folder; the number of its files."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "bagit.txt").write_text(DECLARATION, encoding="utf-8", newline="\n")
    files, size = 0, 0
    manifest, fetch = folder / f"manifest-{algorithm}.txt", folder / "fetch.txt"
    with (
        manifest.open("w", encoding="utf-8", newline="\n") as digests,
        fetch.open("w", encoding="utf-8", newline="\n") as addresses,
    ):
        for record in facts.objects():
            files, size = files + 1, size + record.size
            name = encoded_path(f"data/{record.key}")
            digests.write(f"{digest_of(record)}  {name}\n")
            addresses.write(f"{facts.address(record.key)} {record.size} {name}\n")
    said = [f"External-Description: {facts.name}", f"Bagging-Date: {facts.created:%Y-%m-%d}"]
    said += [f"Payload-Oxum: {size}.{files}", *(f"{name}: {text}" for name, text in facts.notes.items())]
    info = folder / "bag-info.txt"
    info.write_text("".join(f"{line}\n" for line in said), encoding="utf-8", newline="\n")
    return files


def _algorithm(facts: ReceiptFacts) -> tuple[str, Callable[[ReceiptObject], str | None]]:
    if all_have_sha256(facts.objects()):
        return "sha256", lambda record: record.sha256
    lacking = LeftOut()
    for record in facts.objects():
        if md5_of(record) is None:
            lacking.add(record.key)
    if lacking.count:
        names = ", ".join(lacking.first)
        raise UsageError(
            f"BagIt wants one checksum of every file, and {lacking.count:,} of {facts.path.name} were sent in parts "
            f"and have no MD5 ({names})",
            "Upload with --sha256: the receipt then holds a SHA-256 of every file",
        )
    return "md5", md5_of


def encoded_path(path: str) -> str:
    r"""Encode what would break a line, and the percent sign (RFC 8493, section 2.1.3).

    Examples
    --------
    >>> encoded_path("data/100%.tif")
    'data/100%25.tif'
    """
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")
