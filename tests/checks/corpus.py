"""All answers with which the checks are tried, and what the checks say: how many are accepted, named, or only shown an example.

`python -m tests.checks.corpus` prints the table, and every answer that is judged wrongly or whose message names nothing.
"""

import ast
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nst_lessons import checks
from nst_lessons.checks.examine import OneOf
from nst_lessons.checks.question import Question
from nst_lessons.checks.trial import NOTHING_FITS
from tests.checks import answers, oracle, usual
from tests.checks.lesson_04 import RUN
from tests.checks.lesson_08 import FADED
from tests.checks.mutants import mutants

MEASURED = {"04.curves": RUN, "08.contrast": FADED}  # what comes with a choice that the reader's run decides
SEVERAL = ("01.depth", "02.most_moved", "02.first_below", "05.stroke_size", *MEASURED)  # whose check takes several things
GRADIENT = ("02.content_loss", "03.gram", "03.style_loss", "04.total_loss", "06.gram", "09.temporal_loss", "10.matched_loss")
LOOPS = ("04.loop", "06.bounded")
# What may be written otherwise in a loop: how often L-BFGS measures in a step, its tolerances, where the start is cut
FREE = re.compile(r", max_iter=\d+|, tolerance_\w+=-?\d+|requires_grad_\(\w*\)|\.clamp\([-\d., ]*\)")


@dataclass(frozen=True)
class Answer:
    """An answer to a question "NN.name": its kind, whether it is right (None: either way), its code if there is one."""

    question: str
    kind: str
    right: bool | None
    value: object
    text: str = ""

    @property
    def values(self) -> tuple:
        """What its check is given."""
        return self.value if isinstance(self.value, tuple) and self.question in SEVERAL else (self.value,)


@dataclass(frozen=True)
class Judged:
    """An answer and what its check said: "accepted", "named" (a mistake or a pattern), "counterexample" (nothing fits)."""

    answer: Answer
    outcome: str
    message: str


def questions() -> dict[str, Question]:
    """All questions, {"NN.name": question}."""
    found = {}
    lessons = [module.name for module in pkgutil.iter_modules(checks.__path__) if module.name.startswith("lesson_")]
    for lesson in lessons:
        module = importlib.import_module(f"nst_lessons.checks.{lesson}")
        found |= {f"{lesson[-2:]}.{name}": one for name, one in vars(module).items() if isinstance(one, Question)}
    return found


def by_hand() -> Iterator[Answer]:
    """The answers that were written by hand."""
    for found in pkgutil.iter_modules(answers.__path__):
        module = importlib.import_module(f"{answers.__name__}.{found.name}")
        for key, values in module.RIGHT.items():
            yield from (Answer(key, "right", True, value) for value in values)
        for key, kinds in module.WRONG.items():
            yield from (Answer(key, kind, False, value) for kind, values in kinds.items() for value in values)


def made() -> Iterator[Answer]:
    """The answers that are made from the solutions: other clothes, usual mistakes of any function, choices."""
    for key, question in questions().items():
        if isinstance(question.examine, OneOf):
            for right, value in usual.choices(question.examine.right, list(question.examine.wrong)):
                value = (value, MEASURED[key]) if key in MEASURED else value
                yield Answer(key, "right" if right else "spelling", right, value)
        elif key in oracle.INPUTS:
            solution, given = oracle.made(question.code), oracle.INPUTS[key](1)
            for kind, value in usual.of_any(solution, given, key in GRADIENT):
                yield Answer(key, kind, kind == "right", value)
            if key not in (
                "03.who_painted",
                "06.to_bytes",
                "01.climb",
            ):  # whose results are no plain numbers, or need a function
                yield from (Answer(key, "right", True, value) for value in usual.right_styles(solution, key in GRADIENT))
                for kind, value in usual.of_results(solution):
                    same = oracle.same_as_solution(key, value)
                    yield Answer(key, "right" if same else kind, same, value)


def mutated() -> Iterator[Answer]:
    """The solutions with one change each; those that change nothing are right, or free in a loop."""
    for key, question in questions().items():
        if key not in (*oracle.INPUTS, *LOOPS):
            continue
        for text in mutants(question.code):
            try:
                value = oracle.made(text)
            except Exception:  # it does not even run
                continue
            if key in LOOPS:
                free = FREE.sub("", text) == FREE.sub("", ast.unparse(ast.parse(question.code)))
                yield Answer(key, "free" if free else "mutant", None if free else False, value, text)
            else:
                same = isinstance(value, Callable) and oracle.same_as_solution(key, value)
                yield Answer(key, "right" if same else "mutant", same, value, text)


def judged(source: Callable[[], Iterator[Answer]]) -> list[Judged]:
    """What the checks say of all answers of a source."""
    asked, found = questions(), []
    for answer in source():
        verdict = asked[answer.question].verdict(*answer.values)
        unnamed = NOTHING_FITS in verdict.message or "your code stopped with" in verdict.message
        outcome = "accepted" if verdict.state == "right" else "counterexample" if unnamed else "named"
        found.append(Judged(answer, outcome, verdict.message))
    return found


def main() -> None:
    """Print what is odd, and the table."""
    table = Counter()
    for source in (by_hand, made, mutated):
        for one in judged(source):
            table[source.__name__, one.answer.kind, one.outcome] += 1
            if one.outcome == "counterexample" or one.answer.right not in (None, one.outcome == "accepted"):
                print(f"--- {one.outcome}: {one.answer.question} [{one.answer.kind}]")
                print(one.answer.text or _place(one.answer.value))
                print(f"    {one.message}")
    for where, kind in dict.fromkeys((where, kind) for where, kind, _ in table):
        row = [table[where, kind, outcome] for outcome in ("accepted", "named", "counterexample")]
        print(f"{where:8} {kind:15} accepted {row[0]:4}, named {row[1]:4}, counterexample {row[2]:4}")


def _place(value: object) -> str:
    code = getattr(getattr(value, "func", value), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(value)


if __name__ == "__main__":
    main()
