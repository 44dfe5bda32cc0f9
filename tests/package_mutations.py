"""Reads ``fixtures/package_mutations.yaml`` and makes the packages that it describes; the words are explained there."""

import copy
import io
import json
import re
from functools import cache
from typing import Any

import numpy as np
import tifffile
import yaml
from dataset_builder import FIXTURES
from package_builder import Package, build_package, nodes, ome, plain_tiff

from validator.manifests.attribute_page import with_section
from validator.models.attributes import attribute_groups

_NODE = re.compile(r"\$([a-z_]+?)(\d+|_last)")


@cache
def mutations() -> dict[str, dict[str, list[dict[str, Any]]]]:
    return yaml.safe_load((FIXTURES / "package_mutations.yaml").read_text(encoding="utf-8"))


@cache
def _names(*, small: bool) -> dict[str, list[str]]:
    package = build_package(small=small)
    return {group: nodes(package, group) for group in {path.split("/")[0] for path in package.infos}}


def named(text: str, *, small: bool) -> str:
    """The text with the names of nodes: ``fovs/$fovs0``."""
    names = _names(small=small)
    return _NODE.sub(lambda found: names[found[1]][-1 if found[2] == "_last" else int(found[2])], text)


def filled(value: Any, *, small: bool) -> Any:
    """A case with the names of nodes; how info documents are called is left alone."""
    if isinstance(value, str):
        return named(value, small=small)
    if isinstance(value, list):
        return [filled(item, small=small) for item in value]
    if isinstance(value, dict):
        return {filled(key, small=small): filled(item, small=small) for key, item in value.items()}
    return value


def make(spec: dict[str, Any], *, small: bool) -> dict[str, bytes]:
    """The files of the package of a case, by their paths."""
    package = build_package(small=small)
    for old, new in spec.get("copy", {}).items():
        _copy_node(package, old, new)
    for word, change in _CHANGES.items():
        for path, changes in spec.get(word, {}).items():
            for item in (
                changes.items() if isinstance(changes, dict) else [(pointer, None) for pointer in changes]
            ):
                change(_document(package, path), *item)
    for old, new in spec.get("nodes", {}).items():
        _rename_node(package, old, new)
    if "SCHEMA" not in spec.get("files", {}) and not spec.get("keep_readme"):
        readme = spec.get("readme", "# Cells\n")
        package.files["README.md"] = with_section(readme, attribute_groups(package.schema)).encode()
    package.removed |= set(spec.get("delete", ()))
    package.renamed += list(spec.get("move", {}).items())
    contents = package.contents(spec.get("info", "info/load"), spec.get("schema", "SCHEMA"))
    contents |= {path: _content(content, package) for path, content in spec.get("files", {}).items()}
    contents |= {path: b"\xef\xbb\xbf" + contents[path] for path in spec.get("bom", ())}
    return contents


def _set(document: Any, pointer: str, value: Any) -> None:
    holder, last = _find(document, pointer)
    if last == "-":
        holder.append(value)
    else:
        holder[last] = value


def _drop(document: Any, pointer: str, _: None) -> None:
    holder, last = _find(document, pointer)
    del holder[last]


def _rename(document: Any, pointer: str, name: str) -> None:
    holder, last = _find(document, pointer)
    renamed = {name if key == last else key: value for key, value in holder.items()}
    holder.clear()
    holder.update(renamed)


def _add(document: Any, pointer: str, like: str) -> None:
    other, name = _find(document, like)
    _set(document, pointer, copy.deepcopy(other[name]))


def _swap(document: Any, one: str, other: str) -> None:
    (left, i), (right, j) = _find(document, one), _find(document, other)
    left[i], right[j] = right[j], left[i]


def _unlist(document: Any, pointer: str, name: str) -> None:
    holder, last = _find(document, pointer)
    holder[last].remove(name)


_CHANGES = {"set": _set, "drop": _drop, "rename": _rename, "add": _add, "swap": _swap, "unlist": _unlist}


def _document(package: Package, path: str) -> Any:
    return package.schema if path == "SCHEMA" else package.infos[path]


def _find(document: Any, pointer: str) -> tuple[Any, Any]:
    *above, last = pointer.split("/")[1:]
    for part in above:
        document = document[int(part) if isinstance(document, list) else part]
    return document, int(last) if isinstance(document, list) and last != "-" else last


def _copy_node(package: Package, old: str, new: str) -> None:
    package.infos[new] = copy.deepcopy(package.infos[old])
    package.files |= {new + p[len(old) :]: c for p, c in package.files.items() if p.startswith(f"{old}/")}


def _rename_node(package: Package, old: str, new: str) -> None:
    """Give a node another name, also in all lists."""
    _copy_node(package, old, new)
    package.removed.add(old)
    group, name = old.split("/")
    for document in package.infos.values():
        if name in document.get(group, ()):
            document[group] = [new.split("/")[1] if item == name else item for item in document[group]]


def _content(text: Any, package: Package) -> bytes:
    text = text if isinstance(text, str) else json.dumps(text)
    word, _, rest = text.partition(":")
    if word == "@stack":
        axes, _, lengths = rest.partition(":")
        shape = tuple(int(length) for length in lengths.split(","))
        return ome(np.ones(shape, np.uint8), axes)
    if word == "@plain":
        return plain_tiff(np.ones((28, 20, 24), np.uint8))
    if word == "@colour":
        stream = io.BytesIO()
        tifffile.imwrite(stream, np.ones((20, 24, 3), np.uint8), ome=True, photometric="rgb")
        return stream.getvalue()
    if word == "@pages":
        return _some_pages(int(rest))
    if word == "@part":
        whole = package.files[rest]
        return whole[: len(whole) * 2 // 3]
    return text.encode()


def _some_pages(pages: int) -> bytes:
    """A stack of 4 x 7 pages of which only some were written."""
    stream = io.BytesIO()
    with tifffile.TiffFile(io.BytesIO(ome(np.ones((4, 7, 20, 24), np.uint8), "ZCYX"))) as whole:
        xml = whole.ome_metadata
    with tifffile.TiffWriter(stream) as writer:
        for number in range(pages):
            writer.write(
                np.ones((20, 24), np.uint8),
                description=xml.encode() if number == 0 else None,
                metadata=None,
                contiguous=False,
                photometric="minisblack",
            )
    return stream.getvalue()
