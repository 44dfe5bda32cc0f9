"""Rules of info documents (CPG620-CPG627) and of the form of their associations (CPG630, CPG631)."""

from validator.models.finding import Level
from validator.models.rule import Rule

SOURCE = "Allen Institute for Cell Science, tutorial on automated access to cell images"

INFO_UNREADABLE = Rule(
    id="CPG620",
    slug="info-unreadable",
    title="An info document is a JSON object",
    why="What is known of the node stands there; a document that no program can read takes the node out of every analysis.",
    mend="Write the info document again as one JSON object.",
    family="documents",
    source=SOURCE,
)
ATTRIBUTE_UNDOCUMENTED = Rule(
    id="CPG621",
    slug="attribute-undocumented",
    title="Every attribute of an info document is described in SCHEMA",
    why="Nobody can use a value of which nobody says what it means.",
    mend="Describe the attribute in SCHEMA, or remove it from the info documents.",
    family="documents",
    source=SOURCE,
)
ATTRIBUTE_MISSING = Rule(
    id="CPG622",
    slug="attribute-missing",
    title="Every info document has all attributes that SCHEMA describes for its kind",
    why="Programs that read all nodes of a kind stop at the first that lacks an attribute.",
    mend="Add the attribute, with null where the value is not known.",
    family="documents",
    source=SOURCE,
)
ATTRIBUTE_TYPE = Rule(
    id="CPG623",
    slug="attribute-type",
    title="Values in info documents are of the types that SCHEMA declares, or null",
    why="A number written as text sorts as text and compares with nothing; the mistake shows only in results.",
    mend="Write the value as the declared type, or declare the type in SCHEMA.",
    family="documents",
    source=SOURCE,
)
CHANNELS_FORM = Rule(
    id="CPG624",
    slug="channels-form",
    title="channels lists one object for each channel of the image, with dye_name and use",
    why="Viewers name the channels by dye_name, and show those whose use is set.",
    mend='Write a list of objects such as {"dye_name": "EGFP", "use": 1}, in the order of the image.',
    family="documents",
    source=SOURCE,
)
EDITS_FORM = Rule(
    id="CPG625",
    slug="edits-form",
    title="edits lists one object for each edit of the genome, with its gene",
    why="A line is found by the gene that is tagged in it.",
    mend='Write a list of objects such as {"gene": "TJP1", "fluorescent_protein": "mEGFP"}.',
    family="documents",
    source=SOURCE,
)
SUBSET_FORM = Rule(
    id="CPG626",
    slug="subset-declaration",
    title="SUBSET says in the field of which package this is a part",
    why="Links to nodes that are not here are forgiven only because the whole package has them: the reader must know which.",
    mend='Write SUBSET.json as a JSON object: {"of": "aics/cell_lines", "select": "lines=AICS-23"}.',
    family="documents",
    source="cpgate",
)
CHANNELS_UNUSED = Rule(
    id="CPG627",
    slug="channels-unused",
    title="At least one channel of a field of view is of use",
    why="Viewers show the channels whose use is set: of this field of view they show nothing.",
    mend="Set use of the channels that may be used to 1.",
    family="documents",
    level=Level.WARNING,
    source=SOURCE,
)
LINK_FORM = Rule(
    id="CPG630",
    slug="link-form",
    title="An association is a list of names of nodes, also of a single one",
    why="Programs walk along these lists; a bare name is walked letter by letter.",
    mend='Write a list: ["line_AICS_23"].',
    family="links",
    source=SOURCE,
)
LINK_TWICE = Rule(
    id="CPG631",
    slug="link-twice",
    title="An association names every node once",
    why="A node that is listed twice is counted twice.",
    mend="Remove the repeated name.",
    family="links",
    source=SOURCE,
)
