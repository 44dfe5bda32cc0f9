from selected import select

from validator.digests.files import FileState
from validator.upload.comparing import leftovers
from validator.upload.journal import UploadRecord
from validator.upload.ledger import Ledger
from validator.upload.plan import Action, PlanItem


def test_uploads_that_nothing_resumes_are_left_over(tmp_path):
    ledger = Ledger(select("cpg0099-example/broad/a.sqlite", mtime_ns=5), tmp_path)
    used, shorter, old, other = (
        UploadRecord(name, f"cpg0099-example/broad/{file}", 8, FileState(20, 5))
        for name, file in (("1", "a.sqlite"), ("2", "a.sqlite"), ("3", "a.sqlite"), ("4", "b.sqlite"))
    )
    entry = ledger.files.entry(0)
    ledger.plan(0, PlanItem(entry, Action.RESUME, 8, upload=used))
    assert leftovers(ledger, [used, shorter, old, other]) == [shorter, old]
    ledger.plan(0, PlanItem(entry, Action.CONFLICT))
    assert leftovers(ledger, [used, shorter, old, other]) == [used, shorter, old]
    assert leftovers(ledger, []) == []
