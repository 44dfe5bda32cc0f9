"""``cpgate why``: how one path is placed, or why it is left out."""

from pathlib import Path

import click

from validator.cli import options
from validator.cli.style import terminal_style
from validator.cli.terminal import say


@click.command(short_help="How a path is placed, or why it is ignored.")
@click.argument("path")
@options.dataset_option
@options.policy_option
@options.config_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@options.colour_option
def why(
    *, path: str, dataset: str | None, policy: str | None, config: Path | None, as_json: bool, color: str
) -> int:
    """Tell how PATH is placed: what each part of it is, or which part has no place and what was expected.

    PATH is a file or folder on disk, or just a key (cpg0051-heart/broad/images/...). Also told: what ignores it,
    and which rules look at such a file.
    """
    from validator.reporters.why_text import why_text  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.why import WhyRequest, explain_path  # noqa: PLC0415  the command's help comes fast

    found = explain_path(WhyRequest(path, dataset, policy, config))
    if as_json:
        say(found.model_dump_json(indent=2, ensure_ascii=True) + "\n")
        return 0
    say("".join(why_text(found, terminal_style(color))))
    return 0
