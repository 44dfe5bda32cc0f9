"""botocore's descriptions of AWS's services, found and read in a third of the time.

botocore looks into all its four hundred folders for each kind of description, and reads 3.5 MB of JSON into ordered
dictionaries: two thirds of what the first client of a process costs.
"""

import gzip
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.session
from botocore.loaders import JSONFileLoader, Loader
from pydantic_core import from_json


class _JsonFiles(JSONFileLoader):
    """Reads one description."""

    def load_file(self, file_path: str) -> Any:
        """Read the first of the two files that there is; ``None`` if there is none."""
        for ending in (".json", ".json.gz"):
            with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
                data = Path(file_path + ending).read_bytes()
                return from_json(
                    gzip.decompress(data) if ending == ".json.gz" else data, cache_strings="keys"
                )
        return None


class ServiceModels(Loader):
    """Finds descriptions in botocore's folders, those of ``~/.aws/models``, and those of ``AWS_DATA_PATH``.

    Parameters
    ----------
    session
        Whose configuration may name more folders.
    """

    def __init__(self, session: botocore.session.Session) -> None:
        named = session.get_config_variable("data_path") or ""
        folders = [os.path.expanduser(os.path.expandvars(path)) for path in named.split(os.pathsep) if path]  # noqa: PTH111  as botocore does
        super().__init__(extra_search_paths=folders, file_loader=_JsonFiles())

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002  whether one has it shows when it is read
        """Names of all folders; botocore asks which services it knows whenever it wants one."""
        names: set[str] = set()
        for folder in self.search_paths:
            with suppress(OSError):
                names.update(os.listdir(folder))  # noqa: PTH208  names are all that is wanted
        return sorted(names)


def open_botocore_session() -> botocore.session.Session:
    """Make a session of botocore that finds and reads its descriptions faster."""
    session = botocore.session.get_session()
    session.register_component("data_loader", ServiceModels(session))
    return session
