"""Folders placed by their form have the place that the layout gives each of them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from validator.index.steps import steps_to
from validator.rulebook.forms import FINE, Forms, sort_of
from validator.rulebook.layout import load_layout

PLATES = ("BR01", "BR0", "A01", "outlines", "analysis", "1086289792", "a.b+")
LEAVES = (
    "{0}-A01-1",
    "{0}-B02",
    "{0}",
    "A01-1",
    "A01",
    "BR01-A01-2",
    "{0}-ZZ-x",
    "{0}A01",
    "outlines",
    "{0}-A01-1-2",
)
BELOW = ("", "outlines/", "outlines/deep/", "@eaDir/", "Images/", "{0}-A01-1/", "A01/")
AREAS = (
    "workspace/analysis/2024_03_05_Run1/{0}/analysis/{1}/{2}",
    "workspace/analysis/2024_03_05_Run1/{0}/{1}/{2}",
    "workspace/analysis/2024_03_05_Run1/{0}/analysys/{1}/{2}",
    "workspace/segmentation/2024_03_05_Run1/{0}/{1}/{2}",
    "images/2024_03_05_Run1/images/{0}__2024-03-05T10_12_41-Measurement1/{1}/{2}",
    "images/2024_03_05_Run1/illum/{0}/{1}/{2}",
    "workspace/{1}/{2}",
)


@st.composite
def keys(draw):
    plate = draw(st.sampled_from(PLATES))
    leaf = draw(st.sampled_from(LEAVES)).format(plate)
    below = draw(st.sampled_from(BELOW)).format(plate)
    return "cpg0099-example/broad/" + draw(st.sampled_from(AREAS)).format(plate, leaf, below)


def forms_of(forms, keys):
    steps = steps_to(keys)
    found, known = forms.along(steps), list(forms)
    return [known[found[last]] for last in steps.last.tolist()]


@settings(max_examples=200)
@given(st.lists(keys(), min_size=1, max_size=30))
def test_a_form_is_the_place_but_for_wells_and_sites(listed):
    layout, forms = load_layout(), Forms(load_layout())
    sorts = {}
    for key in listed:
        (form,), place = forms_of(forms, [key]), layout.place_folder(key)
        assert form.place.kind == place.kind
        assert layout.step_of(form.place) == layout.step_of(place)
        assert (form.place.misfit, form.place.entities.keys()) == (place.misfit, place.entities.keys())
        assert all(
            form.place.entities[name] == value for name, value in place.entities.items() if name not in FINE
        )
        assert form.sort == sort_of(key, place)
        assert sorts.setdefault(form.number, form.sort) == form.sort
        assert list(forms)[form.index] is form
    assert len(set(sorts.values())) == len(sorts)
    every = sorted(set(listed))
    assert forms_of(forms, every) == [form for key in every for form in forms_of(forms, [key])]


def test_the_sites_of_all_plates_are_few_forms():
    forms, asked = Forms(load_layout()), []
    for plate in range(5):
        for well in range(10):
            home = f"cpg0099-example/broad/workspace/analysis/2024_03_05_Run1/BR{plate}/analysis/"
            asked.append(f"{home}BR{plate}-A{well:02d}-1/outlines/")
    steps = steps_to(sorted(asked))
    found = forms.along(steps)
    assert len(list(forms)) == len(set(found)) == 6 + 5 * 4, (
        "the root and what leads there, and four steps of each plate"
    )
    assert len(steps.names) == len(found) - 1 == 5 + 5 * 2 + 5 * 10 * 2
