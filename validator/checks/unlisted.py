"""What lies in the folder and cannot become an object."""

from collections.abc import Iterator

from validator.checks.dataset import Dataset
from validator.checks.misfits import group_home
from validator.checks.registry import EVERYTHING, dataset_check
from validator.checks.wording import counted
from validator.models.finding import Finding, Level, Location
from validator.models.listing import Trouble, TroubleKind
from validator.models.rule import Rule

SYMLINK_BROKEN = Rule(
    id="CPG140",
    slug="symlink-broken",
    title="Symbolic links lead to something",
    why="The file behind the link is gone or was never copied; it would be missing in the Gallery.",
    mend="Copy the file to where the link is, or remove the link.",
    family="layout",
    source="cpgate",
)
SYMLINK_OUTSIDE = Rule(
    id="CPG141",
    slug="symlink-outside",
    title="Symbolic links stay inside the dataset",
    why="A link out of the dataset could publish what was never meant to be published, so it is not followed, and what it stands for is not uploaded.",
    mend="Copy the files into the dataset, or remove the link.",
    family="layout",
    source="cpgate",
)
SYMLINK_LOOP = Rule(
    id="CPG142",
    slug="symlink-loop",
    title="Symbolic links do not lead in a circle",
    why="The link leads back to a folder in which it lies; followed, it would list the same files for ever.",
    mend="Remove the link.",
    family="layout",
    source="cpgate",
)
LISTING_UNREADABLE = Rule(
    id="CPG143",
    slug="listing-unreadable",
    title="Every folder can be listed",
    why="What lies in a folder that cannot be read is neither checked nor uploaded.",
    mend="Ask the owner of the folder for the right to read it, and check again.",
    family="layout",
    source="cpgate",
)
SPECIAL_FILE = Rule(
    id="CPG144",
    slug="special-file",
    title="A dataset holds files and folders only",
    why="Pipes, sockets and devices have no content that could be stored.",
    mend="Remove it.",
    family="layout",
    level=Level.WARNING,
    source="cpgate",
)
NAME_NOT_UTF8 = Rule(
    id="CPG145",
    slug="name-not-utf8",
    title="Names are written in UTF-8",
    why="Keys are UTF-8; a name in another encoding, often from an old Windows share, cannot become a key.",
    mend="Rename the file or folder, best in plain letters and digits.",
    family="layout",
    source="Amazon S3 User Guide, object key naming",
)
SAME_KEY = Rule(
    id="CPG146",
    slug="same-key",
    title="No two names become the same key",
    why="Letters with accents can be stored in two ways that look alike. Keys use one of them, so that one file would overwrite the other.",
    mend="Compare the two files and rename or remove one.",
    family="layout",
    source="cpgate",
)
MOUNT_HIDES = Rule(
    id="CPG147",
    slug="mount-hides",
    title="A mount hides nothing",
    why="Where a folder elsewhere is mounted, what lies on disk at the same place is neither checked nor uploaded.",
    mend="Move what lies there into the mounted folder, or remove it.",
    family="layout",
    source="cpgate",
)
LISTING_LINE = Rule(
    id="CPG148",
    slug="listing-line",
    title="Every line of a listing is understood",
    why="A line that is no entry of the listing may stand for a file that was not judged; lists of commands that failed or were cut look like this.",
    mend="Make the listing again, with aws s3 ls --recursive, and check that the command ends without an error.",
    family="layout",
    source="cpgate",
)
LISTED_TWICE = Rule(
    id="CPG149",
    slug="listed-twice",
    title="No key is listed twice",
    why="A bucket holds a key once: the listing was put together from several, perhaps of different days.",
    mend="Make one listing of everything.",
    family="layout",
    level=Level.WARNING,
    source="cpgate",
)

RULES: dict[TroubleKind, Rule] = {
    "broken-symlink": SYMLINK_BROKEN,
    "symlink-outside": SYMLINK_OUTSIDE,
    "symlink-loop": SYMLINK_LOOP,
    "unreadable": LISTING_UNREADABLE,
    "special-file": SPECIAL_FILE,
    "not-utf8": NAME_NOT_UTF8,
    "same-key": SAME_KEY,
    "mount-hides": MOUNT_HIDES,
    "listing-line": LISTING_LINE,
    "listed-twice": LISTED_TWICE,
}

_ONE: dict[TroubleKind, str] = {
    "broken-symlink": "This symbolic link leads nowhere",
    "symlink-outside": "This symbolic link leads out of the dataset and is not followed",
    "symlink-loop": "This symbolic link leads in a circle",
    "unreadable": "This cannot be listed",
    "special-file": "This is not a file",
    "not-utf8": "This name is not written in UTF-8",
    "same-key": "This name makes the same key as another one in the folder",
    "mount-hides": "A mount hides this",
    "listing-line": "This line is no entry of a listing",
    "listed-twice": "This key is listed twice; the last line counts",
}
_MANY: dict[TroubleKind, tuple[str, str]] = {
    "broken-symlink": ("symbolic link", "lead nowhere"),
    "symlink-outside": ("symbolic link", "lead out of the dataset and are not followed"),
    "symlink-loop": ("symbolic link", "lead in a circle"),
    "unreadable": ("file or folder", "cannot be listed"),
    "special-file": ("thing", "are not files"),
    "not-utf8": ("name", "are not written in UTF-8"),
    "same-key": ("name", "make the same key as another one in the folder"),
    "mount-hides": ("thing", "are hidden by mounts"),
    "listing-line": ("line", "are no entries of a listing"),
    "listed-twice": ("key", "are listed twice; the last line counts"),
}


@dataset_check(*RULES.values(), subjects=EVERYTHING)
def judge_what_cannot_be_listed(dataset: Dataset) -> Iterator[Finding]:
    """Tell what the listing met; equal things in one folder are one finding."""
    groups: dict[tuple[TroubleKind, str], list[Trouble]] = {}
    for trouble in dataset.troubles:
        if trouble.kind not in RULES:  # about a published package
            continue
        if trouble.line:
            yield _tell_lines(trouble)
            continue
        parent = trouble.key.rstrip("/").rpartition("/")[0] + "/"
        if (
            trouble.kind == "listed-twice"
        ):  # a mistake of the listing, not of the folders: hundreds of them are one
            parent = group_home(parent)
        groups.setdefault((trouble.kind, parent), []).append(trouble)
    for (kind, parent), troubles in groups.items():
        yield _tell(RULES[kind], kind, parent, troubles)


def finding_of(trouble: Trouble) -> Finding:
    """Tell one thing by itself, whatever else the folder holds."""
    return _tell(RULES[trouble.kind], trouble.kind, "", [trouble])


def _tell_lines(trouble: Trouble) -> Finding:
    noun, verb = _MANY[trouble.kind]
    what = _ONE[trouble.kind] if trouble.count == 1 else f"{counted(trouble.count, noun)} {verb}"
    where = Location(line=trouble.line)
    return RULES[trouble.kind].finding(
        trouble.key, f"{what}: {trouble.detail}", location=where, count=trouble.count
    )


def _tell(rule: Rule, kind: TroubleKind, parent: str, troubles: list[Trouble]) -> Finding:
    first = troubles[0]
    if len(troubles) == 1:
        message = _ONE[kind] + (f": {first.detail}" if first.detail else "")
        return rule.finding(first.key, message)
    noun, verb = _MANY[kind]
    number = f"{len(troubles):,} files or folders" if kind == "unreadable" else counted(len(troubles), noun)
    names = [trouble.key.rstrip("/").removeprefix(parent) for trouble in troubles]
    details = f" (the first: {first.detail})" if first.detail else ""
    return rule.finding(parent, f"{number} here {verb}{details}", count=len(troubles), examples=names)
