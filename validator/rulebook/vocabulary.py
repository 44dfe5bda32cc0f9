"""Lists of what is known to be in the Gallery."""

from functools import cache

from validator.rulebook.locate import read_rulebook_file


@cache
def known_projects() -> tuple[str, ...]:
    """Names of the projects that are in the Gallery already."""
    return tuple(read_rulebook_file("vocabularies/projects.yaml")["known"])
