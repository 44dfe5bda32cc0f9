"""The ``cpgate`` command: its subcommands, and the one place that turns errors into text and exit codes."""

import difflib
import gc
import importlib
import importlib.util
import os
import platform
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

import click

from validator import __version__
from validator.cli.terminal import complain, prepare_streams, silence_stdout
from validator.errors import CpgateError, ExitCode, Interrupted, is_broken_pipe
from validator.reporters.outfile import reason

COMMANDS = {
    "check": "validator.cli.check:check",
    "demo": "validator.cli.demo:demo",
    "etag": "validator.cli.etag:etag",
    "explain": "validator.cli.rules:explain",
    "fix": "validator.cli.fix:fix",
    "hook": "validator.cli.hook:hook",
    "manifest": "validator.cli.manifest:manifest",
    "multipart": "validator.cli.multipart:multipart",
    "package": "validator.cli.package:package",
    "report": "validator.cli.report:report",
    "rules": "validator.cli.rules:rules",
    "schema": "validator.cli.schema:schema",
    "show": "validator.cli.show:show",
    "upload": "validator.cli.upload:upload",
    "verify": "validator.cli.verify:verify",
    "whoami": "validator.cli.whoami:whoami",
    "why": "validator.cli.why:why",
}
"""Name of each command and where it lives; imported when it is asked for, so that the command starts fast."""


_NO_COMMAND = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""What click 8.2 and later raise where a group is named without a command: their text is the help."""


class LazyGroup(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Names of all commands that this installation has."""
        return sorted(name for name, target in COMMANDS.items() if _is_there(target))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; of one that is not there, name the one that was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = self.list_commands(ctx)
            nearest = difflib.get_close_matches(args[0], known, n=1)
            hint = f"Did you mean {nearest[0]}?" if nearest else f"There are: {', '.join(known)}."
            raise click.UsageError(f"{error.message} {hint}", ctx) from error

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """Import the command with this name."""
        target = COMMANDS.get(cmd_name)
        if target is None or not _is_there(target):
            return None
        module, _, attribute = target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


def _is_there(target: str) -> bool:
    return importlib.util.find_spec(target.partition(":")[0]) is not None


FEWER_COLLECTIONS = (50_000, 20, 100)
"""Rows of tables and files are many and lie in no rings: looking for rings after every 700 new objects costs a tenth."""
HELP = """Check, upload and prove contributions of cell images to the Cell Painting Gallery.

\b
cpgate check  ~/nas/cpg0051-heart/broad                        what is wrong, where, how to mend it
cpgate upload ~/nas/cpg0051-heart/broad s3://staging-bucket    send it; the same command goes on after a stop
cpgate verify cpg0051-heart_broad_20261120T140533Z.jsonl       prove that it is all there
"""  # click keeps the lines of a paragraph that begins with \b


@click.group(
    cls=LazyGroup,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="cpgate", message="%(prog)s %(version)s")
def cli() -> None:
    """Choose the command."""


def main() -> None:
    """Run the command and leave with its exit code."""
    # numpy would start threads that multiply matrices, a tenth of a second in every process: nothing here has any.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pydantic would read the metadata of every distribution that is installed, for plugins: nothing here needs any.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    code = run(sys.argv[1:])
    flushed = _flush()
    gc.freeze()  # Python would look through all that is left, several times, for what is freed in a moment anyway
    sys.exit(code if flushed or code else int(ExitCode.FAILURE))


def run(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code and raises nothing."""
    gc.set_threshold(*FEWER_COLLECTIONS)
    prepare_streams()
    if "" in arguments:
        # As a path it would stand for the current folder, which nobody has named.
        complain(
            "An argument is empty.",
            "Is a variable of the shell not set? Name what is meant, . for the current folder.",
        )
        return int(ExitCode.USAGE)
    try:
        with _termination_as_interruption():
            code = cli.main(args=list(arguments), prog_name="cpgate", standalone_mode=False)
    except CpgateError as error:
        complain(error.what, error.mend)
        return int(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        complain("Stopped.", "")
        return int(ExitCode.INTERRUPTED)
    except click.ClickException as error:
        _complain_of_usage(error)
        return error.exit_code
    except BrokenPipeError:  # the reader of the output has seen enough
        silence_stdout()
        return int(ExitCode.CLEAN)
    except Exception as error:  # noqa: BLE001  the last boundary: nobody should see a traceback
        return _unexpected(error)
    return code if isinstance(code, int) else int(ExitCode.CLEAN)


def _complain_of_usage(error: click.ClickException) -> None:
    if isinstance(error, _NO_COMMAND):
        error.show()
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else "cpgate"
    if context is not None:
        click.echo(context.get_usage(), err=True)
    # click lists choices one a line.
    complain(" ".join(error.format_message().split()), f"{path} --help tells more.")


@contextmanager
def _termination_as_interruption() -> Iterator[None]:
    """Let SIGTERM (a batch system's way to say stop), or Ctrl-Break on Windows, end the run as cleanly as Ctrl-C does."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a signal handler
        raise Interrupted("Stopped because the system asked for it.", signal_number=number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    try:
        before = [(number, signal.signal(number, stop)) for number in numbers]
    except ValueError:  # not the main thread: somebody calls run() from a program of their own
        yield
        return
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _unexpected(error: Exception) -> int:
    text = "".join(traceback.format_exception(error))
    facts = f"cpgate {__version__}, Python {platform.python_version()}, {platform.platform()}"
    where = "Its details could not be written down."
    with suppress(OSError, CpgateError):
        from validator.workflows.crashes import write_crash  # noqa: PLC0415  only when it is needed

        where = (
            f"Send the file {write_crash(text)} with your report; look into it first, it names your files."
        )
    complain(
        f"cpgate met something that it was not made for ({facts}).",
        f"This is a defect of cpgate: please report it. {where}",
    )
    return int(ExitCode.FAILURE)


def _flush() -> bool:
    """Bring what was said to its reader; ``False`` when the disk behind a redirection is full."""
    try:
        sys.stdout.flush()
    except OSError as error:
        silence_stdout()
        if is_broken_pipe(error):
            return True
        complain(f"The output could not be written: {reason(error)}", "Make room, or send it elsewhere.")
        return False
    return True
