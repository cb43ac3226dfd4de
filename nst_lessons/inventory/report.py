"""What a leader learns from the inventory: the change with its interval, and the misconceptions that were chosen most."""

from collections import Counter
from collections.abc import Sequence
from math import sqrt
from statistics import mean, stdev

from nst_lessons.inventory.questions import CONCEPTS, HALVES, ITEMS, MISCONCEPTIONS, UNSURE
from nst_lessons.inventory.sheets import Sheet


def report(sheets: Sequence[Sheet]) -> str:
    """Return the report on answer sheets as text. It has no codes, and nothing about a single person."""
    scores = {half: {sheet.code: sheet.score for sheet in sheets if sheet.half == half} for half in HALVES}
    lines = []
    for half, found in scores.items():
        people = f"{len(found)} {'person' if len(found) == 1 else 'people'}"
        lines.append(f"{half:7} {people}{f', {mean(found.values()):.1f} of {len(CONCEPTS)} right on average' if found else ''}")
    changes = [scores["after"][code] - score for code, score in scores["before"].items() if code in scores["after"]]
    return "\n".join([*lines, f"change  {_change(changes)}", "", *_chosen(sheets)])


def interval(changes: Sequence[float]) -> tuple[float, float]:
    """Return the 95% interval of the mean of two or more paired changes, by Student's t distribution."""
    from scipy.special import stdtrit  # here, so that the other commands start quickly

    reach = float(stdtrit(len(changes) - 1, 0.975)) * stdev(changes) / sqrt(len(changes))
    return mean(changes) - reach, mean(changes) + reach


def _change(changes: Sequence[int]) -> str:
    if len(changes) < 2:
        return f"unknown: the number of people who answered both halves is {len(changes)}, and it takes two."
    low, high = interval(changes)
    return f"{mean(changes):+.1f}, 95% interval {low:+.1f} to {high:+.1f} (t interval, {len(changes)} people who answered both)"


def _chosen(sheets: Sequence[Sheet]) -> list[str]:
    """The lines about misconceptions: how often each was chosen, of the times that it was among the choices."""
    people = {half: sum(sheet.half == half for sheet in sheets) for half in HALVES}
    chosen = {half: Counter(key for sheet in sheets if sheet.half == half for key in sheet.answers) for half in HALVES}
    offered = {
        half: Counter(key for item in ITEMS[half].values() for key in (*item.choices, UNSURE)) for half in HALVES
    }  # to each person

    def share(key: str, half: str) -> float:
        return chosen[half][key] / (people[half] * offered[half][key]) if people[half] else 0.0

    def row(name: str, key: str) -> str:
        shares = (f"{share(key, half):.0%}" if people[half] else "-" for half in HALVES)
        return f"{name:80}" + "".join(f"{one:>8}" for one in shares)

    names = {key: f"{one.name} (lesson {one.lesson})" for key, one in MISCONCEPTIONS.items()}
    found = sorted(
        (key for key in names if any(chosen[half][key] for half in HALVES)),
        key=lambda key: -sum(share(key, half) for half in HALVES),
    )
    head = f"{'Misconceptions: how often each was chosen where it could be':80}" + "".join(f"{half:>8}" for half in HALVES)
    return [head, *(row(names[key], key) for key in found), row("(don't know)", UNSURE)]
