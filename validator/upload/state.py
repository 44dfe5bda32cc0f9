"""Where an upload keeps what it must remember: the user's state folder, never the dataset."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from validator.errors import CpgateError, UsageError

UPLOADS = "uploads"
"""Below the state folder: one folder for each dataset and destination."""


def default_state_root() -> Path:
    """Return the user's state folder (``~/.local/state/cpgate`` on Linux)."""
    import platformdirs  # noqa: PLC0415  needed here only

    return Path(platformdirs.user_state_dir("cpgate", appauthor=False))


def folder_name(endpoint: str | None, bucket: str, label: str) -> str:
    """Name of the folder of a dataset (``project/source``, or the project of several) at a destination."""
    identity = "\n".join([endpoint or "", bucket, label])
    digest = hashlib.sha256(identity.encode()).hexdigest()[:10]
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", f"{bucket}_{label}")[:80]
    return f"{readable}_{digest}"


def destination_folder(
    state_root: Path, *, endpoint: str | None, bucket: str, names: Iterable[str], dataset_root: Path
) -> Path:
    """Make and return the folder of one dataset at one destination.

    It is named after the destination, not after the dataset's path: a dataset that was moved, or that is
    mounted elsewhere on another node, goes on where it stopped.

    Parameters
    ----------
    state_root
        Where all state lies; ``--state`` moves it.
    endpoint, bucket
        The destination.
    names
        ``project/source`` of what is uploaded.
    dataset_root
        The folder that is uploaded; state must not lie inside it.

    Raises
    ------
    UsageError
        If the state would lie inside the dataset.
    CpgateError
        If the folder cannot be made or written to.
    """
    resolved = state_root.expanduser().resolve()
    if resolved.is_relative_to(dataset_root.resolve()):
        raise UsageError(
            f"the state folder {state_root} lies inside the dataset",
            "name a folder outside of it with --state",
        )
    datasets = sorted(set(names))
    label = datasets[0] if len(datasets) == 1 else datasets[0].split("/")[0]
    folder = resolved / UPLOADS / folder_name(endpoint, bucket, label)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".probe"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise CpgateError(
            f"the state folder {folder} cannot be written: {error.strerror or error}",
            "name another folder with --state; without it an upload could not be resumed",
        ) from error
    return folder
