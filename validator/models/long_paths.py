r"""Paths that Windows takes however long they are.

Without a setting of the whole machine, Windows opens no path of 260 characters or more, and lists no folder of
248 (Microsoft, *Maximum Path Length Limitation*); plates of a Phenix come near it. What begins with ``\\?\``
may have 32,767, but has to be absolute, with backslashes.
"""

import ntpath
import os

LONGEST = 240
"""Characters; the name of a file is still to come when a folder is listed."""
_PREFIX = "\\\\?\\"


def openable(path: str, *, windows: bool = os.name == "nt") -> str:
    r"""Write a path so that the system opens it; elsewhere than on Windows it is as it was.

    Examples
    --------
    >>> openable("D:/screen/" + "x" * 240, windows=True)[:18]
    '\\\\?\\D:\\screen\\xxx'
    >>> openable("D:/screen/plate", windows=True)
    'D:/screen/plate'
    """
    if not windows or len(path) < LONGEST or path.startswith(_PREFIX):
        return path
    whole = ntpath.abspath(path)
    if whole.startswith("\\\\"):
        return f"{_PREFIX}UNC{whole[1:]}"
    return _PREFIX + whole
