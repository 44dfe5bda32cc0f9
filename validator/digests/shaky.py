"""Reading from network disks that fail for a moment: NFS after a failover, a share whose server restarts."""

import errno
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

PASSING = frozenset(
    number
    for name in ("ESTALE", "EIO", "ETIMEDOUT", "EAGAIN", "EHOSTDOWN", "ENOTCONN", "EREMOTEIO")
    if (number := getattr(errno, name, None)) is not None
)
"""ESTALE: the file handle is of another life of the server; opening the file again makes a new one."""
PAUSES = (0.5, 2.0, 5.0)
"""Seconds before each further try."""


def tried_again(read: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function that opens a file and reads it do so again when the disk fails for a moment.

    Whatever else goes wrong, and what goes wrong to the last, is raised as it is.
    """

    @wraps(read)
    def again(*given: Given.args, **named: Given.kwargs) -> Result:
        for pause in PAUSES:
            try:
                return read(*given, **named)
            except OSError as error:
                if error.errno not in PASSING:
                    raise
                time.sleep(pause)
        return read(*given, **named)

    return again
