"""The undo file: every step of a fix with all that is needed to finish it or to take it back.

It is written and brought to the disk before the first step, and never changed. Each line is a record with its checksum
(see `validator.recordlog`):

``header``  format, tool, folder, when, number of steps
``table``   a table gets other cells: path, SHA-256 before and after, mode and time of modification
``rename``  a folder or file gets another name: path, name
``end``     number of steps; without it the file is not whole

Paths are as on disk before the first step, relative to the folder. Beside the file lies a folder of the same name: the bytes
of the tables (``00001.before``, ``00001.after``) and one log for each process (``steps-1.log``) of what it has done.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from validator import __version__
from validator.errors import CpgateError, UnreadableFile, UsageError
from validator.models.formats import own_file
from validator.recordlog.log import LogWriter, decode_line, encode_record, read_log
from validator.reporters.escape import shown
from validator.reporters.outfile import OutFile, reason

UNDO_FORMAT = "cpgate-undo/1"
Stage = Literal["unfinished", "applied", "undoing", "undone"]


@dataclass(frozen=True, slots=True)
class RenameStep:
    """A folder or file gets another name.

    Attributes
    ----------
    n
        Number of the step, from 1.
    path
        Where it lay before the first step, relative to the folder.
    name
        Its new name.
    """

    n: int
    path: str
    name: str


@dataclass(frozen=True, slots=True)
class TableStep:
    """A table gets other cells.

    Attributes
    ----------
    n
        Number of the step, from 1.
    path
        Where it lay before the first step, relative to the folder.
    before, after
        SHA-256 of its bytes.
    mode, mtime_ns
        Permissions and time of modification before.
    """

    n: int
    path: str
    before: str
    after: str
    mode: int
    mtime_ns: int


Step = RenameStep | TableStep
_STEPS: dict[str, type[RenameStep] | type[TableStep]] = {"rename": RenameStep, "table": TableStep}


@dataclass(frozen=True, slots=True)
class UndoFile:
    """An undo file that was read.

    Attributes
    ----------
    path
        Where it lies.
    root
        The folder that is fixed.
    made
        When, UTC.
    steps
        In the order in which they are done.
    """

    path: Path
    root: Path
    made: str
    steps: tuple[Step, ...]

    @property
    def folder(self) -> Path:
        """Where the bytes of the tables and the logs lie."""
        return undo_folder(self.path)

    def kept(self, step: TableStep, which: Literal["before", "after"]) -> Path:
        """The bytes of a table before or after its step."""
        return self.folder / f"{step.n:05d}.{which}"

    def stage(self) -> Stage:
        """How far it has come, by its logs."""
        stage: Stage = "unfinished"
        for path in self._logs():
            for record in read_log(path):
                if record["t"] in ("applied", "undoing", "undone"):
                    stage = record["t"]
        return stage

    def steps_done(self) -> int:
        """How many steps the logs say are done."""
        records = (record for path in self._logs() for record in read_log(path))
        return len({record["n"] for record in records if record["t"] == "done"})

    def open_log(self) -> LogWriter:
        """Begin the log of this process.

        Raises
        ------
        CpgateError
            If it cannot be written.
        """
        number = len(self._logs()) + 1
        try:
            return LogWriter(self.folder / f"steps-{number}.log")
        except OSError as error:
            raise CpgateError(
                f"{shown(str(self.folder))} cannot be written to: {reason(error)}",
                "Nothing was changed now. Make room or give yourself the right to write there, or see whether "
                "another cpgate fix is running.",
            ) from error

    def _logs(self) -> list[Path]:
        return sorted(self.folder.glob("steps-*.log"), key=lambda path: (len(path.name), path.name))


def undo_folder(path: Path) -> Path:
    """The folder that belongs to an undo file."""
    return path.with_name(f"{path.name.removesuffix('.jsonl')}.files")


def new_undo_path(folder: Path, dataset: str) -> Path:
    """A free name for an undo file, ``cpgate-undo-cpg0051-heart_broad-20261120T140533Z.jsonl``."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in dataset)
    stem = f"cpgate-undo-{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    names = chain([f"{stem}.jsonl"], (f"{stem}-{n}.jsonl" for n in count(2)))
    paths = (folder / name for name in names)
    return next(
        path for path in paths if not os.path.lexists(path) and not os.path.lexists(undo_folder(path))
    )


class UndoWriter:
    """Writes an undo file with its folder; left without `commit`, nothing stays behind.

    Parameters
    ----------
    path
        Where; neither the file nor its folder may exist.
    root
        The folder that is to be fixed.

    Raises
    ------
    UsageError
        If it cannot be written there.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.path, self._root = path, root
        self._folder = undo_folder(path)
        self._lines: list[dict[str, Any]] = []
        self._whole = False
        if os.path.lexists(path):
            raise UsageError(f"{shown(str(path))} is there already.", "Name another one with --undo-file.")
        try:
            self._folder.mkdir()
        except OSError as error:
            raise UsageError(
                f"The undo file cannot be written to {shown(str(path.parent))}: {reason(error)}",
                "Name a file in a folder that exists and that you may write to, with --undo-file.",
            ) from error

    def table(self, path: str, state: os.stat_result, before: bytes, after: bytes) -> None:
        """Enter a table, and keep its bytes.

        Raises
        ------
        OSError
            If the disk does not take them.
        """
        n = len(self._lines) + 1
        step = TableStep(n, path, digest(before), digest(after), state.st_mode & 0o7777, state.st_mtime_ns)
        for which, content in (("before", before), ("after", after)):
            with (self._folder / f"{n:05d}.{which}").open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        self._lines.append({"t": "table"} | asdict(step))

    def rename(self, path: str, name: str) -> None:
        """Enter a rename."""
        self._lines.append({"t": "rename"} | asdict(RenameStep(len(self._lines) + 1, path, name)))

    def commit(self) -> UndoFile:
        """Bring all of it to the disk and give the file its name."""
        sync_folder(self._folder)
        header = {
            "t": "header",
            "format": UNDO_FORMAT,
            "tool": __version__,
            "root": str(self._root),
            "made": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "steps": len(self._lines),
        }
        end = {"t": "end", "steps": len(self._lines)}
        with OutFile(self.path, "undo file") as file:
            for record in (header, *self._lines, end):
                file.write(encode_record(record).decode("ascii"))
            file.commit()
        self._whole = True
        sync_folder(self.path.parent)
        return read_undo(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._whole:
            shutil.rmtree(self._folder, ignore_errors=True)


def read_undo(path: Path) -> UndoFile:
    """Read an undo file and prove that it is whole.

    Raises
    ------
    UsageError
        If there is no such file.
    UnreadableFile
        If it is no undo file, is cut, or was changed; names the line.
    """
    try:
        with path.open("rb") as stream:
            records = list(_records(path, stream))
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no file {shown(str(path))}", "Name the file that cpgate fix --apply wrote."
        ) from error
    except OSError as error:
        raise UsageError(f"{shown(str(path))} cannot be read: {reason(error)}") from error
    if not records or records[0].get("format") != UNDO_FORMAT:
        raise _no_undo_file(path, 1)
    header, steps = records[0], records[1:-1]
    if records[-1] != {"t": "end", "steps": len(steps)} or header["steps"] != len(steps):
        raise _no_undo_file(path, len(records))
    read = tuple(_STEPS[step["t"]](**{k: v for k, v in step.items() if k != "t"}) for step in steps)
    return UndoFile(path, Path(header["root"]), header["made"], read)


def _records(path: Path, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        record = decode_line(line)
        if record is None:
            own = own_file(line, "undo") if number == 1 else None
            if own is not None:
                raise UnreadableFile(
                    f"{shown(str(path))} is {own.what}, not an undo file.", own.mend(str(path))
                )
            raise _no_undo_file(path, number)
        yield record


def find_undo(folder: Path, root: Path) -> UndoFile | None:
    """The newest undo file of a folder that fixes this dataset and has not come to its end."""
    return _newest(undo for undo, stage in _undo_files(folder) if undo.root == root and stage == "unfinished")


def newest_undo(folders: Iterable[Path], root: Path | None) -> UndoFile | None:
    """The newest undo file of these folders with something to take back, of this dataset if one is named."""
    found = (undo for folder in folders for undo in _undo_files(folder))
    return _newest(undo for undo, stage in found if root in (None, undo.root) and stage != "undone")


def _undo_files(folder: Path) -> Iterator[tuple[UndoFile, Stage]]:
    """Those of a folder that are whole, with how far each has come."""
    for path in folder.glob("cpgate-undo-*.jsonl"):
        with suppress(UsageError, UnreadableFile):
            undo = read_undo(path)
            yield undo, undo.stage()


def _newest(undos: Iterable[UndoFile]) -> UndoFile | None:
    """Within one second the names tell, ``...Z.jsonl`` before ``...Z-2.jsonl`` before ``...Z-10.jsonl``."""
    return max(undos, key=lambda undo: (undo.made, len(undo.path.name), undo.path.name), default=None)


def digest(content: bytes) -> str:
    """SHA-256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _no_undo_file(path: Path, line: int) -> UnreadableFile:
    return UnreadableFile(
        f"{shown(str(path))} is no whole undo file: line {line} is cut, was changed, or is something else.",
        "Look for a copy; the bytes of tables before the fix lie in the folder beside it.",
        where=f"line {line}",
    )
