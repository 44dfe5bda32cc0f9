"""The same mistake in many documents is one finding, and different ones stay apart."""

from package_builder import MemorySource, build_package, nodes

from validator.checks.alike import together
from validator.checks.info_rules import ATTRIBUTE_TYPE, CHANNELS_FORM
from validator.checks.runner import run_checks
from validator.models.finding import Location
from validator.workflows.configuration import settings_in_force
from validator.workflows.package_listing import list_package


def of(key, pointer, message, rule=ATTRIBUTE_TYPE):
    return rule.finding(key, message, location=Location(pointer=pointer, line=1))


def check(package):
    dataset, _ = list_package(MemorySource(package.contents()), settings_in_force(None))
    return list(run_checks(dataset, jobs=2))


def test_same_attribute_in_two_documents():
    (found,) = together(
        [
            of("fovs/a/info/load", "/x1", "“x1” is the text “3”"),
            of("fovs/b/info/load", "/x1", "“x1” is the text “4”"),
        ]
    )
    assert found.message == "“x1” is the text “3” (and in 1 other file)"
    assert (found.key, found.count) == ("fovs/a/info/load", 2)
    assert found.examples == ["fovs/a/info/load", "fovs/b/info/load"]


def test_positions_in_one_document():
    findings = [
        of("fovs/a/info/load", f"/channels/{n}", f"Channel {n} has no dye_name", CHANNELS_FORM)
        for n in range(3)
    ]
    (found,) = together(findings)
    assert found.message == "Channel 0 has no dye_name (and 2 times more in this document)"
    assert found.examples == ["/channels/0", "/channels/1", "/channels/2"]


def test_other_attributes_and_other_kinds_stay_apart():
    findings = [
        of("fovs/a/info/load", "/x1", "“x1” is the text “3”"),
        of("fovs/a/info/load", "/x2", "“x2” is the text “3”"),
        of("wells/a/info/load", "/x1", "“x1” is the text “3”"),
    ]
    assert list(together(findings)) == findings


def test_numbers_count_where_they_must():
    findings = [of("fovs/a/image/load", "", "6 channels"), of("fovs/b/image/load", "", "5 channels")]
    assert list(together(findings, exact=True)) == findings
    assert len(list(together(findings))) == 1


def test_a_barcode_written_as_a_fraction_everywhere_is_one_mistake():
    package = build_package(small=True)
    for name in nodes(package, "fovs"):
        package.infos[f"fovs/{name}"]["plate_barcode"] += ".0"
    (found,) = check(package)
    assert (found.rule, found.count, found.location.pointer) == ("CPG637", 18, "/plate_barcode")


def test_two_wrong_barcodes_are_two_mistakes():
    package = build_package(small=True)
    for name in nodes(package, "fovs")[:2]:
        package.infos[f"fovs/{name}"]["plate_barcode"] += "0"
    assert [(f.rule, f.count) for f in check(package)] == [("CPG637", 1), ("CPG637", 1)]
