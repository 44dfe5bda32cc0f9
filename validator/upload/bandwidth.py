"""Shares what an upload may send a second among its worker processes."""

from collections.abc import Callable, Mapping
from datetime import datetime, time

from validator.upload.timetable import Timetable


def local_time_of_day() -> time:
    """What the clock on the wall says."""
    return datetime.now().astimezone().time()


class Bandwidth:
    """Hands the rate of the hour out to worker processes, by how many requests each has under way.

    A process without work has no share, so that the last file of an upload may use all that is allowed.

    Parameters
    ----------
    timetable
        Rates by the time of the day; ``None`` is without a limit.
    now
        Time of the day; for tests.
    """

    def __init__(self, timetable: Timetable | None, now: Callable[[], time] = local_time_of_day) -> None:
        self._timetable = timetable
        self._now = now
        self._told: dict[str, float | None] = {}

    def changes(self, loads: Mapping[str, int]) -> list[tuple[str, float | None]]:
        """Processes whose rate is another than they were told, those that lose something first.

        Parameters
        ----------
        loads
            Requests under way by name of the process; one that was not there before has no limit yet.
        """
        if self._timetable is None:
            return []
        rate, total = self._timetable.rate_at(self._now()), sum(loads.values())
        shares = {
            name: None if rate is None else rate * load / total if total else 0.0
            for name, load in loads.items()
        }
        # A process that was never told anything has not begun to send: whatever it gets is a gain.
        known = {name: self._told.get(name, 0.0) for name in shares}
        changed = [(name, share) for name, share in shares.items() if share != self._told.get(name)]
        self._told = shares
        return sorted(changed, key=lambda change: _gain(known[change[0]], change[1]))


def _gain(before: float | None, after: float | None) -> float:
    endless = float("inf")
    return (endless if after is None else after) - (endless if before is None else before)
