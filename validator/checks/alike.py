"""The same mistake in many documents of a package: one finding that counts them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from validator.checks.wording import counted
from validator.models.finding import Finding
from validator.models.rule import EXAMPLES_KEPT

_VALUE = re.compile(r"“[^”]*”|-?\d[\d.e+-]*")
_POSITION = re.compile(r"/\d+(?=/|$)")
Sameness = tuple[str, str, str, str]


@dataclass(slots=True)
class Alike:
    """Findings that differ in nothing but the document, the position in a list, or the value.

    Attributes
    ----------
    findings
        All of them.
    """

    findings: list[Finding] = field(default_factory=list)

    @property
    def first(self) -> Finding:
        """What was found first."""
        return self.findings[0]

    @property
    def count(self) -> int:
        """For how many places they stand."""
        return sum(finding.count for finding in self.findings)

    @property
    def documents(self) -> list[str]:
        """Keys of the documents, each once."""
        return list(dict.fromkeys(finding.key for finding in self.findings))

    def finding(self) -> Finding:
        """One finding for all, at the place of the first."""
        if len(self.findings) == 1:
            return self.first
        documents = self.documents
        more, examples = f"and in {counted(len(documents) - 1, 'other file')}", documents
        if len(documents) == 1:
            more = f"and {counted(len(self.findings) - 1, 'time')} more in this document"
            examples = [finding.location.pointer or "" for finding in self.findings if finding.location]
        changes = {
            "message": f"{self.first.message} ({more})",
            "count": self.count,
            "examples": examples[:EXAMPLES_KEPT],
        }
        return self.first.model_copy(update=changes)


def alike(findings: Iterable[Finding], *, exact: bool = False) -> Iterator[Alike]:
    """Put the same mistakes of the nodes of one kind together.

    Parameters
    ----------
    findings
        Of documents and images of nodes.
    exact
        Whether numbers and quoted words count, too.
    """
    groups: dict[Sameness, Alike] = {}
    for finding in findings:
        sameness = _sameness(finding, exact=exact)
        groups.setdefault(sameness, Alike()).findings.append(finding)
    yield from groups.values()


def together(findings: Iterable[Finding], *, exact: bool = False) -> Iterator[Finding]:
    """The same as `alike`, as findings."""
    for group in alike(findings, exact=exact):
        yield group.finding()


def _sameness(finding: Finding, *, exact: bool) -> Sameness:
    pointer = finding.location.pointer if finding.location else None
    said = finding.message if exact else _VALUE.sub("…", finding.message)
    return finding.rule, finding.key.partition("/")[0], _POSITION.sub("/…", pointer or ""), said
