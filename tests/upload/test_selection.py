import pytest

from validator.models.listing import Folder
from validator.models.place import Place
from validator.rulebook.layout import load_layout
from validator.upload.selection import Selection

HOME = "cpg0099-example/broad"
BATCH, OTHER_BATCH = "2024_03_05_Run1", "2024_04_01_Run2"
FULL = "BR01__2024-03-05T10_00_00-Measurement1"
FOLDERS = {
    f"{HOME}/images/{BATCH}/images/{FULL}/Images/": ["r01c01f01p01-ch1sk1fk1fl1.tiff"],
    f"{HOME}/images/{BATCH}/illum/BR01/": ["BR01_IllumDNA.npy"],
    f"{HOME}/images/{OTHER_BATCH}/images/BR02/": ["a.tiff"],
    f"{HOME}/workspace/load_data_csv/{BATCH}/BR01/": ["load_data.csv", "load_data_with_illum.csv"],
    f"{HOME}/workspace/load_data_csv/{OTHER_BATCH}/BR02/": ["load_data.csv"],
    f"{HOME}/workspace/metadata/platemaps/{BATCH}/": ["barcode_platemap.csv"],
    f"{HOME}/workspace/": ["README.md"],
}


def chosen(selection: Selection) -> set[str]:
    layout = load_layout()
    keys = set()
    for key, names in FOLDERS.items():
        folder = Folder(key, f"/data/{key}")
        for name in names:
            folder.add(name, 1, 1)
        if selection.takes_folder(layout.place_folder(key).entities):
            files = len(folder.names)
            choice = selection.choose(key, files, sum(folder.sizes), lambda folder=folder: folder)
            chosen = range(files) if choice.chosen is None else choice.chosen
            assert choice.files == choice.size == len(chosen)
            keys.update(key + folder.names[i] for i in chosen)
    return keys


EVERYTHING = {key + name for key, names in FOLDERS.items() for name in names}


def test_without_options_everything_goes():
    assert Selection().everything
    assert chosen(Selection()) == EVERYTHING


@pytest.mark.parametrize(
    ("selection", "takes"),
    [
        (Selection(batches=(BATCH,)), lambda key: f"/{BATCH}/" in key),
        (Selection(batches=("2024_*",)), lambda key: "/2024_" in key),
        (Selection(batches=(BATCH, OTHER_BATCH)), lambda key: "/2024_" in key),
        (Selection(batches=("2024_03_05",)), lambda _: False),
        (Selection(plates=("BR01",)), lambda key: "/BR01" in key),
        (Selection(plates=(FULL,)), lambda key: FULL in key),
        (Selection(batches=(BATCH,), plates=("BR02",)), lambda _: False),
        (Selection(include=("*.csv",)), lambda key: key.endswith(".csv")),
        (Selection(include=("workspace/*",)), lambda key: "/workspace/" in key),
        (Selection(include=(f"{HOME}/workspace/*",)), lambda key: "/workspace/" in key),
        (Selection(exclude=("*.csv",)), lambda key: not key.endswith(".csv")),
        (
            Selection(include=("workspace/*",), exclude=("*/load_data.csv",)),
            lambda key: "/workspace/" in key and not key.endswith("/load_data.csv"),
        ),
        (Selection(batches=(BATCH,), exclude=("images/*",)), lambda key: f"/{BATCH}/" in key and "/images/" not in key),
        (Selection(include=("*.CSV",)), lambda _: False),
    ],
)  # fmt: skip
def test_what_is_chosen_goes(selection, takes):
    assert not selection.everything
    assert chosen(selection) == {key for key in EVERYTHING if takes(key)}


def test_the_layout_knows_batch_and_plate_of_these_folders():
    """Otherwise the table above would say nothing."""
    place = load_layout().place_folder(next(iter(FOLDERS)))
    assert isinstance(place, Place)
    assert place.entities["batch"] == BATCH
    assert {place.entities.get("plate"), place.entities.get("full_plate")} >= {
        "BR01"
    } or FULL in place.entities.values()


@pytest.mark.parametrize(
    ("selection", "entities", "key", "answer"),
    [
        (Selection(), {}, f"{HOME}/", True),
        (Selection(batches=(BATCH,)), {}, f"{HOME}/", True),
        (Selection(batches=(BATCH,)), {"batch": BATCH}, "a/b/c", True),
        (Selection(batches=(BATCH,)), {"batch": OTHER_BATCH}, "a/b/c", False),
        (Selection(plates=("BR01",)), {"batch": BATCH}, "a/b/c/", True),
        (Selection(plates=("BR01",)), {"plate": "BR02"}, "a/b/c", False),
        (Selection(plates=("BR01",)), {"plate": "BR01", "full_plate": FULL}, "a/b/c", True),
        (Selection(plates=(FULL,)), {"plate": "BR01", "full_plate": FULL}, "a/b/c", True),
        (Selection(include=("*.csv",)), {}, "a/b/c.tiff", False),
        (Selection(include=("*.csv",)), {}, "a/b/c/", True),
        (Selection(exclude=("*.csv",)), {}, "a/b/c.csv", False),
    ],
)
def test_which_findings_concern_an_upload(selection, entities, key, answer):
    assert selection.concerns(entities, key) is answer


@pytest.mark.parametrize(
    ("selection", "key", "may"),
    [
        (Selection(), f"{HOME}/images/{BATCH}/illum/", True),
        (Selection(batches=(BATCH,)), f"{HOME}/images/{BATCH}/illum/", True),
        (Selection(batches=(OTHER_BATCH,)), f"{HOME}/images/{BATCH}/illum/", False),
        (Selection(batches=(BATCH,)), f"{HOME}/images/", True),
        (Selection(plates=("BR02",)), f"{HOME}/images/{BATCH}/illum/BR01/", False),
        (Selection(plates=("BR02",)), f"{HOME}/images/{BATCH}/illum/", True),
        (Selection(include=("images/*/illum/*.npy",)), f"{HOME}/images/{BATCH}/illum/", True),
        (Selection(include=("images/*/illum/*.npy",)), f"{HOME}/workspace/analysis/", False),
        (Selection(include=("workspace/analysis/x/*",)), f"{HOME}/workspace/", True),
        (Selection(exclude=("images/*/illum/*",)), f"{HOME}/images/{BATCH}/illum/", False),
        (Selection(exclude=("images/*/illum/*.npy",)), f"{HOME}/images/{BATCH}/illum/", True),
    ],
)
def test_a_folder_that_cannot_be_read_may_hold_what_is_selected(selection, key, may):
    assert selection.may_take_below(key, load_layout().place_folder(key).entities) is may
