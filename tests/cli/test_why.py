"""``cpgate why``: files and folders on disk, and keys."""

import json

import pytest

from validator.cli.main import run

HOME = "cpg0099-example/broad"
RAW = "images/2024_03_05_Run1/images/BR01__2024-03-05T10_12_41-Measurement1/Images/r01c01f01p01-ch1sk1fk1fl1.tiff"
CONFIG = """\
[[level]]
rule = "image-*"
level = "warning"
paths = ["images/2024_03_05_Run1/"]
reason = "a bad disk"

[[ignore]]
patterns = [
  "*.tmp",
  "workspace/scratch/",
]
reason = "tries"
"""


@pytest.fixture
def why(desk, capsys):
    def ask(*arguments, code=0):
        assert run(["why", *map(str, arguments), "--json"]) == code
        said = capsys.readouterr()
        return said.err if code else json.loads(said.out)

    assert desk.exists()
    return ask


def names(found, state="placed"):
    return [segment["name"] for segment in found["segments"] if segment["state"] == state]


def test_a_file_on_disk(why, small):
    found = why(small / RAW)
    assert found["key"] == f"{HOME}/{RAW}"
    assert found["on_disk"]
    assert found["kind"] == "images.raw"
    assert found["entities"]["plate"] == "BR01"
    assert names(found, "free") == ["Images/", RAW.rpartition("/")[2]]
    assert {rule["slug"] for rule in found["rules"]} >= {"image-unreadable"}
    assert found["families"]["layout"] > 20
    assert found["left_out"] is None
    assert found["image"] == {"well": "A01", "site": "1", "channel": "1"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("r16c24f09p01-ch5sk1fk1fl1.tiff", {"well": "P24", "site": "9", "channel": "5"}),
        ("r16c24f09p01-ch5 copy.tiff", {}),
        ("Index.idx.xml", {}),
    ],
)
def test_what_the_name_of_an_image_says(why, capsys, name, said):
    key = f"{HOME}/{RAW.rpartition('/')[0]}/{name}"
    assert why(key)["image"] == said
    assert run(["why", key]) == 0
    assert ("image    well P24, site 9, channel 5" in capsys.readouterr().out) == bool(said)


def test_only_raw_images_have_a_well(why):
    assert why(f"{HOME}/workspace/load_data_csv/2024_03_05_Run1/BR01/load_data.csv")["image"] == {}


def test_a_folder_on_disk_and_as_a_key(why, small):
    folder = small / "workspace/load_data_csv/2024_03_05_Run1"
    found, key = why(folder), f"{HOME}/workspace/load_data_csv/2024_03_05_Run1"
    assert found["key"] == f"{key}/"
    assert found["entities"]["batch"] == "2024_03_05_Run1"
    for written in (key, f"{key}/", f"s3://bucket/{key}", f"/elsewhere/{key}"):
        told = why(written)
        assert not told["on_disk"]
        assert told["segments"] == found["segments"]


def test_the_part_that_has_no_place(why):
    found = why(f"{HOME}/workspace/load_data/2024_03_05_Run1/BR01/load_data.csv")
    (misfit,) = [segment for segment in found["segments"] if segment["state"] == "misfit"]
    assert (misfit["name"], misfit["nearest"]) == ("load_data/", "load_data_csv")
    assert "load_data_csv/" in misfit["expected"]
    assert names(found, "below") == ["2024_03_05_Run1/", "BR01/", "load_data.csv"]
    assert (found["kind"], found["rules"]) == ("", [])


def test_what_a_configuration_says_of_it(why, small):
    (small / "cpgate.toml").write_text(CONFIG)
    (small / "workspace/scratch").mkdir()
    found = why(small / RAW)
    levels = {rule["slug"]: (rule["level"], rule["reason"], rule["origin"]) for rule in found["rules"]}
    assert levels["image-unreadable"] == ("warning", "a bad disk", "cpgate.toml, line 1")
    left_out = why(small / "workspace/scratch/notes/a.csv", "--config", small / "cpgate.toml")["left_out"]
    assert left_out is not None
    left_out = why(small / "workspace/scratch")["left_out"]
    assert left_out == {
        "why": "ignored",
        "pattern": "workspace/scratch/",
        "origin": "cpgate.toml, line 10",
        "reason": "tries",
    }


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("workspace/.DS_Store", "junk"),
        ("images/@eaDir/a.tif", "junk"),
        ("_cpgate/20240101T000000Z_ab.jsonl", "receipt"),
        ("cpgate.toml", "configuration"),
    ],
)
def test_what_is_left_out(why, name, because):
    found = why(f"{HOME}/{name}")
    assert found["left_out"]["why"] == because
    assert found["rules"] == []


def test_where_no_name_says_which_dataset_it_is(why, small, tmp_path):
    folder = tmp_path / "heart data"
    small.rename(folder)
    assert "project/source" in why(folder / RAW, code=2)
    assert why(folder / RAW, "--dataset", "cpg0051-heart/broad")["key"] == f"cpg0051-heart/broad/{RAW}"
    assert (
        why("workspace/a.csv", "--dataset", "cpg0051-heart/broad")["key"]
        == "cpg0051-heart/broad/workspace/a.csv"
    )
    (folder / "cpgate.toml").write_text('dataset = "cpg0052-liver/broad"')
    assert why(folder / RAW)["key"] == f"cpg0052-liver/broad/{RAW}"
    assert why(folder / "images")["key"] == "cpg0052-liver/broad/images/"
    assert why(folder)["key"] == "cpg0052-liver/broad/"


def test_what_is_no_key(why):
    assert "does not begin with a project" in why("workspace/a.csv", code=2)


@pytest.mark.parametrize("width", ["60", "120"])
def test_text_for_people(desk, small, capsys, monkeypatch, width):
    assert desk.exists()
    monkeypatch.setenv("COLUMNS", width)
    (small / "cpgate.toml").write_text(CONFIG)
    assert run(["why", str(small / RAW)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "batch 2024_03_05_Run1" in shown
    assert "image-unreadable is warning: a bad disk (cpgate.toml, line 1)" in shown
    assert run(["why", f"{HOME}/workspace/load_data/x\x1b[2J.csv"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "did you mean load_data_csv?" in " ".join(shown.split())
    (small / "a.tmp").touch()
    assert run(["why", str(small / "a.tmp")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "neither checked nor uploaded: *.tmp in cpgate.toml, line 9 ignores it (tries)" in shown


def test_a_long_name_does_not_push_what_is_said_of_it_aside(desk, capsys):
    assert desk.exists()
    plate = "BR00123401__2024-03-05T10_02_51-Measurement1_and_more"
    assert run(["why", f"{HOME}/images/2024_03_05_Run1/images/{plate}/Images/a.tiff"]) == 0
    lines = capsys.readouterr().out.splitlines()
    begins = lines[2].index("project: ")
    said = lines[lines.index(f"  {plate}/") + 1]
    assert said.index("images.raw") == begins == len(said) - len(said.lstrip())
