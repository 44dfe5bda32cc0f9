"""Writing to the terminal: colours, encodings, and readers that go away."""

import os
import sys
from typing import TextIO

from validator.errors import CpgateError, is_broken_pipe
from validator.reporters.escape import shown
from validator.reporters.outfile import reason
from validator.reporters.sentences import advice, sentence


def prepare_streams() -> None:
    """Make stdout and stderr take any text, also where they were closed or speak another encoding."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  stays open to the end of the run
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  stays open to the end of the run
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def wants_colour(choice: str, stream: TextIO) -> bool:
    """Whether to colour what goes to a stream.

    Parameters
    ----------
    choice
        ``always``, ``never``, or ``auto``: a terminal, unless ``NO_COLOR`` is set; ``FORCE_COLOR`` colours
        pipes too (https://no-color.org, https://force-color.org).
    stream
        Where it goes.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def say(text: str, stream: TextIO | None = None) -> None:
    """Write text (ends with a newline) to stdout; a reader that has seen enough is no error.

    What is shown never changes the exit code: after ``| head -1`` the command goes on silently.

    Raises
    ------
    CpgateError
        If the disk behind a redirection does not take it.
    """
    stream = stream if stream is not None else sys.stdout
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        silence_stdout()
        if is_broken_pipe(error):
            return
        raise CpgateError(
            f"The output could not be written: {reason(error)}", "Make room, or send it elsewhere."
        ) from error


def complain(what: str, mend: str) -> None:
    """Write an error to stderr: what happened, and what to do next, as sentences."""
    lines = f"error: {shown(sentence(what))}\n" + (f"       {shown(advice(mend))}\n" if mend else "")
    try:
        sys.stderr.write(lines)
        sys.stderr.flush()
    except OSError:  # nobody listens any more; the exit code still speaks
        return


def silence_stdout() -> None:
    """Send everything that is still to be written to nowhere, so that leaving is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):  # not a real stream (a test's): nothing to silence
        return
    finally:
        os.close(nowhere)
