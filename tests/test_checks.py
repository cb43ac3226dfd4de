"""Every check is tried with right answers, an untouched stub, a crash, and wrong answers, each with its own message.

What hundreds of other answers get is in `test_check_answers.py`.
"""

import importlib
import pkgutil
import sys

import pytest
import torch

from nst_lessons import checks
from nst_lessons.checks.examine import EqualTo, SameAs
from nst_lessons.checks.parsons import Parsons
from nst_lessons.checks.question import UNTRIED, Question
from tests import checks as cases
from tests.checks.oracle import made

LESSONS = [module.name for module in pkgutil.iter_modules(checks.__path__) if module.name.startswith("lesson_")]
LESSONS.remove("lesson_00")  # it has no exercises


def _questions(lesson: str) -> dict[str, Question]:
    module = importlib.import_module(f"nst_lessons.checks.{lesson}")
    return {name: value for name, value in vars(module).items() if isinstance(value, Question)}


def _cases(lesson: str) -> dict[str, cases.Case]:
    return importlib.import_module(f"tests.checks.{lesson}").CASES


def _answers(answer: object) -> tuple:
    return answer if isinstance(answer, tuple) else (answer,)


QUESTIONS = [(lesson, name) for lesson in LESSONS for name in _questions(lesson)]


@pytest.fixture(params=QUESTIONS, ids=lambda pair: "-".join(pair))
def pair(request) -> tuple[Question, cases.Case]:
    lesson, name = request.param
    return _questions(lesson)[name], _cases(lesson)[name]


@pytest.fixture
def fresh(monkeypatch) -> Question:
    """A question that nobody has answered or asked for a hint: the Gram matrix of lesson 03."""
    question = _questions("lesson_03")["gram"]
    monkeypatch.setattr(question, "_told", 0)
    monkeypatch.setattr(question, "_failed", 0)
    return question


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_has_three_to_six_questions_and_at_most_two_parsons_problems_and_each_has_its_case(lesson):
    to_order = [one for one in _questions(lesson).values() if isinstance(one, Parsons)]
    assert 3 <= len(_questions(lesson)) - len(to_order) <= 6 and len(to_order) <= 2
    assert _questions(lesson).keys() == _cases(lesson).keys()


def test_right_answers_are_right(pair):
    question, case = pair
    assert len(case.right) >= 2
    verdicts = [question.verdict(*_answers(answer)) for answer in case.right]
    assert [verdict.state for verdict in verdicts] == ["right"] * len(verdicts), [str(verdict) for verdict in verdicts]
    assert verdicts[0].message == question.why


def test_each_wrong_answer_has_a_message_of_its_own(pair):
    question, case = pair
    verdicts = [question.verdict(*_answers(answer)) for answer, _ in case.wrong]
    assert [verdict.state for verdict in verdicts] == ["wrong"] * len(verdicts), [str(verdict) for verdict in verdicts]
    assert len({verdict.message for verdict in verdicts}) == len(verdicts) >= 3
    missing = [(words, v.message) for (_, words), v in zip(case.wrong, verdicts, strict=True) if words not in v.message]
    assert not missing


def test_the_code_of_a_solution_is_right_by_its_own_check(pair):
    question, case = pair
    parts = made(question.code)
    several = _answers(case.right[0])[len(_answers(parts)) :] if isinstance(case.right[0], tuple) else ()
    given = parts if isinstance(parts, tuple) and not isinstance(question.examine, SameAs) and several else (parts,)
    assert question.verdict(*given, *several).state == "right"


def test_every_known_mistake_is_found_by_its_own_message(pair):
    question, _ = pair
    if not isinstance(question.examine, SameAs | EqualTo):
        return
    verdicts = {message: question.verdict(mistake) for message, mistake in question.examine.mistakes.items()}
    assert not [(message, verdict) for message, verdict in verdicts.items() if verdict.message != message]


def test_an_untouched_stub_is_not_tried_yet(pair):
    question, case = pair
    several = _answers(case.right[0])[1:] if isinstance(case.stub, tuple) else ()
    assert question.verdict(*_answers(case.stub)).state == "untried"
    assert str(question.verdict(..., *several)) == f"… Not tried yet: {UNTRIED}"
    assert "Run the cell above, then this one" in UNTRIED


def test_a_crash_is_shown_with_its_line_and_goes_no_further(pair):
    question, case = pair
    if case.crashing is None:
        return
    verdict = question.verdict(*_answers(case.crashing))
    assert verdict.state == "crashed" and " of your code: " in verdict.message


def test_three_hints_rise_from_a_question_to_a_line_with_a_gap(pair):
    question, _ = pair
    first, second, third = question.hints
    assert "?" in first and "____" not in first + second and third.count("____") >= 1
    lines = [line.strip() for line in question.code.splitlines() if len(line.strip()) > 12 and not line.startswith("def ")]
    assert not [line for line in lines if line in first + second], "a whole line of the solution"


def test_hint_tells_each_hint_once_and_then_points_to_the_solution(fresh, capsys):
    for number in (1, 2, 3):
        fresh.hint()
        assert capsys.readouterr().out.startswith(f"Hint {number} of 3: {fresh.hints[number - 1]}")
    fresh.hint()
    told = capsys.readouterr().out
    assert "`q.gram.solution()`" in told and fresh.hints[2] not in told
    fresh.solution()
    assert capsys.readouterr().out == f"{fresh.code}\n\n{fresh.why}\n"


def test_after_two_failed_checks_the_next_hint_is_offered_until_the_answer_is_right(fresh, capsys):
    def said(answer: object) -> str:
        fresh.check(answer)
        return capsys.readouterr().out

    wrong = lambda features: features.flatten(1) @ features.flatten(1).T  # noqa: E731
    assert "hint" not in said(wrong) and "hint" not in said(...)
    assert "Run `q.gram.hint()` in a new cell for hint 1 of 3" in said(lambda features: features @ features)
    fresh.hint()
    assert "for hint 2 of 3" in said(wrong)
    fresh.hint(), fresh.hint()
    assert "`q.gram.solution()`" in said(wrong)
    assert "solution" not in said(made(fresh.code)) and "hint" not in said(wrong)


def test_an_answer_that_spoils_its_input_spoils_no_other(fresh):
    total = _questions("lesson_04")["total_loss"]

    def emptying(content, style_by_layer, alpha, beta):
        style_by_layer.clear()
        return 1

    for _ in range(2):
        assert "changed its input `style_by_layer`" in total.verdict(emptying).message
        assert total.verdict(made(total.code)).state == "right"
        assert "1 everywhere" in total.verdict(lambda content, style_by_layer, alpha, beta: 1).message


def test_a_check_leaves_torch_and_python_as_they_were(fresh):
    def switching(features):
        torch.set_grad_enabled(False)
        return features

    profile = sys.getprofile()
    with torch.no_grad():
        assert fresh.verdict(made(fresh.code)).state == "right"
        assert not torch.is_grad_enabled()
    fresh.verdict(switching)
    assert torch.is_grad_enabled() and sys.getprofile() is profile


def test_the_line_of_a_check_with_other_answers_is_explained(fresh):
    assert "has 1" in fresh.verdict().message and "has 1" in fresh.verdict(len, len).message
    assert "has 3" in _questions("lesson_01")["depth"].verdict("relu1_1").message


def test_what_is_shown_of_a_wrong_answer_is_never_what_was_wanted():
    answers = {("lesson_02", "psnr"): 1.37, ("lesson_08", "break_even"): 1.37, ("lesson_02", "content_loss"): 0.73}
    for (lesson, name), factor in answers.items():
        examine = _questions(lesson)[name].examine
        message = _questions(lesson)[name].verdict(lambda *given, f=examine.right, k=factor: k * f(*given) ** 1.01).message
        wanted = examine.right(*examine.inputs[0])
        assert "A small example: with " in message and "Expected: one number" in message
        assert f"{float(wanted):.4g}" not in message and f"{factor * float(wanted) ** 1.01:.4g}" in message


def test_after_right_the_explanation_follows_what_was_measured():
    for lesson, name in (
        ("lesson_01", "depth"),
        ("lesson_02", "most_moved"),
        ("lesson_02", "first_below"),
        ("lesson_05", "stroke_size"),
    ):
        question = _questions(lesson)[name]
        told = {question.verdict(*answer).message for answer in _cases(lesson)[name].right}
        assert question.why in told
        if name != "depth":
            assert len(told) == 2, "one of the right answers was measured otherwise than in the lesson"
    swapped = {"edge": {"relu1_1": 0.6, "relu5_1": 0.9}, "eye": {"relu1_1": 0.9, "relu5_1": 0.6}}
    verdict = _questions("lesson_01")["depth"].verdict("relu5_1", "relu1_1", swapped)
    assert verdict.state == "right" and "relu5_1 is best for the edge" in verdict.message


def test_the_diagnosis_does_not_tell_which_beds_are_right():
    diagnosis, case = _questions("lesson_06")["diagnosis"], _cases("lesson_06")["diagnosis"]
    scored = [diagnosis.verdict(answer).message for answer, _ in case.wrong]
    scored = [message for message in scored if " of 8 are right" in message]
    assert len(scored) >= 5 and not [message for message in scored if "bed " in message.lower()]
