"""What lies in the dataset's folder and cannot be sent: links that lead nowhere, folders that cannot be read."""

from collections.abc import Iterator
from dataclasses import dataclass

from validator.checks.dataset import Dataset
from validator.checks.unlisted import RULES, finding_of
from validator.models.finding import Level
from validator.models.listing import Trouble
from validator.upload.selection import Selection


@dataclass(frozen=True, slots=True)
class Unsent:
    """One thing that cannot be sent.

    Attributes
    ----------
    key
        The key it would have had; that of a folder ends with a slash.
    reason, mend
        Why, and what to do, as the check says it.
    fails
        Whether the upload is incomplete without it: where the rule is an error, which only ``--force`` lets pass.
        What a configuration or a policy makes a warning, or less, is left out and said.
    """

    key: str
    reason: str
    mend: str
    fails: bool


def unsent_of(dataset: Dataset, selection: Selection) -> Iterator[Unsent]:
    """Tell what is selected and cannot be sent, in the order of the keys."""
    for trouble in sorted(dataset.troubles, key=lambda trouble: trouble.key):
        if trouble.kind in RULES and _is_selected(trouble, dataset, selection):
            rule = RULES[trouble.kind]
            finding = finding_of(trouble)
            level, _ = dataset.policy.decide(rule, trouble.key)
            yield Unsent(trouble.key, finding.message, finding.hint or rule.mend, level is Level.ERROR)


def _is_selected(trouble: Trouble, dataset: Dataset, selection: Selection) -> bool:
    if selection.everything:
        return True
    entities = dataset.layout.place_folder(trouble.key.rpartition("/")[0] + "/").entities
    if trouble.key.endswith("/"):
        return selection.may_take_below(trouble.key, entities)
    return selection.takes_folder(entities) and selection.takes_key(trouble.key)
