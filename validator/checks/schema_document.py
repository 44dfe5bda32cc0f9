"""Rules of SCHEMA documents (CPG601-CPG607): keys, fields, descriptions, examples, origins, types of every attribute."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validator.checks.dataset import Dataset, PlacedFile
from validator.checks.info_rules import SOURCE
from validator.checks.registry import file_check
from validator.checks.row_words import joined, shown
from validator.checks.wording import listed
from validator.errors import UnreadableFile
from validator.models.attributes import attribute_groups, example_values
from validator.models.finding import Finding, Location
from validator.models.package import BUILDER_ORIGIN, FIELDS, NODE_KINDS, SCHEMA_KEYS, info_name
from validator.models.rule import Rule
from validator.models.value_types import has_type, in_words, spelling, type_name, type_of
from validator.readers.json_places import escape_pointer
from validator.readers.json_text import JsonDocument, read_json
from validator.rulebook.nearest import nearest_name
from validator.rulebook.placeholders import is_placeholder, says_only

SCHEMA_UNREADABLE = Rule(
    id="CPG601",
    slug="schema-unreadable",
    title="SCHEMA is a JSON object",
    why="It is the only place that says what the attributes of the package mean.",
    mend="Write SCHEMA again as one JSON object.",
    family="documents",
    source=SOURCE,
)
SCHEMA_KEY = Rule(
    id="CPG602",
    slug="schema-key",
    title="SCHEMA describes every kind of node, and nothing else",
    why="Programs look up the attributes of a kind under its key; without the key its attributes mean nothing.",
    mend="Add the key, or give it the name that programs look for.",
    family="documents",
    source=SOURCE,
)
SCHEMA_FIELD = Rule(
    id="CPG603",
    slug="schema-field",
    title="SCHEMA says description, example_value, origin and value_types of every attribute, and nothing else",
    why="Each of the four answers a question of whoever uses the value: what it means, how it looks, where it comes from, what it is.",
    mend="Add the field, or remove the one that is too many.",
    family="documents",
    source=SOURCE,
)
SCHEMA_DESCRIPTION = Rule(
    id="CPG604",
    slug="schema-description",
    title="A description says in words what an attribute means",
    why="The name repeated, a placeholder, or one text for everything tells a reader in ten years nothing.",
    mend="Write what the value means, how it was measured and in which unit.",
    family="documents",
    source=SOURCE,
)
SCHEMA_EXAMPLE = Rule(
    id="CPG605",
    slug="schema-example",
    title="An example value is of one of the types that SCHEMA declares",
    why="When the example and the declared types disagree, one of them is wrong for every value of the attribute.",
    mend="Give an example of the declared type, or declare the type of the example.",
    family="documents",
    source=SOURCE,
)
SCHEMA_ORIGIN = Rule(
    id="CPG606",
    slug="schema-origin",
    title="The origin of an attribute is a path, or baseline",
    why="It says from which record the value was taken, so that a mistake can be followed to its source.",
    mend="Write a path such as meta/cell_info/line, or baseline for what the builder of the package writes.",
    family="documents",
    source=SOURCE,
)
SCHEMA_TYPES = Rule(
    id="CPG607",
    slug="schema-types",
    title="value_types lists the types of an attribute's values",
    why="Values of every document are checked against it, and programs convert by it.",
    mend="Write a list such as [\"<class 'str'>\"]; Python 2's spelling <type 'str'> is the same.",
    family="documents",
    source=SOURCE,
)
ALL_RULES = (
    SCHEMA_UNREADABLE,
    SCHEMA_KEY,
    SCHEMA_FIELD,
    SCHEMA_DESCRIPTION,
    SCHEMA_EXAMPLE,
    SCHEMA_ORIGIN,
    SCHEMA_TYPES,
)
TABLE_KEYS = ("platemap", "external_metadata")
"""What a document in ``workspace/metadata`` describes: the columns of these tables."""

_KEY_ENDING = "_info"
_OTHER_KEYS: Mapping[str, str] = {
    f"{start}{noun}{ending}": key
    for key, kind in SCHEMA_KEYS.items()
    for noun in (kind.group, kind.group[:-1], kind.schema_name, kind.schema_name[:-1])
    for start in ("unique_", "")
    for ending in (_KEY_ENDING, "")
}
"""What people write for a key when they do not look it up."""
_ORIGIN = re.compile(r"/?[^\s/]+(?: [^\s/]+)*(?:/[^\s/]+(?: [^\s/]+)*)+")
_FEWEST_ALIKE = 3
"""Attributes with one description before that is more than chance."""


@file_check(*ALL_RULES, kinds=["package.schema", "workspace.attributes"])
def judge_schema_document(file: PlacedFile, dataset: Dataset) -> Iterator[Finding]:
    """Judge the description of attributes of a package, or of the columns of a dataset's tables."""
    if file.entry.size == 0:
        return  # the layout says that it is empty
    key = file.entry.key
    try:
        with dataset.open(file.entry) as stream:
            document = read_json(stream)
    except UnreadableFile as error:
        yield unreadable_schema(key, error)
        return
    if file.place.kind == "package.schema":
        yield from judge_schema(key, document, tuple(SCHEMA_KEYS), every=True)
    else:
        yield from judge_schema(key, document, TABLE_KEYS, every=False)


def _is_json_schema(document: Mapping[str, Any]) -> bool:
    return "$schema" in document or {"type", "properties"} <= document.keys()


def unreadable_schema(key: str, error: UnreadableFile) -> Finding:
    """Say that a SCHEMA document cannot be read."""
    word, _, number = error.where.partition(" ")
    where = Location(line=int(number)) if word == "line" and number.isdigit() else None
    message = f"This SCHEMA cannot be read. {error.what}"
    return SCHEMA_UNREADABLE.finding(key, message, location=where, hint=error.mend)


def judge_schema(
    key: str, document: JsonDocument, known_keys: tuple[str, ...], *, every: bool
) -> Iterator[Finding]:
    """Judge a SCHEMA document.

    Parameters
    ----------
    key
        What the findings call it.
    document
        The document.
    known_keys
        Keys that it may have.
    every
        Whether it must have all of them.
    """
    if not isinstance(document.value, dict):
        yield SCHEMA_UNREADABLE.finding(
            key,
            f"This SCHEMA is {in_words([type_of(document.value)])}, not an object",
            location=Location(pointer="", line=1),
        )
        return
    judge = _Judge(key, document)
    yield from judge.keys(known_keys, every=every)
    yield from judge.shared(known_keys)
    for name, attributes in document.value.items():
        if name in known_keys:
            yield from judge.group(name, attributes)


class _Judge:
    """The findings of one document."""

    def __init__(self, key: str, document: JsonDocument) -> None:
        self._key = key
        self._document = document
        self._groups = attribute_groups(document.value)
        self.alike: Mapping[str, str] = {}

    def _find(self, rule: Rule, pointer: str, message: str, **more: Any) -> Finding:
        where = Location(pointer=pointer, line=self._document.line(pointer))
        return rule.finding(self._key, message, location=where, **more)

    def keys(self, known: tuple[str, ...], *, every: bool) -> Iterator[Finding]:
        """Keys of the document."""
        there: Mapping[str, Any] = self._document.value
        lacking = [name for name in known if name not in there]
        if len(lacking) == len(known) and _is_json_schema(there):
            yield self._find(
                SCHEMA_KEY,
                "",
                "This is a JSON Schema, which says how values are written and not what they mean",
                expected=listed(known, "and"),
                hint="Write SCHEMA with these keys (cpgate schema draft begins one); JSON Schemas are made from it "
                "(cpgate schema jsonschema).",
            )
            return
        for name in there:
            if name in known:
                continue
            near = self._meant_key(name, lacking)
            if near:
                lacking.remove(near)
            yield self._find(
                SCHEMA_KEY,
                f"/{escape_pointer(name)}",
                f"{shown(name)} is not a key of SCHEMA",
                expected=near or listed(known),
                hint=f"Rename it to {near}." if near else "Remove it.",
            )
        if lacking and (every or len(lacking) == len(known)):
            yield self._find(
                SCHEMA_KEY,
                "",
                f"SCHEMA has no {listed(lacking)}",
                count=len(lacking),
                expected=listed(known, "and"),
                examples=lacking,
            )

    def _meant_key(self, name: str, lacking: list[str]) -> str:
        """The key that was meant: a usual other name, or the only one that is not there."""
        near = nearest_name(
            name, lacking, {other: key for other, key in _OTHER_KEYS.items() if key in lacking}
        )
        known = [key for key in self._document.value if key in SCHEMA_KEYS]
        return near or (lacking[0] if len(lacking) == 1 and known and name.endswith(_KEY_ENDING) else "")

    def shared(self, known: tuple[str, ...]) -> Iterator[Finding]:
        """One text that describes most attributes of several keys: one finding for all of them."""
        groups = {name: self._document.value.get(name) for name in known}
        alike = {
            name: found
            for name, attributes in groups.items()
            if isinstance(attributes, dict) and (found := self._alike(attributes.values()))
        }
        self.alike = {name: text for name, (text, _) in alike.items()}
        for text in dict.fromkeys(self.alike.values()):
            names = [name for name, other in self.alike.items() if other == text]
            count = sum(alike[name][1] for name in names)
            total = sum(len(groups[name]) for name in names)
            where = f" under {len(names)} keys" if len(names) > 1 else ""
            yield self._find(
                SCHEMA_DESCRIPTION,
                f"/{escape_pointer(names[0])}",
                f"{count} of {total} attributes{where} are described with the same words: {shown(text)}",
                count=count,
                examples=names if len(names) > 1 else (),
            )

    def group(self, name: str, attributes: Any) -> Iterator[Finding]:
        """One key: the attributes of a kind of node, or of a table."""
        pointer = f"/{escape_pointer(name)}"
        if not isinstance(attributes, dict):
            message = f"“{name}” is {in_words([type_of(attributes)])}, not an object with attributes"
            yield self._find(SCHEMA_FIELD, pointer, message)
            return
        spelled: dict[str, str] = {}
        for attribute, entry in attributes.items():
            own = f"{pointer}/{escape_pointer(attribute)}"
            first = spelled.setdefault(info_name(attribute), attribute)
            if first != attribute:
                yield self._find(
                    SCHEMA_FIELD,
                    own,
                    f"“{attribute}” and “{first}” are two names of one attribute",
                    hint=f"Keep “{NODE_KINDS[info_name(attribute)].schema_name}”, remove the other.",
                )
                continue
            yield from self._attribute(attribute, entry, own, self.alike.get(name))

    def _alike(self, entries: Iterable[Any]) -> tuple[str, int] | None:
        """The description that most attributes share, and how many do."""
        texts = [entry.get("description") for entry in entries if isinstance(entry, dict)]
        counts = Counter(text for text in texts if isinstance(text, str) and not is_placeholder(text))
        if not counts:
            return None
        text, count = counts.most_common(1)[0]
        return (text, count) if count >= _FEWEST_ALIKE and 2 * count > len(texts) else None

    def _attribute(self, name: str, entry: Any, pointer: str, alike: str | None) -> Iterator[Finding]:
        if not isinstance(entry, dict):
            message = f"“{name}” is {in_words([type_of(entry)])}, not an object with {joined(FIELDS)}"
            yield self._find(SCHEMA_FIELD, pointer, message)
            return
        lacking = [field for field in FIELDS if field not in entry]
        for field in entry:
            if field not in FIELDS:
                near = nearest_name(field, lacking)
                if near:
                    lacking.remove(near)
                hint = f"Rename it to {near}." if near else "Remove it."
                yield self._find(
                    SCHEMA_FIELD,
                    f"{pointer}/{escape_pointer(field)}",
                    f"{shown(field)} is not a field of an attribute",
                    hint=hint,
                )
        if lacking:
            message = f"“{name}” has no {joined(lacking)}"
            yield self._find(SCHEMA_FIELD, pointer, message, count=len(lacking))
        if "description" in entry and (alike is None or entry["description"] != alike):
            yield from self._description(name, entry["description"], f"{pointer}/description")
        if "origin" in entry:
            yield from self._origin(name, entry["origin"], f"{pointer}/origin")
        if "value_types" in entry:
            yield from self._types(name, entry["value_types"], f"{pointer}/value_types")
        if "example_value" in entry:
            yield from self._example(pointer)

    def _description(self, name: str, text: Any, pointer: str) -> Iterator[Finding]:
        if not isinstance(text, str):
            said = f"is {in_words([type_of(text)])}, not text"
        elif not text.strip():
            said = "is empty"
        elif says_only(text, name):
            said = "is its name again"
        elif is_placeholder(text):
            said = f"is a placeholder: {shown(text)}"
        else:
            return
        yield self._find(SCHEMA_DESCRIPTION, pointer, f"The description of “{name}” {said}")

    def _origin(self, name: str, text: Any, pointer: str) -> Iterator[Finding]:
        if isinstance(text, str) and (text == BUILDER_ORIGIN or _ORIGIN.fullmatch(text)):
            return
        said = shown(text) if isinstance(text, str) else in_words([type_of(text)])
        yield self._find(
            SCHEMA_ORIGIN,
            pointer,
            f"The origin of “{name}” is {said}",
            expected="a path with a slash, or baseline",
            actual=said,
        )

    def _types(self, name: str, types: Any, pointer: str) -> Iterator[Finding]:
        if not isinstance(types, list):
            message = f"The value_types of “{name}” are {in_words([type_of(types)])}, not a list"
            yield self._find(SCHEMA_TYPES, pointer, message)
            return
        if not types:
            yield self._find(SCHEMA_TYPES, pointer, f"“{name}” has no value_types")
        for index, text in enumerate(types):
            if type_name(text) is None:
                said = shown(text) if isinstance(text, str) else in_words([type_of(text)])
                meant = type_name(f"<class '{text.strip().lower()}'>") if isinstance(text, str) else None
                yield self._find(
                    SCHEMA_TYPES,
                    f"{pointer}/{index}",
                    f"{said} is no type that a value of “{name}” can have",
                    expected=f"one of {', '.join(map(spelling, ('str', 'int', 'float', 'bool', 'list', 'dict')))}",
                    hint=f"Write {spelling(meant)}." if meant else None,
                )

    def _example(self, pointer: str) -> Iterator[Finding]:
        _, group, name = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/", 2))
        attribute = next(a for a in self._groups[group].attributes.values() if a.name == name)
        if not attribute.types:
            return
        values = example_values(attribute)
        wrong = [value for value in values if value is not None and not has_type(value, attribute.types)]
        if wrong or not values:
            said = (
                f"is {in_words([type_of(wrong[0])])}, and its type is {in_words(attribute.types)}"
                if wrong
                else "is an empty list"
            )
            yield self._find(
                SCHEMA_EXAMPLE,
                f"{pointer}/example_value",
                f"The example of “{name}” {said}",
                expected=in_words(attribute.types),
            )
