"""Lists a package in the style of the Allen Institute, as `listing` does a dataset."""

import time

from validator.checks.package import PackageDataset
from validator.index.building import IndexBuilder
from validator.models.listing import Folder, Scan
from validator.models.progress import Progress, SilentProgress
from validator.models.report import Listing
from validator.rulebook.config_name import CONFIG_NAME
from validator.rulebook.layout import load_package_layout
from validator.workflows.configuration import Settings
from validator.workflows.ignoring import LeftOut
from validator.workflows.listing import Source, listing_of, sort_out

PACKAGE_SCOPE = "package"
"""What reports name as the scope of a package."""


def list_package(
    source: Source, settings: Settings, progress: Progress | None = None
) -> tuple[PackageDataset, Listing]:
    """List a package in the style of the Allen Institute, whose keys begin at its root.

    Parameters
    ----------
    source
        What to list.
    settings
        What holds.
    progress
        Where the step is shown.

    Returns
    -------
    dataset : PackageDataset
        Folders with their places in a package.
    listing : Listing
        Counts and the digest.
    """
    began = time.monotonic()
    left_out = LeftOut(settings.ignoring)
    index = IndexBuilder(load_package_layout())
    with (progress or SilentProgress()).step("listing") as step:
        scan = left_out.filter(_without_configuration(source.scan()))
        junk, troubles = sort_out(scan, index, step)
        folders = index.finish()
    dataset = PackageDataset(
        root=source.root,
        names=(),
        complete=source.complete,
        layout=load_package_layout(),
        policy=settings.policy,
        scope=PACKAGE_SCOPE,
        folders=folders,
        junk=junk,
        troubles=troubles,
        configuration=left_out.record(settings.record),
        opener=None if "contents" in source.facts.unknown else source.open,
    )
    return dataset, listing_of(folders, troubles, source, began)


def _without_configuration(scan: Scan) -> Scan:
    """Take the configuration at the root of a package out of its files."""
    for found in scan:
        if isinstance(found, Folder) and not found.key and CONFIG_NAME in found.names:
            found = found.only([i for i, name in enumerate(found.names) if name != CONFIG_NAME])  # noqa: PLW2901
        yield found
