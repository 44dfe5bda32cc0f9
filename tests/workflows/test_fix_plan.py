"""The planner: pure, on models of disks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.checks.batches import BATCH_DATE_SPELLING
from validator.checks.folders import FOLDER_MISSPELT
from validator.checks.names import judge_folder_characters
from validator.models.finding import Level
from validator.models.listing import Folder, SourceFacts
from validator.models.renames import NewNames
from validator.workflows.fix_plan import Renaming, in_order, plan_renames, renamed, settle
from validator.workflows.fix_proposals import FIXABLE_RULES, Proposal, propose
from validator.workflows.listing import list_dataset

HOME = "cpg0099-example/broad/"
EVERY_RULE = frozenset(rule.id for rule in FIXABLE_RULES)


class Model:
    """A disk of which only the keys of the files are known."""

    root = "model"
    complete = True
    facts = SourceFacts("keys", ("contents",))

    def __init__(self, keys, obstacles=()):
        self.keys = sorted(set(keys))
        self.obstacles = dict(obstacles)

    def scan(self):
        folders = {}
        for key in self.keys:
            home, _, name = key.rpartition("/")
            folders.setdefault(f"{home}/", Folder(f"{home}/", home)).add(name, 1, 0)
        yield from (folders[key] for key in sorted(folders))

    def open(self, entry):
        raise AssertionError(entry)

    def names(self, folder):
        return {key[len(folder) :].split("/")[0] for key in self.keys if key.startswith(folder)}

    def obstacle(self, key):
        return self.obstacles.get(key, "")

    def rename(self, key, name, *, same=str.casefold):
        """What a disk does; it refuses a name that is there, also one that differs in capitals only."""
        parent, own = key.rstrip("/").rpartition("/")[0] + "/", key.rstrip("/").rpartition("/")[2]
        assert own in self.names(parent), f"{key} is not there"
        others = {same(other) for other in self.names(parent) if other != own}
        assert same(name) not in others, f"{name} is taken in {parent}"
        end = key.endswith("/")
        moved = parent + name + ("/" if end else "")
        hit = (lambda k: k.startswith(key)) if end else (lambda k: k == key)
        self.keys = sorted(moved + k[len(key) :] if hit(k) else k for k in self.keys)


def plan_of(model, wanted=EVERY_RULE):
    dataset, _ = list_dataset(model)
    return dataset, plan_renames(dataset, wanted, model)


def new_keys(model, wanted=EVERY_RULE):
    _, plan = plan_of(model, wanted)
    return {key: plan.names.to_new(key) for key in model.keys if plan.names.to_new(key) != key}


def below(*paths):
    return Model(HOME + path for path in paths)


def reasons(model):
    _, plan = plan_of(model)
    return {left.key.removeprefix(HOME): left.reason for left in plan.left.values()}


def test_what_two_rules_ask_for_is_one_rename():
    model = below(
        "images/20240305 Run 1/images/BR01/a.tif", "workspace/backend/20240305 Run 1/BR01/BR01.sqlite"
    )
    dataset, plan = plan_of(model)
    first = in_order(dataset, plan)[-1]
    assert (first.old_name, first.name) == ("20240305 Run 1", "2024_03_05_Run_1")
    assert first.rules == ("CPG113", "CPG120")
    assert {(i.what, i.old, i.new) for i in plan.identities} == {
        ("batch", "20240305 Run 1", "2024_03_05_Run_1")
    }


BATCH = "20240305 Run 1"
PLACES = {
    "below a misspelt folder": ["workspace/load_data_cvs/{}/BR01/load_data.csv"],
    "below a misspelt section": ["imags/{}/images/BR01/a.tif"],
    "below a misspelt folder that cannot be renamed": [
        "image/{}/images/BR01/a.tif",
        "images/2024_03_06_Run2/images/BR02/a.tif",
    ],
    "where only others show that it is a batch": [
        "images/{}/images/BR01/a.tif",
        "workspace/pipelines/{}/a.cppipe",
    ],
    "everywhere": ["images/{}/images/BR01/a.tif", "workspace/load_data_cvs/{}/BR01/load_data.csv"],
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("name", "better"),
    [
        (BATCH, "2024_03_05_Run_1"),
        ("Run (1)_2024-03-05", "2024_03_05_Run_1"),
        ("Batch 1", "Batch_1"),
        ("2024_03_05_Run 1", "2024_03_05_Run_1"),
    ],
)
def test_the_check_and_the_plan_propose_the_same_name_for_a_batch(place, name, better):
    model = below(*(path.format(name) for path in PLACES[place]))
    dataset, plan = plan_of(model)
    (finding,) = judge_folder_characters(dataset)
    assert finding.expected == better
    assert finding.count == len([path for path in PLACES[place] if "{}" in path])
    assert finding.hint.startswith(f"Rename {name} to {better}")
    renamed_to = {plan.names.to_new(key).rstrip("/").rpartition("/")[2] for key in folders_of(model, name)}
    assert renamed_to == {better}
    assert {(one.old, one.new) for one in plan.identities} == {(name, better)}, "tables name it so by then"


def folders_of(model, name):
    return {key[: key.index(f"/{name}/") + len(name) + 2] for key in model.keys if f"/{name}/" in key}


def test_where_the_date_of_batches_is_nobodys_business_characters_alone_are_mended():
    model = below(f"images/{BATCH}/images/BR01/a.tif", f"imags/{BATCH}/images/BR01/b.tif")
    dataset, _ = list_dataset(model)
    levels = {BATCH_DATE_SPELLING.id: Level.OFF}
    dataset = replace(dataset, policy=replace(dataset.policy, levels=levels))
    (finding,) = judge_folder_characters(dataset)
    assert finding.expected == "20240305_Run_1"
    proposed = {one.name for one in propose(dataset, EVERY_RULE) if one.rule.id != "CPG107"}
    assert proposed == {"20240305_Run_1"}


def test_what_shows_only_under_the_right_name_is_renamed_too():
    model = below(
        "images/2024_03_05_Run1/images/BR01/a.tif", "workspace/load_data/20240306_Run2/BR 01/load_data.csv"
    )
    assert list(new_keys(model).values()) == [
        HOME + "workspace/load_data_csv/2024_03_06_Run2/BR_01/load_data.csv"
    ]


def test_a_plate_is_renamed_with_its_files():
    batch = "2024_03_05_Run1"
    model = below(
        f"images/{batch}/illum/BR 01/BR 01_IllumDNA.npy",
        f"images/{batch}/images/BR 01__2024-03-05T10_00_00-Measurement1/Images/BR 01.tif",
        f"workspace/analysis/{batch}/BR 01/analysis/BR 01-A01-1/Cells.csv",
        f"workspace/backend/{batch}/BR 01/BR 01.sqlite",
        f"workspace/backend/{batch}/BR 01/other.csv",
    )
    assert [key.removeprefix(HOME) for key in new_keys(model).values()] == [
        f"images/{batch}/illum/BR_01/BR_01_IllumDNA.npy",
        f"images/{batch}/images/BR_01__2024-03-05T10_00_00-Measurement1/Images/BR 01.tif",  # the imager's
        f"workspace/analysis/{batch}/BR_01/analysis/BR_01-A01-1/Cells.csv",
        f"workspace/backend/{batch}/BR_01/BR_01.sqlite",
        f"workspace/backend/{batch}/BR_01/other.csv",
    ]


def test_folders_of_the_imager_keep_their_names():
    model = below("images/2024_03_05_Run1/images/BR01/Images (raw)/a b.tif")
    assert new_keys(model) == {}
    assert reasons(model) == {
        "images/2024_03_05_Run1/images/BR01/Images (raw)/": "it lies in a folder of the imager, whose index files "
        "refer to its names"
    }


def test_wells_are_not_padded_because_no_kind_asks_for_it():
    model = below("workspace/analysis/2024_03_05_Run1/BR01/analysis/BR01-a1-1/Cells.csv")
    assert new_keys(model) == {}
    assert reasons(model) == {}


def test_two_folders_never_get_one_name():
    model = below("workspace/pipelines/old versions/a.cppipe", "workspace/pipelines/old,versions/a.cppipe")
    assert new_keys(model) == {}
    assert reasons(model) == {
        "workspace/pipelines/old versions/": "old,versions would get the same name",
        "workspace/pipelines/old,versions/": "old versions would get the same name",
    }


def test_a_name_that_is_taken_is_not_given():
    model = below("workspace/pipelines/old versions/a.cppipe", "workspace/pipelines/old_versions/a.cppipe")
    assert reasons(model) == {"workspace/pipelines/old versions/": "there is old_versions beside it already"}


def test_a_name_that_differs_only_in_case_is_taken():
    model = below("workspace/pipelines/old versions/a.cppipe", "workspace/pipelines/Old_Versions/a.cppipe")
    assert reasons(model) == {
        "workspace/pipelines/old versions/": "Old_Versions is beside it and differs only in case"
    }


def test_capitals_of_a_folder_can_be_mended():
    model = below("workspace/Pipelines/a.cppipe", "workspace/backend/2024_03_05_Run1/BR01/BR01.sqlite")
    assert new_keys(model) == {HOME + "workspace/Pipelines/a.cppipe": HOME + "workspace/pipelines/a.cppipe"}


def test_a_batch_is_renamed_everywhere_or_nowhere():
    model = below(
        "images/20240305_Run1/images/BR01/a.tif",
        "workspace/backend/20240305_Run1/BR01/BR01.sqlite",
        "workspace/backend/2024_03_05_Run1/BR02/BR02.sqlite",
    )
    assert new_keys(model) == {}
    assert reasons(model) == {
        "workspace/backend/20240305_Run1/": "there is 2024_03_05_Run1 beside it already",
        "images/20240305_Run1/": "it belongs to cpg0099-example/broad/workspace/backend/20240305_Run1, which "
        "cannot be renamed",
    }


def test_what_stands_in_the_way_on_the_disk_is_said():
    model = below("workspace/pipelines/old versions/a.cppipe")
    model.obstacles = {HOME + "workspace/pipelines/old versions/": "it is frozen"}
    assert new_keys(model) == {}
    assert reasons(model) == {"workspace/pipelines/old versions/": "it is frozen"}


def test_a_name_of_which_nothing_would_be_left_is_said():
    assert reasons(below("workspace/pipelines/µ/a.cppipe")) == {
        "workspace/pipelines/µ/": "nothing of its name would be left"
    }


def test_only_the_chosen_rules_rename():
    model = below("workspace/pipelines/old versions/a.cppipe", "images/20240305_Run1/images/BR01/a.tif")
    assert list(new_keys(model, frozenset({"CPG120"}))) == [
        HOME + "workspace/pipelines/old versions/a.cppipe"
    ]


def test_an_addition_keeps_the_batches_of_the_gallery():
    model = Model(
        ["cpg0016-jump/source_8/workspace/segmentation/cellpose_1a2b3c4/objects/J3_20210101/A1/a.png"]
    )
    assert new_keys(model) == {}


def test_a_misspelt_file_is_renamed():
    model = below("workspace/metadata/platemaps/2024_03_05_Run1/barcode_platemaps.csv")
    assert list(new_keys(model).values()) == [
        HOME + "workspace/metadata/platemaps/2024_03_05_Run1/barcode_platemap.csv"
    ]


def proposed(**names):
    """Proposals for folders of one folder, settled."""
    model = below(*(f"{name}/x" for name in names))
    dataset, _ = list_dataset(model)
    proposals = [
        Proposal(f"{HOME}{old}/", new, FOLDER_MISSPELT, "folder", old)
        for old, new in names.items()
        if new != old
    ]
    accepted, refused = settle(proposals, Renaming(dataset), model)
    return {p.key for p in accepted}, {left.key.removeprefix(HOME): left.reason for left in refused}


def test_names_that_would_be_exchanged_are_left_alone():
    accepted, left = proposed(a="b", b="a")
    assert accepted == set()
    assert left == {"a/": "the new names of a, b form a circle", "b/": "the new names of b, a form a circle"}


def test_a_longer_circle_is_left_alone():
    _, left = proposed(a="b", b="c", c="a", d="e")
    assert left["b/"] == "the new names of b, c, a form a circle"
    assert "d/" not in left


def test_a_name_that_will_only_be_free_waits():
    accepted, left = proposed(a="b", b="c")
    assert accepted == {HOME + "b/"}
    assert left == {"a/": "b is beside it and is itself to be renamed; fix again when that is done"}


SHORT = st.sampled_from(["a", "b", "c", "A", "B", "d", "D", "é", "E"])


@given(st.dictionaries(SHORT, SHORT, max_size=8))
def test_whatever_is_proposed_no_two_names_are_equal(names):
    model = below(*(f"{name}/x" for name in names), "other/x")
    dataset, _ = list_dataset(model)
    proposals = [
        Proposal(f"{HOME}{old}/", new, FOLDER_MISSPELT, "folder", old)
        for old, new in names.items()
        if new != old
    ]
    plan = Renaming(dataset)
    accepted, refused = settle(proposals, plan, model)
    assert len(accepted) + len(refused) == len(proposals)
    plan.accept(accepted)
    do_and_undo(model, dataset, plan)


def do_and_undo(model, dataset, plan):
    """Rename on a model of a disk and back; every step must be possible when its turn comes."""
    before = list(model.keys)
    steps = in_order(dataset, plan)
    assert len({rename.new_key for rename in steps}) == len(steps)
    for key in before:
        assert plan.names.to_old(plan.names.to_new(key)) == key
    for rename in steps:
        model.rename(rename.key, rename.name)
    after = list(model.keys)
    assert after == sorted(plan.names.to_new(key) for key in before)
    for rename in reversed(steps):
        # what lies above it has its old name again, what lies below it not yet
        parent = rename.key.rstrip("/").rpartition("/")[0]
        slash = "/" if rename.key.endswith("/") else ""
        # names that were there side by side at first may differ in capitals only
        model.rename(f"{parent}/{rename.name}{slash}", rename.old_name, same=str)
    assert model.keys == before
    return after


BATCHES = st.sampled_from(
    ["20240305_Run1", "2024_03_05_Run1", "2024-03-05_Run1", "Run1_20240305", "Run 1", "20240305 Run1", "Batch1",
     "2024_13_05", "2024_25_03_x", "RUN1_20240305", "run1_20240305", "p210830CPU2"]
)  # fmt: skip
PLATES = st.sampled_from(["BR01", "BR 01", "BR_01", "br 01", "BR,01", "BR.01", "1234", "µ", " BR01", "BR01 "])
FILES = st.sampled_from(
    [
        "{p}_IllumDNA.npy",
        "{p}.sqlite",
        "load_data.csv",
        "barcode_platemaps.csv",
        "{p}-x.csv",
        "a b.tif",
        "{p}",
    ]
)
PATHS = st.one_of(
    st.builds("images/{}/images/{}/Images (1)/{}".format, BATCHES, PLATES, FILES),
    st.builds(
        "images/{}/{}/{}/{}".format, BATCHES, st.sampled_from(["illum", "Illum", "image"]), PLATES, FILES
    ),
    st.builds(
        "workspace/{}/{}/{}/{}".format,
        st.sampled_from(
            ["backend", "Backend", "profile", "profiles", "load_data", "load_data_csv", "analysis"]
        ),
        BATCHES,
        PLATES,
        FILES,
    ),
    st.builds("workspace/analysis/{}/{}/analysis/{}-A01-1/Cells.csv".format, BATCHES, PLATES, PLATES),
    st.builds("workspace/pipelines/{}/{}".format, st.one_of(BATCHES, PLATES), FILES),
    st.builds(
        "workspace/metadata/{}/{}/{}".format, st.sampled_from(["platemaps", "platemap"]), BATCHES, FILES
    ),
)


@given(
    st.lists(st.tuples(PATHS, PLATES), min_size=1, max_size=12),
    st.sampled_from([EVERY_RULE, {"CPG113", "CPG120"}]),
)
def test_any_dataset_can_be_renamed_and_back(paths, wanted):
    keys = {HOME + path.format(p=plate) for path, plate in paths}
    files = {key for key in keys if not any(other.startswith(f"{key}/") for other in keys)}
    model = Model(files)
    dataset, plan = plan_of(model, frozenset(wanted))
    for key in plan.names.keys():  # noqa: SIM118  not a mapping
        left = plan.left.get(key)
        assert left is None or plan.names.to_new(key).rstrip("/").rpartition("/")[2] != left.name
    after = do_and_undo(model, dataset, plan)
    again = Model(after)
    _, more = plan_of(again, frozenset(wanted))
    unfinished = {plan.names.to_old(key) for key in more.names.keys()}  # noqa: SIM118  not a mapping
    reasons = {left.reason for left in plan.left.values()}
    assert not unfinished or reasons, "a second plan has nothing to do, if nothing was left alone"
    assert [placed.folder.key for placed in renamed(dataset, plan.names).folders] == [
        placed.folder.key for placed in list_dataset(again)[0].folders
    ]


@given(st.lists(st.text("ab/", min_size=1, max_size=6), max_size=5), st.lists(SHORT, min_size=5, max_size=5))
def test_keys_can_be_told_in_both_directions(keys, new):
    names = NewNames()
    for key, name in zip(dict.fromkeys(key.strip("/") for key in keys if key.strip("/")), new, strict=False):
        names.give(f"{key}/".replace("//", "/x/"), f"{name}{key.count('a')}{len(key)}!{key.replace('/', '')}")
    for key in keys:
        assert names.to_old(names.to_new(key)) == key


def test_a_name_can_be_taken_back():
    names = NewNames()
    names.give("p/a b/", "a_b")
    assert (names.to_new("p/a b/x"), names.to_old("p/a_b/x")) == ("p/a_b/x", "p/a b/x")
    names.give("p/a b/", "a b")
    assert not names
    assert names.to_new("p/a b/x") == "p/a b/x"
