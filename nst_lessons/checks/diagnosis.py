"""The diagnosis of the eight beds in 06_break_it: scored as a whole, once every bed has a name."""

from collections.abc import Mapping

from nst_lessons.checks.examine import spelling
from nst_lessons.checks.question import Question, Wrong
from nst_lessons.checks.values import brief

_BEDS = {1: "inplace", 2: "normalise", 3: "range", 4: "clamp", 5: "reshape", 6: "detach", 7: "size", 8: "noise"}
_LOOK = {
    "inplace": "the picture looks well, so read the chart: which bed alone stores no negative value?",
    "normalise": "compare what the network was fed in each bed with the healthy run: the column 'fed'.",
    "range": "a loss that stays where it began has a target out of reach. Which bed's network was fed such numbers?",
    "clamp": "read the column 'edge': in which bed have many values run into 0 or 1, and stayed there?",
    "reshape": "in one bed the photo's objects are there, so the content is right, and the style is computed in another way.",
    "detach": "count the entries of each log.",
    "size": "nothing crashed and the loss fell, yet the photo was held fast. Which bed, and which side of the balance grew?",
    "noise": "look for single pixels that disagree with their neighbours, and count the steps.",
}
_CONFUSED = {
    frozenset(pair): said
    for pair, said in {
        ("range", "normalise"): "both feed odd numbers, but one of them too small and one too large. Look at 'fed' again.",
        ("range", "size"): "both look like the photo. In one the loss fell, in the other it stayed where it was.",
        ("detach", "size"): "both look like the photo, but only one came to its last step. Count the entries of the logs.",
        ("detach", "range"): "both look like the photo, but only one came to its last step. Count the entries of the logs.",
        ("reshape", "normalise"): "one has wrong colours, the other dull ones; and only one is fed other numbers.",
        ("clamp", "inplace"): "one picture is that of other layers, the other has run into 0 and 1. Read 'edge' and 'least'.",
        ("clamp", "noise"): "both are speckled. One has the shorter log, and the other has its values at the edge.",
    }.items()
}


def _examine_diagnosis(answer: dict) -> None:
    if not isinstance(answer, Mapping):
        raise Wrong(f"a dictionary is wanted, as in {{1: 'clamp', 2: 'noise', ...}}; this is {brief(answer)}.")
    said = {bed: _named(answer, bed) for bed in _BEDS}
    missing = [bed for bed, name in said.items() if name is ...]
    if missing:
        raise Wrong(f"no diagnosis yet for {_listed(missing)}: all eight beds want one, and are scored together.")
    listed = [name for name in said.values() if not isinstance(name, str)]
    if listed:
        raise Wrong(f"each bed wants one name, a text; {brief(listed[0])} is none.")
    known = {spelling(name): name for name in _LOOK}
    unknown = sorted({name for name in said.values() if spelling(name) not in known})
    if unknown:
        raise Wrong(f"{', '.join(map(repr, unknown))} is no name of the list: {', '.join(sorted(_LOOK))}.")
    names = {bed: known[spelling(name)] for bed, name in said.items()}
    twice = sorted({name for name in names.values() if list(names.values()).count(name) > 1})
    if twice:
        raise Wrong(f"{', '.join(map(repr, twice))} stands at more than one bed: each of the eight names is used once.")
    mixed = [(right, names[bed]) for bed, right in _BEDS.items() if names[bed] != right]
    if mixed:
        raise Wrong(f"{8 - len(mixed)} of 8 are right. {_nudge(mixed)}")


def _named(answer: Mapping, bed: int) -> object:
    """The name given to a bed, whether its key is 1, "1" or "bed 1"; `...` where there is none."""
    for key, name in answer.items():
        digits = "".join(letter for letter in str(key) if letter.isdigit() or letter == ".")
        if digits and float(digits) == bed and name is not None:
            return name
    return ...


def _nudge(mixed: list[tuple[str, str]]) -> str:
    """What to look at next, for one fault or one pair: which beds are right is not told, or it could be found by trying."""
    for right, name in mixed:
        if frozenset((right, name)) in _CONFUSED:
            return f"'{right}' and '{name}' are easily confused: {_CONFUSED[frozenset((right, name))]}"
    right, _ = mixed[0]
    return f"Think again about '{right}': {_LOOK[right]}"


def _listed(beds: list[int]) -> str:
    return ("bed " if len(beds) == 1 else "beds ") + ", ".join(map(str, beds))


diagnosis = Question(
    _examine_diagnosis,
    hints=[
        "Which beds differ from the healthy run in a number of their chart: fed, least, edge, log?",
        "Begin with the chart: five beds have a column that no other bed has like this. Then the pictures: of the three that "
        "are left, one has wrong colours, one has too much of the photo, one is grainy.",
        "Values at the edge: bed ____. The shortest log: bed ____. Fed the largest numbers: bed ____, the smallest: bed ____. "
        "No negative value stored: bed ____. Each of these is one name of the list.",
    ],
    code="my_diagnosis = " + repr(_BEDS),
    why="Five of the eight show in a number (what was fed, stored, logged) sooner than in the picture: print it first.",
)
