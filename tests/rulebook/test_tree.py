"""The layout is checked when it is read, and keeps its own promises."""

import copy

import pytest

from validator.errors import RulebookError
from validator.rulebook.layout import Layout, load_layout
from validator.rulebook.layout_spec import read_spec
from validator.rulebook.locate import read_rulebook_file
from validator.rulebook.tree import build


def document():
    return copy.deepcopy(read_rulebook_file("layout.yaml"))


def test_unknown_field_is_refused():
    broken = document()
    broken["tree"]["folder"] = {}
    with pytest.raises(RulebookError, match=r"tree\.folder"):
        read_spec(broken)


def test_unknown_part_is_refused():
    broken = document()
    broken["tree"]["folders"]["{project}"] = {"use": "nothing"}
    with pytest.raises(RulebookError, match="nothing"):
        Layout(read_spec(broken))


def test_unknown_entity_is_refused():
    broken = document()
    broken["tree"]["folders"]["{projekt}"] = {"kind": "project"}
    with pytest.raises(RulebookError, match="projekt"):
        Layout(read_spec(broken))


def nodes(node):
    yield node
    for child in (*node.literals.values(), *(child for _, child in node.templates)):
        yield from nodes(child)


def test_a_folder_without_files_of_its_kind_is_never_asked_for_them():
    """A misfit in a folder has the folder's kind; no check of files may take it for one of its own."""
    spec = read_spec(document())
    closed = [node for node in nodes(build(spec.tree, spec.parts, spec.everywhere)) if not node.anything]
    for node in closed:
        files = {*node.file_literals.values(), *(kind for _, kind in node.file_templates)}
        assert node.kind not in files


def test_aliases_are_not_names():
    spec = read_spec(document())
    for node in nodes(build(spec.tree, spec.parts, spec.everywhere)):
        assert not set(node.aliases) & set(node.literals)


def test_version():
    assert load_layout().version == "1.0"
