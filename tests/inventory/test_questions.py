"""The twenty questions: two equivalent halves, and a named misconception behind each wrong choice."""

import json
from collections import Counter

import pytest

from nst_lessons.inventory.questions import HALVES, MISCONCEPTIONS
from tests.conftest import ROOT

DATA = json.loads((ROOT / "nst_lessons" / "inventory" / "questions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("half", HALVES)
def test_ten_questions_have_one_right_choice_and_three_of_misconceptions_each_of_which_comes_at_least_twice(half):
    assert len(DATA[half]) == 10
    assert {len(item["choices"]) for item in DATA[half].values()} == {4}
    counts = Counter(key for item in DATA[half].values() for key in item["choices"])
    assert counts.pop("right") == 10
    assert counts.keys() == DATA["misconceptions"].keys() and min(counts.values()) >= 2


def test_the_halves_ask_about_the_same_concepts_and_misconceptions_in_other_words():
    before, after = (DATA[half] for half in HALVES)
    assert list(before) == list(after)
    for concept in before:
        assert before[concept]["choices"].keys() == after[concept]["choices"].keys()
    texts = [text for half in HALVES for item in DATA[half].values() for text in (item["asks"], *item["choices"].values())]
    assert len(set(texts)) == len(texts) == 100


def test_the_longest_choice_does_not_give_the_right_one_away():
    for half in HALVES:
        longest = [max(item["choices"], key=lambda key: len(item["choices"][key])) for item in DATA[half].values()]
        assert longest.count("right") <= 4


def test_each_misconception_has_the_lesson_that_measures_it():
    lessons = {path.name[:2] for path in (ROOT / "notebooks" / "solutions").glob("*.ipynb")}
    assert len({one.name for one in MISCONCEPTIONS.values()}) == len(MISCONCEPTIONS)
    assert {one.lesson for one in MISCONCEPTIONS.values()} <= lessons
