"""Models are built when they are first used, also by many threads at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from pydantic import VERSION, ConfigDict, Field

from validator.models.late_model import SAFE_SINCE, LateModel


def make():
    class Plate(LateModel):
        model_config = ConfigDict(frozen=True, extra="forbid")
        name: str
        wells: tuple[int, ...] = Field(min_length=1)

    return Plate


def test_it_is_built_with_its_first_use_and_keeps_what_it_was_told():
    plate = make()
    late = tuple(map(int, VERSION.split(".")[:2])) >= SAFE_SINCE
    assert plate.__pydantic_complete__ is not late
    assert plate.model_validate({"name": "P1", "wells": [1, 2]}).wells == (1, 2)
    assert plate.__pydantic_complete__
    assert plate.model_config["frozen"]
    assert plate.model_config["extra"] == "forbid"


def test_many_threads_may_come_first_at_once():
    for _ in range(20):
        plate, together = make(), Barrier(8)

        def read(number: int, plate=plate, together=together):
            together.wait()
            return plate.model_validate({"name": str(number), "wells": [number]}).wells

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(read, range(8))) == [(number,) for number in range(8)]
