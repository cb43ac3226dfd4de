"""What a student may hand in after a lesson: which checks, how many tries, which messages. No names and no code.

A message may quote the student's code. So the file has only sentences that stand in the source of the checks themselves.
"""

import ast
import json
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from nst_lessons.checks.question import MARKS, Question, Verdict
from nst_lessons.files import replacing

FORMAT = "nst_lessons room 1"
OTHER = "another message"
_MARK = secrets.token_hex(4)  # of this session: handing in again replaces the file


def write_counts(lesson: Mapping[str, object]) -> None:
    """Write what the checks of a lesson have counted to a file in the current folder, and say so; nothing if nothing was tried.

    lesson: the names of its module.
    """
    exercises = {name: _counted(question) for name, question in questions(lesson).items() if question.tries}
    if not exercises:
        print(f"{MARKS['untried']}: check an exercise first, and then run this cell again. Nothing was written.")
        return
    path = Path(f"room_{title(lesson)}_{_MARK}.json")
    with replacing(path) as temporary:
        page = {"format": FORMAT, "lesson": title(lesson), "exercises": exercises}
        temporary.write_text(json.dumps(page, indent=2, ensure_ascii=False), encoding="utf-8")
    print(f"Written, in the folder of this notebook: {path}")
    print(f"It counts tries and messages of {len(exercises)} exercises. It has neither your name nor your code.")
    print("Nothing was sent. If you like, give the file to the person who leads the meeting.")


def questions(lesson: Mapping[str, object]) -> dict[str, Question]:
    """Return the exercises of a lesson by name."""
    return {name: value for name, value in lesson.items() if isinstance(value, Question)}


def title(lesson: Mapping[str, object]) -> str:
    """Return the name of a lesson's notebook, such as "03_style"."""
    return re.search(r"\d\d_\w+", lesson["__doc__"]).group()


@cache
def sentences() -> frozenset[str]:
    """Return the texts in the source of the checks that have at least three words."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("*.py")]
    found = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    texts = (text for text in found if isinstance(text, str) and len(text.split()) > 2)
    return frozenset(re.sub(r"^`?[\s.,;:]+|[\s.,;:]+$", "", text) for text in texts)


def kind(verdict: Verdict) -> str:
    """Return the longest text of the checks that a message contains."""
    said = verdict.message.splitlines()[0] if verdict.state == "crashed" else verdict.message  # then come lines of their code
    return max((text for text in sentences() if text in said), key=len, default=OTHER)


def _counted(question: Question) -> dict[str, object]:
    messages = Counter(kind(verdict) for verdict in question.tries if verdict.state != "right")
    return {
        "tries": len(question.tries),
        "right": question.tries[-1].state == "right",
        "hints": question.hints_taken,
        "messages": dict(messages),
    }
