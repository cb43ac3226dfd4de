"""Four quick questions at the start of a lesson, about earlier ones: `recall.check("04", one, two, three, four)`.

Two are about the lesson before, one about the lesson two back, one about the lesson four back. There is no penalty: each
answer is followed by the right one, the reason, and the place where it was learned.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from nst_lessons.checks.examine import chosen, numbers_of
from nst_lessons.checks.question import MARKS, untouched
from nst_lessons.checks.trial import Wrong
from nst_lessons.checks.values import alike, as_tensor


@dataclass(frozen=True)
class Recall:
    """A question about an earlier lesson.

    right: a choice, or a number. wrong: {another choice or a usual wrong number: why it is not that}. why: why it is `right`.
    lesson, heading: where it was learned.
    """

    lesson: str
    heading: str
    asks: str
    right: str | float
    wrong: Mapping[str | float, str]
    why: str

    def __str__(self) -> str:
        if isinstance(self.right, str):
            *names, last = sorted(f'`"{choice}"`' for choice in (self.right, *self.wrong))
            return f"{self.asks} {', '.join(names)} or {last}"
        return f"{self.asks} (a number)"

    def answered(self, answer: object) -> str:
        """Return what to say about an answer, in Markdown."""
        if untouched(answer):
            return f"{MARKS['untried']}."
        try:
            reason = self._reason(answer)
        except Wrong as wrong:
            return f"✗ {str(wrong)[0].upper()}{str(wrong)[1:]}"
        said = f"✗ {reason} The answer is **{self.right}**:" if reason else f"✔ **{self.right}**:"
        return f"{said} {self.why} ({self._place()})"

    def _reason(self, answer: object) -> str | None:
        """Return why the answer is wrong, or None if it is right."""
        if isinstance(self.right, str):
            return self.wrong.get(chosen(answer, [self.right, *self.wrong]))
        number, right = numbers_of(answer, ()), as_tensor(self.right)
        if alike(number, right):
            return None
        known = next((reason for value, reason in self.wrong.items() if alike(number, as_tensor(value))), None)
        return known or f"That is too {'large' if number > right else 'small'}."

    def _place(self) -> str:
        """Return where it was learned: a link if that notebook is beside this one, words if not."""
        file = next(Path().glob(f"{self.lesson}_*.ipynb"), None)
        words = f"lesson {self.lesson}, {self.heading}"
        return f"[{words}]({file}#{quote(self.heading.replace(' ', '-'))})" if file else words


def check(lesson: str, *answers: object) -> None:
    """Show for each question of a lesson ("02" to "10") what is right, why, and where it was learned."""
    from IPython.display import display

    asked = questions()[lesson]
    if len(answers) != len(asked):
        print(f"There are {len(asked)} questions, but `check` got {len(answers)} answers. Restore the line as it was.")
        return
    lines = [f"{number}. {one.answered(answer)}" for number, (one, answer) in enumerate(zip(asked, answers, strict=True), 1)]
    display({"text/markdown": "\n".join(lines), "text/plain": "\n".join(lines)}, raw=True)


def text(lesson: str) -> str:
    """Return the questions of a lesson in Markdown, as its notebook shows them."""
    return "\n".join(f"{number}. {one}" for number, one in enumerate(questions()[lesson], 1))


@cache
def questions() -> dict[str, list[Recall]]:
    """Return the questions of each lesson, from `recall.json`: two from one lesson back, one from two and one from four."""
    data = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    for one in data["questions"].values():
        if not isinstance(one["right"], str):
            one["wrong"] = {float(number): reason for number, reason in one["wrong"].items()}
    made = {name: Recall(**one) for name, one in data["questions"].items()}
    return {lesson: [made[name] for name in names] for lesson, names in data["lessons"].items()}
