from validator.checks.registry import FileCheck, all_checks
from validator.rulebook.layout import load_layout, load_package_layout


def test_every_kind_that_a_check_asks_for_is_in_the_layout():
    known = {*load_layout().kinds(), *load_package_layout().kinds()}
    for check in all_checks():
        if isinstance(check, FileCheck):
            assert check.kinds <= known, check.name
