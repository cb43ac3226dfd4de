"""Examine one step of gradient ascent, in 01_what_a_network_sees."""

from collections.abc import Callable

import torch

from nst_lessons.checks.cases import normal
from nst_lessons.checks.examine import SameAs
from nst_lessons.checks.tried import Tried


def _climb(u: torch.Tensor, score_of: Callable, step: float) -> torch.Tensor:
    return _step(u, score_of, step, lambda g: g.square().mean().sqrt())


def _gradient(u: torch.Tensor, score_of: Callable) -> torch.Tensor:
    u = u.detach().clone().requires_grad_()
    return torch.autograd.grad(score_of(u), u)[0]


def _step(u: torch.Tensor, score_of: Callable, step: float, length: Callable) -> torch.Tensor:
    """Take one step uphill along the gradient divided by length(gradient)."""
    gradient = _gradient(u, score_of)
    return u + step * gradient / length(gradient)


def _hill(u: torch.Tensor) -> torch.Tensor:
    return (u.sin() * torch.linspace(0.2, 3, u.shape[-1])).sum()


def _bowl(u: torch.Tensor) -> torch.Tensor:
    return -4 * (u - 0.7).square().mean() + u.mean()


def _direction(tried: Tried) -> str:
    """Say whether the step has the wrong direction or the wrong length."""
    u = tried.inputs[1][0].double()
    step, right = (one[1] - u for one in (tried.found, tried.expected))
    cosine = ((step * right).sum() / (step.norm() * right.norm())).item()
    if abs(cosine) < 0.99999:
        return (
            "your step does not follow the gradient, the direction in which the score grows most. Multiply or divide the whole "
            "gradient by ONE number."
        )
    times = (step.norm() / right.norm()).item()
    return f"your step follows the gradient, but it is {times:.4g} times as long as it should be."


examine_climb = SameAs(
    _climb,
    [
        (torch.tensor([[[[0.0, 1.0]]]]), _bowl, 0.1),
        (normal(1, 3, 5, 7, seed=22), _hill, 0.1),
        (normal(2, 3, 4, 5, seed=14), _bowl, 0.5),
    ],
    {
        "you walk downhill: to make the score larger, ADD the gradient.": lambda u, s, step: 2 * u - _climb(u, s, step),
        "the gradient is not divided by its root mean square, so the step's length depends on the layer.": lambda u, s, step: (
            _step(u, s, step, lambda g: 1)
        ),
        "you walk downhill, and the gradient is not divided by its root mean square.": lambda u, s, step: _step(
            u, s, step, lambda g: -1
        ),
        "you divide by the norm, the root of the SUM of squares, so a large picture takes tiny steps. "
        "Divide by the root of the MEAN square.": lambda u, s, step: _step(u, s, step, torch.norm),
        "you use only the sign of the gradient: divide it by one number, its root mean square.": lambda u, s, step: (
            u + step * _gradient(u, s).sign()
        ),
        "you divide by the mean square: the root is missing.": lambda u, s, step: _step(
            u, s, step, lambda g: g.square().mean()
        ),
        "you divide by the sum of squares: divide by the root of their mean.": lambda u, s, step: _step(
            u, s, step, lambda g: g.square().sum()
        ),
        "you divide by the mean of absolute values: divide by the root of the mean SQUARE.": lambda u, s, step: _step(
            u, s, step, lambda g: g.abs().mean()
        ),
        "you divide by the largest value: divide by the root mean square of all values.": lambda u, s, step: _step(
            u, s, step, lambda g: g.abs().max()
        ),
        "you divide by the standard deviation, which subtracts the mean: use the root mean square.": lambda u, s, step: _step(
            u, s, step, torch.std
        ),
        "square the gradient before you take the mean.": lambda u, s, step: _step(
            u, s, step, lambda g: g.mean().square().sqrt()
        ),
        "you multiply by the gradient's root mean square: divide by it.": lambda u, s, step: _step(
            u, s, step, lambda g: 1 / g.square().mean().sqrt()
        ),
        "you divide by the root mean square of `u`: use that of the gradient.": lambda u, s, step: _step(
            u, s, step, lambda g: u.square().mean().sqrt()
        ),
        "that is only the step: add it to u.": lambda u, s, step: _climb(u, s, step) - u,
        "the factor `step` is missing.": lambda u, s, step: _climb(u, s, 1.0),
        "that is only the gradient: take a step along it.": lambda u, s, step: _gradient(u, s),
    },
    also=[_direction],
    remark="but your result keeps its graph, which becomes longer with every step. Return it with `.detach()`.",
    wants="a tensor of the shape of u",
)
