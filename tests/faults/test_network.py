"""A network that cuts, stalls, delays and corrupts; a store that is in trouble; answers that get lost."""

import random
from collections import Counter

import pytest
from aftermath import assert_all_arrived
from fault_data import AMBIENCE
from troubled_proxy import (
    NOTHING,
    At,
    Fault,
    Request,
    cut,
    flipped,
    refused,
    reset,
    stall,
    troubled_proxy,
    wait,
)

pytestmark = pytest.mark.full
SEED = 20261121
HURRY = {"PYTHONPATH": str(AMBIENCE), "CPGATE_TEST_LONGEST_WAIT": "1"}
"""Tries again as often as ever, but does not wait for long before that."""


def now_and_then(share: float, make, kind=lambda _: True, most: int = 1000):
    """Trouble this share of the requests of a kind, drawn at random: never one request more often than twice."""
    luck, troubled = random.Random(SEED), Counter()

    def decide(request: Request) -> Fault:
        name = (request.method, request.target)
        if not kind(request) or luck.random() > share or troubled[name] >= 2 or troubled.total() >= most:
            return NOTHING
        troubled[name] += 1
        return make(luck)

    return decide


def cut_somewhere(luck: random.Random) -> Fault:
    return Fault(luck.choice([At.REQUEST, At.ANSWER]), luck.random(), luck.choice([cut, reset]))


def lose_the_answer(luck: random.Random) -> Fault:
    return Fault(At.ANSWER, 0, luck.choice([cut, reset]))


def stall_somewhere(luck: random.Random) -> Fault:
    return Fault(luck.choice([At.REQUEST, At.ANSWER]), luck.random(), stall)


def delay_somewhere(luck: random.Random) -> Fault:
    return Fault(luck.choice(list(At)), luck.random(), wait(luck.uniform(0.01, 0.4)))


def damage_the_body(luck: random.Random) -> Fault:
    return Fault(body=flipped(luck.random(), luck.randrange(8)))


def damage_the_answer(luck: random.Random) -> Fault:
    return Fault(answer=flipped(luck.random(), luck.randrange(8)))


def storm(luck: random.Random) -> Fault:
    return refused(*luck.choice([(500, "InternalError"), (503, "SlowDown"), (503, "ServiceUnavailable")]))


WEATHER = {
    "cuts": now_and_then(0.15, cut_somewhere, most=40),
    "lost answers": now_and_then(0.2, lose_the_answer, most=40),
    "stalls": now_and_then(0.04, stall_somewhere, most=5),
    "delays": now_and_then(0.5, delay_somewhere),
    "damaged bodies": now_and_then(0.25, damage_the_body, lambda request: request.writes),
    "a storm of 500, 503 and SlowDown": now_and_then(0.3, storm, most=80),
}


@pytest.mark.parametrize("weather", WEATHER)
def test_an_upload_gets_through(weather, ceph, uploader):
    with troubled_proxy(ceph.endpoint, WEATHER[weather]) as (endpoint, troubles):
        patience = {"CPGATE_TEST_PATIENCE": "4" if weather == "stalls" else "60"}
        command = uploader(ceph, endpoint, environment=HURRY | patience)
        code = command.run()
        assert code == 0, command.said
        assert len(troubles.done) >= 4
    assert_all_arrived(ceph, command.dataset, command.receipt)


def test_damaged_answers_never_become_a_wrong_object_or_a_wrong_receipt(ceph, uploader):
    """A bit of one answer in eight is wrong, of any kind: listings, ids of uploads, ETags, status lines."""
    decide = now_and_then(0.12, damage_the_answer, most=60)
    with troubled_proxy(ceph.endpoint, decide) as (endpoint, troubles):
        command = uploader(ceph, endpoint, environment=HURRY)
        codes = [command.run() for _ in range(4)]
        assert "Traceback" not in command.said
        troubles.decide = lambda _: NOTHING
        assert command.run() == 0, f"{codes} {command.said}"
        assert len(troubles.done) >= 5
    assert_all_arrived(ceph, command.dataset, command.receipt)


def test_the_store_is_gone_for_a_while_and_comes_back(ceph, uploader):
    """Everything after the fiftieth request is refused: it gives up, says so, and goes on later."""

    def decide(request: Request) -> Fault:
        return NOTHING if request.number <= 50 else refused(503, "ServiceUnavailable")

    with troubled_proxy(ceph.endpoint, decide) as (endpoint, troubles):
        command = uploader(ceph, endpoint, environment=HURRY)
        assert command.run() == 4, command.said
        assert "Traceback" not in command.said
        troubles.decide = lambda _: NOTHING
        assert command.run() == 0, command.said
    assert_all_arrived(ceph, command.dataset, command.receipt)
