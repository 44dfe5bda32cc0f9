"""Characters and lengths of names."""

from collections.abc import Iterator

from validator.checks.batch_folders import BatchFolders
from validator.checks.dataset import Dataset
from validator.checks.misfits import group_home
from validator.checks.plain_names import plain_name
from validator.checks.registry import EVERYTHING, dataset_check
from validator.checks.wording import below_source, counted, named_characters
from validator.index.examine import STRANGE_IN_FILE
from validator.index.placed import Sign
from validator.models.finding import Finding, Level
from validator.models.rule import EXAMPLES_KEPT, Rule
from validator.rulebook.layout import Layout
from validator.s3.limits import MAX_KEY_BYTES

FOLDER_CHARACTERS = Rule(
    id="CPG120",
    slug="folder-characters",
    title="Folder names hold letters, digits, _ and - only",
    why="Spaces and special characters mean something to shells, URLs and CellProfiler: paths break in the middle, and often only in somebody else's hands.",
    mend="Rename the folder (a space becomes _), and mend the tables that name it.",
    family="layout",
    source="Cell Painting Gallery documentation, folder structure",
)
FILE_CHARACTERS = Rule(
    id="CPG121",
    slug="file-characters",
    title="File names hold letters, digits, _ - and . only",
    why="Commas, spaces and other characters must be quoted in shells and URLs. In the imager's folders they stay: its index files refer to these names.",
    mend="Leave names that the imager wrote; give files of your own plain names.",
    family="layout",
    level=Level.INFO,
    source="Cell Painting Gallery documentation, folder structure",
)
KEY_LENGTH = Rule(
    id="CPG122",
    slug="key-length",
    title="A key has at most 1,024 bytes",
    why="S3 refuses longer keys: the file cannot be uploaded.",
    mend="Shorten names of folders on the way; letters outside ASCII count two to four bytes.",
    family="layout",
    source="Amazon S3 User Guide, object key naming",
)
CASE_ONLY = Rule(
    id="CPG123",
    slug="case-only",
    title="No two names in a folder differ only in case",
    why="On Windows and on most Macs they are the same file: whoever downloads both keeps one of them.",
    mend="Rename one of them, or remove it if it is a copy.",
    family="layout",
    level=Level.WARNING,
    source="cpgate",
)


@dataset_check(FOLDER_CHARACTERS)
def judge_folder_characters(dataset: Dataset) -> Iterator[Finding]:
    """Find folder names with special characters; those of one folder, and those of one name, are one finding."""
    batches: dict[tuple[str, str, str], list[str]] = {}
    others: dict[tuple[str, str], list[str]] = {}
    batch_folders = BatchFolders(dataset)
    for key, strange in dataset.folders.strange:
        home = "/".join(key.split("/")[:2])
        if batch_folders.better_name(key) is not None:
            batches.setdefault((home, _split(key)[1], strange), []).append(key)
        else:
            others.setdefault((home, strange), []).append(key)
    for (_, name, strange), keys in batches.items():
        yield _strange_everywhere(name, strange, keys, batch_folders.better_name(keys[0]))
    for (_, strange), keys in others.items():
        yield from _strange_folders(strange, keys, dataset.layout)


def _strange_folders(strange: str, keys: list[str], layout: Layout) -> Iterator[Finding]:
    """Say it of folders with the same characters: by the folder in which they lie, or by their name if that is shorter."""
    parents: dict[str, list[str]] = {}
    alike: dict[str, list[str]] = {}
    for key in keys:
        parent, name = _split(key)
        parents.setdefault(parent, []).append(key)
        alike.setdefault(name, []).append(key)
    if len(alike) < len(parents):
        for name, same in alike.items():
            yield _strange_everywhere(name, strange, same, plain_name(name, layout))
        return
    for parent, beside in parents.items():
        names = [_split(key)[1] for key in beside]
        what = f"“{names[0]}” holds" if len(names) == 1 else f"{len(names):,} folder names here hold"
        plain = plain_name(names[0], layout)
        yield FOLDER_CHARACTERS.finding(
            beside[0] if len(names) == 1 else parent,
            f"{what} characters that folder names should not hold: {named_characters(strange)}",
            expected=plain or None,
            actual=names[0],
            hint=f"Rename {names[0]} to {plain}." if plain and len(names) == 1 else None,
            count=len(names),
            examples=names if len(names) > 1 else (),
        )


def _split(key: str) -> tuple[str, str]:
    parent, _, name = key[:-1].rpartition("/")
    return f"{parent}/", name


def _strange_everywhere(name: str, strange: str, keys: list[str], plain: str | None) -> Finding:
    """Say it once of all folders of a name: those of a batch, with the name that mends its date too, or of a plate."""
    where = f" in {counted(len(keys), 'folder')}" if len(keys) > 1 else ""
    return FOLDER_CHARACTERS.finding(
        keys[0],
        f"“{name}” holds characters that folder names should not hold: {named_characters(strange)}",
        expected=plain or None,
        actual=name,
        hint=f"Rename {name} to {plain}{where}." if plain else None,
        count=len(keys),
        examples=[below_source(key) for key in keys] if len(keys) > 1 else (),
    )


@dataset_check(FILE_CHARACTERS, subjects=EVERYTHING)
def judge_file_characters(dataset: Dataset) -> Iterator[Finding]:
    """Find file names with special characters; those of one batch are one finding."""
    found: dict[str, tuple[list[str], list[str], list[int]]] = {}
    for placed in dataset.folders.with_sign(Sign.STRANGE):
        strange = [name for name in placed.remarkable.names if "\n" in name or STRANGE_IN_FILE.search(name)]
        examples, characters, counts = found.setdefault(group_home(placed.key), ([], [], []))
        counts.append(len(strange))
        examples.extend((placed.key + name) for name in strange[: EXAMPLES_KEPT - len(examples)])
        characters.extend(STRANGE_IN_FILE.findall("".join(strange[:100])))
    for home, (examples, characters, counts) in found.items():
        count = sum(counts)
        what = "The name of this file holds" if count == 1 else f"The names of {counted(count, 'file')} hold"
        strange_once = "".join(dict.fromkeys(characters))
        yield FILE_CHARACTERS.finding(
            examples[0] if count == 1 else home,
            f"{what} special characters: {named_characters(strange_once) or 'a line break'}",
            count=count,
            examples=[below_source(key) for key in examples] if count > 1 else (),
        )


@dataset_check(KEY_LENGTH, subjects=EVERYTHING)
def judge_key_lengths(dataset: Dataset) -> Iterator[Finding]:
    """Find keys that S3 refuses."""
    for placed in dataset.folders.with_sign(Sign.LONG):
        key = placed.key
        room = MAX_KEY_BYTES - len(key.encode())
        long = [name for name in placed.remarkable.names if len(name.encode()) > room]
        longest = max(len(key.encode()) + len(name.encode()) for name in long)
        what = (
            "The key of this file has"
            if len(long) == 1
            else f"The keys of {counted(len(long), 'file')} have up to"
        )
        yield KEY_LENGTH.finding(
            key + long[0] if len(long) == 1 else key,
            f"{what} {counted(longest, 'byte')}",
            expected=f"at most {MAX_KEY_BYTES:,} bytes",
            actual=counted(longest, "byte"),
            count=len(long),
            examples=long if len(long) > 1 else (),
        )


@dataset_check(CASE_ONLY, subjects=EVERYTHING)
def judge_case(dataset: Dataset) -> Iterator[Finding]:
    """Find names in one folder that differ only in case, of files and of folders."""
    for key, other in dataset.folders.alike:
        yield _same_but_case(key, [other[:-1].rpartition("/")[2], key[:-1].rpartition("/")[2]], "folder")
    for placed in dataset.folders.with_sign(Sign.ALIKE):
        alike: dict[str, list[str]] = {}
        for name in placed.remarkable.names:
            alike.setdefault(name.casefold(), []).append(name)
        pairs = [group for group in alike.values() if len(group) > 1]
        yield _same_but_case(placed.key + pairs[0][-1], [name for group in pairs for name in group], "file")


def _same_but_case(key: str, names: list[str], noun: str) -> Finding:
    if len(names) == 2:
        message = f"“{names[0]}” and “{names[1]}” in the same folder differ only in case"
    else:
        message = f"{counted(len(names), noun)} of this folder differ from others only in case"
        key = key.rpartition("/")[0] + "/"
    return CASE_ONLY.finding(key, message, count=len(names), examples=names)
