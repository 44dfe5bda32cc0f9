"""How long steps are shown: bars on a terminal, plain lines or nothing in a pipe.

Everything goes to stderr; what a command answers goes to stdout and is never mixed with it.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, NoReturn, TextIO

from validator.models.progress import Progress, SilentProgress, Step
from validator.reporters.escape import shown
from validator.reporters.numbers import duration, number, size

if TYPE_CHECKING:
    from tqdm import tqdm

_SHOW_AFTER = 0.3
"""Seconds after which a step shows itself: quick ones never flicker."""


class BarStep:
    """A step with a bar; may be advanced from several threads.

    Parameters
    ----------
    bar
        Where it is shown.
    """

    def __init__(self, bar: "tqdm[NoReturn]") -> None:
        self._bar = bar
        self._lock = Lock()

    def advance(self, amount: int = 1) -> None:
        """So much more is done."""
        with self._lock:
            self._bar.update(amount)

    def note(self, text: str) -> None:
        """Show a few words behind the bar."""
        with self._lock:
            self._bar.set_postfix_str(shown(text), refresh=False)


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
            yield BarStep(shown_bar)


class _CountingStep:
    def __init__(self) -> None:
        self.done = 0
        self._lock = Lock()

    def advance(self, amount: int = 1) -> None:
        with self._lock:
            self.done += amount

    def note(self, text: str) -> None:
        pass


class LineProgress:
    """One plain line per finished step: for logs.

    Parameters
    ----------
    stream
        Where the lines go.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def step(self, label: str, total: int | None = None, unit: str = "files") -> Iterator[Step]:  # noqa: ARG002  the protocol's signature
        """Write a line when the step has ended."""
        began = time.monotonic()
        step = _CountingStep()
        yield step
        amount = size(step.done) if unit == "B" else f"{number(step.done)} {unit}"
        print(
            f"{shown(label)}: {amount} in {duration(time.monotonic() - began)}", file=self._stream, flush=True
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
        In a pipe, write a line for each finished step.
    """
    stream = stream if stream is not None else sys.stderr
    if quiet or stream is None:  # a program without a console has no stderr
        return SilentProgress()
    if stream.isatty():
        return BarProgress(stream)
    return LineProgress(stream) if verbose else SilentProgress()


def _speaks_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "") == "utf8"
