"""How long steps are shown: bars on a terminal, plain lines in a pipe.

Everything goes to stderr; what a command answers goes to stdout and is never mixed with it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, NoReturn, TextIO

from validator.models.progress import Progress, SilentProgress, Step
from validator.reporters.escape import shown
from validator.reporters.progress_lines import LineProgress

if TYPE_CHECKING:
    from tqdm import tqdm

LARGE_BARS = 4
"""Large files that have a bar at the same time."""

_SHOW_AFTER = 0.3
"""Seconds after which a step shows itself: quick ones never flicker."""


class BarStep:
    """A step with a bar; may be advanced from several threads.

    Parameters
    ----------
    bar
        Where it is shown.
    open_bar
        Opens a bar for one large thing: its name, what is done of it and all of it, the row below the step's own.
    """

    def __init__(
        self, bar: "tqdm[NoReturn]", open_bar: "Callable[[str, int, int, int], tqdm[NoReturn]]"
    ) -> None:
        self._bar = bar
        self._open_bar = open_bar
        self._large: dict[str, tqdm[NoReturn]] = {}
        self._lock = Lock()

    def advance(self, amount: int = 1) -> None:
        """So much more is done."""
        with self._lock:
            self._bar.update(amount)

    def note(self, text: str) -> None:
        """Show a few words behind the bar."""
        with self._lock:
            self._bar.set_postfix_str(shown(text), refresh=False)

    def large(self, name: str, done: int, total: int) -> None:
        """Show a bar of its own for a large file, as long as there is room for one."""
        with self._lock:
            bar = self._large.get(name)
            if bar is None:
                rows = {-self._large[other].pos for other in self._large}
                free = next((row for row in range(1, LARGE_BARS + 1) if row not in rows), None)
                if done >= total or free is None:
                    return
                bar = self._large[name] = self._open_bar(name.rpartition("/")[2], done, total, free)
            bar.update(done - bar.n)
            if done >= total:
                self._large.pop(name).close()

    def close(self) -> None:
        """Take the bars of large files away."""
        for bar in self._large.values():
            bar.close()
        self._large.clear()


class BarProgress:
    """Bars that disappear when their step has ended.

    Parameters
    ----------
    stream
        A terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def step(self, label: str, total: int | None = None, unit: str = "files") -> Iterator[Step]:
        """Show a bar, or a running count when the total is not known."""
        from tqdm import tqdm  # noqa: PLC0415  the command starts without it

        figures = "{n_fmt}B" if unit == "B" else "{n:,.0f} " + unit
        if total is not None:
            figures = "{n_fmt}B of {total_fmt}B" if unit == "B" else "{n:,.0f} of {total:,.0f} " + unit
        rate = " · {rate_fmt}" if unit == "B" else ""
        left = " · {remaining} left" if total is not None else " · {elapsed}"
        bar = "{percentage:3.0f}% {bar} " if total is not None else ""
        with tqdm(
            total=total,
            desc=shown(label),
            unit="B" if unit == "B" else f" {unit}",
            unit_scale=unit == "B",
            unit_divisor=1000,
            file=self._stream,
            leave=False,
            delay=_SHOW_AFTER,
            mininterval=0.1,
            dynamic_ncols=True,
            ascii=None if _speaks_unicode(self._stream) else " #",
            bar_format="{desc} " + bar + figures + rate + left + "{postfix}",
        ) as shown_bar:
            step = BarStep(shown_bar, self._open_bar)
            try:
                yield step
            finally:
                step.close()

    def _open_bar(self, name: str, done: int, total: int, row: int) -> "tqdm[NoReturn]":
        from tqdm import tqdm  # noqa: PLC0415  the command starts without it

        return tqdm(
            total=total,
            initial=done,
            desc=f"  {shown(name)}",
            unit="B",
            unit_scale=True,
            unit_divisor=1000,
            file=self._stream,
            leave=False,
            position=row,
            dynamic_ncols=True,
            ascii=None if _speaks_unicode(self._stream) else " #",
            bar_format="{desc} {percentage:3.0f}% {bar} {n_fmt}B of {total_fmt}B",
        )


def make_progress(stream: TextIO | None = None, *, quiet: bool = False, verbose: bool = False) -> Progress:
    """Choose how progress is shown.

    Parameters
    ----------
    stream
        Where it goes; stderr when it is not given.
    quiet
        Show nothing.
    verbose
        In a pipe, write a line for each finished step; without it only long steps write a line a minute.
    """
    stream = stream if stream is not None else sys.stderr
    if quiet or stream is None:  # a program without a console has no stderr
        return SilentProgress()
    return BarProgress(stream) if stream.isatty() else LineProgress(stream, every_step=verbose)


def _speaks_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "") == "utf8"
