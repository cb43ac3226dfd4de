"""Four quick questions at the start of a lesson, about lessons one, two and four back: `recall.check("04", one, two, ...)`.

There is no penalty: each answer is followed by the right one, the reason, and the place where it was learned.
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

NOTEBOOKS = {
    "00": "00_start_here",
    "01": "01_what_a_network_sees",
    "02": "02_content",
    "03": "03_style",
    "04": "04_full_pipeline",
    "05": "05_studio",
    "06": "06_break_it",
    "07": "07_universal",
    "08": "08_real_time",
}


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
        """What to say about an answer, in Markdown."""
        if untouched(answer):
            return f"{MARKS['untried']}."
        try:
            reason = self._reason(answer)
        except Wrong as wrong:
            return f"✗ {str(wrong)[0].upper()}{str(wrong)[1:]}"
        said = f"✗ {reason} The answer is **{self.right}**:" if reason else f"✔ **{self.right}**:"
        return f"{said} {self.why} ({self._place()})"

    def _reason(self, answer: object) -> str | None:
        """Why the answer is wrong, or None if it is right."""
        if isinstance(self.right, str):
            return self.wrong.get(chosen(answer, [self.right, *self.wrong]))
        number, right = numbers_of(answer, ()), as_tensor(self.right)
        if alike(number, right):
            return None
        known = next((reason for value, reason in self.wrong.items() if alike(number, as_tensor(value))), None)
        return known or f"That is too {'large' if number > right else 'small'}."

    def _place(self) -> str:
        """Where it was learned: a link where that notebook stands beside this one."""
        file = Path(f"{NOTEBOOKS[self.lesson]}.ipynb")
        words = f"lesson {self.lesson}, {self.heading}"
        return f"[{words}]({file}#{quote(self.heading.replace(' ', '-'))})" if file.is_file() else words


def check(lesson: str, *answers: object) -> None:
    """Show for each question of a lesson ("02" to "09") what is right, why, and where it was learned."""
    from IPython.display import display

    asked = questions()[lesson]
    if len(answers) != len(asked):
        print(f"check is given {len(answers)} answers, and there are {len(asked)} questions: use the line as it was.")
        return
    lines = [f"{number}. {one.answered(answer)}" for number, (one, answer) in enumerate(zip(asked, answers, strict=True), 1)]
    display({"text/markdown": "\n".join(lines), "text/plain": "\n".join(lines)}, raw=True)


def text(lesson: str) -> str:
    """The questions of a lesson in Markdown, as its notebook shows them."""
    return "\n".join(f"{number}. {one}" for number, one in enumerate(questions()[lesson], 1))


@cache
def questions() -> dict[str, list[Recall]]:
    """The questions of each lesson, from `recall.json`: two from one lesson back, then two back and four back."""
    data = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    for one in data["questions"].values():
        if not isinstance(one["right"], str):
            one["wrong"] = {float(number): reason for number, reason in one["wrong"].items()}
    made = {name: Recall(**one) for name, one in data["questions"].items()}
    return {lesson: [made[name] for name in names] for lesson, names in data["lessons"].items()}
