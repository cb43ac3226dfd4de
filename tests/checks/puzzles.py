"""The answers with which the Parsons problems of a lesson are tried: made from the lines and their reasons."""

from types import ModuleType

import numpy as np

from nst_lessons.checks.parsons import Parsons
from tests.checks import Case


def cases(lesson: ModuleType) -> dict[str, Case]:
    return {name: _case(one) for name, one in vars(lesson).items() if isinstance(one, Parsons)}


def _case(one: Parsons) -> Case:
    order, strange = one.order, [number for number in one.numbered if number not in one.order]
    return Case(
        right=[order, " ".join(map(str, order)), np.array(order), [np.int64(number) for number in order], f"{order}"],
        wrong=[
            *(([*order[:-1], number], one.too_many[one.numbered[number]]) for number in strange),
            (order[:-1], f"a line is missing: the one that {list(one.lines.values())[-1][1]}"),
            ([*order, order[0]], "use each line once"),
            ([*order, 99], "there is no line 99"),
            (order[::-1], f"line {order[-1]}, "),
            ({*order}, "it has no order"),
            ("I do not know", "give a list of line numbers"),
        ],
        stub=...,
        crashing=None,
    )
