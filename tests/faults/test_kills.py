"""A hundred SIGKILLs at random moments: of the command, of a worker, of all of it."""

import os
import random
import subprocess
from pathlib import Path

import pytest
from aftermath import assert_all_arrived
from troubled_proxy import NOTHING, At, Fault, Request, troubled_proxy
from uploader_process import kill_somehow

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes through /proc, which Linux has"),
]

KILLS = {"moto": 75, "ceph": 25}
VICTIMS = ("parent", "child", "group")
REACH = {"parent": 70, "child": 60, "group": 70}
"""A kill comes with one of so many requests after the last one: anywhere from the first listing to the receipt."""


class Fuse:
    """Kills at one request of a run, drawn at random: while it is sent, while it is answered, or after that."""

    def __init__(self, luck: random.Random) -> None:
        self.luck = luck
        self.kills: dict[str, int] = dict.fromkeys(VICTIMS, 0)
        self.process: subprocess.Popen | None = None
        self.wanted = 0
        self._set()

    def _set(self) -> None:
        self.victim = self.luck.choice(VICTIMS)
        self.left = self.luck.randint(1, REACH[self.victim])
        self.at = self.luck.choice(list(At))
        self.fraction = self.luck.random()

    @property
    def count(self) -> int:
        return sum(self.kills.values())

    def decide(self, _: Request) -> Fault:
        self.left -= 1
        if self.left or self.count >= self.wanted:
            return NOTHING
        return Fault(self.at, self.fraction, lambda _: self.kill())

    def kill(self) -> None:
        victim, process = self.victim, self.process
        if process is not None and kill_somehow(process, victim, self.luck):
            self.kills[victim] += 1
        self._set()


@pytest.mark.parametrize("kind", KILLS)
def test_a_hundred_kills_lose_nothing(kind, request, uploader):
    store = request.getfixturevalue({"moto": "store", "ceph": "ceph"}[kind])
    seed = int(os.environ.get("CPGATE_FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    print(f"CPGATE_FAULT_SEED={seed} draws the same kills")
    fuse = Fuse(random.Random(seed))
    episode = runs = 0
    while fuse.count < KILLS[kind]:
        episode += 1
        fuse.wanted = KILLS[kind]
        place = store.fresh_bucket() if episode > 1 else store
        with troubled_proxy(store.endpoint, fuse.decide) as (endpoint, _):
            command = uploader(place, endpoint, f"episode-{episode}")
            code = None
            while code != 0:
                runs += 1
                before = fuse.count
                process = fuse.process = command.start()
                code = command.end(process)
                # Only what was killed, or all of whose workers were, may end otherwise than well.
                assert code in {0, 4, -9}, command.said
                assert code == 0 or fuse.count > before, command.said
        assert_all_arrived(place, command.dataset, command.receipt)
    print(f"{fuse.count} kills {fuse.kills} in {runs} runs of {episode} uploads")
    assert sum(fuse.kills.values()) >= KILLS[kind]
