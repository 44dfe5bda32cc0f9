"""Reads Parquet in a process of its own, where damage can end nothing else.

Polars answers most damage with an error, some with a report of its own on standard error, and one byte in 500 of a
receipt, changed, with the end of the whole process (a panic in a thread of its executor).
"""

import pickle
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from validator.errors import CpgateError, UnreadableFile

_KILLED = -9
"""Exit code of a process that the system ended (SIGKILL)."""
_PROGRAM = """import sys
sys.path[:] = {path!r}
from validator.manifests.parquet_reader import answer
answer(*sys.argv[1:])
"""


def metadata_of(path: Path) -> dict[str, str]:
    """What stands beside the columns of a Parquet file.

    Raises
    ------
    UnreadableFile
        If it is damaged.
    """
    with closing(_answers(path, "metadata")) as answers:
        found: dict[str, str] = next(answers)
        return found


def rows_of(path: Path, rows_at_once: int) -> Iterator[dict[str, Any]]:
    """Every row of a Parquet file, values by the names of their columns; read block by block.

    Raises
    ------
    UnreadableFile
        If it is damaged.
    """
    with closing(_answers(path, "rows", str(rows_at_once))) as answers:
        for block in answers:
            yield from block


def _answers(path: Path, *question: str) -> Generator[Any, None, None]:
    with _reader(path, question) as process:
        assert process.stdout is not None
        try:
            while (found := pickle.load(process.stdout)) is not None:  # noqa: S301  this program wrote it
                yield found
        except (EOFError, pickle.UnpicklingError) as error:
            if process.wait() == _KILLED:  # not the file's fault
                raise CpgateError(
                    f"The reading of {path} was ended by the system, which may be out of memory",
                    "run the same command where there is more",
                ) from error
            raise UnreadableFile("the Parquet file is damaged or was cut", "use another copy") from error


@contextmanager
def _reader(path: Path, question: tuple[str, ...]) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-P", "-c", _PROGRAM.format(path=sys.path), str(path), *question]
    process = subprocess.Popen(  # noqa: S603  this interpreter and this module
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def answer(path: str, question: str, rows_at_once: str = "0") -> None:
    """Write what was asked to standard output, then ``None``; runs in the process of its own."""
    import polars as pl  # noqa: PLC0415  heavy

    if question == "metadata":
        _write(pl.read_parquet_metadata(path), None)
        return
    table, start = pl.scan_parquet(path), 0
    while rows := table.slice(start, int(rows_at_once)).collect().to_dicts():
        start += len(rows)
        _write(rows)
    _write(None)


def _write(*values: object) -> None:
    for value in values:
        pickle.dump(value, sys.stdout.buffer)
    sys.stdout.buffer.flush()
