"""Predictions: a guess is locked before the run, and shown beside the result after it.

`q.shuffle.predict(my_guess)` locks, `q.shuffle.check(my_guess)` or `q.zero.result(...)` compares, `q.predictions()` counts.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import product

from nst_lessons.checks.examine import chosen
from nst_lessons.checks.question import MARKS, Question, untouched
from nst_lessons.checks.trial import Wrong

UNTRIED = f"{MARKS['untried']}: put your guess in place of the dots, and run the cell again to lock it."


class Prediction:
    """A guess about a run.

    choices: for each part of the guess, what may be guessed. came_out: a function of what was measured that returns the
    choice that came true, or a list of them. why: what there is to learn from the result.
    """

    def __init__(self, *choices: Sequence, came_out: Callable[..., object], why: str) -> None:
        self.choices, self.came_out, self.why = choices, came_out, why
        self.locked: tuple | None = None  # the guess that counts
        self.latest: tuple | None = None  # the guess as it is now
        self.true: bool | None = None  # None until the result was shown

    def predict(self, *guess: object) -> None:
        """Lock a guess and say so. It can be changed until the result is shown; after that, the locked guess counts."""
        if any(untouched(part) for part in guess):
            print(UNTRIED)
            return
        try:
            print(self._lock(guess))
        except Wrong as wrong:
            print(f"✗ Not locked: {wrong}")

    def result(self, *measured: object) -> None:
        """Print the locked guess beside what was measured, and what it means. Without a guess, print neither."""
        said = self._beside(self._true_guesses(*measured))
        print(f"{said}\n{self.why}" if said else f"{MARKS['untried']}: lock a guess first, and then run this cell again.")

    def _lock(self, guess: tuple) -> str:
        if len(guess) != len(self.choices):
            raise Wrong(f"`predict` got {len(guess)} guesses, but this question has {len(self.choices)}.")
        new = tuple(chosen(one, choices) for one, choices in zip(guess, self.choices, strict=True))
        before, self.latest = self.latest, new
        if self.true is None:
            self.locked = new
        if before in (None, new):
            return f"Locked: {_named(self.locked)}."
        said = f"Changed from {_named(before)} to {_named(new)}"
        if self.true is None:
            return f"{said} before the result: the new guess counts."
        return f"{said} after the result: {_named(self.locked)} still counts."

    def _true_guesses(self, *measured: object) -> list[tuple]:
        found = self.came_out(*measured)
        return [(one,) for one in (found if isinstance(found, list) else [found])]

    def _beside(self, true: list[tuple]) -> str | None:
        """Settle the locked guess and return it beside the result, or None if no guess is locked."""
        if self.locked is None:
            return None
        self.true = self.locked in true if self.true is None else self.true
        changed = f", and changed it later to {_named(self.latest)}" if self.latest != self.locked else ""
        sign = "✔" if self.locked in true else "✗"
        return f"{sign} You predicted {_named(self.locked)}{changed}. It came out: {' or '.join(map(_named, true))}."


class Guess(Prediction, Question):
    """A question that is a prediction, too: what comes true is what its check calls right.

    choices: for each part of the guess, what may be guessed; those of a `OneOf` need not be repeated.
    """

    def __init__(
        self, examine: Callable[..., str | None], *choices: Sequence, hints: Sequence[str], code: str, why: str
    ) -> None:
        Question.__init__(self, examine, hints=hints, code=code, why=why)
        self._module = sys._getframe(1).f_globals
        choices = choices or ([examine.right, *examine.wrong],)
        Prediction.__init__(self, *choices, came_out=lambda answer: answer, why=self.why)

    def check(self, *answers: object) -> None:
        """Print whether the answer is right, as any question does, and the locked guess beside the result."""
        Question.check(self, *answers)
        true = self._true_guesses(*answers[len(self.choices) :])
        if true and (said := self._beside(true)):
            print(f"  {said}")

    def _true_guesses(self, *measured: object) -> list[tuple]:
        return [guess for guess in product(*self.choices) if self.verdict(*guess, *measured).state == "right"]


def tally(lesson: Mapping[str, object]) -> None:
    """Print in one line how many of a lesson's predictions came true. lesson: the names of its module."""
    found = [value for value in lesson.values() if isinstance(value, Prediction)]
    true, locked = [one for one in found if one.true], [one for one in found if one.locked]
    waiting = sum(one.true is None for one in locked)
    said = f"{len(true)} of {len(found)} predictions came true" if locked else f"No prediction of {len(found)} is locked yet"
    parts = [f"{len(found) - len(locked)} not tried yet"] if locked and len(locked) < len(found) else []
    parts += [f"{waiting} still without a result"] if waiting else []
    changed = sum(one.latest != one.locked for one in locked)
    parts += [f"{changed} changed after the result: the earlier guess counts"] if changed else []
    print("; ".join([said, *parts]) + ".")


def _named(guess: tuple) -> str:
    return " and ".join(repr(one) for one in guess)
