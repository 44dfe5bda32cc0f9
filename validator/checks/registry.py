"""Checks and their rules, declared once; everything else (running, pages, hooks) reads them from here.

A check is a function with the rules it may report. There are two sorts: one that looks at a whole dataset
(names, folders, links between files), and one that looks at a single file of certain kinds (a table, an
image), which the runner calls for many files side by side.
"""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.models.finding import Finding
from validator.models.rule import Family, Rule

if TYPE_CHECKING:  # whoever only declares rules, as `cpgate verify` does, needs no index
    from validator.checks.dataset import Dataset, PlacedFile

DatasetFunction = Callable[["Dataset"], Iterable[Finding]]
FileFunction = Callable[["PlacedFile", "Dataset"], Iterable[Finding]]

CHECK_MODULES = (
    "validator.checks.dataset_names",
    "validator.checks.folders",
    "validator.checks.batch_steps",
    "validator.checks.placement",
    "validator.checks.batches",
    "validator.checks.names",
    "validator.checks.leftovers",
    "validator.checks.components",
    "validator.checks.plates",
    "validator.checks.batch_components",
    "validator.checks.partial_plates",
    "validator.checks.unlisted",
    "validator.checks.objects",
    "validator.checks.package_entries",
    "validator.checks.table_reading",
    "validator.checks.table_values",
    "validator.checks.load_data",
    "validator.checks.well_coordinates",
    "validator.checks.platemaps",
    "validator.checks.barcodes",
    "validator.checks.results",
    "validator.checks.provenance",
    "validator.checks.unproven_products",
    "validator.checks.images",
    "validator.checks.image_links",
    "validator.checks.plate_links",
    "validator.checks.well_links",
    "validator.checks.external_metadata",
    "validator.checks.schema_document",
    "validator.checks.column_attributes",
    "validator.checks.readme_attributes",
    "validator.checks.package_layout",
    "validator.checks.info_documents",
    "validator.checks.associations",
    "validator.checks.package_images",
    "validator.checks.tool",
)


@dataclass(frozen=True, slots=True)
class DatasetCheck:
    """A check of a whole dataset; ``subjects`` are the sorts of datasets that it is about."""

    name: str
    family: Family
    rules: tuple[Rule, ...]
    function: DatasetFunction
    subjects: frozenset[str] = frozenset({"dataset"})


@dataclass(frozen=True, slots=True)
class FileCheck:
    """A check of one file, called for every file of the kinds it names."""

    name: str
    family: Family
    rules: tuple[Rule, ...]
    kinds: frozenset[str]
    function: FileFunction


Check = DatasetCheck | FileCheck

_checks: list[Check] = []
_rules: dict[str, Rule] = {}


def declare(*rules: Rule) -> None:
    """Enter rules that no check function owns (those of the tool itself, of uploads, of verification).

    Raises
    ------
    ValueError
        If a number or a name is used for two different rules.
    """
    for rule in rules:
        known = _rules.setdefault(rule.id, rule)
        same_name = [other.id for other in _rules.values() if other.slug == rule.slug and other.id != rule.id]
        if known != rule or same_name:
            raise ValueError(f"{rule.id} ({rule.slug}) is declared twice")


EVERYTHING = frozenset({"dataset", "package"})


def dataset_check(
    *rules: Rule, subjects: Iterable[str] = ("dataset",)
) -> Callable[[DatasetFunction], DatasetFunction]:
    """Enter a function that judges a whole dataset (or a package, or either) by these rules of one family."""

    def enter(function: DatasetFunction) -> DatasetFunction:
        declare(*rules)
        check = DatasetCheck(function.__name__, rules[0].family, rules, function, frozenset(subjects))
        _checks.append(check)
        return function

    return enter


def file_check(*rules: Rule, kinds: Iterable[str]) -> Callable[[FileFunction], FileFunction]:
    """Enter a function that judges every file of these kinds by these rules (all of one family)."""

    def enter(function: FileFunction) -> FileFunction:
        declare(*rules)
        _checks.append(FileCheck(function.__name__, rules[0].family, rules, frozenset(kinds), function))
        return function

    return enter


def all_checks() -> tuple[Check, ...]:
    """Every check, in the order of their declaration."""
    _load()
    return tuple(_checks)


def all_rules() -> dict[str, Rule]:
    """Every rule by its number, in the order of the numbers."""
    _load()
    return dict(sorted(_rules.items()))


def find_rule(name: str) -> Rule | None:
    """Return the rule with this number or name (case does not matter), or ``None``."""
    wanted = name.strip().lower()
    return next((rule for rule in all_rules().values() if wanted in (rule.id.lower(), rule.slug)), None)


def _load() -> None:
    for module in CHECK_MODULES:
        importlib.import_module(module)
