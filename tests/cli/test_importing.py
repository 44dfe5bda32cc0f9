"""Nothing is looked through for rings while a command imports."""

import gc

from validator.cli.importing import importing


def test_nothing_is_looked_through_inside_and_what_came_is_left_alone_afterwards():
    before = gc.get_freeze_count()
    try:
        with importing():
            assert not gc.isenabled()
            kept = [[number] for number in range(1000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()


def test_who_had_switched_it_off_finds_it_off():
    gc.disable()
    try:
        with importing():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
