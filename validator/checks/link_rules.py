"""Rules of associations between nodes (CPG632-CPG638)."""

from validator.checks.info_rules import SOURCE
from validator.models.finding import Level
from validator.models.rule import Rule

LINK_DANGLING = Rule(
    id="CPG632",
    slug="link-dangling",
    title="Every node that is listed is in the package",
    why="Programs that walk along the link stop there.",
    mend="Add the node, or remove its name from the lists.",
    family="links",
    source=SOURCE,
)
LINK_OUTSIDE = Rule(
    id="CPG633",
    slug="link-outside-subset",
    title="A subset holds every node that its nodes list",
    why="The package says that it is a part of another one, so the node is there; here the link leads nowhere.",
    mend="Add the node if the subset should be closed; otherwise leave it.",
    family="links",
    level=Level.WARNING,
    source=SOURCE,
)
LINK_ONE_SIDED = Rule(
    id="CPG634",
    slug="link-one-sided",
    title="A node lists another one exactly when that one lists it, too",
    why="From one side the link is there, from the other it is not: what is counted depends on where one begins.",
    mend="Add the missing name, or remove the one that is too many.",
    family="links",
    source=SOURCE,
)
LINK_COUNT = Rule(
    id="CPG636",
    slug="link-count",
    title="A well is of one plate, a field of view of one plate, well and line, a segmentation of one field of view",
    why="With two of them nobody knows which image or which cells are meant; with none the node belongs nowhere.",
    mend="Name the one that it is.",
    family="links",
    source=SOURCE,
)
LINK_VALUE = Rule(
    id="CPG637",
    slug="link-value",
    title="plate_barcode, well_name and line agree with the links",
    why="Tables are joined by these values, viewers walk the links: when they disagree, results depend on the program.",
    mend="Correct the value or the link.",
    family="links",
    source=SOURCE,
)
LINK_DETOUR = Rule(
    id="CPG638",
    slug="link-detour",
    title="A node names the same plate, well and line as the node that it belongs to",
    why="A segmentation in another well than its field of view is counted in both.",
    mend="Correct the link that is wrong.",
    family="links",
    source="cpgate",
)
