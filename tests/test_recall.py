"""Retrieval: each wrong choice gets its own reason, nothing raises, and each place where something was learned is there."""

from functools import partial

import nbformat
import pytest

from nst_lessons.checks import recall
from tests.conftest import ROOT

NOTEBOOKS = ROOT / "notebooks"
ALL = {id(one): one for asked in recall.questions().values() for one in asked}.values()
every = pytest.mark.parametrize("one", ALL, ids=lambda one: one.asks[:40])


def markdown(lesson: str) -> list[str]:
    (path,) = NOTEBOOKS.glob(f"{lesson}_*.ipynb")
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]


@pytest.fixture
def said(capsys, monkeypatch):
    """What a call shows."""

    def run(*arguments):
        recall.check(*arguments)
        return capsys.readouterr().out.splitlines()

    monkeypatch.setattr("IPython.display.display", lambda data, raw: print(data["text/markdown"]))
    return run


@every
def test_each_wrong_choice_gets_its_reason_and_the_right_one_none(one):
    right = one.answered(one.right)
    assert right.startswith(f"✔ **{one.right}**: {one.why}") and f"lesson {one.lesson}, {one.heading}" in right
    said = {choice: one.answered(choice) for choice in one.wrong}
    for choice, reason in one.wrong.items():
        assert said[choice].startswith(f"✗ {reason} The answer is **{one.right}**: {one.why}")
    assert len(set(said.values())) == len(one.wrong) >= 1 and right not in said.values()


@every
def test_any_other_answer_gets_a_sentence_and_an_untouched_one_is_not_tried_yet(one):
    assert one.answered(...) == "… Not tried yet."
    for odd in (None, "kangaroo", [1, 2], len, {}, -17.5, "  "):
        assert one.answered(odd).startswith("✗ ") and len(one.answered(odd)) > 20, odd
    if not isinstance(one.right, str):
        assert "too small" in one.answered(0.9 * one.right - 0.25) and "too large" in one.answered(one.right * 7 + 3)
        assert one.answered(str(one.right)).startswith("✔")
    else:
        assert one.answered(f" {one.right.upper()} ").startswith("✔")


@every
def test_the_place_where_it_was_learned_is_there(one):
    headings = [line.lstrip("# ") for cell in markdown(one.lesson) for line in cell.splitlines() if line.startswith("## ")]
    assert one.heading in headings


@pytest.mark.parametrize("lesson", recall.questions())
def test_a_lesson_asks_four_questions_about_lessons_one_two_and_four_back(lesson):
    asked, number = recall.questions()[lesson], int(lesson)
    back = [number - int(one.lesson) for one in asked]
    assert back[:2] == [1, 1] and back[2] == 2
    assert back[3] == min(4, number)
    shown = [cell for cell in markdown(lesson) if recall.text(lesson) in cell]
    assert len(shown) == 1 and sum(len(str(one).split()) for one in asked) < 130  # read and answered in two minutes


def test_all_lessons_from_02_on_ask():
    lessons = [path.stem[:2] for path in sorted(NOTEBOOKS.glob("*.ipynb"))[2:]]
    assert list(recall.questions()) == [lesson for lesson in lessons if lesson != "11"]  # the blank page asks for everything


def test_links_lead_to_a_notebook_beside_this_one_and_are_words_elsewhere(said, tmp_path, monkeypatch):
    answers = [one.right for one in recall.questions()["05"]]
    monkeypatch.chdir(NOTEBOOKS)
    told = said("05", *answers)
    assert all(line.startswith(f"{number}. ✔") for number, line in enumerate(told, 1)) and len(told) == 4
    assert "(01_what_a_network_sees.ipynb#5-%C2%B7-Which-layer-knows-%22edge%22%2C-and-which-%22eye%22%3F)" in told[3]
    monkeypatch.chdir(tmp_path)
    assert "](" not in "".join(said("05", *answers))


def test_untouched_and_miscounted_answers_do_not_raise(said):
    assert said("03", ..., ..., ..., ...) == [f"{number}. … Not tried yet." for number in (1, 2, 3, 4)]
    assert said("03", 1)[0].startswith("There are 4 questions, but `check` got 1 answers")
    mixed = partial(said, "03", 0, "relu1_1", ..., "memory")()
    assert [line[3] for line in mixed] == ["✗", "✔", "…", "✗"]
