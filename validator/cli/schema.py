"""``cpgate schema``: JSON Schemas, a page and a first draft from SCHEMA documents."""

from pathlib import Path

import click

from validator.cli.terminal import say

_SCHEMA = click.argument(
    "schema_path", metavar="SCHEMA", type=click.Path(path_type=Path, readable=False, exists=True)
)


@click.group(short_help="Make JSON Schemas, a page or a draft of a package's SCHEMA.")
def schema() -> None:
    """Work on SCHEMA documents, which say what the attributes of a package mean."""


@schema.command(short_help="Write a JSON Schema for each kind of node.")
@_SCHEMA
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where they go, as lines.schema.json and so on; without it all are printed as one object.",
)
def jsonschema(*, schema_path: Path, output: Path | None) -> int:
    """Write JSON Schemas that info documents can be validated with, made from SCHEMA (a file, or a package's folder)."""
    import json  # noqa: PLC0415  the command's help comes fast

    from validator.workflows.schema import json_schemas, write_json_schemas  # noqa: PLC0415  the command's help comes fast

    if output is None:
        say(json.dumps(json_schemas(schema_path), indent=2, ensure_ascii=False) + "\n")
        return 0
    for path in write_json_schemas(schema_path, output):
        say(f"written  {path}\n")
    return 0


@schema.command(short_help="Write what SCHEMA says as a Markdown page.")
@_SCHEMA
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where it goes, if not to the terminal.",
)
@click.option(
    "--readme",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Make the section of attributes in this README anew instead; the rest of it stays.",
)
def doc(*, schema_path: Path, output: Path | None, readme: Path | None) -> int:
    """Write the attributes of SCHEMA (a file, or a package's folder) as tables for people."""
    from validator.errors import UsageError  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.outfile import OutFile  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.schema import document, write_readme_section  # noqa: PLC0415  the command's help comes fast

    if readme is not None and output is not None:
        raise UsageError("--readme and -o say two places.", "Leave one of them out.")
    if readme is not None:
        say(f"written  {write_readme_section(schema_path, readme)}\n")
        return 0
    text = document(schema_path)
    if output is None:
        say(text)
        return 0
    with OutFile(output, "page") as file:
        file.write(text)
        file.commit()
    say(f"written  {output}\n")
    return 0


@schema.command(short_help="Draft a SCHEMA from the info documents of a package.")
@click.argument("package", type=click.Path(path_type=Path, readable=False, exists=True))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where it goes, if not to the terminal; a file that is there is left alone.",
)
def draft(*, package: Path, output: Path | None) -> int:
    """Draft a SCHEMA from the info documents in PACKAGE: types and examples.

    What a SCHEMA there says already is kept. Descriptions and origins that nobody has written are TODO, and
    `cpgate check` fails until a person has written them.
    """
    import json  # noqa: PLC0415  the command's help comes fast

    from validator.errors import UsageError  # noqa: PLC0415  the command's help comes fast
    from validator.reporters.outfile import OutFile  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.schema import TO_WRITE  # noqa: PLC0415  the command's help comes fast
    from validator.workflows.schema import draft as draft_schema  # noqa: PLC0415  the command's help comes fast

    if output is not None and output.exists():
        raise UsageError(f"{output} is there already.", "Name another file, and compare the two.")
    document = draft_schema(package)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        say(text)
        return 0
    with OutFile(output, "draft") as file:
        file.write(text)
        file.commit()
    entries = [entry for group in document.values() for entry in group.values() if isinstance(entry, dict)]
    left = sum(TO_WRITE in (entry.get("description"), entry.get("origin")) for entry in entries)
    say(
        f"written  {output}\nto write: descriptions and origins of {left:,} of {len(entries):,} attributes, marked {TO_WRITE}\n"
    )
    return 0
