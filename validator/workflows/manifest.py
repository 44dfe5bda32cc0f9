"""Judge a manifest file by its form, offline."""

from pathlib import Path

from validator.checks.provenance import judge_provenance, unreadable
from validator.errors import UnreadableFile, UsageError
from validator.manifests.provenance import LARGEST_MANIFEST, ManifestEntry, read_provenance, recognise
from validator.manifests.receipt import Receipt
from validator.models.finding import Finding


def check_manifest(path: Path | str, earlier: Path | str | None = None) -> list[Finding]:
    """Judge a provenance manifest (JSON or CSV) or a receipt; which one, its first bytes say.

    Parameters
    ----------
    path
        The file.
    earlier
        An earlier state of a provenance manifest: no version that it names may have been written over since.

    Returns
    -------
    list of Finding
        With the levels of the rules themselves; their key is the path as it was given, with ``/``.

    Raises
    ------
    UsageError
        If there is no such file, or it cannot be opened.
    """
    path = Path(path)
    key = path.as_posix()
    try:
        if recognise(path) == "receipt":
            return _check_receipt(path, key)
        before = _entries_of(Path(earlier)) if earlier is not None else ()
        return list(judge_provenance(key, _content(path), before))
    except OSError as error:
        raise UsageError(
            f"{error.filename or path} cannot be read: {(error.strerror or 'the system gave no reason').lower()}.",
            "Name a manifest such as profile_index.json, or a receipt.",
        ) from error


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LARGEST_MANIFEST + 1)


def _entries_of(earlier: Path) -> list[ManifestEntry]:
    try:
        return read_provenance(_content(earlier)).entries
    except UnreadableFile as error:
        what = f"{earlier} is no earlier state of a provenance manifest. {error.what}"
        raise UnreadableFile(what, error.mend, error.where) from error


def _check_receipt(path: Path, key: str) -> list[Finding]:
    try:
        for _record in Receipt(path).objects():
            pass
    except UnreadableFile as error:
        return [unreadable(key, error)]
    return []
