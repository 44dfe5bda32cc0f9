"""Which undo file is meant when none is named."""

from datetime import UTC, datetime

from validator.workflows import fix_undo
from validator.workflows.fix_undo import UndoWriter, find_undo, new_undo_path, newest_undo


class OneSecond(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, 20, 14, 5, 33, tzinfo=tz or UTC)


def test_within_one_second_the_number_in_the_name_tells(tmp_path, monkeypatch):
    monkeypatch.setattr(fix_undo, "datetime", OneSecond)
    written = []
    for _ in range(11):
        writer = UndoWriter(new_undo_path(tmp_path, "cpg0099-demo/lab"), tmp_path)
        writer.rename("workspace/profile", "profiles")
        written.append(writer.commit().path)
    assert [path.name for path in (written[0], written[-1])] == [
        "cpgate-undo-cpg0099-demo_lab-20261120T140533Z.jsonl",
        "cpgate-undo-cpg0099-demo_lab-20261120T140533Z-11.jsonl",
    ]
    for path in reversed(written):
        newest, unfinished = newest_undo([tmp_path], None), find_undo(tmp_path, tmp_path)
        assert newest is not None
        assert unfinished is not None
        assert newest.path == unfinished.path == path
        path.unlink()
    assert newest_undo([tmp_path], None) is None
