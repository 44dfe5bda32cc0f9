"""Puts defects into the demo plate, one of each kind that contributions often have."""

import re
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from validator.workflows.demo_tables import Names

DATE_SPELLING = "batch-date-spelling"
OTHER_DATE_SPELLING = "20240305_Run1"
"""The batch name of the defective version; its folders and tables agree on it, only its form is wrong."""


@dataclass(frozen=True)
class Defect:
    """One defect: the rule that must find it, what is wrong in words, and what puts it in."""

    rule: str
    what: str
    put_in: Callable[[Path, Names], None]


def spoil(source: Path, names: Names, rules: Collection[str]) -> None:
    """Put the defects that these rules find into the plate below this source folder."""
    for defect in DEFECTS:
        if defect.rule in rules:
            defect.put_in(source, names)


def _nothing_more(_source: Path, _names: Names) -> None:
    """The batch has its other spelling from the beginning."""


def _system_files(source: Path, names: Names) -> None:
    (source / "images" / names.batch / ".DS_Store").write_bytes(b"\0\0\0\1Bud1" + bytes(6140))
    (source / "images" / names.batch / "images" / names.full_plate / "Images/Thumbs.db").write_bytes(
        bytes(5632)
    )


def _empty_image(source: Path, names: Names) -> None:
    (source / names.image(2, 3, 1, 1)).write_bytes(b"")


def _truncated_image(source: Path, names: Names) -> None:
    path = source / names.image(3, 4, 1, 5)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def _folder_with_space(source: Path, _names: Names) -> None:
    folder = source / "workspace/pipelines/old versions"
    folder.mkdir(parents=True)
    (folder / "illum.cppipe").write_text("CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\n")


def _misspelt_folder(source: Path, _names: Names) -> None:
    (source / "workspace/profiles").rename(source / "workspace/profile")


def _lost_image(source: Path, names: Names) -> None:
    (source / names.image(4, 7, 1, 2)).unlink()


def _site_not_a_number(source: Path, names: Names) -> None:
    table = source / "workspace/load_data_csv" / names.batch / names.plate / "load_data.csv"
    _edit(table, r"(?m)^(.*,C10),1,", r"\1,site1,")


def _well_twice(source: Path, names: Names) -> None:
    _edit(_platemap(source, names), r"(?m)^(\S+)\tB06\t", r"\1\tB05\t")


def _platemap_not_there(source: Path, names: Names) -> None:
    table = source / "workspace/metadata/platemaps" / names.batch / "barcode_platemap.csv"
    _edit(table, rf"(?m)^({names.plate}),.*", r"\1,demo-platemap-2")


def _names_differ_in_case(source: Path, _names: Names) -> None:
    folder = source / "workspace/pipelines"
    for name in ("analysis.cppipe", "Analysis.cppipe"):
        (folder / name).write_text("CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\n")


def _illumination_of_other_plate(source: Path, names: Names) -> None:
    path = source / names.illumination("Mito")
    shutil.copyfile(path, path.with_name("BR00990007_IllumMito.npy"))


def _platemap(source: Path, names: Names) -> Path:
    return source / "workspace/metadata/platemaps" / names.batch / "platemap" / f"{names.platemap}.txt"


def _edit(table: Path, old: str, new: str) -> None:
    text, count = re.subn(old, new, table.read_text())
    if count != 1:
        raise ValueError(f"{count} lines of {table.name} were changed instead of one")
    table.write_text(text)


DEFECTS: tuple[Defect, ...] = (
    Defect(DATE_SPELLING, "the batch's date is not spelt YYYY_MM_DD", _nothing_more),
    Defect("junk-file", "files of macOS and Windows among the images", _system_files),
    Defect("empty-file", "an image without a byte", _empty_image),
    Defect("image-truncated", "an image cut short, as a full disk leaves it", _truncated_image),
    Defect("folder-characters", "a folder with a space in its name", _folder_with_space),
    Defect("folder-misspelt", "workspace/profile instead of workspace/profiles", _misspelt_folder),
    Defect("image-missing", "load_data names an image that is not there", _lost_image),
    Defect("site-form", "a site that is not a number", _site_not_a_number),
    Defect("platemap-well-twice", "a platemap that has one well twice", _well_twice),
    Defect("platemap-missing", "barcode_platemap names a platemap that is not there", _platemap_not_there),
    Defect("case-only", "two names that differ only in case", _names_differ_in_case),
    Defect(
        "misplaced-file", "an illumination function filed under another plate", _illumination_of_other_plate
    ),
)
"""What is wrong with the defective version; the names of rules are those of ``cpgate rules``."""

ALL_DEFECTS = frozenset(defect.rule for defect in DEFECTS)
