"""Mend names: plan renames, do them so that they can be finished and undone, or write mounts instead."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from validator.checks.dataset import Dataset
from validator.checks.leftovers import JUNK_FILE, judge_junk
from validator.checks.selection import make_selection
from validator.errors import CpgateError, ExitCode, NothingChecked, UsageError
from validator.models.finding import Level
from validator.models.progress import Progress, SilentProgress
from validator.models.renames import FixPlan
from validator.reporters.escape import shown
from validator.reporters.outfile import reason
from validator.sources.local import LocalSource
from validator.workflows.configuration import settings_in_force
from validator.workflows.crashes import state_folder
from validator.workflows.fix_apply import apply_steps, undo_steps, unwritable
from validator.workflows.fix_disk import Disk
from validator.workflows.fix_mapping import write_mapping
from validator.workflows.fix_plan import in_order, plan_renames
from validator.workflows.fix_proposals import FIXABLE_RULES
from validator.workflows.fix_tables import TableMender
from validator.workflows.fix_undo import (
    UndoFile,
    UndoWriter,
    find_undo,
    new_undo_path,
    newest_undo,
    read_undo,
)
from validator.workflows.listing import list_dataset
from validator.workflows.report import dataset_home
from validator.workflows.stopping import stop_request


@dataclass(frozen=True, slots=True)
class FixRequest:
    """What to fix.

    Attributes
    ----------
    path
        The dataset's folder, a project or a folder of projects.
    dataset
        ``project/source``, where the names of the folders do not say it.
    policy, scope, config
        As for a check: rules that are off rename nothing, an addition keeps the batches of the Gallery, and what is ignored
        asks for no names.
    select, ignore
        Rules to narrow the plan to.
    undo_file
        Where the undo file goes; ``None`` for a name with the time, in the current folder.
    """

    path: Path
    dataset: str | None = None
    policy: str | None = None
    scope: str | None = None
    config: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    undo_file: Path | None = None


@dataclass(frozen=True, slots=True)
class FixResult:
    """What came of it.

    Attributes
    ----------
    plan
        The plan, made after an unfinished fix was finished.
    applied
        Whether it was carried out.
    undo
        The undo file of what was carried out, or of an earlier fix that is not finished.
    finished
        Number of steps of an earlier fix that were still to do and are done now.
    mapping
        Where mounts were written instead.
    """

    plan: FixPlan
    applied: bool = False
    undo: UndoFile | None = None
    finished: int = 0
    mapping: Path | None = None

    @property
    def exit_code(self) -> ExitCode:
        """1 when something is still to be done: a plan that was not carried out, or what must be renamed by hand."""
        todo = self.plan.renames and not self.applied and self.mapping is None
        return ExitCode.FINDINGS if todo or self.plan.left else ExitCode.CLEAN


def show_plan(request: FixRequest, progress: Progress | None = None) -> FixResult:
    """Plan and touch nothing.

    Raises
    ------
    UsageError
        If the folder, a rule or the policy is not usable.
    NothingChecked
        If there is nothing in the folder.
    """
    fix = _Fix(request, progress or SilentProgress())
    return FixResult(fix.plan, undo=fix.unfinished())


def write_mounts(request: FixRequest, mapping: Path, progress: Progress | None = None) -> FixResult:
    """Plan, and write the renames of folders as mounts; the disk stays as it is.

    Raises
    ------
    UsageError
        Also if the mapping cannot be written, or would lie inside the dataset.
    """
    fix = _Fix(request, progress or SilentProgress())
    if os.path.lexists(mapping):
        raise UsageError(f"{shown(str(mapping))} is there already.", "Name another file with --mapping.")
    if fix.holds(mapping):
        raise UsageError(
            f"The mapping would lie inside the dataset: {shown(str(mapping))}",
            "Name a file outside of it with --mapping.",
        )
    if not fix.plan.renames:
        return FixResult(fix.plan)
    write_mapping(mapping, fix.plan, fix.disk)
    return FixResult(fix.plan, mapping=mapping)


def apply_plan(request: FixRequest, progress: Progress | None = None) -> FixResult:
    """Carry out the plan, after finishing one that was stopped.

    Raises
    ------
    CpgateError
        If the data cannot be written to, or a step cannot be done.
    Interrupted
        If somebody asked to stop.
    """
    progress = progress or SilentProgress()
    earlier = _unfinished(request)
    finished = 0
    if earlier is not None:
        finished = len(earlier.steps) - earlier.steps_done()
        with stop_request() as stop:
            apply_steps(earlier, earlier.root, progress, stop)
        request = replace(request, undo_file=None)
    fix = _Fix(request, progress)
    if not fix.plan.renames:
        return FixResult(fix.plan, applied=True, undo=earlier, finished=finished)
    undo = fix.prepare(request.undo_file or fix.new_undo_file())
    with stop_request() as stop:
        apply_steps(undo, fix.disk.root, progress, stop)
    return FixResult(fix.plan, applied=True, undo=undo, finished=finished)


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What came of undoing.

    Attributes
    ----------
    undo
        The undo file.
    root
        The folder.
    problems
        What could not be undone, and why.
    """

    undo: UndoFile
    root: Path
    problems: Sequence[str]

    @property
    def exit_code(self) -> ExitCode:
        """1 when something could not be undone."""
        return ExitCode.FINDINGS if self.problems else ExitCode.CLEAN


def take_back(undo_file: Path, root: Path | None = None, progress: Progress | None = None) -> UndoResult:
    """Give everything the names and bytes that it had before a fix.

    Parameters
    ----------
    undo_file
        What the fix wrote.
    root
        The folder, if it has moved since.
    progress
        Where the steps are shown.

    Raises
    ------
    UsageError, UnreadableFile
        If there is no such file or folder, or the file is not whole.
    CpgateError
        If the system refuses.
    Interrupted
        If somebody asked to stop.
    """
    undo = read_undo(undo_file)
    folder = (root or undo.root).absolute()
    if not folder.is_dir():
        raise UsageError(
            f"There is no folder {shown(str(folder))}.",
            "Name the folder, if it has moved: cpgate fix PATH --undo FILE",
        )
    with stop_request() as stop:
        problems = undo_steps(undo, folder, progress or SilentProgress(), stop)
    return UndoResult(undo, folder, problems)


class _Fix:
    """A plan for one folder with what is needed to carry it out."""

    def __init__(self, request: FixRequest, progress: Progress) -> None:
        began = monotonic()
        wanted = _wanted(request)
        settings = settings_in_force(
            request.path,
            config=request.config,
            dataset=request.dataset,
            policy=request.policy,
            scope=request.scope,
        )
        source = LocalSource(request.path, settings.dataset, settings.mounts)
        if not source.complete:
            raise UsageError(
                f"{shown(str(request.path))} is a part of a dataset; its names stand in other folders and tables too.",
                "Name the folder of the whole dataset, .../project/source.",
            )
        self._request = request
        self.disk = Disk(request.path, source.prefix)
        self._home = dataset_home(request.path, source.prefix)
        dataset, listing = list_dataset(source, settings, progress=progress)
        if not (listing.files or dataset.junk):
            raise NothingChecked(f"There is no file below {shown(str(request.path))}.", "Check the path.")
        self._renaming = plan_renames(dataset, wanted, self.disk)
        self._mender = TableMender(self._renaming, self.disk)
        with progress.step("reading tables", unit="tables") as step:
            tables, unread = self._mender.find(step)
        self.plan = FixPlan(
            str(request.path),
            dataset.names,
            in_order(dataset, self._renaming),
            tuple(sorted(self._renaming.left.values(), key=lambda left: left.key)),
            tables,
            unread,
            tuple(judge_junk(dataset)) if _counts_junk(dataset, wanted) else (),
            round(monotonic() - began, 3),
        )

    def holds(self, path: Path) -> bool:
        """Whether a path lies in the dataset, where nothing but data may lie."""
        return path.resolve().is_relative_to(self._home.resolve())

    def unfinished(self) -> UndoFile | None:
        """An earlier fix of this folder that was stopped."""
        return _unfinished(self._request)

    def new_undo_file(self) -> Path:
        """In the current folder, or in the user's state folder when that belongs to the dataset."""
        name = ("+".join(self.plan.datasets[:2]) or "dataset").replace("/", "_")
        here = new_undo_path(Path.cwd(), name)
        if not self.holds(here):
            return here
        folder = _state()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"There is no place for the undo file; {shown(str(folder))} cannot be made: {reason(error)}",
                "Name a file with --undo-file.",
            ) from error
        return new_undo_path(folder, name)

    def prepare(self, path: Path) -> UndoFile:
        """Write the undo file; nothing is changed before it is on the disk."""
        if self.holds(path):
            raise UsageError(
                f"The undo file would lie inside the dataset: {shown(str(path))}",
                "Name a place outside of it with --undo-file; nothing is ever written into a dataset.",
            )
        self._demand_rights()
        try:
            with UndoWriter(path.absolute(), self.disk.root) as writer:
                self._enter_tables(writer)
                for rename in self.plan.renames:
                    writer.rename(self._below_root(self.disk.path(rename.key)), rename.name)
                return writer.commit()
        except OSError as error:
            raise CpgateError(
                f"The undo file cannot be written: {reason(error)}",
                "Nothing was changed. Make room, or name another place with --undo-file.",
            ) from error

    def _enter_tables(self, writer: UndoWriter) -> None:
        wanted = {table.key for table in self.plan.tables}
        for file in self._mender.files():
            path = Path(os.path.abspath(file.entry.path))  # noqa: PTH100  as the root was made absolute
            if self._renaming.names.to_old(file.entry.key) in wanted:
                state, raw = path.stat(), path.read_bytes()
                changed = self._mender.change(file, raw)
                if changed is not None:
                    writer.table(self._below_root(path), state, raw, changed.content)

    def _below_root(self, path: Path) -> str:
        return path.relative_to(self.disk.root).as_posix()

    def _demand_rights(self) -> None:
        folders = {self.disk.path(rename.key).parent for rename in self.plan.renames}
        folders |= {Path(table.path).parent for table in self.plan.tables}
        locked = unwritable(sorted(folders))
        if locked is not None:
            raise CpgateError(
                f"Nothing was changed: {shown(str(locked))} is read-only, or you may not write there.",
                "Ask its owner; or leave the disk alone: cpgate fix PATH --as-mapping writes mounts instead.",
            )


def _wanted(request: FixRequest) -> frozenset[str]:
    fixable = {rule.id for rule in FIXABLE_RULES}
    wanted = make_selection(select=request.select, ignore=request.ignore).rules & fixable
    if not wanted:
        raise UsageError(
            "None of these rules can be mended by renaming.",
            f"These can: {', '.join(sorted(rule.slug for rule in FIXABLE_RULES))}.",
        )
    return frozenset(wanted)


def _counts_junk(dataset: Dataset, wanted: frozenset[str]) -> bool:
    return JUNK_FILE.id in wanted and dataset.policy.level(JUNK_FILE) is not Level.OFF


def _unfinished(request: FixRequest) -> UndoFile | None:
    root = Path(os.path.abspath(request.path))  # noqa: PTH100  as the disk makes it absolute
    if request.undo_file is not None:
        if not request.undo_file.is_file():
            return None
        undo = read_undo(request.undo_file)
        return undo if undo.root == root and undo.stage() == "unfinished" else None
    return find_undo(Path.cwd(), root) or find_undo(_state(), root)


def undo_to_name(root: Path | None) -> UndoFile | None:
    """What ``--undo`` without a file most likely means: the newest undo file with something to take back.

    Parameters
    ----------
    root
        The folder that was fixed; ``None`` if none is named.
    """
    return newest_undo((Path.cwd(), _state()), root.absolute() if root is not None else None)


def _state() -> Path:
    return state_folder() / "undo"
