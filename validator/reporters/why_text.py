"""How one path is placed, as text."""

from collections.abc import Iterator, Sequence

from validator.models.explanation import Explanation, LeftOutBecause, RuleInForce, Segment
from validator.models.finding import Level
from validator.reporters.escape import shown
from validator.reporters.style import Style

_FAMILIES = {
    "layout": "names and folders",
    "tables": "tables",
    "links": "links between files",
    "documents": "documents",
    "images": "images",
}
_EXPECTED = 8
_WIDEST = 44


def why_text(why: Explanation, style: Style) -> Iterator[str]:
    """Lines of the text, each with its newline."""
    yield style.finish(
        style.paint(shown(why.key), "bold") + ("" if why.on_disk else "   (only the key; not on disk)")
    )
    yield "\n"
    widest = min(max((len(shown(segment.name)) for segment in why.segments), default=0), _WIDEST)
    for segment in why.segments:
        yield from _segment(segment, widest, style)
    yield "\n"
    for label, text in _facts(why):
        yield from map(style.finish, style.wrap(f"{label:<9}{text}", 0, 9))
    yield from _rules(why.rules, style)
    if why.families:
        said = [f"{number} on {_FAMILIES.get(family, family)}" for family, number in why.families.items()]
        text = f"rules that look at the dataset as a whole: {', '.join(said)}"
        yield from map(style.finish, style.wrap(f"{'and by' if why.rules else 'judged':<9}{text}", 0, 9))


def _segment(segment: Segment, widest: int, style: Style) -> Iterator[str]:
    name = shown(segment.name)
    head = f"  {name:<{widest}}   "
    if len(name) > widest:  # what is said of it begins in the next line, where that of the others begins
        yield style.finish(f"  {name}")
        head = " " * (widest + 5)
    if segment.state == "misfit":
        text = f"has no place here{f', did you mean {shown(segment.nearest)}?' if segment.nearest else ''}"
        yield style.finish(head + style.paint(text, "red"))
        expected = [shown(name) for name in segment.expected[:_EXPECTED]]
        if len(segment.expected) > _EXPECTED:
            expected.append(f"… ({len(segment.expected) - _EXPECTED} others)")
        if expected:
            yield from map(style.finish, style.wrap(f"expected: {', '.join(expected)}", widest + 5))
        return
    text = {
        "below": "not looked at: it lies below what has no place",
        "free": f"anything may lie here ({segment.kind})",
    }.get(segment.state, segment.kind)
    said = ", ".join(f"{name} {shown(value)}" for name, value in segment.entities.items())
    meaning = f" ({segment.meaning})" if segment.meaning else ""
    lines = style.wrap(f"{text}{f': {said}' if said else ''}{meaning}", widest + 5)
    yield style.finish(head + lines[0].strip())
    yield from map(style.finish, lines[1:])


def _facts(why: Explanation) -> Iterator[tuple[str, str]]:
    if why.kind:
        said = ", ".join(f"{name} {shown(value)}" for name, value in why.entities.items())
        yield "kind", f"{why.kind}{f': {said}' if said else ''}"
    else:
        yield "kind", "none: it has no place in the layout"
    if why.image:
        yield "image", ", ".join(f"{name} {shown(value)}" for name, value in why.image.items())
    if why.left_out is not None:
        yield "left out", _left_out(why.left_out)
    configuration = f", {shown(why.configuration)}" if why.configuration else ""
    yield "policy", f"{shown(why.policy)}{configuration}"


def _left_out(because: LeftOutBecause) -> str:
    if because.why == "ignored":
        return (
            f"neither checked nor uploaded: {shown(because.pattern)} in {shown(because.origin)} ignores it "
            f"({shown(because.reason)})"
        )
    if because.why == "junk":
        return f"not uploaded: {because.pattern} is junk of {because.origin}"
    if because.why == "receipt":
        return "a receipt of an upload: about the data, never data"
    return "a configuration of cpgate: about the data, never data"


def _rules(rules: Sequence[RuleInForce], style: Style) -> Iterator[str]:
    label = "read by"
    for level in (Level.ERROR, Level.WARNING, Level.INFO, Level.OFF):
        names = [f"{rule.slug} ({rule.id})" for rule in rules if rule.level is level]
        if names:
            yield from map(style.finish, style.wrap(f"{label:<9}{level.value}: {', '.join(names)}", 0, 9))
            label = ""
    for rule in rules:
        if rule.origin:
            reason = f": {shown(rule.reason)}" if rule.reason else ""
            text = f"{rule.slug} is {rule.level.value}{reason} ({shown(rule.origin)})"
            yield from map(style.finish, style.wrap(f"{'':<9}{text}", 0, 11))
