"""How a product was made: permalinks to a recipe and to its configurations."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from validator.errors import UsageError
from validator.manifests.permalinks import Pin, pinned_to, points_to

_WHY_NOT: dict[Pin, str] = {
    "branch": "points to a branch, which moves on",
    "nothing": "names no commit",
    "not-https": "is not an https address",
}
MEND = "On GitHub, press y: the address then holds the commit"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What made the products of an upload.

    Attributes
    ----------
    recipe
        Permalink to the tree of the repository.
    config
        Permalink to the configuration; empty when every subset has its own.
    configs
        Permalinks of single subsets, by the name of the subset's folder in lower case.
    """

    recipe: str
    config: str = ""
    configs: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse links that will lead elsewhere one day.

        Raises
        ------
        UsageError
            If one is not pinned, or leads to the wrong sort of thing.
        """
        links = {"--recipe": [self.recipe], "--recipe-config": [self.config, *self.configs.values()]}
        for option, given in links.items():
            for link in filter(None, given):
                if why := _WHY_NOT.get(pinned_to(link)):
                    raise UsageError(f"{option} {link} {why}", MEND)
        if points_to(self.recipe) == "file":
            raise UsageError(
                f"--recipe {self.recipe} leads to a single file", "Name the tree of the repository"
            )
        for link in links["--recipe-config"]:
            if link and points_to(link) == "repository":
                raise UsageError(f"--recipe-config {link} leads to a repository", "Name the file in it")

    def config_of(self, subset: str) -> str:
        """Configuration of a subset, by the name of its folder.

        Raises
        ------
        UsageError
            If there is none for it.
        """
        config = self.configs.get(subset.lower(), self.config)
        if not config:
            raise UsageError(
                f"There is no --recipe-config for the subset {subset}",
                f"Say --recipe-config {subset}=URL, or one URL for all",
            )
        return config


def parse_recipe(recipe: str | None, configs: tuple[str, ...]) -> Recipe | None:
    """Understand ``--recipe URL`` and ``--recipe-config [SUBSET=]URL``; ``None`` when neither is given.

    Raises
    ------
    UsageError
        If one is given without the other, or a link is not pinned.
    """
    if recipe is None and not configs:
        return None
    if recipe is None or not configs:
        lacking = "--recipe-config" if recipe else "--recipe"
        raise UsageError(f"{lacking} is missing", "A product has a recipe and a configuration: give both")
    of_subsets: dict[str, str] = {}
    for text in configs:
        subset, equals, link = text.partition("=")
        named = bool(equals) and "/" not in subset
        of_subsets[subset.strip().lower() if named else ""] = link.strip() if named else text.strip()
    made = Recipe(recipe.strip(), of_subsets.pop("", ""), of_subsets)
    made.check()
    return made
