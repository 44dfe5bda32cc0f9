"""Names of plates: the full name that a microscope wrote, and the plate's own."""

import re
from collections.abc import Iterable

from validator.rulebook.nearest import nearest_name

SHORTEST_INSIDE = 4
"""A shorter name in the middle of a full name is there by accident."""


_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_GAPPED = re.compile(r"([0-9]{4,})\.0")


def read_back(name: str) -> str:
    """Return a name as it was before a spreadsheet or a data frame rewrote it, where nothing of it is lost.

    Examples
    --------
    >>> read_back("24,277"), read_back("52649.0"), read_back(" BR00117035 "), read_back("4.10E+11")
    ('24277', '52649', 'BR00117035', '4.10E+11')
    """
    name = name.strip()
    gapped = _GAPPED.fullmatch(name)
    if gapped is not None:
        return gapped[1]
    return name.replace(",", "") if _GROUPED.fullmatch(name) else name


def belongs_to_plate(full_name: str, plate: str) -> bool:
    """Whether a full plate name is this plate's: it is the plate, begins with it, or holds it between separators.

    Examples
    --------
    >>> belongs_to_plate("BR00117035__2021-05-02T16_02_51-Measurement1", "BR00117035")
    True
    >>> belongs_to_plate("P01_ADMJUM001", "ADMJUM001")
    True
    >>> belongs_to_plate("BR001170351", "BR00117035")
    False
    """
    if full_name == plate or (full_name.startswith(plate) and not full_name[len(plate)].isalnum()):
        return True
    start = full_name.find(plate, 1) if len(plate) >= SHORTEST_INSIDE else -1
    end = start + len(plate)
    return start > 0 and not full_name[start - 1].isalnum() and not full_name[end : end + 1].isalnum()


def plate_of(full_name: str, written: str, plates: Iterable[str]) -> str:
    """Which plate a full name belongs to.

    Parameters
    ----------
    full_name
        As the microscope wrote it.
    written
        The plate that the full name itself shows (what stands before ``__``).
    plates
        Plates that other folders of the batch name.
    """
    owners = [plate for plate in plates if belongs_to_plate(full_name, plate)]
    return written if written in owners else max(owners, key=len, default=written)


def similar_plate(name: str, plates: Iterable[str]) -> str:
    """Return the plate that was probably meant by a name, or an empty text; never one with another number.

    Examples
    --------
    >>> similar_plate("EC000157real", ["EC000156", "EC000157"]), similar_plate("BR00l17035", ["BR00117035"])
    ('EC000157', 'BR00117035')
    >>> similar_plate("BR02345", ["BR02346", "BR0234"])
    ''
    """
    known = [plate for plate in plates if plate != name]
    longer = [plate for plate in known if _is_lengthened(name, plate) or _is_lengthened(plate, name)]
    slips = (plate for plate in known if nearest_name(name, [plate]) and not _differs_in_a_digit(name, plate))
    return max(longer, key=len, default="") or next(slips, "")


def _is_lengthened(longer: str, shorter: str) -> bool:
    return longer.startswith(shorter) and longer[len(shorter)].isalpha()


def _differs_in_a_digit(name: str, other: str) -> bool:
    if len(name) == len(other):
        return any(a.isdigit() and b.isdigit() for a, b in zip(name, other, strict=True) if a != b)
    return [c for c in name if c.isdigit()] != [c for c in other if c.isdigit()]
