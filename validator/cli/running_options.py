"""Options about how a long upload runs: how fast, how long, what it tells programs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from validator.errors import UsageError

if TYPE_CHECKING:
    from validator.upload.timetable import Timetable

Command = TypeVar("Command", bound=Callable[..., Any])


class Rate(click.ParamType["Timetable"]):
    """Bytes a second, or a timetable of them."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Timetable":
        """Turn text into a timetable."""
        from validator.upload.timetable import Timetable, parse_timetable  # noqa: PLC0415  the command's help comes fast

        if isinstance(value, Timetable):
            return value
        try:
            return parse_timetable(str(value))
        except UsageError as error:
            self.fail(f"{error.what}; {error.mend}", param, ctx)


class Duration(click.ParamType[int]):
    """A duration such as ``11h``, in seconds; ``0`` where that means something."""

    name = "duration"

    def __init__(self, *, zero: bool = False) -> None:
        self._zero = zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Turn text into seconds."""
        from validator.workflows.time_limit import parse_duration  # noqa: PLC0415  the command's help comes fast

        if isinstance(value, int):
            return value
        if self._zero and str(value).strip().rstrip("dhms") == "0":
            return 0
        try:
            return parse_duration(str(value))
        except UsageError as error:
            self.fail(f"{error.what}; {error.mend}", param, ctx)


def running_options(command: Command) -> Command:
    """Add ``--bandwidth``, ``--time-limit``, ``--credential-wait`` and ``--log-json``."""
    for option in (
        click.option(
            "--log-json",
            metavar="FILE",
            help="Write what happens as JSON lines, for programs; - writes them to stdout in place of the words.",
        ),
        click.option(
            "--credential-wait",
            type=Duration(zero=True),
            metavar="TIME",
            help="When keys expire and cannot renew themselves, wait so long for new ones, then stop with exit code 5: 30m "
            "if not given, and without end at a terminal. 0 does not wait.",
        ),
        click.option(
            "--time-limit",
            type=Duration(),
            metavar="TIME",
            help="Stop cleanly after so long (11h, 90m, 1h30m), as a batch queue wants it: exit code 124, and the "
            "same command goes on.",
        ),
        click.option(
            "--bandwidth",
            type=Rate(),
            metavar="RATE",
            help="Send at most so many BYTES a second in all: 200M is 200 MB/s (1,600 Mbit/s). Also by the time of "
            'the day: "08:00=50M 19:00=off".',
        ),
    ):
        command = option(command)
    return command
