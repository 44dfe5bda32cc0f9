"""Cells of tables that name something that is renamed."""

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from urllib.parse import unquote

from validator.checks.dataset import PlacedFile
from validator.checks.table_reading import expected_separator
from validator.errors import UnreadableFile
from validator.models.progress import Step
from validator.models.renames import TableChange
from validator.reporters.outfile import reason
from validator.workflows.fix_cells import ChangedTable, NewValue, change_cells
from validator.workflows.fix_disk import Disk
from validator.workflows.fix_plan import Renaming

TABLE_KINDS = (
    "workspace.load_data",
    "workspace.pipeline_table",
    "workspace.barcode_platemap",
    "workspace.platemap",
)
PLATE_COLUMNS = ("Metadata_Plate", "Assay_Plate_Barcode")
_BATCH_COLUMN = re.compile(r"(?:metadata_)?batch(?:_?(?:id|name))?", re.IGNORECASE)
_SLASH = r"[/\\]"
_PARTS = re.compile(r"([^/\\]*)([/\\]|\Z)")
_ORDINARY = re.compile(r"[A-Za-z0-9_.~-]+")


class TableMender:
    """Finds and changes the cells of tables that name what is renamed.

    Parameters
    ----------
    plan
        The names that are given.
    disk
        Where the tables lie.
    """

    def __init__(self, plan: Renaming, disk: Disk) -> None:
        self._plan = plan
        self._disk = disk
        keys = plan.names.keys()
        homes = "|".join(sorted({re.escape("/".join(key.split("/")[:2])) for key in keys}))
        self._home = re.compile(rf"(?<![^/\\])(?:{homes.replace('/', _SLASH)}){_SLASH}")
        self._old_names = frozenset(posixpath.basename(key.rstrip("/")) for key in keys)
        marks = self._old_names | {identity.old for identity in plan.identities}
        # Other names may be written in several ways: decomposed, quoted, or with % signs in an address.
        self._marks = [mark.encode() for mark in marks] if all(map(_ORDINARY.fullmatch, marks)) else None
        self._folders: dict[str, NewValue | None] = {}
        self._batches: dict[tuple[str, str], str] = {}
        self._plates: dict[tuple[str, str], dict[str, str]] = {}
        self._files: dict[tuple[str, str], dict[str, str]] = {}
        self._sort_names(keys)

    def _sort_names(self, keys: Iterable[str]) -> None:
        for identity in self._plan.identities:
            if identity.what == "batch":
                self._batches[identity.home, identity.new] = identity.old
            else:
                self._plates.setdefault((identity.home, identity.batch), {})[identity.old] = identity.new
        for key in keys:
            folder, _, name = key.rpartition("/")
            if name:
                place = self._plan.after.layout.place_folder(self._plan.names.to_new(f"{folder}/"))
                of_batch = ("/".join(key.split("/")[:2]), place.entities.get("batch", ""))
                self._files.setdefault(of_batch, {})[name] = self._plan.names.in_folder(f"{folder}/")[name]

    def files(self) -> Iterator[PlacedFile]:
        """Tables that may name what is renamed, under their new keys; bytes lie where the entry says."""
        if self._plan.names:
            for file in self._plan.after.files(*TABLE_KINDS):
                if not file.entry.key.endswith(".parquet"):
                    yield file

    def find(self, step: Step) -> tuple[tuple[TableChange, ...], dict[str, str]]:
        """Every table with cells that change; and those that cannot be changed, by their key, with the reason."""
        found: list[TableChange] = []
        unread: dict[str, str] = {}
        for file in self.files():
            step.advance()
            key = self._plan.names.to_old(file.entry.key)
            try:
                changed = self.change(file, Path(file.entry.path).read_bytes())
            except UnreadableFile as error:
                unread[key] = error.what[:1].lower() + error.what[1:]
            except OSError as error:
                unread[key] = reason(error)
            else:
                obstacle = self._disk.table_obstacle(file.entry.path)
                if changed is not None and obstacle:
                    unread[key] = obstacle
                elif changed is not None:
                    found.append(TableChange(key, file.entry.path, changed.changes))
        return tuple(sorted(found, key=lambda table: table.key)), unread

    def change(self, file: PlacedFile, raw: bytes) -> ChangedTable | None:
        """Change cells of a table; ``None`` when all of them stay.

        Parameters
        ----------
        file
            The table.
        raw
            Its bytes.

        Raises
        ------
        UnreadableFile
            If it cannot be read as a table.
        """
        names = self._names_in(file)

        def change(column: str, value: str) -> NewValue | None:
            if "/" in value or "\\" in value:
                return self._path(value)
            new = names.get(_sort(column), {}).get(_composed(value))
            return NewValue(new, value, new) if new is not None else None

        return change_cells(raw, expected_separator(file), change, self._worth)

    def _worth(self, content: bytes) -> bool:
        return self._marks is None or any(mark in content for mark in self._marks)

    def _names_in(self, file: PlacedFile) -> Mapping[str, Mapping[str, str]]:
        """New names of the batch, the plates and the files that a table may name without their paths."""
        home = "/".join(self._plan.names.to_old(file.entry.key).split("/")[:2])
        batch = file.place.entities.get("batch", "")
        old = self._batches.get((home, batch))
        return {
            "batch": {old: batch} if old is not None else {},
            "plate": self._plates.get((home, batch if old is None else old), {}),
            "file": self._files.get((home, batch), {}),
        }

    def _path(self, value: str) -> NewValue | None:
        """A path or an address that holds ``project/source/`` of a dataset in which something is renamed."""
        cut = max(value.rfind("/"), value.rfind("\\")) + 1
        folder, name = value[:cut], value[cut:]
        if _composed(name) in self._old_names or unquote(name) in self._old_names:
            return self._renamed_path(value)
        if folder not in self._folders:
            self._folders[folder] = self._renamed_path(folder)
        known = self._folders[folder]
        return None if known is None else NewValue(known.value + name, known.old, known.new)

    def _renamed_path(self, value: str) -> NewValue | None:
        """The path with new names for those of its parts that are renamed, counted from where its key begins."""
        home = self._home.search(value)
        if home is None:
            return None
        encoded = "://" in value[: home.start()] and "%" in value
        pieces = _PARTS.findall(value, home.start())
        new_pieces, key = list(pieces), ""
        for index, (part, slash) in enumerate(pieces):
            name = _composed(unquote(part) if encoded else part)
            known = self._plan.names.in_folder(key)
            new = known.get(f"{name}/", "" if slash else known.get(name, ""))
            new_pieces[index] = (new.rstrip("/") or part, slash)
            key += f"{name}/" if name else ""
        differing = [
            i
            for i, (piece, new_piece) in enumerate(zip(pieces, new_pieces, strict=True))
            if piece != new_piece
        ]
        if not differing:
            return None
        some = slice(differing[0], differing[-1] + 1)
        whole = value[: home.start()] + "".join(chain.from_iterable(new_pieces))
        return NewValue(whole, _joined(pieces[some]), _joined(new_pieces[some]))


def _joined(pieces: Iterable[tuple[str, str]]) -> str:
    return "/".join(part for part, _ in pieces)


def _composed(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _sort(column: str) -> str:
    if column in PLATE_COLUMNS:
        return "plate"
    if _BATCH_COLUMN.fullmatch(column):
        return "batch"
    return "file" if column.startswith("FileName_") else ""
