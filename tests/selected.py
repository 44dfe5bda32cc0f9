"""Files of an upload, without a disk."""

from validator.models.listing import Folder
from validator.upload.files import FolderChoice, SelectedFiles


def select(*keys: str, size: int = 20, mtime_ns: int = 1_700_000_000_123_456_789) -> SelectedFiles:
    """Files with these keys, all of the same size and time."""
    folders: dict[str, Folder] = {}
    for key in sorted(keys):
        parent, _, name = key.rpartition("/")
        folder = folders.setdefault(f"{parent}/", Folder(f"{parent}/", f"/data/{parent}"))
        folder.add(name, size, mtime_ns)
    choices = [FolderChoice(key, len(folder.names), sum(folder.sizes)) for key, folder in folders.items()]
    return SelectedFiles(choices, folders.__getitem__)
