"""A process that helps to index a long listing: ``python -m validator.workflows.listing_worker``.

It reads tasks from standard input and writes answers to standard output, pickled by processes of one run for each other. When
standard input ends, whoever started it is gone, and it ends, too.
"""

import gc
import os
import pickle
import signal
from typing import BinaryIO

import polars  # noqa: F401, ICN001  while nobody waits for it

from validator.errors import CpgateError, is_broken_pipe
from validator.rulebook.layout import load_layout
from validator.workflows import listing_work  # noqa: F401  what tasks ask for

FEWER_COLLECTIONS = (50_000, 20, 100)
"""Lists of keys come and go by the thousand; hardly anything of it is a circle."""


def run(tasks: BinaryIO, answers: BinaryIO) -> None:
    """Carry out one task after the other; what can go wrong in a known way is an answer."""
    load_layout()
    gc.set_threshold(*FEWER_COLLECTIONS)
    gc.freeze()
    while True:
        try:
            function, task = pickle.load(tasks)  # noqa: S301  from the process that started this one
        except EOFError:
            return
        try:
            answer = function(task)
        except (CpgateError, OSError) as error:
            answer = error
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def main() -> None:
    """Entry point; Ctrl-C goes to the whole group, and only the parent decides what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not write answers
    try:
        run(tasks, answers)
    except OSError as error:
        if not is_broken_pipe(error):
            raise
    os._exit(0)  # Python would take a while to tidy up


if __name__ == "__main__":
    main()
