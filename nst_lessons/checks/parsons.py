"""Parsons problems: the lines of a program to put in order, with two lines too many. The answer is a list of line numbers.

Any order that computes the right result is right: rules say which line must stand above which, and why.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from zlib import crc32

from nst_lessons.checks.question import Question, Verdict
from nst_lessons.checks.trial import Wrong
from nst_lessons.checks.values import as_tensor, brief


@dataclass(frozen=True)
class Above:
    """A rule: the line `first` must stand above the line `second`, because ...

    first, second: names of lines; if there are several, separated by spaces, the rule holds for each pair.
    or_below: the name of a line below which `first` may stand, too.
    """

    first: str
    second: str
    because: str
    or_below: str = ""

    def broken(self, order: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield each pair (first, second) that stands in the wrong order."""
        for first in self.first.split():
            for second in self.second.split():
                wrong = order.index(second) < order.index(first)
                if wrong and not (self.or_below and order.index(self.or_below) < order.index(first)):
                    yield first, second


class Parsons(Question):
    """Lines of a function to put in order.

    head: the function's first line, which is given.
    lines: {name: (code with its indentation, what the line does)}, in one right order.
    too_many: {code: why it does not belong}.
    rules: an order that breaks none of them is right.
    hints: two, a question and a plan; the third one shows how an order begins.
    why: one or two sentences that explain the order.
    """

    def __init__(
        self,
        head: str,
        *,
        lines: Mapping[str, tuple[str, str]],
        too_many: Mapping[str, str],
        rules: Sequence[Above],
        hints: Sequence[str],
        why: str,
    ) -> None:
        self.head, self.lines, self.too_many, self.rules = head, dict(lines), dict(too_many), tuple(rules)
        codes = [code for code, _ in self.lines.values()]
        shuffled = sorted([*codes, *too_many], key=lambda code: crc32(code.encode()))
        self.numbered = dict(enumerate(shuffled, 1))
        self.order = [shuffled.index(code) + 1 for code in codes]  # a right one
        gaps = ", ".join([*map(str, self.order[:2]), *["____"] * (len(codes) - 2)])
        begins = f"A right order begins with `{codes[0].strip()}`: [{gaps}]."
        super().__init__(self._examine, hints=[*hints, begins], code=f"my_order = {self.order}", why=why)
        self._module = sys._getframe(1).f_globals

    def show(self) -> None:
        """Print the numbered lines. Their numbers are always the same."""
        print(f"    {self.head}")
        for number, code in self.numbered.items():
            print(f"{number:2}  {code}")
        print(f"Put {len(self.order)} of these {len(self.numbered)} lines in order. The other two do not belong.")

    def verdict(self, *answers: object) -> Verdict:
        """Return what `check` prints, as a `Verdict`. An empty answer is not tried yet."""
        return super().verdict(*(... if _is_empty(answer) else answer for answer in answers))

    def solution(self) -> None:
        """Print the lines in a right order, explain it, and say why two lines do not belong."""
        print(self.program(self.order), self.code, self.why, sep="\n\n")
        for code, why in self.too_many.items():
            print(f"Line {self._number(code)} does not belong: {why}.")

    def program(self, order: Sequence[int]) -> str:
        """Return the code of the lines with these numbers, in this order, below the head."""
        return "\n".join([self.head, *(self.numbered[number] for number in order)])

    def _examine(self, answer: object) -> None:
        numbers = line_numbers(answer)
        for number in numbers:
            if number not in self.numbered:
                raise Wrong(f"there is no line {number:g}: the lines have the numbers 1 to {len(self.numbered)}.")
            if numbers.count(number) > 1:
                raise Wrong(f"{self._said(number)} is used {numbers.count(number)} times: use each line once.")
        for code, why in self.too_many.items():
            if (number := self._number(code)) in numbers:
                raise Wrong(f"{self._said(number)} does not belong: {why}.")
        for code, does in self.lines.values():
            if self._number(code) not in numbers:
                raise Wrong(f"a line is missing: the one that {does}.")
        self._check_order(numbers)

    def _check_order(self, numbers: Sequence[int]) -> None:
        """Raise Wrong with the reason of the uppermost line that breaks a rule."""
        names = {self._number(code): name for name, (code, _) in self.lines.items()}
        order = [names[number] for number in numbers]
        broken = [(order.index(second), first, rule) for rule in self.rules for first, second in rule.broken(order)]
        if broken:
            place, first, rule = min(broken, key=lambda one: one[0])
            lower, upper = self._said(self._number(self.lines[first][0])), self._said(numbers[place])
            raise Wrong(f"{upper} stands above {lower[:-1]}: {rule.because}.")

    def _number(self, code: str) -> int:
        return next(number for number, one in self.numbered.items() if one == code)

    def _said(self, number: int) -> str:
        return f"line {number:g}, `{self.numbered[number].strip()}`,"


def line_numbers(answer: object) -> list[float]:
    """Return the numbers in an answer: a list or tuple, an array, one number, or text such as "3 1 2".

    Raises Wrong if it has no order or no numbers.
    """
    if isinstance(answer, Iterator | range):
        answer = list(answer)
    if isinstance(answer, Set | Mapping):
        raise Wrong(f"give a list of line numbers, such as [3, 1, 2], not {brief(answer)}: it has no order.")
    numbers = as_tensor(answer)
    if numbers is not None:
        return numbers.flatten().tolist()
    parts = answer if isinstance(answer, list | tuple) else [answer]
    found = [float(one) for part in parts if isinstance(part, str) for one in re.findall(r"(?<!\d)-?\d+(?:\.\d+)?", part)]
    if not found or not all(isinstance(part, str) for part in parts):
        raise Wrong(f"give a list of line numbers, such as [3, 1, 2], not {brief(answer)}.")
    return found


def _is_empty(answer: object) -> bool:
    return answer is None or (isinstance(answer, str | list | tuple | dict) and not str(answer).strip(" ()[]{}"))
