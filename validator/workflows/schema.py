"""What can be made from SCHEMA documents: JSON Schemas, a page, the README's section, a first draft."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from validator.checks.package import PackageDataset
from validator.errors import NothingChecked, UnreadableFile, UsageError
from validator.manifests.attribute_page import attribute_page, with_section
from validator.manifests.info_schemas import info_schemas
from validator.models.attributes import Groups, attribute_groups
from validator.models.package import (
    BUILDER_ORIGIN,
    GROUP_OF_SCHEMA_NAME,
    NODE_KINDS,
    README_NAMES,
    SCHEMA_KEYS,
    SCHEMA_NAMES,
    NodeKind,
    info_name,
)
from validator.models.progress import Progress
from validator.models.value_types import spelling, type_of
from validator.readers.json_text import read_json
from validator.reporters.escape import shown
from validator.reporters.outfile import OutFile, reason
from validator.sources.local import LocalSource
from validator.workflows.configuration import settings_in_force
from validator.workflows.package_listing import list_package

TO_WRITE = "TODO"
"""Stands where a person must write; the check fails as long as it does."""
_SCHEMA_NAME = {group: name for name, group in GROUP_OF_SCHEMA_NAME.items()}


def read_schema(path: Path) -> Groups:
    """Read a SCHEMA document.

    Parameters
    ----------
    path
        The document, or the folder of the package that holds it.

    Raises
    ------
    UsageError
        If there is none.
    UnreadableFile
        If it is not a JSON object that describes attributes.
    """
    found = schema_file(path)
    try:
        with found.open("rb") as stream:
            document = read_json(stream)
    except UnreadableFile as error:
        raise UnreadableFile(
            f"{shown(str(found))} cannot be read. {error.what}.", f"{error.mend.capitalize()}.", error.where
        ) from error
    except OSError as error:
        raise UsageError(
            f"{shown(str(found))} cannot be read: {reason(error)}.", "Check the path."
        ) from error
    groups = attribute_groups(document.value)
    if not any(group.attributes for group in groups.values()):
        raise UnreadableFile(
            f"{shown(str(found))} describes no attributes.",
            'A SCHEMA is an object with keys such as "unique_line_info", each with its attributes.',
        )
    return groups


def schema_file(path: Path) -> Path:
    """The SCHEMA document in a folder, or the file itself.

    Raises
    ------
    UsageError
        If the folder holds none.
    """
    if not path.is_dir():
        return path
    for name in SCHEMA_NAMES:
        if (path / name).is_file():
            return path / name
    raise UsageError(
        f"There is no SCHEMA in {shown(str(path))}.",
        f"Draft one: cpgate schema draft {shown(str(path))} -o {shown(str(path))}/SCHEMA",
    )


def json_schemas(path: Path) -> Mapping[str, dict[str, Any]]:
    """A JSON Schema for each kind of node that a SCHEMA describes, by its group; errors as of `read_schema`."""
    found = info_schemas(read_schema(path))
    if not found:
        raise UsageError(
            f"{shown(str(path))} describes no kind of node of a package.",
            f"JSON Schemas are made for {', '.join(SCHEMA_KEYS)}.",
        )
    return found


def write_json_schemas(path: Path, folder: Path) -> list[Path]:
    """Write the JSON Schemas into a folder as ``<group>.schema.json``.

    Raises
    ------
    UsageError
        If the folder cannot be written to; otherwise as `read_schema`.
    """
    schemas = json_schemas(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The folder {shown(str(folder))} cannot be made: {reason(error)}.", "Name another one."
        ) from error
    written = []
    for group, schema in schemas.items():
        target = folder / f"{group}.schema.json"
        with OutFile(target, "JSON Schema") as file:
            file.write(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
            file.commit()
        written.append(target)
    return written


def document(path: Path) -> str:
    """Markdown page of what a SCHEMA says; errors as of `read_schema`."""
    name = path.resolve().name if path.is_dir() else path.resolve().parent.name
    return attribute_page(read_schema(path), f"Attributes of {name}")


def write_readme_section(path: Path, readme: Path | None = None) -> Path:
    """Make the section of attributes of a README anew; everything else in it stays.

    Parameters
    ----------
    path
        The SCHEMA, or the package.
    readme
        The README; without it the one beside SCHEMA.

    Raises
    ------
    UsageError
        If it cannot be read or written; otherwise as `read_schema`.
    """
    groups = read_schema(path)
    target = readme or _readme_beside(schema_file(path))
    try:
        text = target.read_text(encoding="utf-8") if target.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        said = reason(error) if isinstance(error, OSError) else "it is not written in UTF-8"
        raise UsageError(
            f"The README {shown(str(target))} cannot be read: {said}.", "Mend it first."
        ) from error
    with OutFile(target, "README") as file:
        file.keep_mode()
        file.write(with_section(text, groups))
        file.commit()
    return target


def _readme_beside(schema: Path) -> Path:
    names = (schema.parent / name for name in README_NAMES)
    return next((path for path in names if path.is_file()), schema.parent / "README.md")


def draft(path: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Draft a SCHEMA from the info documents of a package; what a SCHEMA says already is kept.

    Parameters
    ----------
    path
        The folder of the package.
    progress
        Where the listing is shown.

    Returns
    -------
    dict
        The document. Descriptions and origins that nobody has written are ``TODO``.

    Raises
    ------
    UsageError
        If it is no folder.
    NothingChecked
        If no info document in it can be read.
    """
    dataset, _ = list_package(LocalSource(path, prefix=""), settings_in_force(None), progress)
    known = dataset.schema.document.value if dataset.schema and dataset.schema.document else {}
    found = {kind.schema_key: _drafted(dataset, kind, known) for kind in NODE_KINDS.values()}
    if not any(found.values()):
        raise NothingChecked(
            f"There is no info document in {shown(str(path))} that can be read.",
            "Name the folder that holds lines/, plates/, wells/ and fovs/.",
        )
    return found


def _drafted(dataset: PackageDataset, kind: NodeKind, known: Any) -> dict[str, Any]:
    nodes = [node for node in dataset.nodes.values() if node.kind is kind and len(node.infos) == 1]
    values: dict[str, list[Any]] = {}
    for read in dataset.read_all(nodes, lambda node: dataset.read_document(node.infos[0])):
        if read is not None and read.document is not None and isinstance(read.document.value, dict):
            for name, value in read.document.value.items():
                _keep(values.setdefault(info_name(name), []), value)
    written = known.get(kind.schema_key) if isinstance(known, dict) else None
    entries = dict(written) if isinstance(written, dict) else {}
    described = {info_name(name) for name in entries}
    entries |= {_SCHEMA_NAME.get(n, n): _entry(n, some) for n, some in values.items() if n not in described}
    return entries


def _keep(kept: list[Any], value: Any) -> None:
    """Keep one value of each type, a filled one rather than an empty one."""
    for index, other in enumerate(kept):
        if type_of(other) == type_of(value):
            if not other and value:
                kept[index] = value
            return
    kept.append(value)


def _entry(name: str, values: Iterable[Any]) -> dict[str, Any]:
    types = {type_of(value): value for value in values}
    if len(types) > 1:
        types.pop("null", None)
    if "float" in types:
        types.pop("int", None)
    examples = list(types.values())
    return {
        "description": TO_WRITE,
        "example_value": examples[0] if len(examples) == 1 or "list" in types else examples,
        "origin": BUILDER_ORIGIN if name in NODE_KINDS else TO_WRITE,
        "value_types": [spelling(one) for one in types],
    }
