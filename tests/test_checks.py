"""Every check is tried with right answers, an untouched stub, a crash, and wrong answers, each with its own message."""

import importlib
import pkgutil

import pytest

from nst_lessons import checks
from nst_lessons.checks.question import Question
from tests import checks as cases

LESSONS = [module.name for module in pkgutil.iter_modules(checks.__path__) if module.name.startswith("lesson_")]


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


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_has_three_to_six_questions_and_each_has_its_case(lesson):
    assert 3 <= len(_questions(lesson)) <= 6
    assert _questions(lesson).keys() == _cases(lesson).keys()


def test_right_answers_are_right(pair):
    question, case = pair
    assert len(case.right) >= 2
    assert [str(question.verdict(*_answers(answer))) for answer in case.right] == [f"✔ Right: {question.why}"] * len(case.right)


def test_each_wrong_answer_has_a_message_of_its_own(pair):
    question, case = pair
    verdicts = [question.verdict(*_answers(answer)) for answer, _ in case.wrong]
    assert [verdict.state for verdict in verdicts] == ["wrong"] * len(verdicts)
    assert len({verdict.message for verdict in verdicts}) == len(verdicts) >= 3
    missing = [(words, v.message) for (_, words), v in zip(case.wrong, verdicts, strict=True) if words not in v.message]
    assert not missing


def test_an_untouched_stub_is_not_tried_yet(pair):
    question, case = pair
    assert question.verdict(*_answers(case.stub)).state == "untried"
    assert question.verdict(...).state == "untried"


def test_a_crash_is_shown_with_its_line_and_goes_no_further(pair):
    question, case = pair
    if case.crashing is None:
        return
    verdict = question.verdict(*_answers(case.crashing))
    assert verdict.state == "crashed" and " of your code: " in verdict.message


def test_hints_grow_and_the_solution_is_right_by_its_own_check(pair, capsys):
    question, _ = pair
    assert len(question.hints) >= 2 and len(set(question.hints)) == len(question.hints)
    for number in (1, 2):
        question.hint()
        assert capsys.readouterr().out.startswith(f"Hint {number} of {len(question.hints)}: ")
    question.solution()
    assert question.code in capsys.readouterr().out and question.why
