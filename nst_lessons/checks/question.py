"""An exercise of a lesson: `check` judges an answer, `hint` gives three hints, `solution` shows an answer and explains it.

An examiner raises `Wrong`, whose message says what is wrong. If the reader's function crashes, the check shows the line.
A check itself never raises.
"""

import dis
import inspect
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from types import FunctionType

import torch

from nst_lessons.checks.crash import crash
from nst_lessons.checks.trial import Wrong

MARKS = {"right": "✔ Right", "wrong": "✗ Not yet", "untried": "… Not tried yet", "crashed": "✗ Not yet"}
UNTRIED = "replace the dots in the cell above with your own code or value. Run the cell above, then this one."
FAILED_BEFORE_AN_OFFER = 2


@dataclass(frozen=True)
class Verdict:
    """The result of a check: `state` is "right", "wrong", "untried" or "crashed"."""

    state: str
    message: str

    def __str__(self) -> str:
        return MARKS[self.state] + (f": {self.message}" if self.message else ".")


class Question:
    """One exercise.

    examine: an examiner, called with the reader's answer(s). It raises `Wrong` if they are wrong. Otherwise it returns None, or
    an explanation that replaces `why` because the reader's measurement differs from the lesson's.
    hints: three, each says more than the last: a question, a plan, a line with a gap (____).
    code: a solution. why: one or two sentences that explain it.
    """

    def __init__(self, examine: Callable[..., str | None], *, hints: Sequence[str], code: str, why: str) -> None:
        self.examine, self.hints, self.code, self.why = examine, tuple(hints), inspect.cleandoc(code), inspect.cleandoc(why)
        self._told = self._failed = 0
        self.tries: list[Verdict] = []  # what `check` said, up to the first right answer
        self._module = sys._getframe(1).f_globals  # the module that names this question

    def check(self, *answers: object) -> None:
        """Print whether the answer is right and, if not, what is wrong. After two failed checks, offer the next hint."""
        verdict = self.verdict(*answers)
        print(verdict)
        if verdict.state != "untried" and not (self.tries and self.tries[-1].state == "right"):
            self.tries.append(verdict)
        self._failed = 0 if verdict.state == "right" else self._failed + (verdict.state != "untried")
        if self._failed >= FAILED_BEFORE_AN_OFFER:
            print(f"  {self._offer()}")

    def verdict(self, *answers: object) -> Verdict:
        """Return what `check` prints, as a `Verdict`."""
        if any(untouched(answer) for answer in answers):
            return Verdict("untried", UNTRIED)
        try:
            with warnings.catch_warnings(), torch.enable_grad():
                warnings.simplefilter("ignore")  # torch's warnings would hide the verdict
                self._check_count(answers)
                said = self.examine(*answers)
        except Wrong as wrong:
            return Verdict("wrong", str(wrong))
        except Exception as error:  # the reader's function may raise anything
            return Verdict("crashed", crash(error))
        return Verdict("right", said or self.why)

    def yours(self, function: Callable, **uses: object) -> Callable:
        """Return the reader's function if it passes the check; until then return the solution's, and say so.

        uses: what the solution's code takes from the notebook, by name.
        """
        with redirect_stdout(StringIO()):  # what the function prints while it is tried is not about the run that follows
            verdict = self.verdict(function)
        if verdict.state == "right":
            return function
        scope = {"torch": torch, "F": torch.nn.functional, **uses}
        exec(self.code, scope)
        own = list(scope.values())[-1]
        print(f"Using the lesson's own for now. Your `{own.__name__}` takes over when it is right: then run this cell again.")
        return own

    def hint(self) -> None:
        """Print the next hint: a question, then a plan, then a line with a gap."""
        self._told += 1
        count = len(self.hints)
        if self._told > count:
            print(f"There are only {count} hints. {self._call('solution')} shows an answer and explains it.")
        else:
            more = f" (Run {self._call('hint')} again for a bigger one.)" if self._told < count else ""
            print(f"Hint {self._told} of {count}: {self.hints[self._told - 1]}{more}")

    @property
    def hints_taken(self) -> int:
        """The number of hints that were shown."""
        return min(self._told, len(self.hints))

    def solution(self) -> None:
        """Print a solution and explain it."""
        print(f"{self.code}\n\n{self.why}")

    def _offer(self) -> str:
        if self._told < len(self.hints):
            return f"Stuck? Run {self._call('hint')} in a new cell for hint {self._told + 1} of {len(self.hints)}."
        return f"Stuck? Run {self._call('solution')} in a new cell: it shows an answer and explains it."

    def _call(self, method: str) -> str:
        name = next((name for name, value in self._module.items() if value is self), "...")
        return f"`q.{name}.{method}()`"

    def _check_count(self, answers: tuple) -> None:
        """Raise Wrong if `check` gets more or fewer answers than the exercise has."""
        wanted = len(inspect.signature(self.examine).parameters)
        if len(answers) != wanted:
            raise Wrong(f"this exercise has {wanted} answers, but `check` got {len(answers)}. Use the line as it was.")


def untouched(answer: object) -> bool:
    """Return whether an answer is still the stub: `...`, a list that has it, or a function that only returns it or None."""
    if answer is ...:
        return True
    if isinstance(answer, list | tuple):
        return any(untouched(part) for part in answer if part is ... or isinstance(part, list | tuple))
    if not isinstance(answer, FunctionType):
        return False
    steps = [step for step in dis.get_instructions(answer) if step.opname != "RESUME"]
    only_returns = all(step.opname in ("LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "NOP") for step in steps)
    return only_returns and answer.__code__.co_argcount > 0 and {step.argval for step in steps} <= {None, ...}
