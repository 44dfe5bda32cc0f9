"""Publishes Quilt packages: the only module that knows quilt3, which asks stores with boto3 itself."""

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from validator.errors import CredentialsError, RemoteError, UsageError
from validator.models.quilt import PackageEntry, PackageHash, PhysicalKey
from validator.s3.client import S3Settings, make_client
from validator.s3.failures import LONGEST_MESSAGE, ObjectMissing, translated

NO_TELEMETRY = {"QUILT_DISABLE_USAGE_METRICS": "1", "QUILT_MINIMIZE_STDOUT": "true"}
"""Said before quilt3 is imported, which reads it then: no usage is reported, nothing is printed."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new revision changes, as logical keys.

    Attributes
    ----------
    added, changed, removed
        Entries that are new, that have other bytes or metadata, and that the package no longer has.
    kept
        How many stay exactly as they were, their version ids too.
    metadata
        Whether the metadata of the package changes.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    metadata: bool

    @property
    def any(self) -> bool:
        """Whether there is anything to publish."""
        return bool(self.added or self.changed or self.removed or self.metadata)


class PackageRevision:
    """A revision of a package that is about to be published.

    Parameters
    ----------
    name
        ``namespace/name``.
    registry
        ``s3://bucket``; the package is written below its ``.quilt/``.
    base
        Where the earlier revision is read, if the registry has none.
    settings
        How to reach the store.

    Attributes
    ----------
    earlier
        Hash of the earlier revision; empty when this is the first.
    here
        Whether the registry itself has that revision.

    Raises
    ------
    UsageError
        If quilt3 is not installed.
    RemoteError, CredentialsError
        If the registry cannot be read.
    """

    def __init__(self, name: str, registry: str, base: str, settings: S3Settings) -> None:
        self._quilt = import_quilt()
        self.name = name
        self.registry = registry
        self._client = make_client(settings)
        self.earlier = ""
        self.here = False
        self._package: Any = self._quilt.Package()
        for place in dict.fromkeys((registry, base)):
            found = self._browse(place)
            if found is not None:
                self._package = found
                self.earlier, self.here = found.top_hash, place == registry
                break

    def _browse(self, registry: str) -> Any:
        try:
            with self._asking(registry):
                return self._quilt.Package.browse(self.name, registry=registry)
        except ObjectMissing:
            return None

    def entries(self) -> Iterator[PackageEntry]:
        """Entries of the earlier revision."""
        for logical_key, entry in self._package.walk():
            place = entry.physical_key
            yield PackageEntry(
                logical_key=logical_key,
                place=PhysicalKey(place.bucket or "", place.path, place.version_id),
                size=entry.size,
                hash=PackageHash(**entry.hash),
                meta=entry.meta,
            )

    def compose(self, entries: Iterable[PackageEntry], meta: Mapping[str, Any]) -> Changes:
        """Make the package hold these entries, and nothing else; what is as it was is not touched."""
        before = {entry.logical_key: entry for entry in self.entries()}
        added: list[str] = []
        changed: list[str] = []
        kept = 0
        for entry in entries:
            earlier = before.pop(entry.logical_key, None)
            if earlier == entry:
                kept += 1
                continue
            (added if earlier is None else changed).append(entry.logical_key)
            self._package.set(entry.logical_key, self._entry(entry))
        for logical_key in before:
            self._package.delete(logical_key)
        other_meta = self._package.meta != dict(meta)
        self._package.set_meta(dict(meta))
        return Changes(tuple(added), tuple(changed), tuple(before), kept, other_meta)

    def _entry(self, entry: PackageEntry) -> Any:
        place = self._quilt.util.PhysicalKey(entry.place.bucket, entry.place.key, entry.place.version_id)
        meta = {"user_meta": dict(entry.meta)} if entry.meta else {}
        return self._quilt.packages.PackageEntry(place, entry.size, asdict(entry.hash), meta)

    def judge(self, message: str, workflow: str | None) -> None:
        """Let the workflow of the registry judge the package; nothing is written.

        Parameters
        ----------
        message
            What the revision is for.
        workflow
            Name of a workflow of the registry; ``None`` for its default one, empty for none at all.

        Raises
        ------
        UsageError
            If the workflow refuses it, with the reason that quilt3 gives.
        """
        with self._asking(self.registry):
            self._quilt.workflows.validate(
                registry=self._quilt.backends.get_package_registry(self.registry),
                workflow=_workflow(workflow),
                name=self.name,
                pkg=self._package,
                message=message,
            )

    def publish(self, message: str, workflow: str | None) -> str:
        """Write the manifest and the pointer to it; no object is copied or read. Returns the top hash.

        Raises
        ------
        UsageError
            If the workflow refuses the package.
        RemoteError, CredentialsError
            If the registry cannot be written, or somebody else published a revision meanwhile.
        """
        with self._asking(self.registry), contextlib.redirect_stdout(io.StringIO()):
            published = self._package.push(
                self.name,
                registry=self.registry,
                message=message,
                selector_fn=lambda *_: False,
                workflow=_workflow(workflow),
            )
            return str(published.top_hash)

    @contextlib.contextmanager
    def _asking(self, registry: str) -> Iterator[None]:
        """Let quilt3 ask the store with our client, and say what it raises in our words."""
        bucket = registry.removeprefix("s3://")
        before = self._quilt.hooks.set_build_s3_client_hook(lambda *_, **__: self._client)
        try:
            with translated(bucket, ".quilt/", "publish in"):
                yield
        except self._quilt.util.QuiltConflictException as error:
            raise RemoteError(
                f"somebody else published a revision of {self.name} in {registry} at this moment",
                "run the same command again",
            ) from error
        except self._quilt.workflows.WorkflowErrorBase as error:
            raise UsageError(
                f"The workflow of {registry} refuses the package: {_sentence(error)}",
                "See its .quilt/workflows/config.yml; --meta FILE adds metadata, --workflow chooses another.",
            ) from error
        except self._quilt.util.QuiltException as error:
            raise UsageError(
                f"quilt3 refuses the package: {_sentence(error)}",
                f"Look into .quilt/workflows/config.yml of {registry}, and at the options about workflows.",
            ) from error
        except self._quilt.data_transfer.S3NoValidClientError as error:
            raise CredentialsError(
                f"these credentials may not read {registry}/.quilt/",
                "publish in a bucket of your own with --dest-registry",
            ) from error
        finally:
            self._quilt.hooks.set_build_s3_client_hook(before)


def import_quilt() -> Any:
    """quilt3, told to report nothing to anybody.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    os.environ.update(NO_TELEMETRY)
    try:
        import quilt3  # noqa: PLC0415  0.7 s, and it is not always installed
        import quilt3.backends  # noqa: PLC0415  see above
        import quilt3.data_transfer  # noqa: PLC0415  see above
        import quilt3.hooks  # noqa: PLC0415  see above
        import quilt3.packages  # noqa: PLC0415  see above
        import quilt3.workflows  # noqa: PLC0415  see above
    except ImportError as error:
        raise UsageError(
            "Packages are made with quilt3, which is not installed here.",
            'Install it: pip install "cpgate[quilt]"',
        ) from error
    return quilt3


def _workflow(name: str | None) -> Any:
    """A choice of workflow as quilt3 understands it: its default, none at all, or the one of this name."""
    return ... if name is None else name or None


def _sentence(error: Exception) -> str:
    """What quilt3 says, on one line."""
    words = " ".join(str(error).split())
    return words if len(words) <= LONGEST_MESSAGE else f"{words[:LONGEST_MESSAGE]}…"
