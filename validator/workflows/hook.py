"""What the pre-commit hooks run: names of files in a repository, and manifests."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from validator import __version__
from validator.checks.registry import all_rules
from validator.checks.runner import Tally
from validator.errors import UsageError
from validator.models.finding import Level
from validator.models.listing import Entry, Folder, Scan, SourceFacts, Trouble
from validator.models.report import Listing, ReportHeader
from validator.rulebook.locate import rulebook_version
from validator.sources.standing import SECTIONS
from validator.workflows.check import CheckRequest, Examination, end_record, examine
from validator.workflows.configuration import policy_in_force, settings_in_force
from validator.workflows.listing import list_dataset

_PROJECT = re.compile(r"cpg[-_ ]?\d+.*", re.IGNORECASE)


class NamesSource:
    """Files that were named one by one, of a dataset that lies in a repository.

    Parameters
    ----------
    keys
        Path of each file by its key.
    """

    root = "."
    complete = False
    facts = SourceFacts("folder")

    def __init__(self, keys: dict[str, str]) -> None:
        self._keys = keys

    def scan(self) -> Scan:
        """Folders of the named files in the order of their keys."""
        folders: dict[str, Folder] = {}
        for key, path in sorted(self._keys.items()):
            place, _, name = key.rpartition("/")
            folder = folders.setdefault(place, Folder(f"{place}/", str(Path(path).parent)))
            try:
                key.encode()
                facts = Path(path).stat()
            except UnicodeEncodeError:
                shown = key.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                yield Trouble("not-utf8", shown, path)
                continue
            except OSError as error:
                yield Trouble("unreadable", key, path, (error.strerror or "").lower())
                continue
            folder.add(name, facts.st_size, facts.st_mtime_ns)
        yield from folders.values()

    def open(self, entry: Entry) -> BinaryIO:
        """Open one file for reading."""
        return Path(entry.path).open("rb")


def judge_names(
    paths: Iterable[str], dataset: str | None = None, policy: str | None = None
) -> Examination | None:
    """Judge names and folders of files in a repository.

    Parameters
    ----------
    paths
        Relative to the root of the repository, as pre-commit gives them.
    dataset
        ``project/source`` that the root of the repository stands for; without it the repository holds
        project folders (``cpg0051-heart/broad/...``) somewhere.
    policy
        Name of the policy.

    Returns
    -------
    Examination or None
        ``None`` when no file belongs to a dataset.

    Raises
    ------
    UsageError
        If nothing tells which dataset the files belong to.
    """
    given = list(paths)
    keys = {key: path for path in given if (key := key_in_repository(path, dataset)) is not None}
    if not keys:
        if dataset is None and given and not _holds_projects(Path.cwd()):
            raise UsageError(
                "This repository has no project folder (cpg0051-heart/broad/...), so the dataset is not known.",
                "Say it in .pre-commit-config.yaml: args: [--dataset, cpg0051-heart/broad]",
            )
        return None
    found, listing = list_dataset(NamesSource(keys), settings_in_force(None, policy=policy))
    request = CheckRequest(Path(), dataset=dataset, policy=policy, only=("layout",))
    return examine(found, listing, request, lambda _line: None)


def judge_manifests(
    paths: Iterable[str], policy: str | None = None, earlier: str | None = None
) -> Examination | None:
    """Judge provenance manifests of a repository.

    Parameters
    ----------
    paths
        Relative to the root of the repository, as pre-commit gives them.
    policy
        Name of the policy.
    earlier
        An earlier state of the manifest; see `check_manifest`.

    Returns
    -------
    Examination or None
        ``None`` when no file was given.
    """
    from validator.workflows.manifest import check_manifest  # noqa: PLC0415  the other hook does not need it

    given = [Path(path) for path in paths]
    if not given:
        return None
    began = monotonic()
    levels, rules = policy_in_force(policy).policy, all_rules()
    findings = [finding for path in given for finding in check_manifest(path, earlier)]
    for finding in findings:
        finding.level = levels.level(rules[finding.rule])
    findings = [finding for finding in findings if finding.level is not Level.OFF]
    size = sum(path.stat().st_size for path in given if path.exists())
    header = ReportHeader(
        tool=__version__,
        rulebook=rulebook_version(),
        policy=levels.name,
        scope="manifests",
        root="manifests",
        datasets=[],
        started=datetime.now(UTC),
        listing=Listing(files=len(given), size=size, digest="", seconds=0),
    )
    tally = Tally(checked={"documents": len(given)})
    return Examination(header, findings, end_record(findings, tally, monotonic() - began, ""))


def key_in_repository(path: str, dataset: str | None = None) -> str | None:
    """Key of a file of a repository, or ``None`` when it belongs to no dataset.

    Examples
    --------
    >>> key_in_repository("data/cpg0051-heart/broad/images/a.tif")
    'cpg0051-heart/broad/images/a.tif'
    >>> key_in_repository("images/a.tif", "cpg0051-heart/broad")
    'cpg0051-heart/broad/images/a.tif'
    >>> key_in_repository("docs/images/logo.png", "cpg0051-heart/broad")
    """
    parts = unicodedata.normalize("NFC", path).replace("\\", "/").split("/")
    if dataset is not None:
        return f"{dataset.strip('/')}/{'/'.join(parts)}" if parts[0] in SECTIONS else None
    start = next((i for i, part in enumerate(parts[:-1]) if _PROJECT.fullmatch(part)), None)
    return "/".join(parts[start:]) if start is not None else None


def _holds_projects(root: Path) -> bool:
    below = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    deeper = (path for folder in below for path in folder.iterdir() if path.is_dir())
    return any(_PROJECT.fullmatch(path.name) for path in (*below, *deeper))
