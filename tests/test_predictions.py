"""A prediction is locked before the result, compared with it, and counted; a student's function is used once it is right."""

import importlib
import pkgutil

import pytest
import torch

from nst_lessons import checks
from nst_lessons.checks import guesses
from nst_lessons.checks.prediction import Guess, Prediction, tally
from nst_lessons.checks.question import Question
from tests.checks.oracle import gram

LESSONS = [
    importlib.import_module(f"nst_lessons.checks.{module.name}")
    for module in pkgutil.iter_modules(checks.__path__)
    if module.name.startswith("lesson_") and module.name != "lesson_11"  # the blank page predicts nothing
]
LIGHT = {name: one for name, one in vars(guesses).items() if isinstance(one, Prediction)}


@pytest.fixture
def said(capsys):
    """What a call prints."""

    def run(function, *arguments):
        capsys.readouterr()
        function(*arguments)
        return capsys.readouterr().out.strip()

    return run


@pytest.fixture
def weather() -> Prediction:
    return Prediction(("sun", "rain"), came_out=lambda drops: "rain" if drops else "sun", why="Clouds decide.")


@pytest.fixture
def two() -> Guess:
    """Which numbers are the smallest and the largest of those measured."""

    def examine(low, high, measured):
        assert (low, high) == (min(measured), max(measured)), "look again"

    return Guess(examine, (1, 2, 3), (1, 2, 3), hints=("?", "", "____"), code="", why="They are sorted.")


def test_a_guess_is_locked_and_stands_beside_the_result(weather, said):
    assert said(weather.predict, " Sun ") == "Locked: 'sun'."
    told = said(weather.result, 7)
    assert "predicted 'sun'" in told and "came out: 'rain'" in told and told.startswith("✗") and "Clouds decide." in told


def test_a_guess_may_change_before_the_result_and_not_after_it(weather, said):
    said(weather.predict, "sun")
    assert said(weather.predict, "rain") == "Changed from 'sun' to 'rain' before the result: the new guess counts."
    assert said(weather.predict, "rain") == "Locked: 'rain'."
    assert said(weather.result, 1).startswith("✔ You predicted 'rain'. It came out: 'rain'.")
    assert said(weather.predict, "sun") == "Changed from 'rain' to 'sun' after the result: 'rain' still counts."
    again = said(weather.result, 0)
    assert again.startswith("✗ You predicted 'rain', and changed it later to 'sun'. It came out: 'sun'.")
    assert said(tally, {"weather": weather}).startswith("1 of 1 predictions came true; 1 changed after the result")


@pytest.mark.parametrize("guess", [("snow",), (3,), (None,), (["sun"],), (len,), ("sun", "rain"), ()], ids=str)
def test_what_is_no_guess_gets_a_sentence(guess, weather, said):
    told = said(weather.predict, *guess)
    assert told.startswith("✗ Not locked: ") and len(told) > 30 and weather.locked is None


def test_an_untouched_guess_is_not_tried_yet_and_gives_nothing_away(weather, two, said):
    assert said(weather.predict, ...).startswith("… Not tried yet")
    assert said(two.predict, 1, ...).startswith("… Not tried yet")
    told = said(weather.result, 7)
    assert told.startswith("… Not tried yet") and "rain" not in told and "Clouds" not in told
    assert said(tally, {"weather": weather, "two": two}) == "No prediction of 2 is locked yet."


def test_a_question_that_is_a_guess_is_settled_by_what_was_locked(two, said):
    assert said(two.predict, 2, 3) == "Locked: 2 and 3."
    told = said(two.check, 1, 3, [1, 3, 2])
    assert told.startswith("✔ Right: They are sorted.") and told.endswith("✗ You predicted 2 and 3. It came out: 1 and 3.")
    assert "predicted" not in said(Guess(two.examine, (1,), (1,), hints=(), code="", why="").check, 1, 1, [1])


def test_one_line_counts_them(weather, two, said):
    other = Prediction("ab", came_out=lambda: "a", why="")
    lesson = {"weather": weather, "two": two, "other": other, "predictions": tally}
    said(weather.predict, "rain"), said(two.predict, 1, 3)
    said(weather.result, 1)
    assert said(tally, lesson) == "1 of 3 predictions came true; 1 not tried yet; 1 still without a result."
    said(two.check, 1, 3, [1, 3, 2]), said(other.predict, "b"), said(other.result)
    assert said(tally, lesson) == "2 of 3 predictions came true."


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.__name__[-2:])
def test_every_lesson_counts_its_own(lesson, said):
    own = [one for one in vars(lesson).values() if isinstance(one, Prediction)]
    assert own and f"{len(own)} " in said(lesson.predictions)
    assert not {id(one) for one in own} & {id(one) for other in LESSONS if other is not lesson for one in vars(other).values()}


@pytest.mark.parametrize(
    ("name", "measured", "comes_out"),
    [
        ("first", (), "colours"),
        ("weights", (0, 9), "none"),
        ("weights", (9, 9), "all"),
        ("weights", (1, 9), "some"),
        ("moved", ({"pixels, no trick": 0.5, "+ jitter": 0.8},), "pixels, no trick"),
        ("unlike", (0.4,), "below 1"),
        ("unlike", (1.0,), "about 1"),
        ("unlike", (2.4,), "above 1"),
        ("partner", ({"B": 0.5, "C": 0.4, "D": 0.1},), "D"),
        ("smallest", ({"relu1_1": 0.4, "relu5_1": 0.9},), "relu1_1"),
        ("more_layers", (0.001, 0.02), "larger"),
        ("more_layers", (0.02, 0.02), "the same"),
        ("more_layers", (0.02, 0.001), "smaller"),
        ("zero", ({"the photo": 7.2, "the result": 0.8},), "none"),
        ("zero", ({"the photo": 7.2, "the painting": 0.0},), "the painting"),
        ("lowest", ({"by hand": 0.9, "one size": 0.8},), "one size"),
        ("explosion", (float("nan"), 1.5), "explodes"),
        ("explosion", (1.7, 1.5), "a little worse"),
        ("explosion", (1.5, 1.5), "nearly the same"),
        ("cosines", (0.37,), 0.4),
        ("cosines", (0.01,), 0),
        ("cosines", (-0.3,), -0.4),
        ("wood", ({"sky": 0.2, "hills": 0.1, "fields": 0.7},), ["fields"]),
        ("wood", ({"sky": 0.43, "hills": 0.12, "fields": 0.45},), ["sky", "fields"]),
        ("judged", ({"left": 0.2, "right": 0.4},), "left"),
    ],
)
def test_what_is_measured_decides_a_guess(name, measured, comes_out):
    assert LIGHT[name].came_out(*measured) == comes_out
    assert {*comes_out} <= {*LIGHT[name].choices[0]} if isinstance(comes_out, list) else comes_out in LIGHT[name].choices[0]


def test_of_two_that_came_out_alike_either_guess_is_right(said):
    close = Prediction(("a", "b", "c"), came_out=lambda: ["a", "b"], why="They are alike.")
    close.predict("b")
    assert said(close.result).startswith("✔ You predicted 'b'. It came out: 'a' or 'b'.")


FUNCTIONS = [
    (lesson, name)
    for lesson in LESSONS
    for name, one in vars(lesson).items()
    if isinstance(one, Question) and one.code.startswith("def ")
]


@pytest.mark.parametrize(("lesson", "name"), FUNCTIONS, ids=lambda part: getattr(part, "__name__", part)[-12:])
def test_the_readers_function_is_used_only_when_it_is_right(lesson, name, said):
    question = getattr(lesson, name)
    uses = {"gram": gram} if name == "targets" else {}
    case = importlib.import_module(f"tests.checks.{lesson.__name__.rpartition('.')[2]}").CASES[name]
    mine = next(answer for answer in case.right if callable(answer))
    assert question.yours(mine, **uses) is mine
    for other in [case.stub, case.crashing, case.wrong[0][0], ..., "text", None]:
        own = question.yours(other, **uses)
        assert own is not other and question.verdict(own).state == "right"


def test_that_the_lessons_own_is_used_is_said(said):
    question = LESSONS[3].gram
    assert said(question.yours, lambda features: features).startswith("Using the lesson's own for now. Your `gram`")

    def loud(features):
        print("a sign of life")
        return torch.einsum("chw,dhw->cd", features, features) / features.numel()

    assert said(question.yours, loud) == ""
