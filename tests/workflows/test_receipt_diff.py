from hypothesis import given
from hypothesis import strategies as st
from made_receipts import header, record

from validator.manifests.receipt import write_receipt
from validator.workflows.receipt_diff import diff_receipts


def compare(folder, before, after):
    paths = []
    for name, records in (("before", before), ("after", after)):
        path = folder / f"{name}.jsonl"
        path.unlink(missing_ok=True)
        paths.append(write_receipt(path, header(), sorted(records, key=lambda r: r.key)).path)
    return diff_receipts(*paths)


def keys(known):
    return [k.key for k in known]


def pairs(known):
    return [(old.key, new.key) for old, new in known]


def test_each_sort_of_difference(tmp_path):
    before = [record("a/1.tif", 1), record("a/2.tif", 2), record("a/3.tif", 3), record("a/4.tif", 4)]
    after = [record("a/1.tif", 1), record("a/2.tif", 9), record("b/3.tif", 3), record("b/5.tif", 5)]
    diff = compare(tmp_path, before, after)
    assert (diff.same, diff.exit_code) == (1, 1)
    assert pairs(diff.changed) == [("a/2.tif", "a/2.tif")]
    assert pairs(diff.moved) == [("a/3.tif", "b/3.tif")]
    assert keys(diff.added) == ["b/5.tif"]
    assert keys(diff.removed) == ["a/4.tif"]


def test_other_parts_are_no_difference(tmp_path):
    one = record("a", 1)
    other = record("a", 1, etag="2" * 32 + "-2", part_size=6, parts=2, state="resumed")
    assert compare(tmp_path, [one], [other]).exit_code == 0


def test_of_several_with_the_same_bytes_the_same_name_moves_first(tmp_path):
    before = [record("a/1.tif", 7), record("a/2.tif", 7), record("a/3.tif", 7)]
    after = [record("b/0.tif", 7), record("b/3.tif", 7)]
    diff = compare(tmp_path, before, after)
    assert pairs(diff.moved) == [("a/1.tif", "b/0.tif"), ("a/3.tif", "b/3.tif")]
    assert keys(diff.removed) == ["a/2.tif"]


def test_empty_files_move_only_with_their_name(tmp_path):
    def empty(key):
        return record(key, 0, size=0)

    diff = compare(tmp_path, [empty("a/x"), empty("a/y")], [empty("b/x"), empty("b/z")])
    assert pairs(diff.moved) == [("a/x", "b/x")]
    assert keys(diff.added) == ["b/z"]
    assert keys(diff.removed) == ["a/y"]


contents = st.dictionaries(
    st.text(alphabet="ab/é", min_size=1, max_size=4), st.integers(0, 3).filter(lambda n: n != 10), max_size=8
)


@given(contents, contents)
def test_every_key_is_counted_once(tmp_path_factory, before, after):
    folder = tmp_path_factory.getbasetemp()
    diff = compare(
        folder, [record(k, n) for k, n in before.items()], [record(k, n) for k, n in after.items()]
    )
    common = set(before) & set(after)
    assert diff.same == sum(before[key] == after[key] for key in common)
    assert set(keys(old for old, _ in diff.changed)) == {key for key in common if before[key] != after[key]}
    assert sorted(keys(diff.added) + [new for _, new in pairs(diff.moved)]) == sorted(
        set(after) - set(before)
    )
    assert sorted(keys(diff.removed) + [old for old, _ in pairs(diff.moved)]) == sorted(
        set(before) - set(after)
    )
    assert all(before[old] == after[new] for old, new in pairs(diff.moved))
