"""A rule: what is judged, why, and how to mend what fails it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from validator.models.finding import Finding, Level, Location

Family = Literal["layout", "tables", "links", "images", "documents", "objects", "tool"]
FAMILIES: tuple[Family, ...] = ("layout", "tables", "links", "images", "documents")
EXAMPLES_KEPT = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """Declared once, beside the code that checks it; pages and hooks are generated from it.

    Attributes
    ----------
    id
        ``CPG`` and three digits, never used again for something else.
    slug
        Stable name in words, ``batch-undated``.
    title
        The rule as one sentence that is true when all is well.
    why
        Why anybody should care, one to three sentences.
    mend
        How to mend it, one sentence that begins with a verb.
    family
        Which ``--only`` selects it.
    level
        Level when the policy says nothing else.
    source
        Where the rule comes from: a page of the Gallery's documentation, or this project.
    """

    id: str
    slug: str
    title: str
    why: str
    mend: str
    family: Family
    level: Level = Level.ERROR
    source: str = "Cell Painting Gallery documentation"

    def finding(
        self,
        key: str,
        message: str,
        *,
        location: Location | None = None,
        expected: str | None = None,
        actual: str | None = None,
        hint: str | None = None,
        count: int = 1,
        examples: Iterable[str] = (),
        size: int | None = None,
    ) -> Finding:
        """Make a finding of this rule; the runner sets the level that the policy gives."""
        return Finding(
            rule=self.id,
            slug=self.slug,
            level=self.level,
            key=key,
            location=location,
            message=message,
            expected=expected,
            actual=actual,
            hint=hint,
            count=count,
            examples=list(examples)[:EXAMPLES_KEPT],
            size=size,
        )
