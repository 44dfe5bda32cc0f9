"""Numbers as people read them: thousands separators, decimal bytes, durations, ranges, local times."""

from collections.abc import Iterable
from datetime import datetime

from validator.models.counts import counted

__all__ = ["counted", "duration", "local_time", "number", "ranges", "size"]

_BYTES = ("B", "kB", "MB", "GB", "TB", "PB")


def number(value: int) -> str:
    """Return a whole number with thousands separators.

    Examples
    --------
    >>> number(847360)
    '847,360'
    """
    return f"{value:,}"


def size(value: int) -> str:
    """Return bytes in decimal units, three digits that matter at most.

    Examples
    --------
    >>> size(999), size(2_200_000), size(126_800_000_000_000), size(999_950)
    ('999 B', '2.2 MB', '126.8 TB', '1.0 MB')
    """
    amount = float(value)
    for unit in _BYTES:
        if amount < (1000 if unit == "B" else 999.95) or unit == _BYTES[-1]:
            return f"{value} B" if unit == "B" else f"{amount:,.1f} {unit}"
        amount /= 1000
    raise AssertionError  # the last unit has no upper end


def duration(seconds: float) -> str:
    """Return a duration in the one or two units that matter.

    Examples
    --------
    >>> duration(0.04), duration(4.2), duration(41), duration(192), duration(7_500)
    ('0.04 s', '4.2 s', '41 s', '3 min 12 s', '2 h 5 min')
    """
    if seconds < 0.1:
        return f"{seconds:.2f} s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def ranges(values: Iterable[int]) -> str:
    """Return whole numbers as ranges.

    Examples
    --------
    >>> ranges([3, 1, 2, 7, 9, 10])
    '1-3, 7, 9-10'
    """
    parts: list[tuple[int, int]] = []
    for value in sorted(set(values)):
        if parts and parts[-1][1] == value - 1:
            parts[-1] = (parts[-1][0], value)
        else:
            parts.append((value, value))
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in parts)


def local_time(moment: datetime) -> str:
    """Return a moment in the time zone of this machine, to the minute."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
