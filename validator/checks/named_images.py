"""What a load_data table names, as keys of the Gallery."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from validator.checks.image_columns import ImageColumn, file_names, image_columns, is_pooled
from validator.readers.tables import Table

BUCKET_PREFIX = "s3://cellpainting-gallery/"


@dataclass(frozen=True, slots=True)
class NamedImage:
    """One cell that names a file.

    Attributes
    ----------
    row
        Position in the table's frame.
    column
        The column.
    folder, name
        Key of the folder, ending with ``/``, and name of the file.
    """

    row: int
    column: ImageColumn
    folder: str
    name: str

    @property
    def key(self) -> str:
        """Key of the file."""
        return self.folder + self.name


def _nowhere(name: str) -> str:  # noqa: ARG001  the signature of what finds a folder
    return ""


def named_images(table: Table, home: str, folder_of: Callable[[str], str] = _nowhere) -> Iterator[NamedImage]:
    """Every file that a table names and whose key can be told.

    Addresses of the public bucket are keys. Of the legacy form, folders that hold ``project/source/`` of the
    dataset are (``/home/ubuntu/bucket/cpg0016-jump/source_4/images/...``); images in others, on the machine of
    the microscope perhaps, are looked for by their name; what is not found that way is left out.

    Parameters
    ----------
    table
        A load_data table.
    home
        ``project/source/`` of the dataset in which it lies.
    folder_of
        Key of the folder in which an image of this name should lie, or an empty text.
    """
    columns = image_columns(table)
    by_name = not is_pooled(columns)  # cycles of barcoding have one name in several folders
    for column in columns:
        known: dict[str, str] = {}
        for row, value in enumerate(file_names(table, column)):
            if value is None:
                continue
            folder, slash, name = value.rpartition("/")
            if folder not in known:
                known[folder] = _folder_key(folder + slash, home, legacy=column.legacy)
            plain = name if name.isascii() else unicodedata.normalize("NFC", name)
            place = known[folder]
            if not place and by_name and column.legacy and not column.illumination:
                place = folder_of(plain)
            if place:
                yield NamedImage(row, column, place, plain)


def _folder_key(folder: str, home: str, *, legacy: bool) -> str:
    """Key of a folder, or an empty text when it cannot be told."""
    if legacy:
        start = f"/{folder}".find(f"/{home}")
        key = folder[start:] if start >= 0 else ""
    else:
        key = folder.removeprefix(BUCKET_PREFIX) if folder.startswith(BUCKET_PREFIX) else ""
    return unicodedata.normalize("NFC", key)
