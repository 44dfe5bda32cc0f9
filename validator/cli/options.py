"""Options that several commands share, each written once."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from validator.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])
OutputFormat = Literal["text", "jsonl"]
FORMATS: tuple[OutputFormat, ...] = ("text", "jsonl")


@dataclass(frozen=True, slots=True)
class Output:
    """One ``-o FORMAT[:PATH]``.

    Attributes
    ----------
    format
        ``text`` or ``jsonl``.
    path
        A file, or ``None`` for stdout.
    """

    format: OutputFormat
    path: Path | None = None


def parse_outputs(texts: tuple[str, ...]) -> tuple[Output, ...]:
    """Understand the values of ``-o``; without any, text on stdout.

    Raises
    ------
    UsageError
        If there is no such format, or two outputs would be mixed in one place.

    Examples
    --------
    >>> parse_outputs(("text", "jsonl:findings.jsonl"))[0]
    Output(format='text', path=None)
    """
    outputs = tuple(_parse_output(text) for text in texts) or (Output("text"),)
    places = [output.path for output in outputs]
    twice = next((path for i, path in enumerate(places) if path in places[:i]), "")
    if twice != "":
        where = "the terminal" if twice is None else str(twice)
        raise UsageError(
            f"Two outputs would be mixed in {where}.",
            "Give each -o a path of its own: -o jsonl:findings.jsonl",
        )
    return outputs


def _parse_output(text: str) -> Output:
    name, _, place = text.partition(":")
    known = next((known for known in FORMATS if known == name), None)
    if known is None:
        raise UsageError(
            f"There is no output format {name!r}.",
            f"Use {' or '.join(FORMATS)}, with a path if it should go to a file: -o jsonl:findings.jsonl",
        )
    return Output(known, None if place in ("", "-") else Path(place))


def _all(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def apply(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


policy_option = click.option(
    "--policy",
    metavar="NAME|FILE",
    help="Which level each rule has: contribution (new data, the default), gallery (what is already public), "
    "or a file of your own, strict.yaml.",
)
config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="A configuration outside of the data; otherwise cpgate.toml in the dataset's folder, if there is one.",
)
scope_option = click.option(
    "--scope",
    metavar="NAME",
    help="What is required: arrayed, pooled, addition, derived. Found from the data if not given.",
)
dataset_option = click.option(
    "--dataset",
    metavar="PROJECT/SOURCE",
    help="Say which dataset the folder is, where its own names do not: cpg0051-heart/broad.",
)
rule_options = _all(
    click.option(
        "--only",
        multiple=True,
        metavar="FAMILY",
        help="Only these checks: layout, tables, links, images, documents.",
    ),
    click.option(
        "--select", multiple=True, metavar="RULE", help="Only these rules: CPG112, batch-undated, CPG1*."
    ),
    click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules."),
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    default="error",
    show_default=True,
    help="The lowest level that makes the exit code 1.",
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="How much to do side by side."
)
output_option = click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[:PATH]",
    help="text or jsonl, to the terminal or to a file; several times.",
)
colour_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours; auto honours NO_COLOR and FORCE_COLOR.",
)
all_option = click.option("--all", "everything", is_flag=True, help="Show every finding, also of long lists.")
verbosity_options = _all(
    click.option("-q", "--quiet", is_flag=True, help="Only errors and the last line; no progress."),
    click.option("-v", "--verbose", is_flag=True, help="In a pipe, say on stderr when a step has ended."),
)


def split_list(values: tuple[str, ...]) -> tuple[str, ...]:
    """Allow several names in one value: ``--select CPG112,CPG113``."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def stdout_width() -> int:
    """Columns of the terminal; 100 in a pipe, or what ``COLUMNS`` says."""
    import shutil  # noqa: PLC0415  only commands that lay out text need it

    return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else _columns_said()


def _columns_said() -> int:
    import os  # noqa: PLC0415  only commands that lay out text need it

    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdigit() and int(said) >= 20 else 100
