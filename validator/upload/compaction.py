"""Put the journals of a destination into one file: what still matters, each thing once."""

import os
import socket
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from validator.recordlog.log import encode_record
from validator.upload.journal import JOURNAL_SUFFIX, DoneRecord, begin_values, done_values, part_record
from validator.upload.journal_reading import JournalState, read_journal, records

COMPACT_NAME = "compact.new"
NOBODY: Container[str] = frozenset()


def compact(
    folder: Path,
    run: int,
    *,
    settled: Container[str] = NOBODY,
    known: Iterable[DoneRecord] = (),
    replaced: Callable[[str], bool] = lambda _: False,
) -> None:
    """Put what still matters into one file and remove the others; only the holder of the lock may call this.

    A kill in between leaves both the new file and some old ones: they say the same. Where the disk is too
    full for the new file, the old ones stay.

    Parameters
    ----------
    folder
        State folder of the destination.
    run
        Number of the run that has ended.
    settled
        Keys at which the bucket was seen to hold no unfinished upload of ours.
    known
        What this run knows of its files, in the order of their keys.
    replaced
        Whether ``known`` says all that matters about a key, so that older records of it may go.
    """
    old = sorted(folder.glob(f"*{JOURNAL_SUFFIX}"))
    state = read_journal(folder)
    target = folder / f"{run:06d}-zz-compact{JOURNAL_SUFFIX}"
    temporary = folder / COMPACT_NAME
    try:
        with temporary.open("wb") as stream:
            for record in _unfinished(state, run, settled):
                stream.write(encode_record(record))
            for path in old:
                for record in records(path, without=("part",)):
                    if record["t"] in {"done", "digest"} and not replaced(record["key"]):
                        stream.write(encode_record(record))
            for item in known:
                stream.write(encode_record(done_values(item)))
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        return
    for path in old:
        if path != target:
            path.unlink(missing_ok=True)


def _unfinished(state: JournalState, run: int, settled: Container[str]) -> Iterator[dict[str, Any]]:
    yield {"t": "run", "run": max(run, state.last_run), "pid": os.getpid(), "host": socket.gethostname()}
    for key in sorted(state.intents):
        if key not in settled:
            yield {"t": "intent", "key": key}
    for upload in state.uploads.values():
        if upload.key not in settled:
            yield begin_values(upload)
            for number, part in upload.parts.items():
                yield part_record(upload.upload_id, number, part)
