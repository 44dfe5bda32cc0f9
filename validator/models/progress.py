"""How long steps tell that they go on; reporters show it, everything below only calls it."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Step(Protocol):
    """One long step that is under way."""

    def advance(self, amount: int = 1) -> None:
        """So much more is done (in the step's unit)."""

    def note(self, text: str) -> None:
        """Show a few words beside the numbers."""

    def large(self, name: str, done: int, total: int) -> None:
        """Show how far one large thing of many is, a file of gigabytes; it disappears when it is done."""


class Progress(Protocol):
    """Where long steps are announced."""

    def step(self, label: str, total: int | None = None, unit: str = "files") -> AbstractContextManager[Step]:
        """Begin a step; ``unit`` is ``files`` or ``B`` (bytes, shown as kB, MB, GB)."""


class _SilentStep:
    def advance(self, amount: int = 1) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def large(self, name: str, done: int, total: int) -> None:
        pass


class SilentProgress:
    """Progress that shows nothing."""

    def step(self, label: str, total: int | None = None, unit: str = "files") -> AbstractContextManager[Step]:  # noqa: ARG002  the protocol's signature
        """Begin a step that nobody watches."""
        return nullcontext(_SilentStep())
