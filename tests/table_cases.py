"""Calls one check on one table, without a folder on disk."""

import io
from types import SimpleNamespace

from validator.checks.dataset import Dataset, PlacedFile
from validator.models.listing import Entry
from validator.models.place import Place

HOME = "cpg0099-example/broad/"
BATCH = "2024_03_05_Run1"


def judge(check, kind, content, *, name="load_data.csv", plate="BR01", scope="arrayed"):
    """Findings of a check on a file with this content."""
    content = content.encode() if isinstance(content, str) else content
    folder = {"workspace.load_data": f"workspace/load_data_csv/{BATCH}/{plate}"}.get(
        kind, f"workspace/metadata/{BATCH}"
    )
    entry = Entry(f"{HOME}{folder}/{name}", name, len(content))
    entities = {"project": "cpg0099-example", "source": "broad", "batch": BATCH, "plate": plate}
    dataset = Dataset(
        root="example",
        names=("cpg0099-example/broad",),
        complete=True,
        layout=SimpleNamespace(),
        policy=SimpleNamespace(),
        scope=scope,
        folders=[],
        opener=lambda _entry: io.BytesIO(content),
    )
    return list(check(PlacedFile(entry, Place(kind, entities)), dataset))


def by_rule(findings):
    """Findings by the number of their rule; each may come once."""
    found = {finding.rule: finding for finding in findings}
    assert len(found) == len(findings), [(f.rule, f.message) for f in findings]
    return found
