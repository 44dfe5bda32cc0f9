"""Makes the pages of the rules and of the layout while the site is built, from the rules and the rulebook themselves."""

from itertools import groupby

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from validator.checks.registry import all_rules
from validator.reporters.pages import rule_pages
from validator.reporters.record_page import record_page
from validator.reporters.tree_page import documented_paths, tree_page
from validator.rulebook.imagers import load_imagers
from validator.rulebook.locate import rulebook_readme, rulebook_version
from validator.rulebook.policy import load_policy
from validator.rulebook.template import load_entities
from validator.rulebook.tree import load_tree

POLICIES = ("contribution", "gallery")
FOLDER = "rules"
TREE = "layout.md"
RECORDS = "records.md"
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
    config.nav.append({"Where everything lies": TREE})
    config.nav.append({"Every field": RECORDS})
    config.nav.append({"Rules": entries})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add one page for each rule, the list of all, and the layout."""
    policies = {name: load_policy(name).level for name in POLICIES}
    for name, text in rule_pages(all_rules(), policies).items():
        files.append(File.generated(config, f"{FOLDER}/{name}", content=text))
    entities = load_entities()
    page = tree_page(
        rulebook_version(),
        list(documented_paths(load_tree(), entities)),
        entities,
        [spec for spec, _ in load_imagers()],
        rulebook_readme("Versions"),
    )
    files.append(File.generated(config, TREE, content=page))
    files.append(File.generated(config, RECORDS, content=record_page()))
    return files
