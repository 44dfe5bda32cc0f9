"""Which folders stand for a batch, also below a misspelt one, and the names that they should have."""

from functools import cached_property

from validator.checks.batch_dates import read_batch_date
from validator.checks.batches import BATCH_DATE_SPELLING, find_batches, is_settled, latest_day, wrong_batches
from validator.checks.dataset import Dataset
from validator.checks.misfits import misspelt_folders
from validator.checks.plain_names import plain_name
from validator.models.finding import Level
from validator.models.rule import Rule


class BatchFolders:
    """The folders of the batches of a dataset.

    Parameters
    ----------
    dataset
        What was listed.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    @cached_property
    def _batches(self) -> set[tuple[str, str]]:
        return {(batch.dataset, batch.name) for batch in find_batches(self._dataset)}

    @cached_property
    def _renames(self) -> dict[tuple[str, str], tuple[Rule, str]]:
        wrong = wrong_batches(self._dataset)
        return {(one.batch.dataset, one.batch.name): (one.rule, one.rename) for one in wrong}

    @cached_property
    def _misspelt(self) -> dict[str, str]:
        return misspelt_folders(self._dataset)

    def better_name(self, key: str) -> str | None:
        """The name without special characters that the folder of a batch should have, its date in front.

        One name for all of its folders: what mends the characters alone would have to be renamed again. ``None`` for
        a folder that stands for no batch.
        """
        home, name = "/".join(key.split("/")[:2]), key[:-1].rpartition("/")[2]
        known = (home, name) in self._batches
        if not known and self._dataset.layout.place_folder(self._spelt(key)).entities.get("batch") != name:
            return None
        rule, rename = self._renames.get((home, name), (BATCH_DATE_SPELLING, ""))
        if not known and not is_settled(self._dataset, home):
            rename = read_batch_date(name, latest_day()).rename
        if self._dataset.policy.decide(rule, key)[0] is Level.OFF:
            rename = ""
        return plain_name(rename or name, self._dataset.layout)

    def _spelt(self, key: str) -> str:
        """The key with the names that misspelt folders on the way should have."""
        spelt, end = "", 0
        while end < len(key):
            start, end = end, key.index("/", end) + 1
            spelt += f"{self._misspelt[key[:end]]}/" if key[:end] in self._misspelt else key[start:end]
        return spelt
