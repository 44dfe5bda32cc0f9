"""Plans renames: pure, from what was listed and from what else lies beside it on the disk."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from validator.checks.dataset import Dataset
from validator.index.building import IndexBuilder
from validator.models.listing import Folder
from validator.models.renames import Identity, LeftAlone, NewNames, Rename
from validator.workflows.fix_proposals import Proposal, propose

ROUNDS = 8
"""A folder under its right name may show further names to be mended below it; in practice two rounds are enough."""


class Surroundings(Protocol):
    """What a plan needs to know of the disk beside the listing, which leaves out empty folders, junk and links."""

    def names(self, folder: str) -> Collection[str]:
        """Names of all that lies directly in a folder, by its key."""

    def obstacle(self, key: str) -> str:
        """Why this folder or file cannot be renamed where it lies, a clause; empty when it can."""


@dataclass
class Renaming:
    """The names that a plan gives.

    Attributes
    ----------
    names
        New names by the keys of now.
    rules
        Numbers of the rules behind each new name, by the key of now.
    what
        The last proposal for each key of now.
    left
        What is not renamed, by the key of now.
    identities
        Batches and plates with new names.
    after
        The dataset as it will be.
    """

    after: Dataset
    names: NewNames = field(default_factory=NewNames)
    rules: dict[str, tuple[str, ...]] = field(default_factory=dict)
    what: dict[str, Proposal] = field(default_factory=dict)
    left: dict[str, LeftAlone] = field(default_factory=dict)
    identities: list[Identity] = field(default_factory=list)

    def accept(self, proposals: Iterable[Proposal]) -> None:
        """Give the names that were found to be possible."""
        pairs = [(self.names.to_old(proposal.key), proposal) for proposal in proposals]
        known = list(self.identities)
        for _, proposal in pairs:
            if proposal.identity is not None:
                self._remember(proposal.identity, known)
        for old, proposal in pairs:
            self.names.give(old, proposal.name)
            self.rules[old] = (*self.rules.get(old, ()), proposal.rule.id)
            self.what[old] = proposal

    def _remember(self, identity: Identity, known: Sequence[Identity]) -> None:
        """Enter a batch or plate under the names that it has now."""
        home = self.names.to_old(f"{identity.home}/")[:-1]
        batch = _old_name(known, "batch", home, "", identity.batch)
        old = _old_name(known, identity.what, home, batch, identity.old)
        entered = Identity(identity.what, home, batch, old, identity.new)
        same = (entered.what, entered.home, entered.batch, entered.old)
        self.identities = [i for i in self.identities if (i.what, i.home, i.batch, i.old) != same]
        self.identities.append(entered)


def plan_renames(dataset: Dataset, wanted: frozenset[str], around: Surroundings) -> Renaming:
    """Find the names that everything should have and can have.

    Parameters
    ----------
    dataset
        What was listed.
    wanted
        Numbers of the rules that are asked.
    around
        What else lies there.
    """
    plan = Renaming(dataset)
    for _ in range(ROUNDS):
        accepted, refused = settle(propose(plan.after, wanted), plan, around)
        plan.left.update({entry.key: entry for entry in refused})
        if not accepted:
            break
        plan.accept(accepted)
        plan.after = renamed(dataset, plan.names)
    return plan


def settle(
    proposals: Sequence[Proposal], plan: Renaming, around: Surroundings
) -> tuple[list[Proposal], list[LeftAlone]]:
    """Part proposals into those that can be followed and those that cannot.

    Two things of one folder never get one name, nor names that differ only in case; nothing gets a name that
    something else beside it has now or will have. What belongs together is renamed together or not at all.
    """
    olds = [plan.names.to_old(proposal.key) for proposal in proposals]
    judge = _Judge(dict(zip(olds, proposals, strict=True)), plan, around)
    reasons = {old: judge.reason(old, proposal) for old, proposal in zip(olds, proposals, strict=True)}
    broken: dict[str, str] = {}
    for old, proposal in zip(olds, proposals, strict=True):
        if reasons[old]:
            broken.setdefault(proposal.group, old)
    accepted: list[Proposal] = []
    refused: list[LeftAlone] = []
    for old, proposal in zip(olds, proposals, strict=True):
        blamed = broken.get(proposal.group)
        if blamed is None:
            accepted.append(proposal)
        elif old not in plan.left:
            reason = reasons[old] or f"it belongs to {blamed.rstrip('/')}, which cannot be renamed"
            refused.append(LeftAlone(old, proposal.name, proposal.rule.id, reason))
    return accepted, refused


class _Judge:
    """Says of each proposal whether its name is free.

    Parameters
    ----------
    proposals
        By the keys of now.
    plan
        What was accepted and refused before.
    around
        What lies there.
    """

    def __init__(self, proposals: dict[str, Proposal], plan: Renaming, around: Surroundings) -> None:
        self._proposals = proposals
        self._plan = plan
        self._around = around
        self._targets = Counter(_place(old, proposal.name) for old, proposal in proposals.items())
        self._taken: dict[str, dict[str, set[str]]] = {}

    def reason(self, old: str, proposal: Proposal) -> str:
        """Why a proposal cannot be followed, a clause; empty when it can."""
        if old in self._plan.left:
            return self._plan.left[old].reason
        return proposal.obstacle or self._around.obstacle(old) or self._collision(old, proposal.name)

    def _collision(self, old: str, name: str) -> str:
        parent, own = _split(old)
        others = self._names_in(parent).get(name.casefold(), set()) - {own}
        if others:
            return self._in_the_way(parent, own, name, sorted(others))
        if self._targets[_place(old, name)] > 1:
            rivals = [
                _split(key)[1]
                for key, proposal in self._proposals.items()
                if key != old and _place(key, proposal.name) == _place(old, name)
            ]
            return f"{_listed(rivals)} would get the same name"
        return ""

    def _names_in(self, parent: str) -> dict[str, set[str]]:
        """Who has a name in a folder, now or after the renames so far: old names by the small letters of names."""
        if parent not in self._taken:
            given = {
                old.rstrip("/"): new.rstrip("/") for old, new in self._plan.names.in_folder(parent).items()
            }
            taken: dict[str, set[str]] = {}
            for name in {*self._around.names(parent), *given}:
                taken.setdefault(name.casefold(), set()).add(name)
                taken.setdefault(given.get(name, name).casefold(), set()).add(name)
            self._taken[parent] = taken
        return self._taken[parent]

    def _in_the_way(self, parent: str, own: str, name: str, others: Sequence[str]) -> str:
        circle = self._circle(parent, own)
        if circle:
            return f"the new names of {_listed(circle)} form a circle"
        other = others[0]
        if self._new_name(parent, other) != other:
            return f"{other} is beside it and is itself to be renamed; fix again when that is done"
        if other == name:
            return f"there is {name} beside it already"
        return f"{other} is beside it and differs only in case"

    def _circle(self, parent: str, own: str) -> list[str]:
        """Names that follow each other until they are back at the first one; empty when they never are."""
        seen = [own]
        while True:
            following = self._new_name(parent, seen[-1])
            if following == own and len(seen) > 1:
                return seen
            if following in seen:
                return []
            seen.append(following)

    def _new_name(self, parent: str, name: str) -> str:
        found = self._proposals.get(f"{parent}{name}/") or self._proposals.get(parent + name)
        return found.name if found is not None else name


def renamed(dataset: Dataset, names: NewNames) -> Dataset:
    """The dataset as it will be when everything has its new name; bytes are still found where they lie now."""
    index = IndexBuilder(dataset.layout)
    for placed in dataset.folders:
        index.add(_renamed_folder(placed.folder, names))
    return replace(dataset, folders=index.finish())


def _renamed_folder(folder: Folder, names: NewNames) -> Folder:
    key, new = names.to_new(folder.key), names.in_folder(folder.key)
    if key == folder.key and not new:
        return folder
    return Folder(
        key,
        folder.path,
        [new.get(name, name) for name in folder.names],
        folder.sizes,
        folder.mtimes_ns,
        {new.get(name, name): folder.disk_names.get(name, name) for name in {*folder.disk_names, *new}},
    )


def in_order(dataset: Dataset, plan: Renaming) -> tuple[Rename, ...]:
    """The renames in the order in which they can be done: what lies deepest first."""
    keys = plan.names.keys()
    files = Counter({key: 1 for key in keys if not key.endswith("/")})
    folders = {key for key in keys if key.endswith("/")}
    for placed in dataset.folders:
        end = placed.key.find("/") + 1
        while end:
            if placed.key[:end] in folders:
                files[placed.key[:end]] += placed.files
            end = placed.key.find("/", end) + 1
    found = [
        Rename(
            key,
            plan.names.in_folder(_parent(key))[key[len(_parent(key)) :]].rstrip("/"),
            plan.names.to_new(key),
            plan.rules[key],
            plan.what[key].what,
            files[key],
        )
        for key in keys
    ]
    return tuple(sorted(found, key=lambda rename: (-rename.key.rstrip("/").count("/"), rename.key)))


def _old_name(known: Iterable[Identity], what: str, home: str, batch: str, name: str) -> str:
    found = (i.old for i in known if (i.what, i.home, i.batch, i.new) == (what, home, batch, name))
    return next(found, name)


def _place(old: str, name: str) -> tuple[str, str]:
    return _parent(old), name.casefold()


def _parent(key: str) -> str:
    return key[: key.rfind("/", 0, -1) + 1]


def _split(key: str) -> tuple[str, str]:
    return _parent(key), key[len(_parent(key)) :].rstrip("/")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} others" if len(names) > 3 else "")
