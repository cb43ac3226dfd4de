"""A question in stages: its check says which of them stand, and its hints are those of the first that does not."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nst_lessons.checks.question import Question
from nst_lessons.checks.trial import Wrong


@dataclass(frozen=True)
class Stage:
    """One stage of an answer: its name, what it is when it stands, and its three hints."""

    name: str
    what: str
    hints: Sequence[str]


class Staged(Question):
    """An exercise whose answer grows in stages.

    missing: returns the number of the first stage that does not stand and what it lacks. If all stand, it returns None, or
    their number and a remark.
    stages: in the order in which they are checked. code, why: as for `Question`.
    """

    def __init__(self, missing: Callable, stages: Sequence[Stage], *, code: str, why: str) -> None:
        self.stages = tuple(stages)
        self._missing = missing
        super().__init__(self._examine, hints=self._hints_of(0), code=code, why=why)
        self._module = sys._getframe(1).f_globals  # the module that names this question

    def _examine(self, answer: object) -> str | None:
        """Raise Wrong with a line for each stage, unless all of them stand; then return the remark, if there is one."""
        number, lacks = self._missing(answer) or (len(self.stages), None)
        if number == len(self.stages):
            return lacks
        if self.hints != self._hints_of(number):
            self.hints, self._told = self._hints_of(number), 0
        lines = [f"  ✔ {index}. {stage.name}: {stage.what}" for index, stage in enumerate(self.stages[:number], 1)]
        lines += [f"  ✗ {number + 1}. {self.stages[number].name}: {lacks}"]
        lines += [f"  … {index}. {stage.name}" for index, stage in enumerate(self.stages[number + 1 :], number + 2)]
        raise Wrong("\n".join([f"{number} of {len(self.stages)} stages stand.", *lines]))

    def _hints_of(self, number: int) -> tuple[str, ...]:
        stage = self.stages[number]
        return tuple(f"({stage.name}) {hint}" for hint in stage.hints)
