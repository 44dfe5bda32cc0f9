"""Judge a manifest file by its form, offline."""

from pathlib import Path

from validator.checks.provenance import judge_provenance, unreadable
from validator.errors import UnreadableFile, UsageError
from validator.manifests.provenance import recognise
from validator.manifests.receipt import Receipt
from validator.models.finding import Finding


def check_manifest(path: Path | str) -> list[Finding]:
    """Judge a provenance manifest (JSON or CSV) or a receipt; which one, its first bytes say.

    Parameters
    ----------
    path
        The file.

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
        return list(judge_provenance(key, path.read_bytes()))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {(error.strerror or 'the system gave no reason').lower()}.",
            "Name a manifest such as profile_index.json, or a receipt.",
        ) from error


def _check_receipt(path: Path, key: str) -> list[Finding]:
    try:
        for _record in Receipt(path).objects():
            pass
    except UnreadableFile as error:
        return [unreadable(key, error)]
    return []
