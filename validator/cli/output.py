"""Shows a report in the ways that were asked for."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from validator.cli.options import Output
from validator.cli.style import terminal_style
from validator.cli.terminal import say
from validator.reporters.outfile import OutFile
from validator.reporters.records import report_lines
from validator.reporters.style import Style
from validator.reporters.text import Account, render_closing, render_text


class Outputs:
    """All places that a report is shown in; files are opened at once, so that a wrong path is said early.

    Parameters
    ----------
    outputs
        What was asked for.
    colour
        ``auto``, ``always`` or ``never``.
    everything, quiet
        See `render_text`.
    """

    def __init__(
        self, outputs: Sequence[Output], *, colour: str, everything: bool = False, quiet: bool = False
    ) -> None:
        self._colour = colour
        self._everything = everything
        self._quiet = quiet
        self._stack = ExitStack()
        self._files: list[tuple[Output, OutFile | None]] = []
        with ExitStack() as opened:
            for output in outputs:
                file = OutFile(output.path, "output") if output.path is not None else None
                self._files.append((output, opened.enter_context(file) if file else None))
            self._stack = opened.pop_all()

    def show(self, account: Account) -> None:
        """Write the report to every place; where none is the terminal, say its last lines there."""
        for output, file in self._files:
            if file is None:
                _say_all(self._lines(output, account, terminal_style(self._colour)))
                continue
            for line in self._lines(output, account, Style()):
                file.write(line)
            file.commit()
        if all(file is not None for _, file in self._files):
            _say_all(render_closing(account, terminal_style(self._colour)))

    def _lines(self, output: Output, account: Account, style: Style) -> Iterable[str]:
        if output.format == "jsonl":
            return report_lines(account.header, account.findings, account.end)
        return render_text(account, style, everything=self._everything, quiet=self._quiet)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _say_all(lines: Iterable[str]) -> None:
    # In pieces: a long report neither waits in memory nor makes a system call for each line.
    piece: list[str] = []
    for line in lines:
        piece.append(line)
        if len(piece) == 500:
            say("".join(piece))
            piece.clear()
    say("".join(piece))
