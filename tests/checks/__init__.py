"""The answers with which each lesson's checks are tried; `test_checks.py` does it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """Answers to one question; an answer of several parts is a tuple.

    right: at least two, written differently. wrong: at least three, each with words of its own message. stub: as the student
    gets it. crashing: an answer whose code raises, or None for a question whose answer is no function.
    """

    right: list
    wrong: list[tuple[object, str]]
    stub: object
    crashing: Callable | None
