"""Set fields of products in a provenance manifest, byte for byte as it was everywhere else."""

import csv
import io
from collections.abc import Mapping

from validator.errors import UnreadableFile
from validator.manifests.csv_edits import edit_csv, find_rows
from validator.manifests.json_edits import edit_json
from validator.manifests.provenance import ProvenanceManifest, read_provenance

FieldValue = str | int | None
_BOM = b"\xef\xbb\xbf"


def edit_provenance(content: bytes, changes: Mapping[int, Mapping[str, FieldValue]]) -> bytes:
    """Set fields of products.

    Parameters
    ----------
    content
        The manifest, JSON or CSV.
    changes
        New values of fields by the position of their product. A field that is not there is added; to a CSV table
        only the column ``etag``.

    Raises
    ------
    UnreadableFile
        If it is no provenance manifest, or one that cannot be changed in place.
    """
    manifest = read_provenance(content)
    if not changes:
        return content
    text = content.decode("utf-8-sig")
    if manifest.kind == "provenance-csv":
        text = _edit_table(text, manifest, changes)
    else:
        text = edit_json(text, changes)
    edited = (_BOM if content.startswith(_BOM) else b"") + text.encode()
    _compare(manifest, read_provenance(edited), changes)
    return edited


def columns_of(content: bytes) -> list[str] | None:
    """Names of the columns of a CSV manifest, in lower case; ``None`` for JSON."""
    manifest = read_provenance(content)
    if manifest.kind != "provenance-csv":
        return None
    if not manifest.has_header:
        return ["subset", "url", "etag"]
    return [cell.value.strip().lower() for cell in find_rows(content.decode("utf-8-sig"))[0]]


def _edit_table(
    text: str, manifest: ProvenanceManifest, changes: Mapping[int, Mapping[str, FieldValue]]
) -> str:
    read = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    try:
        rows = find_rows(text)
        if [[cell.value for cell in row] for row in rows] != [
            cells for cells in read if any(cell.strip() for cell in cells)
        ]:
            raise _cannot_edit()
        columns = ["subset", "url", "etag"]
        by_row: dict[int, dict[int, str]] = {}
        if manifest.has_header:
            columns = [cell.value.strip().lower() for cell in rows[0]]
            if "etag" not in columns:
                columns.append("etag")
                by_row[0] = {len(columns) - 1: "etag"}
        for position, values in changes.items():
            by_row[position + manifest.has_header] = {
                columns.index(name): "" if value is None else str(value) for name, value in values.items()
            }
        return edit_csv(text, by_row)
    except ValueError as error:
        raise _cannot_edit() from error


def _compare(
    before: ProvenanceManifest, after: ProvenanceManifest, changes: Mapping[int, Mapping[str, FieldValue]]
) -> None:
    """Make sure that every product says what it said, but for what was changed."""
    if len(before.entries) != len(after.entries):
        raise _cannot_edit()
    is_table = before.kind == "provenance-csv"
    for old, new in zip(before.entries, after.entries, strict=True):
        wanted = dict(changes.get(old.position, {}))
        if is_table:
            wanted = {name: "" if value is None else str(value) for name, value in wanted.items()}
        for name in old.fields.keys() | new.fields.keys() | wanted.keys():
            expected = wanted.get(name, old.fields.get(name))
            if (new.fields.get(name) or None) != (expected or None):
                raise _cannot_edit()


def _cannot_edit() -> UnreadableFile:
    return UnreadableFile("This manifest cannot be changed in place", "write it as a JSON list of products")
