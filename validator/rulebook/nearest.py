"""Which known name was meant: one edit away, in another case, or a usual other name."""

from collections.abc import Iterable, Mapping

SHORTEST_JUDGED = 4  # among shorter names nearly everything is one edit away from something


def one_edit_away(name: str, known: str) -> bool:
    """Whether one letter more, less or different, or two neighbours swapped, make one name of the other.

    >>> one_edit_away("platemap", "platemaps"), one_edit_away("imgaes", "images"), one_edit_away("img", "images")
    (True, True, False)
    """
    if name == known or abs(len(name) - len(known)) > 1:
        return False
    start = 0
    shorter = min(len(name), len(known))
    while start < shorter and name[start] == known[start]:
        start += 1
    rest, known_rest = name[start:], known[start:]
    if len(name) == len(known):
        swapped = rest[1::-1] + rest[2:]
        return rest[1:] == known_rest[1:] or swapped == known_rest
    longer, other = (rest, known_rest) if len(rest) > len(known_rest) else (known_rest, rest)
    return longer[1:] == other


def nearest_name(name: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """Return the known name that was probably meant, or an empty text.

    Parameters
    ----------
    name
        What is there.
    known
        What might be there.
    aliases
        Usual other names (lower case) and the known name that each stands for.
    """
    lowered = name.lower().replace(" ", "_")
    candidates = tuple(known)
    for candidate in candidates:
        if lowered == candidate.lower():
            return candidate
    if aliases and lowered in aliases:
        return aliases[lowered]
    for candidate in candidates:
        if len(candidate) >= SHORTEST_JUDGED and one_edit_away(lowered, candidate.lower()):
            return candidate
    return ""
