"""The known projects are those of the Gallery."""

from validator.rulebook.vocabulary import known_projects


def test_known_projects_of_every_form():
    assert {"cpg0013", "cpg0016-jump", "cpg0016-jump-assembled", "cpg0036-EU-OS-bioactives"} <= set(
        known_projects()
    )


def test_corpus_lists_no_other(corpus):
    names = (corpus / "keys/projects.txt").read_text(encoding="utf-8").split()
    assert len(names) == 50
    assert set(names) <= set(known_projects())
