"""Only what is changed changes, in every form and in every manifest of the corpus."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UnreadableFile
from validator.manifests.provenance import read_provenance
from validator.manifests.provenance_edits import edit_provenance

NEW = "0" * 32 + "-3"
URL = "https://a.s3.amazonaws.com/b/orf.parquet"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f'[{{"subset":"a","url":"{URL}","etag":""}}]',
            f'[{{"subset":"a","url":"{URL}","etag":"{NEW}"}}]',
        ),
        (
            f'[\r\n\t{{ "etag" : "" ,\r\n"subset": "\\u00e9", "url": "{URL}", "x": [1, {{"etag": ""}}] }}\r\n]  ',
            f'[\r\n\t{{ "etag" : "{NEW}" ,\r\n"subset": "\\u00e9", "url": "{URL}", "x": [1, {{"etag": ""}}] }}\r\n]  ',
        ),
        (
            f'[\n  {{\n    "subset": "a",\n    "url": "{URL}"\n  }}\n]\n',
            f'[\n  {{\n    "subset": "a",\n    "url": "{URL}",\n    "etag": "{NEW}"\n  }}\n]\n',
        ),
        (f'\ufeff[{{"profile_url":"{URL}","subset":"a","etag":null}}]', None),
    ],
)
def test_json(before, after):
    after = after or before.replace("null", f'"{NEW}"')
    assert edit_provenance(before.encode(), {0: {"etag": NEW}}) == after.encode()
    assert edit_provenance(before.encode(), {}) == before.encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'"subset","url","etag"\n"a","{URL}",""\n', f'"subset","url","etag"\n"a","{URL}","{NEW}"\n'),
        (f"subset,url,etag\r\n\r\na,{URL},\r\n", f"subset,url,etag\r\n\r\na,{URL},{NEW}\r\n"),
        (f"etag,Subset,URL,note\nx,a,{URL},n", f"{NEW},a,{URL},n"),
        (f'"subset","url"\n"a", "{URL}",\n', f'"subset","url","etag"\n"a", "{URL}","{NEW}"\n'),
        (f'"subset","url"\n"a","{URL}"\n', f'"subset","url","etag"\n"a","{URL}","{NEW}"\n'),
        (f'"a", "{URL}",\n', f'"a", "{URL}","{NEW}"\n'),
        (f'"a""b",{URL}', f'"a""b",{URL},{NEW}'),
    ],
)
def test_csv(before, after):
    if before.startswith("etag"):
        after = before.replace("\nx,", f"\n{NEW},")
    assert edit_provenance(before.encode(), {0: {"etag": NEW}}) == after.encode()


def test_numbers_and_nothing():
    content = f'[{{"subset":"a","url":"{URL}","size":null,"part_size":5}}]'.encode()
    edited = edit_provenance(content, {0: {"size": 7, "part_size": None, "version_id": "v"}})
    assert edited == f'[{{"subset":"a","url":"{URL}","size":7,"part_size":null,"version_id":"v"}}]'.encode()


def test_a_column_that_is_not_there_is_not_made_up():
    with pytest.raises(UnreadableFile):
        edit_provenance(f"subset,url\na,{URL}\n".encode(), {0: {"size": 5}})


CELLS = st.text(alphabet='ab", \n\r\té', max_size=6)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.data(),
)
def test_tables_of_any_content(rows, end, quoting, data):
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=end, quoting=quoting).writerows([("subset", "url", "etag"), *rows])
    content = stream.getvalue().encode()
    manifest = read_provenance(content)
    if not manifest.entries:
        return
    chosen = data.draw(st.sampled_from(manifest.entries)).position
    try:
        edited = edit_provenance(content, {chosen: {"etag": NEW}})
    except UnreadableFile:
        # A blank before a quoted cell is dropped by the reader: refused rather than edited wrongly.
        assert any(cell.startswith(" ") for row in rows for cell in row)
        return
    for old, new in zip(manifest.entries, read_provenance(edited).entries, strict=True):
        assert new.fields == (old.fields | {"etag": NEW} if old.position == chosen else old.fields)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=4), VALUES, min_size=1, max_size=4), min_size=1, max_size=4),
    st.sampled_from([None, 2, "\t"]),
    st.booleans(),
    st.data(),
)
def test_json_of_any_content(objects, indent, ascii_only, data):
    content = json.dumps(objects, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    objects = json.loads(content)
    chosen = data.draw(st.integers(0, len(objects) - 1))
    name = data.draw(st.sampled_from([*objects[chosen], "etag"]))
    objects[chosen][name] = NEW
    assert json.loads(edit_provenance(content, {chosen: {name: NEW}})) == objects


def test_every_manifest_of_the_corpus(corpus):
    for path in sorted((corpus / "manifests").iterdir()):
        content = path.read_bytes()
        manifest = read_provenance(content)
        same = {entry.position: {"etag": entry.fields.get("etag")} for entry in manifest.entries}
        if all(values["etag"] for values in same.values()):
            assert edit_provenance(content, same) == content, path.name
        changed = len(manifest.entries) // 2
        lines, edited = content.split(b"\n"), edit_provenance(content, {changed: {"etag": NEW}}).split(b"\n")
        differing = [
            index for index, pair in enumerate(zip(lines, edited, strict=False)) if pair[0] != pair[1]
        ]
        added = len(edited) - len(lines)
        assert added in {0, 1}, path.name
        if not added:
            header = manifest.kind == "provenance-csv" and manifest.has_header and b"etag" not in lines[0]
            assert len(differing) == 1 + header, path.name
