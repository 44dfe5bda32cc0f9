import threading

import pytest

from validator.errors import ExitCode, TimeIsUp, UsageError
from validator.models.progress import SilentProgress
from validator.workflows.stopping import LIMIT_PATIENCE, SIGNAL_PATIENCE, StopRequest
from validator.workflows.time_limit import LimitedProgress, TimeLimit, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("11h", 39_600), ("90m", 5_400), ("1h30m", 5_400), ("2d", 172_800), ("45 min", 2_700)],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0h", "11", "half an hour", "-3h", "1h-2m"])
def test_what_is_no_duration(text):
    with pytest.raises(UsageError, match="is not a duration"):
        parse_duration(text)


def test_a_limit_that_is_over_stops_and_says_how_to_go_on():
    limit = TimeLimit.from_now(0)
    assert limit.is_over
    request = StopRequest(limit=limit)
    assert request()
    assert request.patience() == LIMIT_PATIENCE
    with pytest.raises(TimeIsUp) as caught:
        request.require_going_on("3 files are safe")
    assert caught.value.exit_code == ExitCode.TIME_LIMIT == 124
    assert "3 files are safe" in caught.value.what
    assert "goes on from here" in caught.value.mend
    request.signal_number = 2
    assert request.patience() == SIGNAL_PATIENCE


def test_without_a_limit_nothing_ends():
    limit = TimeLimit.from_now(None)
    assert not limit.is_over
    limit.require("")
    with LimitedProgress(SilentProgress(), limit).step("checking") as step:
        step.advance()


def test_a_check_ends_in_the_thread_that_began_it_and_in_no_other():
    progress = LimitedProgress(SilentProgress(), TimeLimit.from_now(0))
    with progress.step("checking") as step:
        other = threading.Thread(target=step.advance)  # an exception there would be an error of the test
        other.start()
        other.join()
        with pytest.raises(TimeIsUp):
            step.advance()
