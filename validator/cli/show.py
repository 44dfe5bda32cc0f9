"""``cpgate show``: what a node of a package says, and how it looks."""

from pathlib import Path

import click

from validator.cli.terminal import say


@click.command(short_help="Show a node of a package: metadata and a picture.")
@click.argument("node", type=click.Path(path_type=Path, readable=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.png",
    help="Where the picture goes; the node's name with .png in the current folder if not given.",
)
@click.option("--no-picture", is_flag=True, help="Only the metadata.")
def show(*, node: Path, output: Path | None, no_picture: bool) -> int:
    """Show a NODE of an Allen Institute style package, package/fovs/fov_...: its metadata, and a picture as PNG.

    The picture has one panel for each channel of use, the maximum over Z, with the segmentations outlined. A picture that is there
    is written over.
    """
    from validator.errors import UsageError  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.escape import shown  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.outfile import reason  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.show import find_node  # noqa: PLC0415  the command's help comes fast

    found = find_node(node)
    rows = list(found.rows())
    width = max((len(name) for name, _ in rows), default=0)
    say(f"{shown(found.name)}   {found.kind.noun}\n\n")
    say("".join(f"{name:<{width}}  {value}\n" for name, value in rows))
    if no_picture or not found.has_image:
        if output is not None:
            raise UsageError(f"{shown(found.name)} has no image.", "Name a field of view or a segmentation.")
        return 0
    target = output if output is not None else Path(f"{found.name}.png")
    picture = found.picture()
    try:
        target.write_bytes(picture)
    except OSError as error:
        raise UsageError(
            f"The picture cannot be written to {shown(str(target))}: {reason(error)}.",
            "Name another file with -o.",
        ) from error
    say(f"\npicture  {shown(str(target))}\n")
    return 0
