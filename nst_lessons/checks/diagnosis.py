"""The diagnosis of the eight beds in 06_break_it."""

from nst_lessons.checks.question import Question, Wrong

_BEDS = {1: "inplace", 2: "normalise", 3: "range", 4: "clamp", 5: "reshape", 6: "detach", 7: "size", 8: "noise"}
_LOOK = {
    "inplace": "the picture looks well, so read the chart: which bed alone stores no negative value?",
    "normalise": "compare what the network was fed in this bed and in the healthy run: the column 'fed'.",
    "range": "a loss that stays where it began has a target out of reach. What was the network fed?",
    "clamp": "read the column 'edge': many values have run into 0 or 1, and stayed there.",
    "reshape": "the photo's objects are still there, so the content is right. Which part of the style is computed otherwise?",
    "detach": "count the entries of its log.",
    "size": "nothing crashed and the loss fell, yet the photo was held fast. Which side of the balance grew?",
    "noise": "look for single pixels that disagree with their neighbours, and count the steps.",
}
_CONFUSED = {
    ("range", "normalise"): "both feed odd numbers, but one of them too small and one too large. Look at 'fed' again.",
    ("normalise", "range"): "both feed odd numbers, but one of them too small and one too large. Look at 'fed' again.",
    ("range", "size"): "both look like the photo. In one the loss fell, in the other it stayed where it was.",
    ("size", "range"): "both look like the photo. In one the loss fell, in the other it stayed where it was.",
    ("detach", "size"): "both look like the photo. Count the entries in the log of this one.",
    ("detach", "range"): "both look like the photo. Count the entries in the log of this one.",
    ("size", "detach"): "both look like the photo, but this one came to its last step.",
    ("range", "detach"): "both look like the photo, but this one came to its last step.",
    ("reshape", "normalise"): "wrong colours are a fault of the style here, and 'fed' is as in the healthy run.",
    (
        "normalise",
        "reshape",
    ): "its colours are dull rather than wrong, and one column of its chart differs from the healthy run's.",
    ("clamp", "inplace"): "this picture is not that of other layers: read its column 'edge'.",
    ("inplace", "clamp"): "none of its values has run into 0 or 1. Which column differs from the healthy run's?",
    ("clamp", "noise"): "it is speckled, but its log is as long as the others'. Where have its values gone? Read 'edge'.",
    ("noise", "clamp"): "grain, yes, but none of its values is at the edge. Count the entries in its log.",
}


def _examine_diagnosis(answer: dict) -> None:
    if not isinstance(answer, dict):
        raise Wrong("a dictionary is wanted, as in {1: 'clamp', 2: 'noise', ...}.")
    missing = [bed for bed in _BEDS if answer.get(bed, ...) is ...]
    if missing:
        raise Wrong(f"no diagnosis yet for {_listed(missing)}: all eight beds want one.")
    said = {bed: str(answer[bed]).strip().lower() for bed in _BEDS}
    unknown = sorted({name for name in said.values() if name not in _LOOK})
    if unknown:
        raise Wrong(f"{', '.join(map(repr, unknown))} is no name of the list: {', '.join(sorted(_LOOK))}.")
    twice = sorted({name for name in said.values() if list(said.values()).count(name) > 1})
    if twice:
        raise Wrong(f"{', '.join(map(repr, twice))} stands at more than one bed: each of the eight names is used once.")
    wrong = [bed for bed, name in _BEDS.items() if said[bed] != name]
    if wrong:
        nudges = [f"  bed {bed}: {_CONFUSED.get((_BEDS[bed], said[bed]), _LOOK[_BEDS[bed]])}" for bed in wrong]
        raise Wrong(f"{8 - len(wrong)} of 8 are right; look again at {_listed(wrong)}.\n" + "\n".join(nudges))


def _listed(beds: list[int]) -> str:
    return ("bed " if len(beds) == 1 else "beds ") + ", ".join(map(str, beds))


diagnosis = Question(
    _examine_diagnosis,
    hints=[
        "Begin with the chart: five beds have a column that no other has so. Then the pictures.",
        "Bed 6 has the shortest log; bed 4 has its values at the edge; bed 3 was fed the largest numbers and bed 2 the "
        "smallest; bed 1 stores no negative value. Three are left: wrong colours, too much of the photo, grain.",
    ],
    code="my_diagnosis = " + repr(_BEDS),
    why="Five of the eight show in a number (what was fed, stored, logged) sooner than in the picture: print it first.",
)
