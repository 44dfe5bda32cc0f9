"""``cpgate manifest merge``, ``diff`` and ``split``: receipts side by side."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from validator.cli import options
from validator.cli.terminal import say

if TYPE_CHECKING:
    from validator.reporters.receipts_text import Bytes
    from validator.workflows.receipt_diff import Known, ReceiptDiff

PATH = click.Path(path_type=Path)


@click.command(short_help="Join the receipts of several people and batches.")
@click.argument("receipts", nargs=-1, required=True, type=PATH)
@click.option(
    "-o",
    "--output",
    required=True,
    type=PATH,
    metavar="FILE",
    help="The new receipt; FILE.parquet makes it Parquet.",
)
def merge(*, receipts: tuple[Path, ...], output: Path) -> int:
    """Join RECEIPTS of uploads to one bucket. The same key with the same bytes is fine, with other bytes an error."""
    from validator.reporters.numbers import counted, size  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.receipts_text import Bytes, clash_lines  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.receipt_merge import merge_receipts  # noqa: PLC0415  the command's help comes fast

    result = merge_receipts(receipts, output)
    if result.summary is None:
        clashes = [
            (
                clash.key,
                str(clash.files[0]),
                Bytes(clash.key, clash.records[0].size, clash.records[0].etag),
                str(clash.files[1]),
                Bytes(clash.key, clash.records[1].size, clash.records[1].etag),
            )
            for clash in result.clashes
        ]
        say("".join(clash_lines(clashes, result.clash_count)))
        return int(result.exit_code)
    end = result.summary.end
    overlaps = (
        f" · {counted(result.overlaps, 'key')} in several, with the same bytes" if result.overlaps else ""
    )
    say(
        f"{output}: {counted(end.objects, 'object')} ({size(end.size)}) of {len(receipts)} receipts{overlaps}\n"
    )
    if result.left_out:
        say(
            f"note: uploads of these receipts left {counted(result.left_out, 'file')} out; "
            "a receipt of everything, made later, makes theirs needless\n"
        )
    return int(result.exit_code)


@click.command(short_help="Compare two receipts.")
@click.argument("before", type=PATH)
@click.argument("after", type=PATH)
@options.all_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every difference.")
def diff(*, before: Path, after: Path, everything: bool, as_json: bool) -> int:
    """Say what was added, removed, changed or moved (the same bytes at another key) from BEFORE to AFTER."""
    from validator.reporters.receipts_text import difference_lines  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.receipt_diff import diff_receipts  # noqa: PLC0415  the command's help comes fast

    found = diff_receipts(before, after)
    if as_json:
        say(json.dumps(_as_document(found)) + "\n")
        return int(found.exit_code)
    lines = difference_lines(
        found.same,
        [_bytes(known) for known in found.added],
        [_bytes(known) for known in found.removed],
        [(_bytes(old), _bytes(new)) for old, new in found.changed],
        [(_bytes(old), _bytes(new)) for old, new in found.moved],
        everything=everything,
    )
    say("".join(lines))
    return int(found.exit_code)


def _bytes(known: "Known") -> "Bytes":
    from validator.reporters.receipts_text import Bytes  # noqa: PLC0415  the command's help comes fast

    return Bytes(known.key, known.size, known.etag)


def _as_document(found: "ReceiptDiff") -> dict[str, object]:
    return {
        "same": found.same,
        "added": [known._asdict() for known in found.added],
        "removed": [known._asdict() for known in found.removed],
        "changed": [{"before": old._asdict(), "after": new._asdict()} for old, new in found.changed],
        "moved": [{"before": old._asdict(), "after": new._asdict()} for old, new in found.moved],
    }


@click.command(short_help="Make one receipt for each batch.")
@click.argument("receipt", type=PATH)
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Where they go; beside RECEIPT by default.")
def split(*, receipt: Path, output: Path | None) -> int:
    """Make one receipt for each batch of RECEIPT, and one for what belongs to no batch."""
    from validator.reporters.numbers import counted  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.receipt_split import split_by_batch  # noqa: PLC0415  the command's help comes fast

    for summary in split_by_batch(receipt, output):
        say(f"{summary.path}: {counted(summary.end.objects, 'object')}\n")
    return 0
