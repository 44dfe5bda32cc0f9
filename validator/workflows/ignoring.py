"""Takes out of a listing what a configuration leaves out, and the configuration itself."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from validator.models.configuration import Configuration
from validator.models.listing import Folder, Scan, Trouble
from validator.rulebook.config_name import CONFIG_NAME, is_config
from validator.rulebook.ignore import Ignoring


@dataclass
class LeftOut:
    """What was taken out of a listing, filled while it goes on.

    Attributes
    ----------
    ignoring
        What is to be left out; ``None`` for nothing.
    files, sizes
        Number and bytes of the files that each entry of the configuration left out, by its index.
    configs
        Key and path of every configuration that lies in the data.
    """

    ignoring: Ignoring | None = None
    files: dict[int, int] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    configs: list[tuple[str, str]] = field(default_factory=list)

    def filter(self, scan: Scan) -> Scan:
        """Let everything else pass; what cannot be listed is left out like files are."""
        for found in scan:
            if isinstance(found, Trouble):
                if not self._leaves_out(found.key, 0):
                    yield found
            else:
                yield from self._rest_of(found)

    def record(self, configuration: Configuration | None) -> Configuration | None:
        """The configuration with the counts, and with the files that do not hold."""
        in_force = configuration.file if configuration else None
        not_used = [key for key, path in self.configs if in_force is None or not _same(path, in_force)]
        if configuration is None:
            return Configuration(not_used=not_used) if not_used else None
        ignored = [
            entry.model_copy(update={"files": self.files.get(i, 0), "size": self.sizes.get(i, 0)})
            for i, entry in enumerate(configuration.ignored)
        ]
        return configuration.model_copy(update={"ignored": ignored, "not_used": not_used})

    def _rest_of(self, folder: Folder) -> Iterator[Folder]:
        key = folder.key
        if self.ignoring is None and key.count("/") > 2:
            yield folder
            return
        if self.ignoring is not None and (index := self.ignoring.index_of(key)) is not None:
            self._count(index, len(folder.names), folder.size)
            return
        kept = []
        for i, name in enumerate(folder.names):
            if name == CONFIG_NAME and is_config(key + name):
                self.configs.append((key + name, f"{folder.path}/{folder.disk_names.get(name, name)}"))
            elif not self._leaves_out(key + name, folder.sizes[i]):
                kept.append(i)
        if len(kept) == len(folder.names):
            yield folder
        elif kept:
            yield folder.only(kept)

    def _leaves_out(self, key: str, size: int) -> bool:
        index = self.ignoring.index_of(key) if self.ignoring is not None else None
        if index is not None:
            self._count(index, 1, max(size, 0))
        return index is not None

    def _count(self, index: int, files: int, size: int) -> None:
        self.files[index] = self.files.get(index, 0) + files
        self.sizes[index] = self.sizes.get(index, 0) + size


def _same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)
