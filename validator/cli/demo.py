"""``cpgate demo``: see the whole way on a made plate."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from validator.cli.terminal import say, wants_colour
from validator.models.counts import counted


class Storyteller:
    """Prints the demo's steps; bold and dim on a terminal, plain in a pipe."""

    def __init__(self) -> None:
        self._colour = wants_colour("auto", sys.stdout)

    def title(self, step: int, text: str) -> None:
        """Begin a step."""
        say(f"\n{self._style(f'{step}  {text}', bold=True)}\n")

    def command(self, arguments: Sequence[str]) -> None:
        """Show a command as it would be typed."""
        say(f"{self._style('$ ' + shlex.join(['cpgate', *arguments]), fg='cyan')}\n")

    def remark(self, text: str) -> None:
        """Say what came of it."""
        say(f"   {text}\n")

    def cut(self) -> None:
        """Leave the progress bar of a killed command where it stands."""
        if sys.stderr.isatty():
            say("\n", sys.stderr)

    def _style(self, text: str, *, bold: bool | None = None, fg: str | None = None) -> str:
        return click.style(text, bold=bold, fg=fg) if self._colour else text


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("cpgate-demo"))
@click.option("--make-only", is_flag=True, help="Only make the plate in FOLDER; check and upload nothing.")
@click.option(
    "--defects/--no-defects", default=False, help="With --make-only: put in one defect of each common kind."
)
@click.option("--seed", type=int, default=0, show_default=True, help="With --make-only: other cells.")
def demo(folder: Path, make_only: bool, defects: bool, seed: int) -> None:
    """See the whole way on a small made plate: check, mend, upload, kill, resume, verify.

    Everything happens in FOLDER (default: cpgate-demo) and in a small S3 server on this machine; nothing
    leaves it. Needs about 300 MB and less than a minute.
    """
    if make_only:
        from validator.reporters.numbers import size  # noqa: PLC0415  the command starts fast without it
        from validator.workflows.demo_plate import make_demo_plate  # noqa: PLC0415  numpy takes 0.1 s

        plate = make_demo_plate(folder, defects=defects, seed=seed)
        say(f"made {plate.source}   {counted(plate.files, 'file')}, {size(plate.size)}\n")
        return
    from validator.workflows.demo import Demo  # noqa: PLC0415  the command starts fast without it

    Demo(folder, Storyteller()).run()
