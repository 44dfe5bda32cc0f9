"""Write a receipt in another format."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from validator.errors import CpgateError, UnreadableFile, UsageError
from validator.manifests.converters.bagit import write_bagit
from validator.manifests.converters.checksum_lines import write_md5sum, write_sha256sum
from validator.manifests.converters.croissant import write_croissant
from validator.manifests.converters.facts import Converted, ReceiptFacts
from validator.manifests.converters.frictionless import write_frictionless
from validator.manifests.converters.quilt import write_quilt
from validator.manifests.converters.ro_crate import write_ro_crate
from validator.manifests.provenance import recognise
from validator.manifests.receipt import Receipt
from validator.manifests.receipt_writing import write_receipt
from validator.reporters.outfile import OutFile, reason

WRITERS: Mapping[str, Callable[[ReceiptFacts, TextIO], Converted]] = {
    "croissant": write_croissant,
    "frictionless": write_frictionless,
    "md5sum": write_md5sum,
    "quilt": write_quilt,
    "ro-crate": write_ro_crate,
    "sha256sum": write_sha256sum,
}
RECEIPT_FORMS = {"jsonl": ".jsonl", "parquet": ".parquet"}
FORMATS = (*sorted((*WRITERS, "bagit")), *RECEIPT_FORMS)


def convert_receipt(path: Path, to: str, output: Path | None = None) -> Converted:
    """Write a receipt in another format; what the format cannot carry is in the answer.

    Parameters
    ----------
    path
        The receipt, JSON lines or Parquet.
    to
        One of `FORMATS`.
    output
        The new file, never one that is there; for ``bagit`` a new folder. Without it the text goes to standard
        output.

    Raises
    ------
    UsageError
        If it is no receipt, the format carries nothing of it, or the output cannot be used.
    UnreadableFile
        If the receipt is damaged.
    CpgateError
        If the output cannot be written.
    OSError
        If standard output takes no more.
    """
    if to not in FORMATS:
        raise UsageError(f"There is no format {to}", f"There are: {', '.join(FORMATS)}")
    _require_receipt(path)
    if output is not None and output.is_file():  # it may be the only copy of a receipt, also of this one
        raise UsageError(f"There is a file {output} already", "Name another one, or move that one away")
    if to in RECEIPT_FORMS:
        return _rewrite(path, to, output)
    facts = ReceiptFacts(path)
    if to == "bagit":
        if output is None:
            raise UsageError("A bag is a folder", "Name a new one with -o")
        try:
            return write_bagit(facts, output)
        except OSError as error:
            raise CpgateError(
                f"The bag {output} cannot be written: {reason(error)}", "Make room or name another place"
            ) from error
    if output is None:
        converted = WRITERS[to](facts, sys.stdout)
        sys.stdout.flush()
        return converted
    with OutFile(output, to) as file:
        try:
            converted = WRITERS[to](facts, file.stream)
        except OSError as error:
            raise CpgateError(f"{output} cannot be written: {reason(error)}", "Make room") from error
        file.commit()
    return converted


def _require_receipt(path: Path) -> None:
    try:
        kind = recognise(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {reason(error)}", "Check the path") from error
    if kind != "receipt":
        raise UnreadableFile(
            f"{path} is not a receipt of cpgate, and only those say enough to be converted", "Name a receipt"
        )


def _rewrite(path: Path, to: str, output: Path | None) -> Converted:
    if output is None or output.suffix != RECEIPT_FORMS[to]:
        raise UsageError(
            f"A receipt as {to} needs a file whose name ends in {RECEIPT_FORMS[to]}", "Name it with -o"
        )
    receipt = Receipt(path)
    for _ in receipt.objects():
        pass  # how many files the upload left out stands at the end
    end = receipt.end
    if end is None:
        raise ValueError(path)
    summary = write_receipt(
        output, receipt.header, receipt.objects(), conflicts=end.conflicts, failed=end.failed
    )
    return Converted(summary.end.objects)
