"""Examine the diagnosis of the eight beds in 06_break_it: it is scored as a whole, once every bed has a name."""

from collections.abc import Mapping

from nst_lessons.checks.examine import spelling
from nst_lessons.checks.question import Question, Wrong
from nst_lessons.checks.values import brief

_BEDS = {1: "inplace", 2: "normalise", 3: "range", 4: "clamp", 5: "reshape", 6: "detach", 7: "size", 8: "noise"}
_LOOK = {
    "inplace": "the picture looks fine, so read the chart. Which is the only bed that stores no negative value?",
    "normalise": "in the column 'fed', compare each bed with the healthy run.",
    "range": "a loss that does not move has a target out of reach. Which bed's network was fed such numbers?",
    "clamp": "read the column 'edge'. In which bed are many values stuck at 0 or 1?",
    "reshape": "in one bed the photo's objects are right, so the content is right. There, the style is wrong.",
    "detach": "compare the number of entries in the logs.",
    "size": "nothing crashed and the loss fell, but the photo hardly changed. In which bed did the content loss grow?",
    "noise": "look for single pixels that differ from their neighbours, and count the steps.",
}
_CONFUSED = {
    frozenset(pair): said
    for pair, said in {
        ("range", "normalise"): "both feed odd numbers, but one of them too small and one too large. Look at 'fed' again.",
        ("range", "size"): "both look like the photo. In one the loss fell, in the other it did not move.",
        ("detach", "size"): "both look like the photo, but only one reached its last step. Count the entries of the logs.",
        ("detach", "range"): "both look like the photo, but only one reached its last step. Count the entries of the logs.",
        ("reshape", "normalise"): "one has wrong colours, the other dull ones. Only one is fed unusual numbers.",
        ("clamp", "inplace"): "one picture comes from other layers, the other is stuck at 0 and 1. Read 'edge' and 'least'.",
        ("clamp", "noise"): "both are speckled. One has a shorter log, the other has values at the edge.",
    }.items()
}


def _examine_diagnosis(answer: dict) -> None:
    if not isinstance(answer, Mapping):
        raise Wrong(f"give a dictionary, as in {{1: 'clamp', 2: 'noise', ...}}; this is {brief(answer)}.")
    said = {bed: _named(answer, bed) for bed in _BEDS}
    missing = [bed for bed, name in said.items() if name is ...]
    if missing:
        raise Wrong(f"no diagnosis yet for {_listed(missing)}. All eight beds need one: they are scored together.")
    listed = [name for name in said.values() if not isinstance(name, str)]
    if listed:
        raise Wrong(f"each bed needs one name, a text; this is {brief(listed[0])}.")
    known = {spelling(name): name for name in _LOOK}
    unknown = sorted({name for name in said.values() if spelling(name) not in known})
    if unknown:
        raise Wrong(f"{', '.join(map(repr, unknown))} is not on the list: {', '.join(sorted(_LOOK))}.")
    names = {bed: known[spelling(name)] for bed, name in said.items()}
    twice = sorted({name for name in names.values() if list(names.values()).count(name) > 1})
    if twice:
        raise Wrong(f"you use {', '.join(map(repr, twice))} for more than one bed: use each of the eight names once.")
    mixed = [(right, names[bed]) for bed, right in _BEDS.items() if names[bed] != right]
    if mixed:
        raise Wrong(f"{8 - len(mixed)} of 8 are right. {_nudge(mixed)}")


def _named(answer: Mapping, bed: int) -> object:
    """Return the name given to a bed, whether its key is 1, "1" or "bed 1"; `...` if there is none."""
    for key, name in answer.items():
        digits = "".join(letter for letter in str(key) if letter.isdigit() or letter == ".")
        if digits and float(digits) == bed and name is not None:
            return name
    return ...


def _nudge(mixed: list[tuple[str, str]]) -> str:
    """Say what to look at next for one fault or one pair, but not which beds are right: then readers could just try them."""
    for right, name in mixed:
        if frozenset((right, name)) in _CONFUSED:
            return f"'{right}' and '{name}' are easy to confuse: {_CONFUSED[frozenset((right, name))]}"
    right, _ = mixed[0]
    return f"Think again about '{right}': {_LOOK[right]}"


def _listed(beds: list[int]) -> str:
    return ("bed " if len(beds) == 1 else "beds ") + ", ".join(map(str, beds))


diagnosis = Question(
    _examine_diagnosis,
    hints=[
        "In which beds does a number of the chart (fed, least, edge, log) differ from the healthy run?",
        "Start with the chart: in five beds, one number is unlike that of any other bed. Then look at the pictures of the "
        "other three: one has wrong colours, one keeps too much of the photo, one is grainy.",
        "Values at the edge: bed ____. The shortest log: bed ____. Fed the largest numbers: bed ____, the smallest: bed ____. "
        "No negative value stored: bed ____. Each belongs to one name on the list.",
    ],
    code="my_diagnosis = " + repr(_BEDS),
    why="Five of the eight faults show in a number (fed, stored, logged) sooner than in the picture: print it first.",
)
