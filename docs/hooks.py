"""Makes the pages of the rules while the site is built, from the rules themselves."""

from itertools import groupby

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from validator.checks.registry import all_rules
from validator.reporters.pages import rule_pages
from validator.rulebook.policy import load_policy

POLICIES = ("contribution", "gallery")
FOLDER = "rules"
GROUPS = {
    "1": "Names and folders",
    "2": "Tables",
    "3": "Images",
    "4": "Links between files",
    "5": "Manifests",
    "6": "Documents",
    "7": "Objects and uploads",
    "9": "The tool itself",
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the rules into the navigation, by family."""
    rules = sorted(all_rules().values(), key=lambda rule: rule.id)
    entries: list[object] = [f"{FOLDER}/index.md"]
    for first, group in groupby(rules, key=lambda rule: rule.id[3]):
        pages = [{rule.slug: f"{FOLDER}/{rule.id}.md"} for rule in group]
        entries.append({GROUPS[first]: pages})
    assert config.nav is not None
    config.nav.append({"Rules": entries})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add one page for each rule, and the list of all."""
    policies = {name: load_policy(name).level for name in POLICIES}
    for name, text in rule_pages(all_rules(), policies).items():
        files.append(File.generated(config, f"{FOLDER}/{name}", content=text))
    return files
