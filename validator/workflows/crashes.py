"""Where the details of a crash are kept for a report to the makers."""

import os
from datetime import UTC, datetime
from pathlib import Path


def state_folder() -> Path:
    """Where cpgate keeps what is neither data nor configuration; never inside a dataset."""
    from platformdirs import user_state_path  # noqa: PLC0415  rarely needed

    return user_state_path("cpgate", appauthor=False)


def write_crash(details: str) -> Path:
    """Keep the details of a crash.

    Parameters
    ----------
    details
        Tracebacks; they may name files of the dataset, so the file is for its owner only.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    folder = state_folder() / "crashes"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(details)
    return path
