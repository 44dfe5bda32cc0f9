"""Everything that can end a run early, each with what happened, where, and what to do next.

One base class; the command line is the only place that turns these into text and an exit code.
"""

import errno
import os
from enum import IntEnum


class ExitCode(IntEnum):
    """What the command tells the shell; documented on the page *Exit codes*."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    NOTHING_CHECKED = 3
    FAILURE = 4
    CREDENTIALS = 5
    TIME_LIMIT = 124
    INTERRUPTED = 130
    TERMINATED = 143


class CpgateError(Exception):
    """Base of every error that a user is meant to read.

    Parameters
    ----------
    what
        What happened and where, one sentence in the field's words.
    mend
        What to do next, one sentence; empty when there is nothing to do.
    """

    exit_code = ExitCode.FAILURE

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


class UsageError(CpgateError):
    """The command was given something that it cannot work on."""

    exit_code = ExitCode.USAGE


class NothingChecked(CpgateError):
    """There was nothing to look at, which is not the same as clean."""

    exit_code = ExitCode.NOTHING_CHECKED


class RemoteError(CpgateError):
    """The store could not be reached or refused for a reason other than credentials."""


class CredentialsError(CpgateError):
    """Keys are missing, wrong, expired or without the right that was needed."""

    exit_code = ExitCode.CREDENTIALS


class RulebookError(CpgateError):
    """The rulebook itself is broken or cannot be found."""


class UnreadableFile(CpgateError):
    """A file cannot be read as what it should be.

    Parameters
    ----------
    where
        The place inside the file (``line 3``, ``byte 0``), or empty.
    """

    def __init__(self, what: str, mend: str = "", where: str = "") -> None:
        super().__init__(what, mend)
        self.where = where


class Interrupted(CpgateError):
    """The user or the batch system asked the run to stop; it stopped cleanly and can go on.

    Parameters
    ----------
    signal_number
        The signal that was received: SIGINT (2) or SIGTERM (15).
    """

    def __init__(self, what: str, mend: str = "", signal_number: int = 2) -> None:
        super().__init__(what, mend)
        self.exit_code = ExitCode.TERMINATED if signal_number == 15 else ExitCode.INTERRUPTED


class StoppedAtOnce(Interrupted):
    """A second signal: nothing is tidied up any more; the run can go on all the same."""


class TimeIsUp(CpgateError):
    """The run stopped cleanly at its time limit, and can go on; the code is that of ``timeout``."""

    exit_code = ExitCode.TIME_LIMIT


def is_broken_pipe(error: OSError, *, windows: bool = os.name == "nt") -> bool:
    """Whether nobody reads the other end of a pipe any more; Windows says so in a way of its own (EINVAL)."""
    return isinstance(error, BrokenPipeError) or (windows and error.errno == errno.EINVAL)
