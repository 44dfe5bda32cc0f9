import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.errors import UnreadableFile
from validator.manifests.provenance import Problem, read_provenance, recognise, recognise_content

ENTRY = {"subset": "orf", "url": "https://a.org/orf.parquet", "etag": ""}


def document(*entries):
    return json.dumps(entries).encode()


def test_json_keeps_fields_that_nobody_knows():
    manifest = read_provenance(document({**ENTRY, "note": [1, {"a": 2}]}))
    assert manifest.kind == "provenance-json"
    assert manifest.entries[0].fields["note"] == [1, [("a", 2)]]
    assert manifest.entries[0].problems == ()


def test_both_names_of_the_url_are_read():
    entry = {"subset": "orf", "profile_url": "https://a.org/orf.parquet"}
    (read,) = read_provenance(document(entry)).entries
    assert read.text("url") == "https://a.org/orf.parquet"
    assert read.problems == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"subset": "a"}]', Problem("url", "missing")),
        ('[{"subset": 5, "url": "u"}]', Problem("subset", "not-text")),
        ('[{"subset": "a", "url": "u", "etag": false}]', Problem("etag", "not-text")),
        ('[{"subset": "a", "url": "u", "size": "big"}]', Problem("size", "not-number")),
        ('[{"subset": "a", "url": "u", "part_size": -1}]', Problem("part_size", "not-number")),
        ('[{"subset": "a", "url": "u", "size": 1.5}]', Problem("size", "not-number")),
        ('[{"subset": "a", "url": "u", "sha256": 5}]', Problem("sha256", "not-text")),
        ('[{"subset": "a", "subset": "b", "url": "u"}]', Problem("subset", "twice")),
        ('[{"subset": "a", "url": "u", "profile_url": "v"}]', Problem("profile_url", "differs")),
    ],
)
def test_problems_of_entries(text, problem):
    assert read_provenance(text.encode()).entries[0].problems == (problem,)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b'[{"subset": "a",}]', "line 1"),
        (b'{"subset": "a"}', "not a list"),
        (b'{"datasets": [], "datasets": []}', "not a list"),
        (b'{"datasets": {}}', "not a list"),
        (b'{"datasets": [1]}', "Entry 1"),
        (b"[1]", "Entry 1"),
        (b"[" * 100_000, "brackets are nested without end"),
        (b"[" + b"9" * 5000 + b"]", "thousands of digits"),
        (b"subset,url\n" + b"a" * 200_000 + b",s3://b/k\n", "On line 2 a cell is too long"),
        (b"[\xff]", "not UTF-8"),
        (b'subset,url\n"a,b', "quotation mark"),
        (b"plain words\n", "neither"),
        (b"subset;url;etag\na;s3://b/k;\n", "Semicolons stand between its columns"),
        (b"subset\turl\na\ts3://b/k\n", "Tabs stand between its columns"),
        (b'[{"subset": "NaN",\n"score": NaN}]', "Line 2 holds NaN, which JSON does not have"),
        (b'[{"subset": "a", "score": -Infinity}]', "Line 1 holds -Infinity"),
        ('[{"subset": "a"}]'.encode("utf-16"), "UTF-16"),
        ('[{"subset": "a"}]'.encode("utf-16-le"), "zero bytes"),
    ],
)
def test_what_is_no_manifest(content, words):
    with pytest.raises(UnreadableFile, match=words):
        read_provenance(content)


def test_csv_with_header():
    manifest = read_provenance(
        b'"Subset","URL","etag"\n"a","https://a.org/x","1"\n\n"b","https://a.org/y",""\n'
    )
    assert manifest.has_header
    assert [(entry.line, entry.fields) for entry in manifest.entries] == [
        (2, {"subset": "a", "url": "https://a.org/x", "etag": "1"}),
        (4, {"subset": "b", "url": "https://a.org/y", "etag": ""}),
    ]
    assert manifest.surplus_lines == []
    assert manifest.spaced_quotes == []


def test_csv_without_header():
    manifest = read_provenance(b'"a", "https://a.org/x",\n"b", "https://a.org/y",\n')
    assert not manifest.has_header
    assert [entry.text("url") for entry in manifest.entries] == ["https://a.org/x", "https://a.org/y"]
    assert manifest.surplus_lines == [1, 2]
    assert manifest.spaced_quotes == [1, 2]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xef\xbb\xbf \n[", "provenance-json"),
        (b"subset,url\n", "provenance-csv"),
        (b'"x","https://a.org"\n', "provenance-csv"),
        (b'{"record":"header","format":"cpgate-receipt/1"}\n', "receipt"),
        (b'{"record":"header","format":"cpgate-report/1"}\n', "unknown"),
        (b"\x89PNG", "unknown"),
        (b"", "unknown"),
    ],
)
def test_kinds(head, kind, tmp_path):
    assert recognise_content(head) == kind
    (tmp_path / "file").write_bytes(head)
    assert recognise(tmp_path / "file") == kind


@given(
    st.one_of(st.binary(max_size=200), st.text(alphabet='[]{}",:\n subseturl0', max_size=200).map(str.encode))
)
def test_any_bytes_are_a_manifest_or_a_clear_error(content):
    try:
        manifest = read_provenance(content)
    except UnreadableFile as error:
        assert error.what  # noqa: PT017  both outcomes are right, a message is needed in this one
    else:
        assert [entry.position for entry in manifest.entries] == list(range(len(manifest.entries)))


def test_corpus_has_all_three_forms(corpus):
    read = {
        path.name: read_provenance(path.read_bytes()) for path in sorted((corpus / "manifests").iterdir())
    }
    forms = {(manifest.kind, manifest.has_header) for manifest in read.values()}
    assert forms == {("provenance-json", True), ("provenance-csv", True), ("provenance-csv", False)}
    for name, manifest in read.items():
        content = (corpus / "manifests" / name).read_text()
        assert len(manifest.entries) == len(re.findall("https://cellpainting-gallery", content)), name
        assert all(entry.problems == () for entry in manifest.entries), name


def test_products_below_the_word_datasets():
    manifest = read_provenance(b'{"datasets": ' + document(ENTRY, ENTRY) + b"}")
    assert (manifest.kind, manifest.wrapped) == ("provenance-json", True)
    assert [entry.pointer for entry in manifest.entries] == ["/datasets/0", "/datasets/1"]
    assert recognise_content(b'{ "datasets" :\n[') == "provenance-json"


def test_the_word_datasets_may_stand_beside_others():
    content = b'{"version": 2, "datasets": [{"subset": "orf", "url": "s3://b/k"}], "note": "x"}'
    assert recognise_content(content) == "provenance-json"
    assert read_provenance(content).entries[0].text("subset") == "orf"
    assert read_provenance(b'{"version": 2, "datasets": []}').entries == []
    assert recognise_content(b'{"record":"header","datasets":["cpg0051-heart/broad"]}') == "unknown"


def test_cells_that_no_column_holds_are_told_from_a_comma_at_the_end():
    manifest = read_provenance(b"subset,url\na,s3://b/k,\nb,s3://b/l,more\n")
    assert (manifest.surplus_lines, manifest.longer_lines) == ([2], [3])


def test_the_same_address_under_both_names_is_no_problem():
    (entry,) = read_provenance(document({**ENTRY, "profile_url": ENTRY["url"]})).entries
    assert entry.problems == ()


def test_sizes_in_json_and_csv():
    (entry,) = read_provenance(document({**ENTRY, "size": 5, "part_size": None})).entries
    assert entry.problems == ()
    (entry,) = read_provenance(b"subset,url,size\na,https://a.org/x,5\n").entries
    assert (entry.problems, entry.fields["size"]) == ((), "5")
