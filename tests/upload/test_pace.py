from validator.upload import pace as module
from validator.upload.pace import FIRST, MOST, MOST_WHILE_SENDING, Pace


def grown(pace: Pace, sending: int = 0) -> int:
    for _ in range(200):
        if pace.wants_more(sending):
            pace.grow()
    return pace.limit


def test_slow_answers_are_met_with_more_requests():
    pace = Pace()
    assert pace.limit == FIRST
    assert grown(pace) == MOST


def test_a_full_network_is_not_filled_further():
    assert grown(Pace(), sending=2) == MOST_WHILE_SENDING


def test_what_the_user_says_is_the_most():
    assert Pace(2).limit == 2
    assert grown(Pace(6)) == 6


def test_slow_down_halves_once_and_recovers(monkeypatch):
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    pace = Pace()
    grown(pace)
    pace.slow_down()
    pace.slow_down()  # said by those that were under way
    assert pace.limit == MOST // 2
    assert not pace.wants_more(0)
    now += 3
    assert pace.wants_more(0)
    pace.grow()
    assert pace.limit == MOST // 2, "carefully"
    for _ in range(6):
        now += 3
        pace.slow_down()
    assert pace.limit == 1, "never none"
    now += 3
    for _ in range(3000):
        if pace.wants_more(0):
            pace.grow()
    assert pace.limit == MOST
