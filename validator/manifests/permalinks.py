"""Whether a link to code will still lead to the same code next year."""

import re
from typing import Literal
from urllib.parse import unquote, urlsplit

Pin = Literal["commit", "short-commit", "tag", "branch", "nothing", "not-https", "unknown"]

Target = Literal["repository", "file", "unknown"]

_TARGETS: dict[str, Target] = {
    "tree": "repository",
    "commit": "repository",
    "releases": "repository",
    "tag": "repository",
    "tags": "repository",
    "blob": "file",
    "src": "unknown",
}
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
_SHORT_COMMIT = re.compile(r"(?=[0-9a-f]*[0-9])[0-9a-f]{7,39}", re.IGNORECASE)
# v1.2.3, 0.6.0, v2, 2024.1, release-1.0: what tags are called. A host shows tags and branches alike.
_VERSION = re.compile(
    r"(?:v|ver|version|rel|release)?[-_.]?\d+(?:[._]\d+)*(?:[-_.+]?(?:a|b|rc|alpha|beta|dev|post)?[-_.]?\d*)?",
    re.IGNORECASE,
)
_CODE_HOSTS = frozenset(
    {
        "github.com",
        "www.github.com",
        "raw.githubusercontent.com",
        "gitlab.com",
        "codeberg.org",
        "bitbucket.org",
    }
)
_ARCHIVES = frozenset(
    {"doi.org", "dx.doi.org", "zenodo.org", "www.zenodo.org", "archive.softwareheritage.org", "figshare.com"}
)


def pinned_to(link: str) -> Pin:
    """Say to what a link is pinned.

    Parameters
    ----------
    link
        An address on GitHub, GitLab, Codeberg or Bitbucket, or a DOI.

    Returns
    -------
    str
        ``commit`` also for archives, which never change what they hold; ``unknown`` for other hosts.

    Examples
    --------
    >>> pinned_to("https://github.com/broadinstitute/jump-profiling-recipe/tree/v0.6.0")
    'tag'
    >>> pinned_to("https://github.com/broadinstitute/jump-profiling-recipe/blob/main/inputs/orf.json")
    'branch'
    """
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").lower()
    except ValueError:
        return "not-https"
    if parts.scheme != "https" or not host:
        return "not-https"
    if host in _ARCHIVES:
        return "commit"
    if host not in _CODE_HOSTS:
        return "unknown"
    return _pin_of(_reference(host, [unquote(part) for part in parts.path.split("/") if part]))


def points_to(link: str) -> Target:
    """Say what a link leads to.

    Returns
    -------
    str
        ``unknown`` where the address does not tell: archives and hosts that are not known, and on Codeberg and
        Bitbucket anything below the top of a repository.

    Examples
    --------
    >>> points_to("https://github.com/broadinstitute/jump-profiling-recipe/tree/v0.6.0")
    'repository'
    >>> points_to("https://github.com/broadinstitute/jump-profiling-recipe/blob/v0.6.0/inputs/orf.json")
    'file'
    """
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").lower()
    except ValueError:
        return "unknown"
    if host not in _CODE_HOSTS:
        return "unknown"
    path = [part for part in parts.path.split("/") if part]
    if host == "raw.githubusercontent.com" or "raw" in path[2:]:
        return "file"
    if len(path) <= 2:
        return "repository"
    word = next((part for part in path[2:] if part in _TARGETS), None)
    if word is None:
        return "unknown"
    if word == "src":
        after = path[path.index("src", 2) + 1 :]
        named = 2 if after[:1] and after[0] in ("commit", "tag", "branch") else 1
        return "repository" if len(after) <= named else "unknown"
    return _TARGETS[word]


def _reference(host: str, path: list[str]) -> list[str]:
    """What follows the name of the repository and says which state of it is meant."""
    if host == "raw.githubusercontent.com":
        return path[2:]
    for word in ("tree", "blob", "commit", "raw", "src", "tag", "commits"):
        if word in path[2:]:
            after = path[path.index(word, 2) + 1 :]
            return ["refs", "tags", *after] if word == "tag" else after
    return []


def _pin_of(reference: list[str]) -> Pin:
    if not reference:
        return "nothing"
    if (
        reference[0] in ("refs", "tag", "branch", "commit") and len(reference) > 1
    ):  # refs/tags/v1, Codeberg's tag/v1
        sort, name = (
            (reference[1], reference[2:]) if reference[0] == "refs" else (reference[0], reference[1:])
        )
        if sort in ("tags", "tag"):
            return "tag"
        if sort in ("heads", "branch"):
            return "branch"
        reference = name or reference
    if _COMMIT.fullmatch(reference[0]):
        return "commit"
    if _SHORT_COMMIT.fullmatch(reference[0]):
        return "short-commit"
    return "tag" if _VERSION.fullmatch(reference[0]) else "branch"
