"""The layout gives every key of ``fixtures/layout`` the place that it should have; a file there adds its tests."""

from functools import cache
from pathlib import Path

import pytest
import yaml

from validator.rulebook.layout import load_layout

FOLDER = Path(__file__).parents[2] / "fixtures" / "layout"
KINDS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
LEAST = 20


@cache
def vectors(kind):
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((FOLDER / f"{kind}.yaml").read_text(encoding="utf-8"), Loader=loader)


def place(key):
    cut = key.rfind("/") + 1
    layout = load_layout()
    folder = layout.place_folder(key[:cut])
    return layout.place_file(folder, key[cut:]) if key[cut:] else folder


def test_every_kind_has_its_keys():
    assert list(load_layout().kinds()) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_good_keys_have_kind_and_entities(kind):
    assert vectors(kind)["kind"] == kind
    for vector in vectors(kind)["good"]:
        found = place(vector["key"])
        assert found.misfit is None, vector["key"]
        assert (found.kind, dict(found.entities)) == (kind, vector["entities"]), vector["key"]


@pytest.mark.parametrize("kind", KINDS)
def test_bad_keys_fail_at_the_part_that_is_wrong(kind):
    for vector in vectors(kind)["bad"]:
        misfit = place(vector["key"]).misfit
        assert misfit is not None, vector["key"]
        assert (misfit.segment, misfit.nearest) == (vector["segment"], vector.get("nearest", "")), vector[
            "key"
        ]
        assert vector["key"].split("/")[misfit.depth] == vector["segment"]


@pytest.mark.parametrize("kind", KINDS)
def test_keys_are_many_and_different(kind):
    keys = [vector["key"] for vector in (*vectors(kind)["good"], *vectors(kind)["bad"])]
    assert len(keys) >= LEAST
    assert len(set(keys)) == len(keys)
    assert vectors(kind)["good"]
    assert vectors(kind)["bad"]


def test_names_of_plates_are_text():
    texts = [value for kind in KINDS for v in vectors(kind)["good"] for value in v["entities"].values()]
    assert all(isinstance(text, str) for text in texts)
    assert {"1086200431", "0042", "LV.37.1"} <= set(texts)
