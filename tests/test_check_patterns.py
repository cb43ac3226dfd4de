"""What a check says of a mistake that is not on its list: every pattern, on exercises made up for it."""

import pytest
import torch

from nst_lessons.checks.examine import EqualTo, OneOf, SameAs, chosen
from nst_lessons.checks.probes import below, grows
from nst_lessons.checks.question import Question
from nst_lessons.checks.trial import NOTHING_FITS
from nst_lessons.checks.tried import spelled


def _rand(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def _said(examine: SameAs, answer: object) -> str:
    return Question(examine, hints=["?", "", "____"], code="", why="").verdict(answer).message


def _distance(x, y, weight):
    """The weighted mean square of the differences."""
    return weight * (x - y).square().mean()


def _product(x):
    """Each row times each row, per column."""
    return x @ x.mT / x.shape[1]


def _centre(x):
    return x - x.mean()


def _cost(height, width, price):
    return price * height * width + 3


DISTANCE = SameAs(
    _distance,
    [(_rand(3, 5), _rand(3, 5, seed=1), 2.0), (_rand(7, 2, seed=2), _rand(7, 2, seed=3), 0.5)],
    axes=("HW", "HW", ""),
    wants="one number",
)
PRODUCT = SameAs(_product, [(_rand(3, 5) - 0.4,), (_rand(7, 11, seed=1) - 0.4,)], axes=("HW",))
CENTRE = SameAs(_centre, [(_rand(3, 5),), (_rand(7, 11, seed=1),)], axes=("HW",))
COST = SameAs(_cost, [(3, 5, 2.0), (7, 2, 0.5), (11, 13, 1.5)])
TURN = SameAs(lambda x: x.flip(1), [(_rand(4, 6),), (_rand(5, 3, seed=1),)], axes=("HW",))


@pytest.mark.parametrize(
    ("examine", "answer", "words"),
    [
        (DISTANCE, lambda x, y, weight: torch.rand(()), "given the same input again"),
        (DISTANCE, lambda x, y, weight: weight / (x - x).sum(), "not finite"),
        (DISTANCE, lambda x, y, weight: weight, "returns `weight` as it is"),
        (DISTANCE, lambda x, y, weight: 0 * weight, "0 everywhere"),
        (DISTANCE, lambda x, y, weight: 0.4, "0.4 everywhere, for every input"),
        (DISTANCE, lambda x, y, weight: 3 * _distance(x, y, weight), "your result is 3 times too large everywhere"),
        (DISTANCE, lambda x, y, weight: -_distance(x, y, weight), "the sign is wrong"),
        (DISTANCE, lambda x, y, weight: weight * (x - y).square().sum(), "your result is H*W times the right one"),
        (DISTANCE, lambda x, y, weight: (x - y).square().mean() / weight, "your result is 1/weight² times the right one"),
        (DISTANCE, lambda x, y, weight: weight * (x - y).square().sum() / (x.numel() - 1), "divided by N - 1 instead of N"),
        (DISTANCE, lambda x, y, weight: _distance(x, y, weight) + 1, "your result is 1 too large everywhere"),
        (DISTANCE, lambda x, y, weight: _distance(x, y, weight) + weight, "too large by weight"),
        (DISTANCE, lambda x, y, weight: 1 / _distance(x, y, weight), "upside down"),
        (DISTANCE, lambda x, y, weight: _distance(x, y, weight).sqrt(), "square root of the right one"),
        (DISTANCE, lambda x, y, weight: 1 - _distance(x, y, weight), "1 minus the right one"),
        (DISTANCE, lambda x, y, weight: weight * x.square().mean(), "`y` makes no difference"),
        (DISTANCE, lambda x, y, weight: weight * (x + y).square().mean(), "if `y` equals `x`, the result should be 0"),
        (DISTANCE, lambda x, y, weight: weight * (x - y).abs().mean(), "becomes 4 times as large; it should become 8"),
        (DISTANCE, lambda x, y, weight: (x - y).square(), "too many axes"),
        (DISTANCE, lambda x, y, weight: weight * (x - y).square(), "is missing: the mean over axis 0 and 1"),
        (DISTANCE, lambda x, y, weight: _distance(x, y, weight)[None], "an axis of length 1 is missing or should go"),
        (PRODUCT, lambda x: x.mT @ x / x.shape[1], "which is (W, W); it should have shape (3, 3), which is (H, H)"),
        (PRODUCT, lambda x: _product(x).diag(), "An axis is missing"),
        (PRODUCT, lambda x: _product(x).triu(), "only the upper triangle"),
        (PRODUCT, lambda x: _product(x).abs(), "the signs are lost"),
        (PRODUCT, lambda x: 2 * _product(x) + 1, "times 2, plus 1"),
        (PRODUCT, lambda x: _product(x) + x[:1].norm() * (1 - torch.eye(len(x))) * x[:, :1], "the diagonal is right"),
        (PRODUCT, lambda x: _product(x) / x.norm(), "off by the same factor"),
        (CENTRE, lambda x: x - x.median(), "off by the same amount"),
        (CENTRE, lambda x: x * 0.9, "adding a constant to all of `x` should not change"),
        (DISTANCE, lambda x, y, weight: _distance(x, y, weight) * (1 if weight > 1 else 1.3), "right for `x` of shape (3, 5)"),
        (PRODUCT, lambda x: (x - x.mean()) @ (x - x.mean()).mT / x.shape[1], "Do you subtract a mean?"),
        (COST, lambda height, width, price: price * height * (width + 1) + 3, "too large by height*price"),
        (COST, lambda height, width, price: price * height * width + height**3, "adding 1 to `width` or `price` changes your"),
        (TURN, lambda x: x.flip(0), "your"),
        (TURN, lambda x: x.flip(1).flip(0), "top and bottom are reversed"),
        (TURN, lambda x: x.flip(1).roll(1, 1), "shifted by one along axis 1"),
        (TURN, lambda x: x.flatten().flip(0).view_as(x).roll(2, 0).roll(1, 1), "in the wrong places"),
        (TURN, lambda x: x.flip(1).mT, "ows and columns are swapped"),
    ],
)  # fmt: skip
def test_a_pattern_is_named(examine, answer, words):
    message = _said(examine, answer)
    assert words in message and NOTHING_FITS not in message, message
    assert "\n  A small example: with " in message and "Expected: " in message


def test_of_a_quotient_the_half_that_is_wrong_is_named():
    examine = SameAs(
        lambda x, y: (x - y).square().sum() / y.square().sum(),
        [(_rand(3, 5), _rand(3, 5, seed=1)), (_rand(7, 2, seed=2), _rand(7, 2, seed=3))],
        also=[below("x", "y"), grows("x", "y", 4)],
    )
    assert "numerator is right" in _said(examine, lambda x, y: (x - y).square().sum() / y.square().sum() ** 1.5)
    assert "by the factor 2." in _said(examine, lambda x, y: (x - y).norm() / y.square().sum())


def test_where_no_pattern_fits_the_example_stands_alone():
    message = _said(COST, lambda height, width, price: price**2 * height + width**3)
    assert message.startswith(NOTHING_FITS) and "height = 3, width = 5, price = 2 your function returns 137." in message


def test_arguments_in_the_wrong_order_are_named():
    examine = SameAs(lambda x, y: x - 2 * y, [(_rand(3), _rand(3, seed=1)), (_rand(5, seed=2), _rand(5, seed=3))])
    assert "swaps `x` and `y`" in _said(examine, lambda x, y: y - 2 * x)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x @ x.T @ 1, "in Python's words: "),
        (lambda x: (x @ x).sum(), "matrices of a product do not fit"),
        (lambda x: x + x.T, "shapes of two tensors do not fit"),
        (lambda x: x.sum(5), "has fewer axes"),
        (lambda x: x.view(2, 9), "different number of values"),
        (lambda x: x.sum.item(), "brackets are missing"),
        (lambda x: x if x > 0 else -x, "neither true nor false"),
        (lambda x: x.item(), "works for one number only"),
        (lambda x: x.sum()[0], "a single number has no axes"),
        (lambda x: x.squared(), "no such method"),
        (lambda x: y, "a name that has no value"),  # noqa: F821
        (lambda x: x.clone().requires_grad_().add_(1), "you write into a tensor"),
        (lambda x: x.clone().requires_grad_().numpy(), "numpy cannot handle gradients"),
        (lambda x: x.sum().backward(), "finds nothing that requires a gradient"),
        (lambda x: torch.autograd.grad((x.requires_grad_() * 2), x), "only a single number can be differentiated"),
        (lambda x: torch.optim.LBFGS([x.requires_grad_() + 1]), "was not computed from another one"),
        (lambda x: x.grad + 1, "`.grad` is None until"),
        (lambda x: 1 / 0, "you divide by zero"),
    ],
)
def test_what_stops_a_function_is_said_in_plain_words_with_its_line_and_input(answer, words):
    message = _said(PRODUCT, answer)
    assert words in message and "your code stops: " in message
    assert " of your code: (lambda x: " in message and "when it was called with x = " in message


def test_a_check_that_cannot_read_an_answer_says_so():
    assert "the check cannot read this answer (AttributeError: " in _said(spelled, 3)


@pytest.mark.parametrize("name", ["colours", "Colors", " COLOR ", "the colours", '"colours"', "colours.", "colour"])
def test_a_choice_may_be_spelled_in_many_ways(name):
    assert chosen(name, ["strokes", "colours"]) == "colours"


def test_a_choice_is_one_of_the_names_and_numbers_may_be_text():
    assert _said(OneOf("a", {"b": "no"}), ["a"]).startswith("give one name, not a list of 1")
    assert "none of the choices: 'a', 'b'" in _said(OneOf("a", {"b": "no"}), "c")
    assert _said(OneOf("a", {"b": "no"}), len) == "give one of 'a', 'b', not a function."
    assert chosen("1/2", [0.5, 2]) == chosen(torch.tensor(0.5), [0.5, 2]) == 0.5


def test_numbers_outside_the_range_and_of_another_shape_are_named():
    share = EqualTo(0.75, least=0, most=1, outside="between 0 and 1")
    assert _said(share, 75) == _said(share, "75") == "between 0 and 1" and _said(share, 0.7) == "your number is too small."
    pair = EqualTo([1, 2])
    assert "yours have shape (3,)" in _said(pair, [1, 2, 3]) and "the text 'x'" in _said(pair, "x")
    assert _said(pair, [1, 3]) == "1 of 2 numbers are wrong. The first wrong one, number 2, is too large."
