"""Does the steps of an undo file, goes on where it was stopped, and takes them back.

What is done is seen from the disk alone: a folder has its old name or its new one, a table its old bytes or its new ones.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

from validator.errors import CpgateError, Interrupted
from validator.models.progress import Progress
from validator.reporters.escape import shown
from validator.reporters.outfile import reason
from validator.workflows.fix_undo import RenameStep, Step, TableStep, UndoFile, digest, sync_folder
from validator.workflows.stopping import StopRequest

PART_SUFFIX = ".cpgate-part"


class StepProblem(Exception):
    """A step can neither be done nor taken back; says why."""


class Performer:
    """Does single steps.

    Parameters
    ----------
    undo
        The undo file.
    root
        The folder; it may have moved since.
    back
        Whether steps are taken back: of two names on the way that are both there, the new one counts then.
    """

    def __init__(self, undo: UndoFile, root: Path, *, back: bool = False) -> None:
        self._undo = undo
        self._root = root
        self._back = back
        self._new_names: Mapping[str, str] = {
            step.path: step.name for step in undo.steps if isinstance(step, RenameStep)
        }

    def find(self, path: str) -> Path:
        """Where something lies now, whichever of the folders on the way have their new names already."""
        here, before = self._root, ""
        for name in path.split("/"):
            before = f"{before}/{name}" if before else name
            new = self._new_names.get(before, name)
            likely, other = (new, name) if self._back else (name, new)
            here /= likely if os.path.lexists(here / likely) else other
        return here

    def do(self, step: Step) -> None:
        """Do a step, if it is not done.

        Raises
        ------
        StepProblem
            If what lies there is neither what was there before the step nor what is there after it.
        OSError
            If the system refuses.
        """
        if isinstance(step, TableStep):
            self._exchange(step, step.before, step.after, "after")
        else:
            old = step.path.rpartition("/")[2]
            self._rename(step.path, old, step.name)

    def take_back(self, step: Step) -> None:
        """Take a step back, if it is done; raises what `do` raises."""
        if isinstance(step, TableStep):
            self._exchange(step, step.after, step.before, "before")
        else:
            old = step.path.rpartition("/")[2]
            self._rename(step.path, step.name, old)

    def _rename(self, path: str, old: str, new: str) -> None:
        outer = path.rpartition("/")[0]
        folder = self.find(outer) if outer else self._root
        old_there, new_there = _is_there(folder, old, new), _is_there(folder, new, old)
        if new_there and not old_there:
            return
        where = shown(str(folder))
        if new_there:
            raise StepProblem(f"{where} holds both {shown(old)} and {shown(new)}")
        if not old_there:
            raise StepProblem(f"{where} holds neither {shown(old)} nor {shown(new)}")
        (folder / old).rename(folder / new)
        sync_folder(folder)

    def _exchange(self, step: TableStep, old: str, new: str, which: str) -> None:
        path = self.find(step.path)
        part = path.with_name(f".{path.name}{PART_SUFFIX}")
        try:
            now = digest(path.read_bytes())
        except FileNotFoundError:
            raise StepProblem(f"{shown(str(path))} is not there") from None
        if now == new:
            part.unlink(missing_ok=True)
            return
        if now != old:
            raise StepProblem(f"{shown(str(path))} was changed by something else")
        kept = self._undo.kept(step, "after" if which == "after" else "before")
        content = kept.read_bytes()
        if digest(content) != new:
            raise StepProblem(f"{shown(str(kept))} was damaged")
        _replace(path, part, content, step, restore_time=which == "before")


def _replace(path: Path, part: Path, content: bytes, step: TableStep, *, restore_time: bool) -> None:
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    _give_to_owner(part, path)
    part.chmod(step.mode)
    if restore_time:
        os.utime(part, ns=(step.mtime_ns, step.mtime_ns))
    part.replace(path)
    sync_folder(path.parent)


def _give_to_owner(part: Path, path: Path) -> None:
    """Give a new file the owner and group of the old one, where this user may."""
    state = path.stat()
    if hasattr(os, "chown") and (state.st_uid, state.st_gid) != (os.getuid(), os.getgid()):
        with suppress(PermissionError):
            os.chown(part, state.st_uid, state.st_gid)


def _is_there(folder: Path, name: str, other: str) -> bool:
    """Whether a name is in a folder, exactly so also on disks where ``Images`` and ``images`` are one."""
    if name.casefold() != other.casefold():
        return os.path.lexists(folder / name)
    return any(entry.name == name for entry in folder.iterdir())


def apply_steps(undo: UndoFile, root: Path, progress: Progress, stop: StopRequest) -> None:
    """Do every step that is not done.

    Raises
    ------
    CpgateError
        If a step cannot be done; those before it are safe.
    Interrupted
        If somebody asked to stop.
    """
    performer = Performer(undo, root)
    again = f"What was done is safe. The same command goes on; cpgate fix --undo {shown(str(undo.path))} takes it back."
    with closing(undo.open_log()) as log, progress.step("renaming", len(undo.steps), "steps") as shown_step:
        for step in undo.steps:
            if stop():
                raise Interrupted(
                    f"Stopped before step {step.n:,} of {len(undo.steps):,}.", again, stop.signal_number
                )
            try:
                performer.do(step)
                log.append({"t": "done", "n": step.n})
            except StepProblem as problem:
                raise CpgateError(_stopped(undo, step, str(problem)), again) from problem
            except OSError as error:
                place = shown(str(error.filename or undo.folder))
                raise CpgateError(_stopped(undo, step, f"{place}: {reason(error)}"), again) from error
            shown_step.advance()
        log.append({"t": "applied"})
    for step in undo.steps:
        if isinstance(step, TableStep):
            undo.kept(step, "after").unlink(missing_ok=True)


def undo_steps(undo: UndoFile, root: Path, progress: Progress, stop: StopRequest) -> Sequence[str]:
    """Take back every step that is done, the last one first.

    Returns
    -------
    Sequence of str
        What could not be taken back, and why.

    Raises
    ------
    CpgateError
        If the system refuses; what was taken back so far stays so.
    Interrupted
        If somebody asked to stop.
    """
    performer = Performer(undo, root, back=True)
    problems: list[str] = []
    again = "The same command goes on."
    with closing(undo.open_log()) as log, progress.step("undoing", len(undo.steps), "steps") as shown_step:
        log.append({"t": "undoing"})
        for step in reversed(undo.steps):
            if stop():
                raise Interrupted(f"Stopped before step {step.n:,} was undone.", again, stop.signal_number)
            try:
                performer.take_back(step)
                log.append({"t": "back", "n": step.n})
            except StepProblem as problem:
                problems.append(_with_copy(undo, step, str(problem)))
            except OSError as error:
                place = shown(str(error.filename or undo.folder))
                raise CpgateError(_stopped(undo, step, f"{place}: {reason(error)}"), again) from error
            shown_step.advance()
        if not problems:
            log.append({"t": "undone"})
    return problems


def _stopped(undo: UndoFile, step: Step, why: str) -> str:
    return f"Step {step.n:,} of {len(undo.steps):,} could not be done: {why}"


def _with_copy(undo: UndoFile, step: Step, why: str) -> str:
    if isinstance(step, TableStep):
        return f"{why}; its bytes before the fix are in {shown(str(undo.kept(step, 'before')))}"
    return why


def unwritable(folders: Sequence[Path], may_write: Callable[[Path], bool] | None = None) -> Path | None:
    """The first folder in which nothing can be renamed or written, or ``None``."""
    asked = may_write or (lambda folder: os.access(folder, os.W_OK | os.X_OK))
    return next((folder for folder in folders if not asked(folder)), None)
