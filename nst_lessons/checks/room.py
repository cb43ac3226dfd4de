"""A page about a meeting, from the files that students handed in (see `hand_in`).

The files come from anybody. Only JSON is read, each value is checked, and no text of a file reaches the page.
"""

import importlib
import json
import os
import pkgutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from nst_lessons import checks
from nst_lessons.checks.hand_in import FORMAT, OTHER, questions, sentences, title
from nst_lessons.checks.question import Question
from nst_lessons.files import check_is_file

LIMIT, MANY = 100_000, 10_000  # bytes of a file, tries of an exercise
MANY_TRIES, FEW_RIGHT = 2, 0.75  # beyond these an exercise is worth talking about


@dataclass(frozen=True)
class Counted:
    """What one student did in one exercise."""

    tries: int
    right: bool
    hints: int
    messages: Counter


@cache
def lessons() -> Mapping[str, dict[str, Question]]:
    """Return the exercises of each lesson that has some, by the name of its notebook."""
    names = [one.name for one in pkgutil.iter_modules(checks.__path__) if one.name.startswith("lesson_")]
    modules = [vars(importlib.import_module(f"{checks.__name__}.{name}")) for name in names]
    return {title(module): questions(module) for module in modules if questions(module)}


def read(path: str | os.PathLike) -> tuple[str, dict[str, Counted]]:
    """Read a file that was handed in. Return its lesson and what was counted for each exercise that was tried.

    Raises ValueError if it is no such file.
    """
    path = Path(path)
    check_is_file(path, path, "file that a student handed in")
    with path.open("rb") as file:
        data = file.read(LIMIT + 1)
    try:
        if len(data) > LIMIT:
            raise ValueError(f"it is larger than {LIMIT:,} bytes")
        page = json.loads(data.decode("utf-8"))
        _demand(isinstance(page, dict) and page.get("format") == FORMAT, f"its `format` is not {FORMAT!r}")
        lesson = page.get("lesson")
        _demand(isinstance(lesson, str) and lesson in lessons(), "it names no lesson that has exercises")
        exercises = page.get("exercises")
        known = isinstance(exercises, dict) and exercises.keys() <= lessons()[lesson].keys()
        _demand(known, f"`exercises` are not those of {lesson}")
        return lesson, {name: _counted(found, name) for name, found in exercises.items()}
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a file that `q.hand_in()` wrote ({error}): ask for it again.") from None


def page(files: Iterable[tuple[str, dict[str, Counted]]]) -> str:
    """Return the page as Markdown: for each lesson a table of its exercises, and what to talk about."""
    rooms: dict[str, list[dict[str, Counted]]] = {}
    for lesson, exercises in files:
        rooms.setdefault(lesson, []).append(exercises)
    return "\n\n".join(["# What the room answered", *(_section(lesson, rooms[lesson]) for lesson in sorted(rooms))]) + "\n"


def _section(lesson: str, room: Sequence[dict[str, Counted]]) -> str:
    lines = [
        f"## {lesson}: {len(room)} handed in",
        "",
        "| exercise | tried | right | median tries | hints | most frequent messages |",
        "|---|---|---|---|---|---|",
    ]
    talk = []
    for name, question in lessons()[lesson].items():
        found = [exercises[name] for exercises in room if name in exercises]
        right, tries = sum(one.right for one in found), median([one.tries for one in found] or [0])
        messages = sum((one.messages for one in found), Counter()).most_common(3)
        said = "; ".join(f"{' '.join(text.split())} ({count})".replace("|", r"\|") for text, count in messages)
        lines.append(f"| `{name}` | {len(found)} | {right} | {tries:g} | {sum(one.hints for one in found)} | {said} |")
        if found and (right < FEW_RIGHT * len(found) or tries > MANY_TRIES):
            talk.append(f"- `{name}`: {right} of {len(found)} are right, after {tries:g} tries (median). {question.why}")
    nothing = ["- Nothing stands out: most people who tried an exercise were right after one or two tries."]
    return "\n".join([*lines, "", "What to talk about:", "", *(talk or nothing)])


def _counted(found: object, name: str) -> Counted:
    wanted = {"tries", "right", "hints", "messages"}
    _demand(isinstance(found, dict) and found.keys() == wanted, f"{name} has to have {', '.join(sorted(wanted))}")
    tries, right, hints, messages = (found[key] for key in ("tries", "right", "hints", "messages"))
    _demand(_is_count(tries, MANY) and tries > 0, f"`tries` of {name} has to be a number from 1 to {MANY}")
    _demand(isinstance(right, bool), f"`right` of {name} has to be true or false")
    _demand(_is_count(hints, 3), f"`hints` of {name} has to be a number from 0 to 3")
    counts = isinstance(messages, dict) and all(_is_count(count, MANY) for count in messages.values())
    _demand(counts and sum(messages.values()) == tries - right, f"`messages` of {name} do not add up to the wrong tries")
    kinds = Counter()
    for text, count in messages.items():
        kinds[text if text in sentences() else OTHER] += count
    return Counted(tries, right, hints, kinds)


def _is_count(value: object, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _demand(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)
