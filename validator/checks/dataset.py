"""What checks see: folders and files with their places, and their bytes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import BinaryIO, ClassVar

from validator.checks.clean_files import CleanFiles
from validator.checks.misread_batches import misread_batches
from validator.index.index import FolderIndex
from validator.index.placed import PlacedFile, PlacedFolder
from validator.models.configuration import Configuration
from validator.models.listing import Entry, Trouble
from validator.rulebook.layout import Layout
from validator.rulebook.policy import Policy

__all__ = ["Dataset", "PlacedFile", "PlacedFolder"]


@dataclass
class Dataset:
    """All that was listed, placed by the layout.

    Attributes
    ----------
    subject
        What sort of dataset it is; a check of whole datasets says which sorts it is about.
    root
        What was checked, as the user would write it.
    names
        ``project/source`` of each dataset below the root.
    complete
        Whether the root holds whole datasets; below a part of one (a batch folder, say) nothing can be
        said about missing components.
    layout, policy
        The rulebook's layout and the levels in force.
    scope
        What is required: ``arrayed``, ``pooled``, ``addition``, ``derived``.
    folders
        Every folder that holds files; junk is not among the files. Their names are read when they are asked
        for: what can be said without them is in the `survey`.
    junk
        Entries that are left out of uploads.
    troubles
        What could not be listed.
    opener
        Opens an entry for reading bytes.
    clean_files
        Images that need not be read again; ``None`` reads all.
    configuration
        What users decided about levels and files; ``None`` when nothing.
    told
        Keys of folders whose absence a finding has told; nothing more is said about what should lie in them.
    """

    subject: ClassVar[str] = "dataset"

    root: str
    names: tuple[str, ...]
    complete: bool
    layout: Layout
    policy: Policy
    scope: str
    folders: FolderIndex
    junk: list[Entry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    opener: Callable[[Entry], BinaryIO] | None = None
    clean_files: CleanFiles | None = None
    configuration: Configuration | None = None
    told: set[str] = field(default_factory=set)

    @property
    def survey(self) -> Sequence[PlacedFolder]:
        """Every folder in the order of the keys, those that no rule tells apart (of wells, of sites) as one."""
        return self.folders.survey

    def files(self, *kinds: str) -> Iterator[PlacedFile]:
        """Every file of these kinds, or every file when none is named, in the order of their folders' keys."""
        wanted = frozenset(kinds)
        for placed in self.folders.of_kinds(wanted) if wanted else self.folders:
            for file in self.files_of(placed):
                if not wanted or file.place.kind in wanted:
                    yield file

    def files_of(self, placed: PlacedFolder) -> Iterator[PlacedFile]:
        """Every file that lies directly in this folder."""
        folder = placed.folder
        for name, entry in zip(folder.names, folder.entries(), strict=True):
            yield PlacedFile(entry, self.layout.place_file(placed.place, name))

    @cached_property
    def image_batches(self) -> frozenset[tuple[str, str]]:
        """``project/source/`` and batch of everything below an ``images/``."""
        parts = (
            placed.key.split("/", 4)
            for placed in self.survey
            if placed.place.misfit is None or placed.place.misfit.left_out != "batch"
        )
        return frozenset((f"{p[0]}/{p[1]}/", p[3]) for p in parts if len(p) > 4 and p[2] == "images")

    @cached_property
    def misread_batches(self) -> frozenset[tuple[str, str]]:
        """``project/source/`` and name of what stands in the workspace as a batch and is none."""
        return misread_batches(self)

    @property
    def ignored_files(self) -> int:
        """How many files the configuration leaves out."""
        return sum(entry.files for entry in self.configuration.ignored) if self.configuration else 0

    def open(self, entry: Entry) -> BinaryIO:
        """Open an entry for reading.

        Raises
        ------
        OSError
            When the system refuses; the runner turns it into a finding.
        """
        if self.opener is None:
            raise FileNotFoundError(entry.path)
        return self.opener(entry)
